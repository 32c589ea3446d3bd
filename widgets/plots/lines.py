"""One line of a plot: its points, its look and what pyqtgraph draws of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from widgets.plots.labels import EndLabel
from widgets.series import Series
from widgets.theme import Theme

Numbers = NDArray[np.float64]
_SYMBOLS = {"circle": "o", "square": "s", "triangle-up": "t1", "diamond": "d", "triangle-down": "t"}
_MOST_MARKS = 40
"""More points than these are drawn as a line alone."""
_THICK = 1.5
"""How much wider a line is that is picked out."""


@dataclass(frozen=True)
class Look:
    """How a line is drawn: the number of its style in the theme, and what deviates from it."""

    style: int
    width: float = 2.0
    alpha: float = 1.0
    dashed: bool = True
    """Whether the style's dashes are used."""
    marks: bool = False

    def colour(self, theme: Theme) -> QColor:
        """The line's colour with its strength."""
        colour = QColor(theme.plot(self.style).colour)
        colour.setAlphaF(self.alpha)
        return colour

    def pen(self, theme: Theme, lit: bool = False) -> QPen:
        """Dashes are given in pixels; Qt counts them in widths."""
        width = self.width * (_THICK if lit else 1.0)
        pen = QPen(self.colour(theme), width)
        pen.setCosmetic(True)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        pen.setJoinStyle(Qt.PenJoinStyle.BevelJoin)  # round ones look the same here and take three times as long
        dash = theme.plot(self.style).dash
        if self.dashed and dash:
            pen.setDashPattern([length / width for length in dash])
        return pen


class Line:
    """A series with its look. The name is what readings and labels call it."""

    def __init__(self, name: str, series: Series, look: Look, label: EndLabel | None, read: bool) -> None:
        """Nothing is drawn before `draw`."""
        self.name = name
        self.series = series
        self.look = look
        self.label = label
        self.read = read
        self.lit = False
        self.crowded = False
        """Whether its points lie too close for a mark at each."""
        self._symbol = "o"
        self.item = pg.PlotDataItem(antialias=look.alpha == 1.0, connect="finite")
        self.end: tuple[float, float] | None = None
        """The last point in the coordinates of the view."""

    def dress(self, theme: Theme) -> None:
        """Colours and dashes of a theme."""
        self.item.setPen(self.look.pen(theme, self.lit))
        self.item.setZValue(2 if self.lit else 1 if self.look.alpha == 1.0 else 0)
        if self.look.marks:
            self._mark(theme)
        if self.label:
            self.label.dress(self.look.colour(theme), theme.font("small", "semibold" if self.lit else "regular"))

    def _mark(self, theme: Theme) -> None:
        self._symbol = _SYMBOLS.get(theme.plot(self.look.style).marker, "o")
        self.item.setSymbol(None if self.crowded else self._symbol)
        self.item.setSymbolSize(7)
        self.item.setSymbolBrush(self.look.colour(theme))
        self.item.setSymbolPen(self.look.colour(theme))

    def draw(self, low: float, high: float, unit: float, log: bool, most: int) -> None:
        """Hand the points between two steps to pyqtgraph, in epochs of `unit` steps."""
        steps, values = self.series.view(low, high, most)
        heights = exponents(values) if log else values
        if self.look.marks and self.crowded != (len(steps) > _MOST_MARKS):
            self.crowded = not self.crowded
            self.item.setSymbol(None if self.crowded else self._symbol)
        self.item.setData(steps / unit, heights)
        known = np.flatnonzero(np.isfinite(heights))
        self.end = (float(steps[known[-1]] / unit), float(heights[known[-1]])) if known.size else None

    def bounds(self, low: float, high: float, log: bool) -> tuple[float, float] | None:
        """Between which heights the line runs; faint lines may leave the view with their lowest hundredth."""
        _, values = self.series.view(low, high, 4000)
        heights = exponents(values) if log else values
        heights = heights[np.isfinite(heights)]
        if not heights.size:
            return None
        least = np.percentile(heights, 1) if self.look.alpha < 1.0 else heights.min()
        return float(least), float(heights.max())


def exponents(values: Numbers) -> Numbers:
    """Powers of ten; what has none is a gap."""
    found: Numbers = np.log10(values, out=np.full(values.shape, np.nan), where=values > 0)
    return found
