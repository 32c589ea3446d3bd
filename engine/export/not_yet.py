"""What of a recipe no training program can be written for."""

from __future__ import annotations

from collections.abc import Iterator

from engine.export.style import CannotExport
from engine.recipes.optimizers import LBFGS
from engine.recipes.recipe import Recipe


def refuse_what_is_missing(recipe: Recipe) -> None:
    """Raise CannotExport that names what a training program cannot do."""
    missing = list(_missing(recipe))
    if missing:
        said = " and ".join(filter(None, (", ".join(missing[:-1]), missing[-1])))
        raise CannotExport(f"A training program with {said} cannot be written yet. Train it here, or take the network.")


def _missing(recipe: Recipe) -> Iterator[str]:
    if isinstance(recipe.optimizer, LBFGS):
        yield "LBFGS"
    if recipe.augment:
        yield "changed pictures"
    if recipe.precision == "float16":
        yield "float16"
