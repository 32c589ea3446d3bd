"""The schedules as settings: how the learning rate changes during a run, and its curve without PyTorch.

A schedule counts epochs or steps from the end of the warm-up. `rate(lr, count, length)` is what PyTorch's scheduler
of the same name gives after so many counts; `length` is how many there are in the whole run.
"""

from __future__ import annotations

from bisect import bisect_right
from math import ceil, cos, floor, log, pi
from typing import Any, ClassVar

from engine.recipes.part import RecipePart
from engine.settings import param

LARGEST_RATE = 1e6
LONGEST = 10_000_000
MOST_POINTS = 400
"""The most points of a previewed curve."""

SCHEDULES: dict[str, type[Schedule]] = {}
"""Every schedule by the name of PyTorch's class, in the order of the form."""


class Schedule(RecipePart):
    """Base of every schedule. A subclass has the name of PyTorch's class and joins the registry by existing."""

    own: ClassVar[tuple[str, ...]] = ("warmup", "warmup_start", "every")
    """Settings that PyTorch's class does not have."""

    warmup: int = param("Steps in which the rate first rises to its full height.", 0, LONGEST, default=0, rare=True)
    warmup_start: float = param("The share of the rate that the warm-up begins with.", 1e-9, 1, default=0.01, rare=True)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.title:
            SCHEDULES[cls.__name__] = cls

    @property
    def by_step(self) -> bool:
        """Whether it counts steps, and not epochs."""
        return getattr(self, "every", "epoch") == "step"

    @property
    def foreseeable(self) -> bool:
        """Whether the curve can be known before the run."""
        return True

    def options(self, lr: float, length: int) -> dict[str, Any]:
        """What PyTorch's class is given, for a run with so many counts."""
        return {name: value for name, value in self.values().items() if name not in self.own}

    def rate(self, lr: float, count: int, length: int) -> float:
        """The rate after so many counts."""
        return lr

    def last_count(self, length: int) -> int | None:
        """The count after which the rate stays as it is; None for one that goes on for ever."""
        return None

    def length(self, steps: int, steps_per_epoch: int) -> int:
        """How many counts a run has after its warm-up."""
        left = max(1, steps - self.warmup)
        return left if self.by_step else max(1, ceil(left / steps_per_epoch))

    def rates(self, lr: float, steps: int, steps_per_epoch: int, most: int = MOST_POINTS) -> list[tuple[int, float]]:
        """The curve for a preview: steps from 1 and the rates that they are made with, at most so many points."""
        length = self.length(steps, steps_per_epoch)
        points = min(most, steps)
        picked = sorted({1 + round(number * (steps - 1) / max(1, points - 1)) for number in range(points)})
        return [(step, self._rate_of_step(lr, step, length, steps_per_epoch)) for step in picked]

    def _rate_of_step(self, lr: float, step: int, length: int, steps_per_epoch: int) -> float:
        made = step - 1
        if made < self.warmup:
            share = self.warmup_start + (1 - self.warmup_start) * made / self.warmup
            return lr * share
        # Epochs that end during the warm-up, the step that ends it included, do not count.
        epochs = made // steps_per_epoch - self.warmup // steps_per_epoch
        count = made - self.warmup if self.by_step else epochs
        last = self.last_count(length)
        return self.rate(lr, count if last is None else min(count, last), length)


class NoSchedule(Schedule):
    """The rate stays as it is."""

    title = "None"


class _Everywhere(Schedule):
    """Base of the schedules that may count epochs or steps."""

    every: str = param("What it counts.", choices=("epoch", "step"), default="epoch", rare=True)


class StepLR(_Everywhere):
    """Multiplies the rate by gamma at equal distances."""

    title = "Steps"

    step_size: int = param("Epochs between two falls.", 1, LONGEST, default=10)
    gamma: float = param("What the rate is multiplied by.", 0, 1e3, default=0.1)

    def rate(self, lr: float, count: int, length: int) -> float:
        return float(lr * self.gamma ** (count // self.step_size))


class MultiStepLR(_Everywhere):
    """Multiplies the rate by gamma at chosen epochs."""

    title = "Steps at chosen epochs"

    milestones: tuple[int, ...] = param("The epochs after which it falls.", 0, LONGEST, default=(10, 20), listed=True)
    gamma: float = param("What the rate is multiplied by.", 0, 1e3, default=0.1)

    def rate(self, lr: float, count: int, length: int) -> float:
        return float(lr * self.gamma ** bisect_right(sorted(self.milestones), count))


class ExponentialLR(_Everywhere):
    """Multiplies the rate by gamma after every epoch."""

    title = "Exponential"

    gamma: float = param("What the rate is multiplied by.", 0, 1e3, default=0.9)

    def rate(self, lr: float, count: int, length: int) -> float:
        return float(lr * self.gamma**count)


class CosineAnnealingLR(_Everywhere):
    """Lets the rate fall along a cosine, slowly at first and at the end; a good first choice."""

    title = "Cosine"

    T_max: int | None = param(
        "Epochs until the lowest rate; none takes the whole run.",
        1,
        LONGEST,
        default=None,
        kind=int,
        optional=True,
    )
    eta_min: float = param("The lowest rate.", 0, LARGEST_RATE, default=0.0)

    def options(self, lr: float, length: int) -> dict[str, Any]:
        return {"T_max": self.T_max or length, "eta_min": self.eta_min}

    def rate(self, lr: float, count: int, length: int) -> float:
        return self.eta_min + (lr - self.eta_min) * (1 + cos(pi * count / (self.T_max or length))) / 2

    def last_count(self, length: int) -> int | None:
        return None if self.T_max else length


class CosineAnnealingWarmRestarts(_Everywhere):
    """Lets the rate fall along a cosine, again and again from the top."""

    title = "Cosine with restarts"

    T_0: int = param("Epochs until the first restart.", 1, LONGEST, default=10)
    T_mult: int = param("How many times longer each following fall is.", 1, 100, default=1)
    eta_min: float = param("The lowest rate.", 0, LARGEST_RATE, default=0.0)

    def rate(self, lr: float, count: int, length: int) -> float:
        fall, since = self.T_0, count % self.T_0
        if self.T_mult > 1 and count >= self.T_0:
            times = floor(log(count / self.T_0 * (self.T_mult - 1) + 1, self.T_mult) + 1e-12)
            since = count - self.T_0 * (self.T_mult**times - 1) // (self.T_mult - 1)
            fall = self.T_0 * self.T_mult**times
        return self.eta_min + (lr - self.eta_min) * (1 + cos(pi * since / fall)) / 2


class OneCycleLR(Schedule):
    """Lets the rate rise to a peak and then fall far below where it began, once in the whole run."""

    title = "One cycle"

    max_lr: float | None = param(
        "The peak; none takes the learning rate.", 0, LARGEST_RATE, default=None, kind=float, optional=True
    )
    pct_start: float = param("The share of the run in which it rises.", 0, 1, default=0.3)
    anneal_strategy: str = param("The form of the curve.", choices=("cos", "linear"), default="cos")
    cycle_momentum: bool = param("Let the momentum fall while the rate rises.", default=True, rare=True)
    base_momentum: float = param("The lowest momentum.", 0, 1, default=0.85, rare=True)
    max_momentum: float = param("The highest momentum.", 0, 1, default=0.95, rare=True)
    div_factor: float = param("How many times lower than the peak it begins.", 1e-6, 1e9, default=25.0)
    final_div_factor: float = param(
        "How many times lower than its beginning it ends.", 1e-6, 1e12, default=1e4, rare=True
    )
    three_phase: bool = param("Fall as long as it rose, then go on to the end.", default=False, rare=True)

    @property
    def by_step(self) -> bool:
        return True

    def options(self, lr: float, length: int) -> dict[str, Any]:
        return {**super().options(lr, length), "max_lr": self.max_lr or lr, "total_steps": length}

    def last_count(self, length: int) -> int | None:
        return length - 1

    def rate(self, lr: float, count: int, length: int) -> float:
        top = self.max_lr or lr
        begin, rise = top / self.div_factor, float(self.pct_start * length) - 1
        end = begin / self.final_div_factor
        phases = [(rise, begin, top), (length - 1, top, end)]
        if self.three_phase:
            phases[1:] = [(2 * self.pct_start * length - 2, top, begin), (length - 1, begin, end)]
        start = 0.0
        for last, before, after in phases:
            if count <= last or last == length - 1:
                return self._between(before, after, (count - start) / (last - start) if last != start else 1.0)
            start = last
        return end

    def _between(self, before: float, after: float, share: float) -> float:
        if self.anneal_strategy == "linear":
            return before + (after - before) * share
        return after + (before - after) / 2 * (1 + cos(pi * share))


class ReduceLROnPlateau(Schedule):
    """Lowers the rate when the validation loss has not become better for a while."""

    title = "When it no longer gets better"

    factor: float = param("What the rate is multiplied by.", 0, 0.999999, default=0.1)
    patience: int = param("Epochs without a better loss that are let pass.", 0, LONGEST, default=10)
    threshold: float = param("How much better it must be to count.", 0, 1e6, default=1e-4, rare=True)
    threshold_mode: str = param(
        "Whether that is a share of the best loss or a plain number.", choices=("rel", "abs"), default="rel", rare=True
    )
    cooldown: int = param("Epochs after a fall in which nothing counts.", 0, LONGEST, default=0, rare=True)
    min_lr: float = param("The lowest rate.", 0, LARGEST_RATE, default=0.0, rare=True)
    eps: float = param("Falls smaller than this are left out.", 0, 1, default=1e-8, rare=True)

    @property
    def foreseeable(self) -> bool:
        return False


class LinearLR(_Everywhere):
    """Lets the rate change along a straight line from one share of itself to another."""

    title = "Linear"

    start_factor: float = param("The share that it begins with.", 1e-9, 1, default=1 / 3)
    end_factor: float = param("The share that it ends with.", 0, 1, default=1.0)
    total_iters: int = param("Epochs from the first to the last.", 1, LONGEST, default=5)

    def rate(self, lr: float, count: int, length: int) -> float:
        share = min(count, self.total_iters) / self.total_iters
        return lr * (self.start_factor + (self.end_factor - self.start_factor) * share)


class PolynomialLR(_Everywhere):
    """Lets the rate fall to 0 along a power: a straight line for power 1."""

    title = "Polynomial"

    total_iters: int = param("Epochs until 0.", 1, LONGEST, default=5)
    power: float = param("The power; above 1 it falls fast at first.", 0.01, 100, default=1.0)

    def rate(self, lr: float, count: int, length: int) -> float:
        return float(lr * (1 - min(count, self.total_iters) / self.total_iters) ** self.power)


class CyclicLR(Schedule):
    """Lets the rate go up and down between two values, in steps."""

    title = "Cyclic"

    base_lr: float | None = param(
        "The lowest rate; none takes the learning rate.", 0, LARGEST_RATE, default=None, kind=float, optional=True
    )
    max_lr: float | None = param(
        "The highest rate; none takes ten times the lowest.", 0, LARGEST_RATE, default=None, kind=float, optional=True
    )
    step_size_up: int = param("Steps on the way up.", 1, LONGEST, default=2000)
    step_size_down: int | None = param(
        "Steps on the way down; none takes as many as up.",
        1,
        LONGEST,
        default=None,
        kind=int,
        optional=True,
        rare=True,
    )
    mode: str = param(
        "Whether the peaks stay as high, halve each time, or fall by gamma with every step.",
        choices=("triangular", "triangular2", "exp_range"),
        default="triangular",
    )
    gamma: float = param("How the peaks fall with each step in exp_range.", 0, 1, default=1.0, rare=True)
    cycle_momentum: bool = param("Let the momentum fall while the rate rises.", default=True, rare=True)
    base_momentum: float = param("The lowest momentum.", 0, 1, default=0.8, rare=True)
    max_momentum: float = param("The highest momentum.", 0, 1, default=0.9, rare=True)

    @property
    def by_step(self) -> bool:
        return True

    def _ends(self, lr: float) -> tuple[float, float]:
        low = lr if self.base_lr is None else self.base_lr
        return low, 10 * low if self.max_lr is None else self.max_lr

    def options(self, lr: float, length: int) -> dict[str, Any]:
        low, high = self._ends(lr)
        return {**super().options(lr, length), "base_lr": low, "max_lr": high}

    def rate(self, lr: float, count: int, length: int) -> float:
        low, high = self._ends(lr)
        up = float(self.step_size_up)
        whole = up + (up if self.step_size_down is None else self.step_size_down)
        cycle = floor(1 + count / whole)
        along = 1 + count / whole - cycle
        share = along / (up / whole) if along <= up / whole else (along - 1) / (up / whole - 1)
        scale = {"triangular": 1.0, "triangular2": 1 / 2 ** (cycle - 1), "exp_range": self.gamma**count}[self.mode]
        return float(low + (high - low) * share * scale)
