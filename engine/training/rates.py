"""The learning rate of a run: PyTorch's own schedulers, with a warm-up in front."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch.optim import lr_scheduler

from engine.recipes.optimizers import RMSprop
from engine.recipes.recipe import Recipe
from engine.recipes.schedules import NoSchedule


class Rates:
    """Follows a schedule, counting from the end of the warm-up. A new one begins anew, with what is left of the run.

    Attributes: `used` the rate of the last step.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, recipe: Recipe, steps: int, steps_per_epoch: int) -> None:
        """Begin at the recipe's learning rate; `steps` are the moves of the weights still to come."""
        self._optimizer, self._recipe, self._schedule = optimizer, recipe, recipe.schedule
        self._length = self._schedule.length(steps, steps_per_epoch)
        self._warmed = self._counted = 0
        self._fresh = False
        """Whether the warm-up has ended with the very last step."""
        self._warming: lr_scheduler.LRScheduler | None = None
        self._main: Any = None
        self._set_rate()
        if self._schedule.warmup:
            start = self._schedule.warmup_start
            self._warming = lr_scheduler.LinearLR(optimizer, start, 1.0, self._schedule.warmup)
        else:
            self._begin()
        self.used = self.now

    @property
    def now(self) -> float:
        """The rate of the next step."""
        return float(self._optimizer.param_groups[0]["lr"])

    @property
    def constant(self) -> bool:
        """Whether the rate never changes by itself, so that nobody need tell of steps."""
        return self._main is None and self._warming is None

    def stepped(self) -> None:
        """The weights have been moved once."""
        self.used = self.now
        if self._warming is not None:
            self._warming.step()
            self._warmed += 1
            if self._warmed == self._schedule.warmup:
                self._warming, self._fresh = None, True
                self._set_rate()
                self._begin()
            return
        self._fresh = False
        if self._schedule.by_step:
            self._count()

    def epoch_over(self, loss: float) -> None:
        """An epoch is over; its validation loss is for the schedule that waits for better ones."""
        if self._warming is None and not self._schedule.by_step and not self._fresh:
            self._count(*(() if self._schedule.foreseeable else (loss,)))

    def state(self) -> dict[str, Any]:
        """How far it is, as plain values."""
        facts = {"warmed": self._warmed, "counted": self._counted, "fresh": self._fresh, "length": self._length}
        schedulers = {"warming": self._warming, "main": self._main}
        return {**facts, **{name: one.state_dict() if one else None for name, one in schedulers.items()}}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Be as far as when `state` was taken; the optimizer's own state is to be restored afterwards."""
        self._warmed, self._counted, self._fresh = state["warmed"], state["counted"], state["fresh"]
        self._length = state["length"]
        if state["warming"] is None:
            self._warming = None
            self._set_rate()
            self._begin()
        for scheduler, saved in ((self._warming, state["warming"]), (self._main, state["main"])):
            if scheduler is not None and saved is not None:
                scheduler.load_state_dict(saved)

    def _set_rate(self) -> None:
        for group in self._optimizer.param_groups:
            group.pop("initial_lr", None)
            group["lr"] = self._recipe.optimizer.lr

    def _begin(self) -> None:
        if isinstance(self._schedule, NoSchedule):
            return
        options = self._schedule.options(self._recipe.optimizer.lr, self._length)
        if "cycle_momentum" in options:
            options["cycle_momentum"] = options["cycle_momentum"] and self._has_momentum()
        self._main = getattr(lr_scheduler, self._schedule.kind())(self._optimizer, **options)

    def _has_momentum(self) -> bool:
        """Whether there is a momentum to change; RMSprop cannot begin with one later."""
        settings = self._recipe.optimizer
        if isinstance(settings, RMSprop) and not settings.momentum:
            return False
        return "momentum" in self._optimizer.defaults or "betas" in self._optimizer.defaults

    def _count(self, *measured: float) -> None:
        last = self._schedule.last_count(self._length)
        if self._main is not None and (last is None or self._counted < last):
            self._main.step(*measured)
            self._counted += 1
