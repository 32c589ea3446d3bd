"""The key to colours that stand for numbers around zero."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy

from widgets.map_painting import Painted
from widgets.plots.axes import number
from widgets.theme import current


class SignScale(Painted):
    """What the colours mean: below zero, zero, above."""

    def __init__(self) -> None:
        """Hidden until there are numbers."""
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedSize(190, 18)
        self._limit = 0.0
        self.hide()

    def show_limit(self, limit: float) -> None:
        """The greatest number; 0 hides the scale."""
        self._limit = limit
        self.setVisible(limit > 0)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Least, colours, greatest."""
        theme, painter = current(), QPainter(self)
        bar = QRectF(56, 4, 78, 10)
        colours = QLinearGradient(bar.topLeft(), bar.topRight())
        stops = theme.heat("diverging")
        for place, stop in enumerate(stops):
            colours.setColorAt(place / (len(stops) - 1), stop)
        painter.fillRect(bar, colours)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text-muted"))
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, 50, 18), int(middle | Qt.AlignmentFlag.AlignRight), f"−{number(self._limit)}")
        painter.drawText(QRectF(140, 0, 50, 18), int(middle | Qt.AlignmentFlag.AlignLeft), number(self._limit))
