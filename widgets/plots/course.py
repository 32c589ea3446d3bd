"""How one figure went from epoch to epoch, in little memory however many epochs there are."""

from __future__ import annotations

import math
from collections.abc import Iterable

from engine.events import EpochDone
from engine.recipes.metrics import METRICS, RATE
from engine.series import Series


class Course:
    """The values of a metric. One that is undefined makes a gap.

    Attributes: `series` over steps; `last` and `before` the newest two values; `best` and `best_epoch`.
    """

    def __init__(self, higher: bool | None = True) -> None:
        """`higher` says whether a higher value is better; None that neither is."""
        self.higher, self.series = higher, Series()
        self.clear()

    def clear(self) -> None:
        """Forget all of them."""
        self.series.clear()
        self.last: float | None = None
        self.before: float | None = None
        self.best: float | None = None
        self.best_epoch = self.epochs = 0

    def append(self, epoch: int, step: int, value: float | None) -> None:
        """What an epoch gave; of equally good ones the first is the best."""
        self.before, self.last, self.epochs = self.last, value, self.epochs + 1
        self.series.append([step], [math.nan if value is None else value])
        if value is None or self.higher is None or not math.isfinite(value):
            return
        if self.best is None or (value > self.best if self.higher else value < self.best):
            self.best, self.best_epoch = value, epoch


def courses(epochs: Iterable[EpochDone]) -> dict[str, Course]:
    """The courses of everything that these epochs told."""
    found: dict[str, Course] = {}
    for done in epochs:
        add_epoch(found, done)
    return found


def add_epoch(found: dict[str, Course], done: EpochDone) -> None:
    """Add what an epoch told: the metrics only where it was measured."""
    for name, value in figures(done).items():
        if name not in found:
            found[name] = Course(None if name == RATE.name else name in METRICS and METRICS[name].higher)
        found[name].append(done.epoch, done.step, value)


def figures(done: EpochDone) -> dict[str, float | None]:
    """Everything that is known of an epoch by name: loss, accuracy where there are classes, rate, and metrics."""
    known = {"loss": done.loss, "accuracy": done.accuracy, RATE.name: done.rate}
    return {**done.metrics, **{name: value for name, value in known.items() if value is not None}}
