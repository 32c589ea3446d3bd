"""A search field with a magnifier, and the key that leads to it."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QLineEdit

from widgets.icons import icon
from widgets.text_line import TextLine
from widgets.theme import current, set_kind, themes


class SearchField(TextLine):
    """A search field with a magnifier, and the key that leads to it."""

    def __init__(self, hint: str, key: str = "") -> None:
        """An empty field."""
        super().__init__()
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self._sign = self.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._key = QLabel(key, self)
        set_kind(self._key, "key")
        self._key.setVisible(bool(key))
        self.textChanged.connect(lambda text: self._key.setVisible(bool(key) and not text))
        themes().changed.connect(self._dress)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The key stays at the right end."""
        super().resizeEvent(event)
        self._key.adjustSize()
        edge = current().space(2) + current().space(1)
        self._key.move(self.width() - self._key.width() - edge, (self.height() - self._key.height()) // 2)

    def _dress(self) -> None:
        self._sign.setIcon(icon("search"))
