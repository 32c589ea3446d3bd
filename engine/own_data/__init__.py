"""Files of the user, read with suspicion and without PyTorch, so that a thread of the window may do it too."""

from engine.own_data.findings import BadParts, DataProblem, Findings
from engine.own_data.scanning import Scan, fresh, has_changed, kind_for, scan

__all__ = ["BadParts", "DataProblem", "Findings", "Scan", "fresh", "has_changed", "kind_for", "scan"]
