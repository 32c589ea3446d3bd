"""Curves of a run while it trains: loss, gradient norms and accuracy."""

import os

# pyqtgraph takes the first Qt it finds; it has to be the one that everything else uses.
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
