"""Saving a view of a run as a picture or as a table of its numbers."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.project import ProjectError, write_atomically
from widgets.views.base import View

KINDS = {"png": "Picture (*.png)", "svg": "Drawing (*.svg)", "csv": "Table (*.csv)"}


class ViewSaving(QObject):
    """Asks where to, and writes."""

    said = Signal(str)

    def __init__(self, views: Iterable[View], parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        for view in views:
            view.save_requested.connect(partial(self._ask, view))

    def save(self, view: View, format: str, path: Path) -> None:
        """Write the view as it is now; says what happened."""
        try:
            write_atomically(path, view.as_bytes(format))
        except ProjectError as error:
            self.said.emit(str(error))
        else:
            self.said.emit(f"Saved {path.name}.")

    def _ask(self, view: View, format: str) -> None:
        title = f"Save {view.title.lower()}"
        name, _ = QFileDialog.getSaveFileName(self._window, title, f"{view.key}.{format}", KINDS[format])
        if name:
            path = Path(name)
            self.save(view, format, path if path.suffix else path.with_suffix(f".{format}"))
