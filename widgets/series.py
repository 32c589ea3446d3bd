"""A curve beside its smoothed course."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from engine.series import MOST_POINTS, Numbers, Series

__all__ = ["MOST_POINTS", "Numbers", "Series", "Smooth", "SmoothSeries"]


class Smooth:
    """Exponential smoothing without the pull towards zero at the start; what is no number is passed over."""

    def __init__(self, weight: float = 0.95) -> None:
        """`weight` of the past: 0 shows the values as they are."""
        self._weight = weight
        self._sum = 0.0
        self._norm = 0.0

    @property
    def latest(self) -> float:
        """The smoothed value now; nan before the first one."""
        return self._sum / self._norm if self._norm else float("nan")

    def feed(self, values: ArrayLike) -> Numbers:
        """The smoothed value after each of these values."""
        given = np.atleast_1d(np.asarray(values, float))
        return np.array([self._after(float(value)) for value in given], float)

    def clear(self) -> None:
        """Start anew."""
        self._sum = self._norm = 0.0

    def _after(self, value: float) -> float:
        if np.isfinite(value):
            self._sum = self._weight * self._sum + (1 - self._weight) * value
            self._norm = self._weight * self._norm + (1 - self._weight)
        return self.latest


class SmoothSeries:
    """A series beside its smoothed course."""

    def __init__(self, weight: float = 0.95, most: int = MOST_POINTS) -> None:
        """`weight` as in `Smooth`, `most` as in `Series`."""
        self.raw = Series(most)
        self.smooth = Series(most)
        self._smoothing = Smooth(weight)

    @property
    def latest(self) -> float:
        """The smoothed value now; nan before the first one."""
        return self._smoothing.latest

    def append(self, steps: ArrayLike, values: ArrayLike) -> None:
        """Add points to both."""
        self.raw.append(steps, values)
        self.smooth.append(steps, self._smoothing.feed(values))

    def clear(self) -> None:
        """Forget all points of both."""
        self.raw.clear()
        self.smooth.clear()
        self._smoothing.clear()
