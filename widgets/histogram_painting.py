"""Histograms side by side, each with its ends, its mean and its spread."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent

from engine.looks.distributions import BINS, Histogram
from widgets.map_painting import Painted
from widgets.plots.axes import number
from widgets.theme import current

_HEAD, _FOOT, _GAP = 17, 15, 14
_LEAST_WIDTH, _LEAST_HEIGHT = 110, 56
_FAINTEST = 1e-4
"""The share that is just seen: heights are on a log scale."""


class HistogramArea(Painted):
    """One small picture for each tensor."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._histograms: dict[str, Histogram] = {}
        self.setToolTip("How many numbers lie where; heights are on a log scale")
        self.setAccessibleName("Histograms of weights and activations")

    def show_histograms(self, histograms: Mapping[str, Histogram]) -> None:
        """By name; activations come first, for they change most."""
        order = sorted(histograms, key=lambda name: (name != "activations", [*histograms].index(name)))
        self._histograms = {name: histograms[name] for name in order}
        self.update()

    def shown(self) -> list[tuple[str, QRectF]]:
        """Those that have room, and where."""
        count = len(self._histograms)
        if not count:
            return []
        across = max(min((self.width() + _GAP) // (_LEAST_WIDTH + _GAP), count), 1)
        down = max(min((self.height() + _GAP) // (_LEAST_HEIGHT + _GAP), -(-count // across)), 1)
        across = min(across, -(-count // down))
        wide, high = (self.width() + _GAP) / across, (self.height() + _GAP) / down
        places = range(min(count, across * down))
        return [
            (name, QRectF(place % across * wide, place // across * high, wide - _GAP, high - _GAP))
            for place, name in zip(places, self._histograms, strict=False)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Title, bars, ends."""
        painter = QPainter(self)
        for name, area in self.shown():
            self._paint_one(painter, name, self._histograms[name], area)

    def _paint_one(self, painter: QPainter, name: str, found: Histogram, area: QRectF) -> None:
        theme = current()
        bars = area.adjusted(0, _HEAD, 0, -_FOOT)
        painter.setFont(theme.font("caption", "semibold"))
        painter.setPen(theme.colour("text"))
        painter.drawText(QPointF(area.left(), area.top() + 12), name)
        used = painter.fontMetrics().horizontalAdvance(f"{name}  ")
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text-muted"))
        facts = f"{_rough(found.mean)} ± {_rough(found.spread)}"
        facts += f", {100 * found.zeros:.0f} % are 0" if found.zeros > 0.005 else ""
        rest = QRectF(area.left() + used, area.top(), area.width() - used, _HEAD)
        elided = painter.fontMetrics().elidedText(facts, Qt.TextElideMode.ElideRight, max(round(rest.width()), 0))
        painter.drawText(rest, int(Qt.AlignmentFlag.AlignVCenter), elided)
        self._paint_bars(painter, found, bars)
        foot = QRectF(area.left(), bars.bottom(), area.width(), _FOOT)
        painter.setPen(theme.colour("text-muted"))
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), number(found.low))
        painter.drawText(foot, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), number(found.high))

    def _paint_bars(self, painter: QPainter, found: Histogram, area: QRectF) -> None:
        theme = current()
        heights = np.log10(np.maximum(found.counts, _FAINTEST) / _FAINTEST) / -np.log10(_FAINTEST)
        wide, colour = area.width() / BINS, theme.colour("accent")
        if found.low < 0 < found.high:
            zero = area.left() + area.width() * -found.low / (found.high - found.low)
            painter.setPen(theme.colour("line-strong"))
            painter.drawLine(QPointF(zero, area.top()), QPointF(zero, area.bottom()))
        for place, height in enumerate(heights.tolist()):
            high = height * area.height()
            painter.fillRect(QRectF(area.left() + place * wide, area.bottom() - high, max(wide - 1, 1), high), colour)
        painter.setPen(theme.colour("line-strong"))
        painter.drawLine(area.bottomLeft(), area.bottomRight())


def _rough(value: float) -> str:
    """Two figures: what fits beside a name."""
    return number(float(f"{value:.2g}"))
