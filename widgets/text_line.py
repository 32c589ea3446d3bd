"""Undo and redo where text is typed: first what was typed there, then the drawing."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit


def asks_for_undo(event: QEvent) -> bool:
    """Whether the key for undo was pressed."""
    return isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Undo)


def asks_for_redo(event: QEvent) -> bool:
    """Whether the key for redo was pressed."""
    return isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Redo)


class TextLine(QLineEdit):
    """A line of text that leaves undo to the window when nothing was typed. Qt's own swallows the key for nothing."""

    def event(self, event: QEvent) -> bool:
        """Claim undo and redo only while there is something to undo or redo here."""
        nothing_here = (asks_for_undo(event) and not self.isUndoAvailable()) or (
            asks_for_redo(event) and not self.isRedoAvailable()
        )
        if event.type() == QEvent.Type.ShortcutOverride and nothing_here:
            event.ignore()
            return False
        return super().event(event)
