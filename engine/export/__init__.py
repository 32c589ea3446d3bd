"""Ways to take the network along, by the word that the command line and the menu use."""

from collections.abc import Callable, Mapping

from engine.export.module import export_module
from engine.project import Project

EXPORTS: Mapping[str, Callable[[Project], str]] = {"module": export_module}
"""For each style the function that writes it; each raises NotReady while the drawing cannot run."""
