"""The painted parts around feature maps: the example, the guess and what the colours mean."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.events import Floats
from widgets.heat import map_image
from widgets.plots.axes import number
from widgets.theme import current, themes

_GREYS = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
_LOWEST_ROW = 10.5
"""Pixels of a row of the guess; with less a name cannot be read."""


class Painted(QWidget):
    """Repaints itself when the theme changes."""

    def __init__(self) -> None:
        """Takes the room it is given."""
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        themes().changed.connect(self._restyle)

    def minimumSizeHint(self) -> QSize:
        """Small panels must stay possible."""
        return QSize(40, 24)

    def sizeHint(self) -> QSize:
        """No wish of its own."""
        return QSize(120, 80)

    def _restyle(self, _: object) -> None:
        self.update()


class ExampleArea(Painted):
    """The example itself, as large as fits, in its own colours or in grey; plain numbers as a list or a strip."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._image = QImage()
        self._rows: tuple[tuple[str, str], ...] = ()

    def show_picture(self, picture: Floats, names: tuple[str, ...] = ()) -> None:
        """(channels, height, width) in 0-1, or any other numbers; `names` say what the numbers of a row are."""
        known = picture.ndim < 3 and 0 < len(names) == picture.size
        self._rows = tuple(zip(names, map(number, picture.ravel().tolist()), strict=True)) if known else ()
        self._image = picture_image(picture)
        self.setToolTip("\n".join(": ".join(row) for row in self._rows))
        self.setAccessibleDescription(", ".join(" ".join(row) for row in self._rows))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """In the middle, each pixel a square."""
        painter = QPainter(self)
        if self._rows:
            self._paint_rows(painter)
        elif not self._image.isNull():
            painter.drawImage(fitted(self._image.size(), self.rect()), self._image)

    def _paint_rows(self, painter: QPainter) -> None:
        """Name and number, as many as there is room for."""
        theme = current()
        painter.setFont(theme.font("caption"))
        line = painter.fontMetrics().height()
        room = max(1, self.height() // line)
        shown = self._rows if len(self._rows) <= room else self._rows[: max(room - 1, 0)]
        for place, (name, value) in enumerate(shown):
            area = QRectF(0, place * line, self.width(), line)
            wide = painter.fontMetrics().horizontalAdvance(value) + 6
            short = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(self.width() - wide))
            painter.setPen(theme.colour("text-muted"))
            painter.drawText(area, Qt.AlignmentFlag.AlignLeft, short)
            painter.setPen(theme.colour("text"))
            painter.drawText(area, Qt.AlignmentFlag.AlignRight, value)
        if len(shown) < len(self._rows):
            painter.setPen(theme.colour("text-muted"))
            below = QRectF(0, len(shown) * line, self.width(), line)
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"and {len(self._rows) - len(shown)} more")


def picture_image(picture: Floats) -> QImage:
    """A picture in colour if it has three channels, in grey else; numbers become one row."""
    if picture.ndim == 3 and len(picture) == 3:
        levels = np.ascontiguousarray((np.clip(picture, 0, 1) * 255).astype(np.uint8).transpose(1, 2, 0))
        height, width, _ = levels.shape
        return QImage(levels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    if picture.ndim == 3:
        return map_image(picture[0], _GREYS, 0.0, 1.0)
    flat = np.atleast_2d(picture)
    return map_image(flat.reshape(len(flat), -1), _GREYS, float(flat.min(initial=0)), float(flat.max(initial=1)))


def fitted(size: QSize, area: QRect) -> QRect:
    """Where a picture goes: in whole multiples of its pixels if it can, centred."""
    exact = min(area.width() / max(size.width(), 1), area.height() / max(size.height(), 1))
    scale = float(int(exact)) if exact >= 1 else exact
    width, height = max(round(size.width() * scale), 1), max(round(size.height() * scale), 1)
    return QRect(area.x() + (area.width() - width) // 2, area.y() + (area.height() - height) // 2, width, height)


def fitted_once(size: QSize, area: QRect) -> QPoint:
    """The corner of a picture that stands in the middle as it is, at the left if it is wider."""
    return QPoint(max(area.width() - size.width(), 0) // 2, max(area.height() - size.height(), 0) // 2)


class GuessBars(Painted):
    """One bar per class, the best one picked out, the right one named in bold."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._guess: Floats = np.zeros(0, np.float32)
        self._labels: tuple[str, ...] = ()
        self._right = -1
        self._probabilities = True

    def show_guess(self, guess: Floats, labels: tuple[str, ...], right: int, probabilities: bool) -> None:
        """What the network gives for each class, and which one is right."""
        self._guess, self._labels = guess.ravel(), labels
        self._right, self._probabilities = right, probabilities
        self.update()

    def shown(self) -> list[int]:
        """The classes shown, in their order: all, or the best ones where there is no room for all."""
        room = max(int(self.height() / _LOWEST_ROW), 1)
        if len(self._guess) <= room:
            return list(range(len(self._guess)))
        best = np.argsort(-np.nan_to_num(self._guess), kind="stable")
        return sorted(int(place) for place in best[:room])

    def paintEvent(self, event: QPaintEvent) -> None:
        """Name, bar, and the number at the best one."""
        classes = self.shown()
        if not classes:
            return
        theme, painter = current(), QPainter(self)
        row = min(self.height() / len(classes), 18.0)
        painter.setFont(theme.font("caption"))
        names = [self._labels[place] if place < len(self._labels) else str(place) for place in classes]
        widest = max(painter.fontMetrics().horizontalAdvance(name) for name in names)
        percent = painter.fontMetrics().horizontalAdvance("100 %") + 4
        left, best = min(widest, self.width() // 2 - 8) + 6, int(np.argmax(np.nan_to_num(self._guess)))
        greatest = 1.0 if self._probabilities else float(np.max(np.abs(np.nan_to_num(self._guess)), initial=1e-9))
        for line, (place, name) in enumerate(zip(classes, names, strict=True)):
            top, share = line * row, abs(float(np.nan_to_num(self._guess[place]))) / greatest
            area = QRectF(0, top, left - 6, row)
            painter.setPen(theme.colour("text" if place in (best, self._right) else "text-muted"))
            painter.setFont(theme.font("caption", "semibold" if place == self._right else "regular"))
            short = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, round(area.width()) + 1)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, short)
            room = self.width() - left - percent
            bar = QRectF(left, top + 2, max(room * min(share, 1.0), 1.0), row - 4)
            painter.fillRect(bar, theme.colour("accent" if place == best else "line-strong"))
            if place == best:
                self._write_best(painter, bar, float(self._guess[place]))

    def _write_best(self, painter: QPainter, bar: QRectF, value: float) -> None:
        words = f"{100 * value:.0f} %" if self._probabilities else number(value)
        painter.setPen(current().colour("text"))
        place = QRectF(bar.right() + 4, bar.top() - 2, self.width() - bar.right(), bar.height() + 4)
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


class Scale(Painted):
    """What the colours mean."""

    def __init__(self) -> None:
        """Hidden until there are numbers."""
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(18)
        self.words = ("", "")
        self._range = ""

    def show_range(self, low: float, high: float, known: bool, per_map: bool) -> None:
        """The ends of the scale; for maps that are coloured each on its own, "low" and "high" of each."""
        finite = known and np.isfinite(low) and np.isfinite(high)
        self.words = ("low", "high") if per_map else (number(low), number(high))
        self._range = f"{number(low)} … {number(high)}" if per_map else ""
        self.setVisible(bool(finite))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Low, the colours, high; at the right from where to where all maps reach."""
        theme, painter = current(), QPainter(self)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("text-muted"))
        metrics, (low, high) = painter.fontMetrics(), self.words
        left = metrics.horizontalAdvance(low) + 6
        needed = left + metrics.horizontalAdvance(high) + metrics.horizontalAdvance(self._range) + 18
        reach = self._range if needed + 30 < self.width() else ""
        needed -= 0 if reach else metrics.horizontalAdvance(self._range) + 6
        bar = QRectF(left, 4, max(min(120, self.width() - needed), 20), 10)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignLeft, low)
        painter.drawText(self.rect().adjusted(int(bar.right()) + 6, 0, 0, 0), middle, high)
        painter.drawText(self.rect(), middle | Qt.AlignmentFlag.AlignRight, reach)
        painter.fillRect(bar, _gradient(bar, theme.heat("sequential")))


def _gradient(bar: QRectF, stops: list[QColor]) -> QLinearGradient:
    colours = QLinearGradient(bar.topLeft(), bar.topRight())
    for place, stop in enumerate(stops):
        colours.setColorAt(place / (len(stops) - 1), stop)
    return colours


def paint_bars(painter: QPainter, room: QSize, values: NDArray[np.float32]) -> None:
    """Up from zero for what is positive, down for what is negative."""
    numbers = np.nan_to_num(values, posinf=0, neginf=0).astype(float)
    high, low = max(float(numbers.max()), 0.0), min(float(numbers.min()), 0.0)
    unit = (room.height() - 4) / ((high - low) or 1.0)
    zero, wide = 2 + high * unit, room.width() / len(numbers)
    gap = 2.0 if wide > 6 else 1.0 if wide > 3 else 0.0
    colour = current().colour("accent")
    for place, value in enumerate(numbers.tolist()):
        top, length = zero - max(value, 0.0) * unit, abs(value) * unit
        painter.fillRect(QRectF(place * wide, top, wide - gap, length), colour)
    painter.setPen(current().colour("line-strong"))
    painter.drawLine(QPointF(0, zero), QPointF(room.width(), zero))


def enlarged(maps: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    """Each map with that many screen pixels per number, by repeating or leaving out."""
    _, height, width = maps.shape
    down, across = (
        np.arange(max(int(size * scale), 1)) * size // max(int(size * scale), 1) for size in (height, width)
    )
    return maps[:, down[:, None], across[None, :]]


def cells(values: Floats) -> NDArray[np.float32]:
    """Any other numbers as one map: a table as it is, a row folded into about three times as wide as high."""
    if values.ndim == 2:
        return values[None]
    flat = values.ravel()
    width = max(ceil(sqrt(3 * flat.size)), 1)
    filled = np.full(ceil(flat.size / width) * width, np.nan, np.float32)
    filled[: flat.size] = flat
    return filled.reshape(1, -1, width)
