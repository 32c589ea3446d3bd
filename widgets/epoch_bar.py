"""Progress of a run: one segment for each epoch."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.theme import themes

MOST_SEGMENTS = 40
"""With more epochs than this the bar is one piece."""
THICKNESS, GAP = 6.0, 4.0


class EpochBar(QWidget):
    """Filled up to a number of epochs, fractions included."""

    def __init__(self) -> None:
        super().__init__()
        self.epochs, self._done = 0, 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(80)
        self.setMaximumWidth(420)
        themes().changed.connect(self.update)

    def begin(self, epochs: int) -> None:
        """A run of so many epochs, none of them done; 0 for no run."""
        self.epochs, self._done = epochs, 0.0
        self.update()

    def show_progress(self, done: float) -> None:
        """So many epochs are done."""
        if done != self._done:
            self._done = done
            self.setAccessibleName(f"{done:.1f} of {self.epochs} epochs")
            self.update()

    def sizeHint(self) -> QSize:
        """Wide and thin."""
        return QSize(260, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        """One rounded segment for each epoch."""
        if not self.epochs:
            return
        theme = themes().current
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        pieces = self.epochs if self.epochs <= MOST_SEGMENTS else 1
        done = self._done * pieces / self.epochs
        width = (self.width() - (pieces - 1) * GAP) / pieces
        top = (self.height() - THICKNESS) / 2
        for index in range(pieces):
            left = index * (width + GAP)
            share = min(max(done - index, 0.0), 1.0)
            painter.setBrush(theme.colour("hover"))
            painter.drawRoundedRect(QRectF(left, top, width, THICKNESS), 3.0, 3.0)
            if share > 0:
                painter.setBrush(theme.colour("accent"))
                painter.drawRoundedRect(QRectF(left, top, width * share, THICKNESS), 3.0, 3.0)
        painter.end()
