"""A curve of any length in little memory: where points must go, the least and the greatest of each stretch stay."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.float64]

MOST_POINTS = 4000
"""A series never holds more points than this, but for the few of the stretch in progress."""


class Series:
    """Points in the order of their steps; reading and appending cost the same after a million steps as after ten.

    The run is cut into stretches of equal length. Each keeps two points, its least and its greatest; when there are
    too many stretches, neighbours are merged in pairs and stretches are twice as long from then on.
    """

    def __init__(self, most: int = MOST_POINTS) -> None:
        """Room for `most` points."""
        self._store = np.empty((2, max(most // 4 * 4, 8)))
        self.clear()

    def clear(self) -> None:
        """Forget all points."""
        self._count = 0
        self._stretch = 2
        self._open = np.empty((2, 0))  # at most the two extremes of the stretch in progress
        self._open_count = 0
        self._last = np.empty((2, 0))

    def __len__(self) -> int:
        """How many points are held now."""
        return len(self.steps)

    @property
    def steps(self) -> Numbers:
        """The steps of all points held, rising."""
        steps: Numbers = self._points()[0]
        return steps

    @property
    def values(self) -> Numbers:
        """The values of all points held."""
        values: Numbers = self._points()[1]
        return values

    def append(self, steps: ArrayLike, values: ArrayLike) -> None:
        """Add points with rising steps behind those already held; a value that is no number makes a gap."""
        points = np.stack([np.atleast_1d(np.asarray(steps, float)), np.atleast_1d(np.asarray(values, float))])
        if not points.shape[1]:
            return
        self._last = points[:, -1:].copy()
        while points.shape[1]:
            if self._count == self._store.shape[1]:
                self._merge()
            points = self._take(points)

    def view(self, low: float = -np.inf, high: float = np.inf, most: int = 400) -> tuple[Numbers, Numbers]:
        """At most `most` points between two steps, with one neighbour at each side so that the line leaves the view."""
        points = self._points()
        steps, values = points
        first = max(int(np.searchsorted(steps, low)) - 1, 0)
        last = min(int(np.searchsorted(steps, high, "right")) + 1, len(steps))
        if last - first > most:  # the ends stay as they are, what lies between is thinned
            inner = points[:, first + 1 : last - 1]
            thinned = _extremes(inner, -(-2 * inner.shape[1] // max(most - 4, 2)))
            points = np.hstack([points[:, first : first + 1], thinned, points[:, last - 1 : last]])
            return points[0], points[1]
        return steps[first:last], values[first:last]

    def nearest(self, step: float) -> tuple[float, float] | None:
        """The point whose step is closest to this one; None while there are no points."""
        steps, values = self._points()
        if not len(steps):
            return None
        right = int(np.searchsorted(steps, step))
        near = [index for index in (right - 1, right) if 0 <= index < len(steps)]
        best = min(near, key=lambda index: abs(steps[index] - step))
        return float(steps[best]), float(values[best])

    def _points(self) -> Numbers:
        """All points, two rows: what is stored, the stretch in progress, and the newest point whatever its value."""
        held = np.hstack([self._store[:, : self._count], self._open])
        newest = self._last[0, 0] if self._last.size else -np.inf
        return held if held.shape[1] and held[0, -1] == newest else np.hstack([held, self._last])

    def _take(self, points: Numbers) -> Numbers:
        """Put away as many points as fit without merging; returns the rest. Whole stretches go in at once."""
        room = (self._store.shape[1] - self._count) // 2
        whole = 0 if self._open_count else min(points.shape[1] // self._stretch, room)
        if whole:
            taken = whole * self._stretch
            self._put(_extremes(points[:, :taken], self._stretch))
        else:
            taken = min(self._stretch - self._open_count, points.shape[1])
            self._open_count += taken
            gathered = np.hstack([self._open, points[:, :taken]])
            self._open = _extremes(gathered, gathered.shape[1])
        if self._open_count == self._stretch:
            self._put(self._open)
            self._open, self._open_count = np.empty((2, 0)), 0
        return points[:, taken:]

    def _put(self, points: Numbers) -> None:
        self._store[:, self._count : self._count + points.shape[1]] = points
        self._count += points.shape[1]

    def _merge(self) -> None:
        """Halve the number of points: one pass, after which as many appends again cost nothing extra."""
        merged = _extremes(self._store, 4)
        self._count = merged.shape[1]
        self._store[:, : self._count] = merged
        self._stretch *= 2


def _extremes(points: Numbers, length: int) -> Numbers:
    """Two points of each stretch of `length`, in order: least and greatest. A shorter rest makes its own stretch."""
    count = points.shape[1]
    if count <= 2:
        return points.copy()
    length = max(length, 2)
    whole = count // length * length
    kept = [_places(points[1, :whole].reshape(-1, length))] if whole else []
    if whole < count:
        kept.append(whole + _places(points[1:, whole:]))
    return points[:, np.unique(np.concatenate(kept))]


def _places(rows: Numbers) -> NDArray[np.intp]:
    """Where in the flattened rows each row's least and greatest are; two places even where they are one."""
    known = np.isfinite(rows)
    least = np.argmin(np.where(known, rows, np.inf), axis=1)
    greatest = np.argmax(np.where(known, rows, -np.inf), axis=1)
    end = rows.shape[1] - 1
    greatest = np.where(least == greatest, np.where(least == end, 0, end), greatest)
    starts = rows.shape[1] * np.arange(len(rows))
    return np.concatenate([starts + least, starts + greatest])
