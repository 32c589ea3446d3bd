"""The small live pictures on cards while a network trains."""

from dataclasses import dataclass
from math import ceil, log10
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter

from widgets.canvas.paints import Paints
from widgets.heat import GREY, Table, map_image, tiles_image

MOST_MAPS = 8
MOST_BARS = 16
GAP = 4.0
HEADLINES = ("display", "body", "small")
"""Fonts of a headline: the largest one counts that its words fit in."""
PICTURE = 56.0
BARS_HEIGHT, CELLS_HEIGHT = 48.0, 36.0
CELLS_ACROSS = 16
DENSITY = 2
"""Pixels of a map's picture for each unit of the scene, so that it stays sharp when one zooms in."""
WEAKEST, STRONGEST = -6.0, 2.0
"""Powers of ten at the two ends of the gradient meter."""


@dataclass(frozen=True, eq=False)
class LiveStrip:
    """What a card shows of its block right now.

    `values`: (C, H, W) feature maps, (H, W) one picture, (F,) the outputs of units. `norm`: of the gradient.
    `headline` is a short word in a box of its own (the guessed class), `lines` stand beside it or the picture.
    """

    values: NDArray[np.floating] | None = None
    norm: float | None = None
    verdict: Literal["", "vanishes", "explodes"] = ""
    headline: str = ""
    lines: tuple[str, ...] = ()
    grey: bool = False
    """Whether the values are a picture as it is, and no map in colour."""
    signed: bool = False
    """Whether 0 is the middle of the colours."""

    def height(self, width: float) -> float:
        """How much room the picture needs on a card of this inner width."""
        if self.headline or self.lines:
            return PICTURE
        if self.values is None or self.values.size == 0:
            return 0.0
        if self.values.ndim == 1:
            return BARS_HEIGHT if len(self.values) <= MOST_BARS else CELLS_HEIGHT
        count = self._count()
        columns = _columns(count, width)
        return ceil(count / columns) * (_cell(columns, width) + GAP) - GAP

    def image(self, table: Table, width: float) -> QImage | None:
        """All maps, or all units, as one image for a card of this inner width; none where bars are drawn instead."""
        values, table = self.values, GREY if self.grey else table
        if values is None or values.size == 0 or self.bars():
            return None
        if values.ndim == 1:
            across = min(CELLS_ACROSS, len(values))
            rows = min(ceil(len(values) / across), 4)
            shown = np.full(rows * across, np.nan)
            part = values[: rows * across]
            shown[: len(part)] = part
            return _image(shown.reshape(rows, across), table)
        if values.ndim == 2:
            return _image(values, table)
        columns = _columns(self._count(), width)
        side = DENSITY * int(_cell(columns, width))
        shown = values[: self._count()]
        return tiles_image(shown, columns, side, DENSITY * int(GAP), table, signed=self.signed)

    def bars(self) -> bool:
        """Whether the values are few enough to be told apart as bars."""
        return self.values is not None and self.values.ndim == 1 and 0 < len(self.values) <= MOST_BARS

    def _count(self) -> int:
        values = self.values
        assert values is not None
        return 1 if values.ndim == 2 else min(len(values), MOST_MAPS)


def paint_strip(
    painter: QPainter, paints: Paints, strip: LiveStrip, image: QImage | None, rect: QRectF, colour: str
) -> None:
    """Draw the picture part of a strip into a rectangle; every number keeps its sharp edges."""
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
    _paint_picture(painter, paints, strip, image, rect, colour)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)


def _paint_picture(
    painter: QPainter, paints: Paints, strip: LiveStrip, image: QImage | None, rect: QRectF, colour: str
) -> None:
    if strip.headline or strip.lines:
        _paint_lines(painter, paints, strip, image, rect)
    elif strip.bars() and strip.values is not None:
        _paint_bars(painter, paints, strip.values, rect, colour)
    elif image is None or strip.values is None:
        return
    elif strip.values.ndim == 1:
        painter.drawImage(rect, image)
    elif strip.values.ndim == 2:
        side = _cell(1, rect.width())
        painter.drawImage(QRectF(rect.x(), rect.y(), side, side), image)
    else:
        painter.drawImage(QRectF(rect.x(), rect.y(), image.width() / DENSITY, image.height() / DENSITY), image)


def paint_meter(painter: QPainter, paints: Paints, strip: LiveStrip, rect: QRectF) -> None:
    """Draw the gradient's norm: a bar on a log scale and the number."""
    painter.setPen(paints.pen("line"))
    painter.drawLine(rect.topLeft(), rect.topRight())
    middle = rect.center().y()
    number = norm_text(strip.norm)
    paints.write(painter, "code-small", "text-muted", QPointF(10.0, middle - 7.0), "grad")
    width = paints.width("code-small", number)
    paints.write(painter, "code-small", "text-muted", QPointF(rect.width() - 10.0 - width, middle - 7.0), number)
    track = QRectF(44.0, middle - 2.0, rect.width() - 62.0 - width, 4.0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(paints.brush("hover"))
    painter.drawRoundedRect(track, 2.0, 2.0)
    painter.setBrush(paints.brush("warning" if strip.verdict else "accent"))
    filled = QRectF(track)
    filled.setWidth(max(track.width() * meter_share(strip.norm), 2.0))
    painter.drawRoundedRect(filled, 2.0, 2.0)


def meter_share(norm: float | None) -> float:
    """How much of the meter a norm fills, from 0 to 1."""
    if norm is None or not norm > 0.0:
        return 0.0
    return min(max((log10(min(norm, 1e30)) - WEAKEST) / (STRONGEST - WEAKEST), 0.0), 1.0)


def norm_text(norm: float | None) -> str:
    """A norm in at most three significant digits."""
    if norm is None:
        return ""
    return f"{norm:.3g}" if norm == 0.0 or norm >= 1e-4 else f"{norm:.1e}".replace("e-0", "e-")


def headline_font(paints: Paints, words: str) -> str:
    """The largest kind of font in which a headline fits into its box; what fits in none is cut with an ellipsis."""
    return next((kind for kind in HEADLINES if paints.width(kind, words) <= PICTURE - 6.0), HEADLINES[-1])


def _paint_lines(painter: QPainter, paints: Paints, strip: LiveStrip, image: QImage | None, rect: QRectF) -> None:
    box = QRectF(rect.x(), rect.y(), PICTURE, PICTURE)
    if strip.headline:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(paints.brush("accent-soft"))
        painter.drawRoundedRect(box, 6.0, 6.0)
        kind = headline_font(paints, strip.headline)
        painter.setFont(paints.font(kind))
        painter.setPen(paints.pen("accent"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, paints.elided(kind, strip.headline, PICTURE - 6.0))
    elif image is not None:
        painter.drawImage(box, image)
    else:
        box.setWidth(-8.0)
    for number, line in enumerate(strip.lines[:3]):
        at = QPointF(box.right() + 8.0, rect.y() + 2.0 + 17.0 * number)
        text = paints.elided("small", line, rect.right() - at.x())
        paints.write(painter, "small", "text" if strip.headline and number == 0 else "text-muted", at, text)


def _paint_bars(painter: QPainter, paints: Paints, values: NDArray[np.floating], rect: QRectF, colour: str) -> None:
    finite = np.where(np.isfinite(values), values, 0.0)
    low, high = min(float(finite.min()), 0.0), float(finite.max())
    span = high - low or 1.0
    step = rect.width() / len(finite)
    room = rect.height() - 13.0
    best = int(finite.argmax())
    for index, value in enumerate(finite):
        tall = max(room * (float(value) - low) / span, 1.0)
        bar = QRectF(rect.x() + index * step + 1.0, rect.y() + room - tall, step - 2.0, tall)
        painter.fillRect(bar, paints.colour(colour if index == best else "line-strong"))
        label = str(index)
        x = bar.center().x() - paints.width("code-small", label) / 2
        paints.write(
            painter, "code-small", "text" if index == best else "text-muted", QPointF(x, rect.bottom() - 12), label
        )


def _image(values: NDArray[np.floating], table: Table) -> QImage:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    return map_image(values, table, low, high)


def _columns(count: int, width: float) -> int:
    """Wide cards show four maps side by side, slim ones three."""
    return max(min(count, 4 if width > 120.0 else 3), 2 if count > 1 else 1)


def _cell(columns: int, width: float) -> float:
    return min((width - (columns - 1) * GAP) / columns, 64.0)
