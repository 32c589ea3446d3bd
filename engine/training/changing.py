"""What of a recipe may change in the middle of a run, with weights and the optimizer's state kept."""

from __future__ import annotations

from dataclasses import dataclass

from engine.recipes.recipe import Recipe

FREE = ("max_norm", "clip_value", "l1", "patience", "min_delta", "epochs")
"""Rows that count from the next step."""


@dataclass(frozen=True)
class Change:
    """A recipe to go on with, and what is to be said about it."""

    recipe: Recipe
    before: Recipe
    text: str

    @property
    def new_rates(self) -> bool:
        """Whether the learning rate begins anew."""
        before, after = self.before, self.recipe
        return after.schedule != before.schedule or after.optimizer.lr != before.optimizer.lr


def change_of(before: Recipe, wanted: Recipe, between_groups: bool) -> Change:
    """As much of the wanted recipe as can be had now; `between_groups` says that no gathered gradients wait."""
    free = (*FREE, "accumulate") if between_groups else FREE
    taken = {name: getattr(wanted, name) for name in free if getattr(wanted, name) != getattr(before, name)}
    if wanted.schedule != before.schedule:
        taken["schedule"] = wanted.schedule
    refused = [
        name
        for name in (*before.parts, *before.lists, *before.values())
        if name not in (*free, "schedule", "optimizer") and getattr(wanted, name) != getattr(before, name)
    ]
    optimizer, said, kept = _optimizer(before, wanted)
    if said:
        taken["optimizer"] = optimizer
    done = [*(name for name in taken if name != "optimizer"), *said]
    return Change(before.changed(**taken), before, _words(done, [*refused, *kept]))


def _optimizer(before: Recipe, wanted: Recipe) -> tuple[object, list[str], list[str]]:
    """The optimizer to go on with, which of its settings changed, and which cannot."""
    old, new = before.optimizer, wanted.optimizer
    if type(old) is not type(new):
        return old, [], ["optimizer"]
    changed = [name for name, value in new.values().items() if value != getattr(old, name)]
    fixed = [name for name in changed if name in old.fixed]
    free = [name for name in changed if name not in fixed]
    return old.changed(**{name: getattr(new, name) for name in free}), free, fixed


def _words(done: list[str], waits: list[str]) -> str:
    parts = [f"From the next step on, {_listed(done)} {'is' if len(done) == 1 else 'are'} new."] if done else []
    if waits:
        they = "it counts" if len(waits) == 1 else "they count"
        parts.append(f"{_listed(waits)} cannot change in the middle of a run; {they} from the next Train.")
    return " ".join(parts)


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
