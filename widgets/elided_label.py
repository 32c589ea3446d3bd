"""A label that never asks for more room than there is: a long text ends in an ellipsis and is whole in the tool tip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QStyle, QStyleOption

FEW_LETTERS = 24


class ElidedLabel(QLabel):
    """One line of plain text. `text()` stays whole; only what is painted is cut."""

    def __init__(self, text: str = "") -> None:
        """A label that may shrink to a few letters."""
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def minimumSizeHint(self) -> QSize:
        """A sentence must not widen the window."""
        return QSize(min(FEW_LETTERS, self.sizeHint().width()), super().minimumSizeHint().height())

    def shown_text(self) -> str:
        """What fits into the room that there is."""
        room = self.contentsRect().width()
        return self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what fits, in the font and colour of the style sheet."""
        painter, option = QPainter(self), QStyleOption()
        option.initFrom(self)
        style = self.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_Widget, option, painter, self)
        shown = self.shown_text()
        self.setToolTip(self.text() if shown != self.text() else "")
        place = style.itemTextRect(option.fontMetrics, self.contentsRect(), int(self.alignment()), True, shown)
        style.drawItemText(painter, place, int(self.alignment()), option.palette, True, shown, self.foregroundRole())
        painter.end()
