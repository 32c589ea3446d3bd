"""What is written in the code becomes the drawing: read beside the window, taken over as one undo step."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal

from app.document import Document
from app.level import Level
from engine.graph import Graph
from engine.lower import written
from engine.reading import NotUnderstood, read
from widgets.code_panel import CodePanel


class _Reading(QRunnable):
    """Reads one text; a long program takes longer than a frame."""

    def __init__(self, text: str, before: Graph, shown: frozenset[str], told: _Answer) -> None:
        super().__init__()
        self._text, self._before, self._shown, self._told = text, before, shown, told

    def run(self) -> None:
        """Called by the pool."""
        try:
            self._told.ready.emit(self._before, read(self._text, self._before, self._shown))
        except NotUnderstood as error:
            self._told.ready.emit(self._before, error)


class _Answer(QObject):
    ready = Signal(object, object)


class CodeEditing(QObject):
    """Between the code panel and the document."""

    said = Signal(str)

    def __init__(self, document: Document, level: Level, panel: CodePanel) -> None:
        super().__init__(panel)
        self._document, self._level, self._panel = document, level, panel
        self._answer = _Answer(self)
        self._answer.ready.connect(self._take)
        panel.applied.connect(self._read)

    def _read(self, text: str) -> None:
        document = self._document
        shown = written(document.graph, document.report)
        self._panel.wait()
        QThreadPool.globalInstance().start(_Reading(text, document.graph, shown, self._answer))

    def _take(self, before: object, result: object) -> None:
        """The text was read: take it over, or say which lines cannot be understood."""
        self._panel.go_on()
        if isinstance(result, NotUnderstood):
            self._panel.show_troubles(result.troubles)
            count = len(result.troubles)
            self.said.emit(f"{count} line{'s' * (count > 1)} cannot be understood; the drawing stays as it was.")
        elif self._document.graph is not before:
            self.said.emit("The drawing was changed meanwhile. Apply again to replace it by the text.")
        elif isinstance(result, Graph):
            self._document.edit("Edit the code", result, inside=self._level.path)
            self._panel.finish()
            self.said.emit("The drawing follows the code. Ctrl+Z takes it back.")
