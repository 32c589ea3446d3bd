"""What of a recipe no training program can be written for yet."""

from __future__ import annotations

from collections.abc import Iterator

from engine.export.style import CannotExport
from engine.recipes.losses import Loss
from engine.recipes.optimizers import LBFGS
from engine.recipes.recipe import Recipe
from engine.recipes.schedules import NoSchedule

PLAIN = (
    "CrossEntropyLoss",
    "NLLLoss",
    "BCELoss",
    "BCEWithLogitsLoss",
    "MSELoss",
    "L1Loss",
    "SmoothL1Loss",
    "HuberLoss",
)
"""Losses that programs are written with."""


def refuse_what_is_missing(recipe: Recipe, outputs: int) -> None:
    """Raise CannotExport that names what a training program cannot do yet."""
    missing = list(_missing(recipe, outputs))
    if missing:
        said = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
        raise CannotExport(f"A training program with {said} cannot be written yet. Train it here, or take the network.")


def _missing(recipe: Recipe, outputs: int) -> Iterator[str]:
    if outputs > 1 or recipe.heads:
        yield "several heads"
    yield from _of_loss(recipe.loss)
    if isinstance(recipe.optimizer, LBFGS):
        yield "LBFGS"
    if not isinstance(recipe.schedule, NoSchedule):
        yield recipe.schedule.kind()
    if recipe.schedule.warmup:
        yield "warmup"
    usual = Recipe()
    for name in ("patience", "clip_value", "l1", "accumulate", "precision", "deterministic"):
        if getattr(recipe, name) != getattr(usual, name):
            yield name


def _of_loss(loss: Loss) -> Iterator[str]:
    if loss.kind() not in PLAIN:
        yield loss.kind()
    elif any(getattr(loss, name, None) for name in ("weight", "pos_weight", "balanced")):
        yield f"class weights in {loss.kind()}"
