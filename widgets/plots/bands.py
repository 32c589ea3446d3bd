"""A plot on a log scale with shaded bands that say what heights mean, and marks at its upper edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QPen
from PySide6.QtWidgets import QGraphicsRectItem, QGraphicsSimpleTextItem, QWidget

from widgets.plots.common import Plot
from widgets.series import Series
from widgets.theme import Theme, themes

FAR = 40.0
"""Powers of ten above and below which no axis goes."""
ENDLESS = 1e5
"""Epochs; bands reach over all of them."""
_SHADE = 0.45
_MOST_MARKS = 120
_MARK = 0.05
"""Share of the height that a mark takes."""


@dataclass(frozen=True)
class Band:
    """Heights between two exponents of ten, shaded in a colour of the theme, with words inside."""

    low: float
    high: float
    colour: str
    words: str
    ink: str


class BandedPlot(Plot):
    """Lines in front of bands."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Without bands."""
        self._bands: tuple[Band, ...] = ()
        self._shades: list[tuple[QGraphicsRectItem, QGraphicsSimpleTextItem]] = []
        self._marks = Series(4 * _MOST_MARKS)
        super().__init__(parent)
        self._ticks = pg.PlotCurveItem(connect="pairs", antialias=False)
        self.getViewBox().addItem(self._ticks, ignoreBounds=True)
        self.set_log(True)

    @property
    def bands(self) -> tuple[Band, ...]:
        """What is shaded."""
        return self._bands

    @property
    def marked(self) -> list[float]:
        """The steps that are marked, as many as are kept."""
        return [float(step) for step in self._marks.steps]

    def set_bands(self, bands: Sequence[Band]) -> None:
        """Shade these; the same bands again cost nothing."""
        if tuple(bands) == self._bands:
            return
        if len(bands) != len(self._bands):
            self._make_shades(len(bands))
        self._bands = tuple(bands)
        for band, (shade, _) in zip(self._bands, self._shades, strict=True):
            shade.setRect(QRectF(-ENDLESS, band.low, 2 * ENDLESS, band.high - band.low))
        self._dress_bands(themes().current)
        self._place_words()

    def mark(self, step: float) -> None:
        """A mark at the upper edge."""
        self._marks.append([step], [1.0])

    def remove_lines(self) -> None:
        """Take the marks away as well."""
        self._marks.clear()
        super().remove_lines()

    def dress(self, theme: Theme) -> None:
        """Bands have the colours of the theme, too."""
        super().dress(theme)
        self._dress_bands(theme)

    def _make_shades(self, count: int) -> None:
        for shade, words in self._shades:
            self.getViewBox().removeItem(shade)
            self.scene().removeItem(words)
        self._shades = []
        for _ in range(count):
            shade = QGraphicsRectItem()
            shade.setPen(QPen(Qt.PenStyle.NoPen))
            shade.setZValue(-10)
            self.getViewBox().addItem(shade, ignoreBounds=True)
            words = QGraphicsSimpleTextItem("", self.getPlotItem())
            words.setZValue(5)
            self._shades.append((shade, words))

    def _dress_bands(self, theme: Theme) -> None:
        for band, (shade, words) in zip(self._bands, self._shades, strict=True):
            shade.setBrush(QBrush(theme.colour(band.colour, _SHADE)))
            words.setText(band.words)
            words.setBrush(QBrush(theme.colour(band.ink)))
            words.setFont(theme.font("caption"))
        if hasattr(self, "_ticks"):  # the base dresses while it is built
            self._ticks.setPen(pg.mkPen(theme.colour("warning"), width=1))

    def _place_labels(self) -> None:
        super()._place_labels()
        self._place_words()

    def _place_words(self) -> None:
        """In the middle of what is seen of each band, where that is high enough for a line of text."""
        box = self.getViewBox()
        area = box.sceneBoundingRect()
        for band, (_, words) in zip(self._bands, self._shades, strict=True):
            top, bottom = (box.mapViewToScene(QPointF(0, height)).y() for height in (band.high, band.low))
            top, bottom = max(top, area.top()), min(bottom, area.bottom())
            size = words.boundingRect()
            words.setVisible(bottom - top >= size.height())
            upper = band.high >= FAR
            words.setPos(area.left() + 6, top + 1 if upper else bottom - size.height() - 1)

    def _draw(self) -> None:
        super()._draw()
        (left, right), (low, high) = self.getViewBox().viewRange()
        steps, _ = self._marks.view(left * self._unit, right * self._unit, _MOST_MARKS)
        heights = np.tile([high, high - _MARK * (high - low)], len(steps))
        self._ticks.setData(np.repeat(steps / self._unit, 2), heights)
