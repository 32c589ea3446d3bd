"""The axes of a plot: few round numbers, on a log scale 1, 2, 5 or 1, 3 or powers of ten as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor, log10

import pyqtgraph as pg

_MULTIPLES = ((1, 2, 5), (1, 3), (1,))
_ROW = 26
"""Pixels that one number on a log axis needs."""
_COLUMN = 32
"""Pixels that one number of epochs needs."""
_STEPS = tuple(digit * 10**power for power in range(10) for digit in (1, 2, 5))


def number(value: float) -> str:
    """A number as short as it can be read: 0.05, −1, 250, 1e−5."""
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e").replace("-", "−")


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """The positions (powers of ten as exponents) of at most about `most` round numbers between two exponents."""
    powers = range(floor(low), ceil(high) + 1)
    inside: list[float] = []
    for multiples in _MULTIPLES:
        places = (power + log10(multiple) for power in powers for multiple in multiples)
        inside = [place for place in places if low <= place <= high]
        if len(inside) <= most:
            return inside
    return inside[:: ceil(len(inside) / max(most, 1))]


class ValueAxis(pg.AxisItem):
    """The axis at the left, linear or logarithmic. A log axis is given exponents and shows the numbers."""

    def __init__(self) -> None:
        """Linear at first."""
        super().__init__("left")
        self.exponents = False
        self.enableAutoSIPrefix(False)

    def show_exponents(self, exponents: bool) -> None:
        """Whether positions are powers of ten."""
        self.exponents = exponents
        self.picture = None  # what was drawn before is void
        self.update()

    def tickValues(self, low: float, high: float, size: float, /) -> list[tuple[float | None, list[float]]]:
        """Where numbers stand; all of one importance, so that the grid has one strength."""
        if self.exponents:
            return [(None, log_ticks(low, high, max(int(size / _ROW), 2)))]
        return super().tickValues(low, high, size)[:1]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """The numbers in words of three digits."""
        return [number(10**value if self.exponents else value) for value in values]


class EpochAxis(pg.AxisItem):
    """The axis at the bottom, in epochs."""

    def __init__(self) -> None:
        """Without a unit prefix: it counts."""
        super().__init__("bottom")
        self.enableAutoSIPrefix(False)

    def tickValues(self, low: float, high: float, size: float, /) -> list[tuple[float | None, list[float]]]:
        """Whole epochs 1, 2, 5, 10 ... apart; parts of epochs only where less than two are seen."""
        if high - low < 2:
            return super().tickValues(low, high, size)[:1]
        step = next(step for step in _STEPS if (high - low) / step <= max(size / _COLUMN, 1))
        return [(step, [float(place) for place in range(ceil(low / step) * step, floor(high) + 1, step)])]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Whole numbers, and parts of an epoch when zoomed in."""
        return [number(value) for value in values]
