"""How often a view may look: as often as its share of the time allows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

STARVING = 20
"""A view that would starve may look more often than its share allows, but never spends over 1/20 of the time."""


class Budget:
    """Spends at most `share` of the time, at most `most` and, while affordable, at least `least` times a second."""

    def __init__(self, share: float, most: float, least: float) -> None:
        self.share, self._shortest, self._longest = share, 1 / most, 1 / least
        self._cost = 0.0
        self.last = float("-inf")
        """When it last looked."""

    def allows(self, now: float) -> bool:
        """Whether it may look now. Time is counted from the end of the last look."""
        passed = now - self.last
        if passed < self._shortest:
            return False
        return passed * self.share >= self._cost or passed >= max(self._longest, STARVING * self._cost)

    @contextmanager
    def spend(self, more: bool = False) -> Iterator[None]:
        """Measure what a look costs; the next one waits accordingly. `more` belongs to the look just before."""
        start = perf_counter()
        yield
        self.last = perf_counter()
        spent = self.last - start
        if more:
            self._cost += spent
            return
        # The first look pays one-off costs of PyTorch, hence the quick forgetting.
        self._cost = spent if spent < self._cost or not self._cost else 0.5 * (spent + self._cost)
