"""What a run has to tell: it gathers between two pulls and is handed over about 30 times a second."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

import numpy as np

from engine.events import Event, Gradients, Progress, Steps
from engine.insight.gradients import Norms
from engine.recipes.recipe import Recipe
from engine.training.clock import Clock
from engine.training.control import Control
from engine.training.learner import Learner
from engine.training.progress import epoch_of, progress_of

TELL_EVERY = 1 / 30
PROGRESS_EVERY = 1 / 5


class Telling:
    """Where a run is, and the events that wait.

    Attributes: `step` steps made, `epochs` epochs to make, `recipe`, `control`.
    """

    def __init__(self, recipe: Recipe, control: Control) -> None:
        self.recipe, self.control = recipe, control
        self.step, self.epochs = 0, recipe.epochs
        self._learner: Learner | None = None
        self._clock, self._set_up_took = Clock(), 0.0
        self._told: list[Event] = []
        self._losses: list[float] = []
        self._next_tell = self._next_progress = 0.0

    @property
    def untold(self) -> tuple[Event, ...]:
        """What happened and waits to be told."""
        self._collect()
        return tuple(self._told)

    def _due(self) -> bool:
        return perf_counter() >= self._next_tell or self.control.wanted()

    def _gradients_event(self, norms: Norms) -> Gradients:
        cut = self._learner is not None and self._learner.mover.cut
        return Gradients(self.step, norms.blocks, norms.total, cut, norms.ratios)

    def _flush(self, *last: Event) -> list[Event]:
        """Everything that waits to be told, in order, and these events behind it."""
        self._collect()
        handful, self._told = self._told, []
        self._next_tell = perf_counter() + TELL_EVERY
        return [*handful, *last]

    @property
    def _rate(self) -> float | None:
        """The learning rate of the last step."""
        if self._learner is None:
            return None
        rates = self._learner.mover.rates
        return rates.now if rates.constant else rates.used

    def _collect(self) -> None:
        """Make one event of the losses that have gathered."""
        if self._losses:
            steps = np.arange(self.step - len(self._losses) + 1, self.step + 1, dtype=np.int64)
            self._told.append(Steps(steps, np.array(self._losses, np.float32), self._rate))
            self._losses = []

    def _progress_if_due(self) -> list[Event]:
        return [self._progress()] if perf_counter() >= self._next_progress else []

    def _progress(self, validating: bool = False) -> Progress:
        self._next_progress = perf_counter() + PROGRESS_EVERY
        assert self._learner is not None
        per_epoch, examples = self._learner.steps_per_epoch, self._learner.train_examples
        found = progress_of(self.step, self.epochs, per_epoch, self._clock.seconds - self._set_up_took)
        rate = found.steps_per_second * min(self.recipe.batch_size, examples)
        return replace(found, examples_per_second=rate, validating=validating)

    @property
    def epoch_now(self) -> int:
        """The epoch that the last step belongs to, from 1."""
        return epoch_of(self.step, self._learner.steps_per_epoch if self._learner else 1)
