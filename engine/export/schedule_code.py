"""How the learning rate of a training program changes, as text: PyTorch's scheduler, with a warm-up in front."""

from __future__ import annotations

from string import Template
from typing import Any

from engine.export.pieces import Piece, call_text
from engine.recipes.optimizers import RMSprop
from engine.recipes.recipe import Recipe
from engine.recipes.schedules import CosineAnnealingLR, CyclicLR, NoSchedule, OneCycleLR


def has_schedule(recipe: Recipe) -> bool:
    """Whether the recipe itself says how the rate changes."""
    return bool(recipe.schedule.warmup) or not isinstance(recipe.schedule, NoSchedule)


def counts_moves(recipe: Recipe) -> bool:
    """Whether the schedule is told of every move of the weights."""
    return has_schedule(recipe) and (bool(recipe.schedule.warmup) or recipe.schedule.by_step)


def after_epoch(recipe: Recipe) -> str:
    """What tells the schedule that an epoch is over; nothing where it need not know."""
    schedule = recipe.schedule
    if isinstance(schedule, NoSchedule) or schedule.by_step:
        return ""
    measured = "" if schedule.foreseeable else "loss"
    return f"schedule.epoch_over({measured})" if schedule.warmup else f"schedule.step({measured})"


def schedule_text(recipe: Recipe, rate: str, epochs: str, moves: str, indent: int = 0) -> str:
    """The lines that make the schedule: texts for the rate, the epochs, and the moves of an epoch."""
    margin = " " * indent
    if recipe.schedule.warmup:
        return call_text("schedule = Schedule", ["optimizer", rate, epochs, moves], indent)
    length = f"{epochs} * {moves}" if recipe.schedule.by_step else epochs
    named = f"{margin}length = {length}\n" if _needs_length(recipe) else ""
    return named + _made(recipe, f"schedule = {recipe.schedule.kind()}", "length", rate, indent)


def schedule_piece(recipe: Recipe) -> Piece | None:
    """The class that warms up first; nothing where PyTorch's own scheduler is enough."""
    schedule = recipe.schedule
    if not schedule.warmup:
        return None
    name = "" if isinstance(schedule, NoSchedule) else schedule.kind()
    values = {"warmup": schedule.warmup, "start": repr(schedule.warmup_start)}
    measured = "" if schedule.foreseeable else "loss"
    values["about"] = _about(recipe)
    values["begin"] = _begin(recipe) if name else ""
    values["by_step"] = "" if not (name and schedule.by_step) else _STEP_MAIN
    values["length"] = "left" if schedule.by_step else "math.ceil(left / steps_per_epoch)"
    epoch = Template(_EPOCH_OVER).substitute(loss=f", {measured}" * bool(measured), measured=measured)
    values["epoch"] = epoch if name and not schedule.by_step else ""
    text = Template(_SCHEDULE).substitute(values)
    imports = ["from torch.optim.lr_scheduler import LinearLR"]
    imports += [f"from torch.optim.lr_scheduler import {name}"] if name else []
    return Piece(text, (*imports, "import math" if "math." in text else ""))


def schedule_imports(recipe: Recipe) -> tuple[str, ...]:
    """What the lines of `schedule_text` use."""
    if recipe.schedule.warmup or isinstance(recipe.schedule, NoSchedule):
        return ()
    return (f"from torch.optim.lr_scheduler import {recipe.schedule.kind()}",)


def _about(recipe: Recipe) -> str:
    schedule = recipe.schedule
    counted = "step" if schedule.by_step else "epoch"
    after = "it stays" if isinstance(schedule, NoSchedule) else f"{schedule.kind()} follows, {counted} by {counted}"
    return f"The rate rises for {schedule.warmup:,} steps; then {after}."


def _begin(recipe: Recipe) -> str:
    return "\n" + _made(recipe, f"self.main = {recipe.schedule.kind()}", "self.length", "self.lr", 8, "self.optimizer")


def _needs_length(recipe: Recipe) -> bool:
    schedule = recipe.schedule
    return isinstance(schedule, OneCycleLR) or (isinstance(schedule, CosineAnnealingLR) and not schedule.T_max)


def _made(recipe: Recipe, start: str, length: str, rate: str, indent: int, optimizer: str = "optimizer") -> str:
    """The call of PyTorch's class, without what is as it begins anyway."""
    schedule = recipe.schedule
    usual: dict[str, Any] = {row.name: row.default for row in type(schedule).params() if row.rare}
    texts = {name: repr(value).replace("'", '"') for name, value in schedule.options(1.0, 1).items()}
    changed = {name: text for name, text in texts.items() if getattr(schedule, name, None) != usual.get(name, _NONE)}
    if "cycle_momentum" in texts and schedule.values()["cycle_momentum"] and not _has_momentum(recipe):
        changed["cycle_momentum"] = "False"
    if isinstance(schedule, OneCycleLR):
        changed |= {"max_lr": repr(schedule.max_lr) if schedule.max_lr else rate, "total_steps": length}
    elif isinstance(schedule, CosineAnnealingLR) and not schedule.T_max:
        changed["T_max"] = length
    elif isinstance(schedule, CyclicLR):
        low = rate if schedule.base_lr is None else repr(schedule.base_lr)
        changed |= {"base_lr": low, "max_lr": f"10 * {low}" if schedule.max_lr is None else repr(schedule.max_lr)}
    return call_text(start, [optimizer, *(f"{name}={text}" for name, text in changed.items())], indent)


_NONE = object()


def _has_momentum(recipe: Recipe) -> bool:
    """Whether there is a momentum to change; RMSprop cannot begin with one later."""
    settings = recipe.optimizer
    if isinstance(settings, RMSprop) and not settings.momentum:
        return False
    return not {"momentum", "betas"}.isdisjoint(settings.values())


_SCHEDULE = '''
class Schedule:
    """$about"""

    def __init__(self, optimizer, lr, epochs, steps_per_epoch):
        self.optimizer, self.lr = optimizer, lr
        left = max(1, epochs * steps_per_epoch - $warmup)
        self.length = $length
        self.warmed, self.just_warm, self.main = 0, False, None
        self.warm_up = LinearLR(optimizer, $start, 1.0, total_iters=$warmup)

    def begin(self):
        """Start at the full rate."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.lr
            group.pop("initial_lr", None)$begin

    def step(self):
        """The weights have been moved once."""
        self.just_warm = False
        if self.warmed < $warmup:
            self.warm_up.step()
            self.warmed += 1
            if self.warmed == $warmup:
                self.begin()
                self.just_warm = True
$by_step$epoch
    def state_dict(self):
        main = self.main.state_dict() if self.main else None
        state = {"warmed": self.warmed, "just_warm": self.just_warm, "main": main}
        return state | {"warm_up": self.warm_up.state_dict()}

    def load_state_dict(self, state):
        self.warmed, self.just_warm = state["warmed"], state["just_warm"]
        self.warm_up.load_state_dict(state["warm_up"])
        if self.warmed == $warmup:
            self.begin()
        if self.main:
            self.main.load_state_dict(state["main"])
'''

_STEP_MAIN = """\
        else:
            self.main.step()
"""

_EPOCH_OVER = '''
    def epoch_over(self$loss):
        """An epoch is over; one that ends with the warm-up does not count."""
        if self.main and not self.just_warm:
            self.main.step($measured)
'''
