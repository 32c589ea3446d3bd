"""How long a run has been training."""

from __future__ import annotations

from time import perf_counter


class Clock:
    """Counts the time between start and stop; what a listener does in between is not training."""

    def __init__(self) -> None:
        self._counted = 0.0
        self._since: float | None = None

    def add(self, seconds: float) -> None:
        """Time that was spent before, in another process."""
        self._counted += seconds

    def start(self) -> None:
        """From now on time counts."""
        self._since = perf_counter()

    def stop(self) -> None:
        """It no longer does."""
        self._counted, self._since = self.seconds, None

    @property
    def seconds(self) -> float:
        """Time so far."""
        return self._counted + (perf_counter() - self._since if self._since is not None else 0.0)
