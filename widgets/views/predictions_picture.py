"""An example with what speaks for and against an answer laid over it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent

from engine.events import Floats
from widgets.map_painting import Painted, fitted, picture_image
from widgets.plots.axes import number
from widgets.theme import current

STRENGTH = 0.75
NO_ALPHA = 0xFFFFFF
HIGHEST_BAR, LOWEST_BAR = 18.0, 11.0
"""Pixels of the row of one feature."""


class ExplainedPicture(Painted):
    """A picture with a tint, or a bar for each feature: above zero speaks for the answer."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.signed, self.strength = True, STRENGTH
        self.hint = ""
        """What is said where there is no example."""
        self._picture: Floats | None = None
        self._values: Floats | None = None
        self._names: tuple[str, ...] = ()
        self._image, self._tint = QImage(), QImage()
        self.setAccessibleName("Example")

    def show_example(self, picture: Floats | None, values: Floats | None, names: tuple[str, ...] = ()) -> None:
        """The example, (channels, height, width) in 0-1 or numbers, and for each pixel or number what it does."""
        self._picture, self._values, self._names = picture, values, names
        self._image = picture_image(picture) if picture is not None and picture.ndim == 3 else QImage()
        self._mix()

    def show_as(self, signed: bool, strength: float) -> None:
        """With signs or by size alone; `strength` of the tint 0-1."""
        self.signed, self.strength = signed, strength
        self._mix()

    def shown(self) -> list[int]:
        """The features that there is room for, strongest first."""
        if self._picture is None or self._picture.ndim == 3:
            return []
        room = max(int(self.height() / LOWEST_BAR), 1)
        if self._values is None:
            return list(range(min(self._picture.size, room)))
        strongest = np.argsort(-np.abs(np.nan_to_num(self._values.ravel())), kind="stable")
        return [int(place) for place in strongest[:room]]

    def paintEvent(self, event: QPaintEvent) -> None:
        """The picture in the middle with its tint, or the bars."""
        painter = QPainter(self)
        if not self._image.isNull():
            area = fitted(self._image.size(), self.rect())
            painter.drawImage(area, self._image)
            if not self._tint.isNull():
                painter.drawImage(area, self._tint)
        elif self._picture is not None:
            self._paint_bars(painter, self._picture)
        else:
            painter.setPen(current().colour("text-muted"))
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(middle), self.hint)

    def _mix(self) -> None:
        values = self._values
        self._tint = QImage()
        if values is not None and values.ndim == 2:
            self._tint = tint(values, self.signed, self.strength)
        self.update()

    def _paint_bars(self, painter: QPainter, numbers: Floats) -> None:
        """Name, value, and a bar to the right for what speaks for the answer, to the left for what speaks against."""
        theme, flat, places = current(), numbers.ravel(), self.shown()
        values = np.zeros(flat.size) if self._values is None else np.nan_to_num(self._values.ravel())
        longest = float(np.abs(values).max(initial=0)) or 1.0
        row = min(self.height() / max(len(places), 1), HIGHEST_BAR)
        painter.setFont(theme.font("caption"))
        ends = theme.heat("diverging")
        words = min(self.width() // 2, 110)
        for line, place in enumerate(places):
            name = self._names[place] if place < len(self._names) else f"x{place + 1}"
            area = QRect(0, round(line * row), words, round(row))
            painter.setPen(theme.colour("text"))
            text = f"{name} = {number(float(flat[place]))}"
            short = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, words)
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, short)
            value = float(values[place]) if self.signed else abs(float(values[place]))
            left, room = words + 6.0, self.width() - words - 8.0
            zero, unit = (left + room / 2, room / 2) if self.signed else (left, room)
            length = unit * abs(value) / longest
            bar = QRectF(zero if value >= 0 else zero - length, line * row + 2, length, row - 4)
            painter.fillRect(bar, ends[-1] if value >= 0 else ends[0])
            painter.setPen(theme.colour("line-strong"))
            painter.drawLine(int(zero), round(line * row), int(zero), round((line + 1) * row))


def tint(values: Floats, signed: bool, strength: float) -> QImage:
    """Clear where nothing matters, one colour for what speaks for the answer and one for what speaks against it."""
    known = np.nan_to_num(values, posinf=0, neginf=0).astype(np.float32)
    size = np.abs(known)
    scale = 255 * min(max(strength, 0.0), 1.0) / (float(size.max(initial=0)) or 1.0)
    ends = current().heat("diverging")
    pro, contra = (np.uint32(end.rgb() & NO_ALPHA) for end in (ends[-1], ends[0]))
    colours = np.where(known >= 0, pro, contra) if signed else np.full(known.shape, pro)
    pixels = np.ascontiguousarray(colours | (size * scale).astype(np.uint32) << np.uint32(24))
    height, width = known.shape
    return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_ARGB32).copy()
