"""Pictures side by side with a word under each, as many as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.events import Floats
from widgets.map_painting import fitted, picture_image
from widgets.theme import current, themes

_GAP, _WORD = 6, 16
_SIDE = 56
"""Pixels of a tile; large enough to tell what is on most pictures."""


class PictureWall(QWidget):
    """Tiles in rows from the top left."""

    chosen = Signal(int)
    """The place of a picture in the row that was given."""
    room_changed = Signal()
    """`room` is another number now."""

    def __init__(self, name: str, paired: bool = False) -> None:
        """`paired` walls show two pictures above each other in each tile."""
        super().__init__()
        self._images: list[QImage] = []
        self._second: list[QImage] = []
        self._words: tuple[str, ...] = ()
        self._paired, self._room = paired, 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(name)
        themes().changed.connect(self.update)

    @property
    def room(self) -> int:
        """How many tiles fit."""
        columns = max(1, (self.width() + _GAP) // (_SIDE + _GAP))
        rows = max(1, (self.height() + _GAP) // (self._height() + _GAP))
        return columns * rows

    def sizeHint(self) -> QSize:
        """Two rows of eight."""
        return QSize(8 * (_SIDE + _GAP), 2 * (self._height() + _GAP))

    def show_pictures(self, pictures: Floats, words: Sequence[str] = (), below: Floats | None = None) -> None:
        """Pictures (n, channels, height, width) in 0-1 with a word for each, and others to stand below them."""
        self._images = [picture_image(np.ascontiguousarray(picture)) for picture in pictures]
        self._second = [picture_image(np.ascontiguousarray(picture)) for picture in below] if below is not None else []
        self._words = tuple(words)
        self.setAccessibleDescription(", ".join(self._words))
        self.update()

    def tile(self, index: int) -> QRect:
        """Where a picture is drawn."""
        columns = max(1, (self.width() + _GAP) // (_SIDE + _GAP))
        row, column = divmod(index, columns)
        return QRect(column * (_SIDE + _GAP), row * (self._height() + _GAP), _SIDE, self._height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Every pixel a square; what does not fit is left out."""
        painter, theme = QPainter(self), current()
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text-muted"))
        metrics = painter.fontMetrics()
        for index, image in enumerate(self._images[: self.room]):
            tile = self.tile(index)
            first = QRect(tile.x(), tile.y(), _SIDE, _SIDE)
            painter.drawImage(fitted(image.size(), first), image)
            if index < len(self._second):
                below = first.translated(0, _SIDE + 2)
                painter.drawImage(fitted(self._second[index].size(), below), self._second[index])
            if index < len(self._words):
                word = metrics.elidedText(self._words[index], Qt.TextElideMode.ElideRight, _SIDE)
                area = QRectF(tile.x(), tile.bottom() - _WORD + 1, _SIDE, _WORD)
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, word)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """There may be room for more."""
        super().resizeEvent(event)
        if self.room != self._room:
            self._room = self.room
            self.room_changed.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the picture under the pointer."""
        for index in range(min(len(self._images), self.room)):
            if self.tile(index).contains(event.position().toPoint()):
                self.chosen.emit(index)

    def _height(self) -> int:
        return _SIDE * (2 if self._paired else 1) + (2 if self._paired else 0) + _WORD
