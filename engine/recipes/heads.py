"""Heads: what each of several Outputs learns, and how much that counts."""

from __future__ import annotations

from typing import ClassVar

from engine.blocks.base import Shape
from engine.recipes.data_sets import DataSet
from engine.recipes.losses import LOSSES, CrossEntropyLoss, Loss
from engine.recipes.part import Kinds, RecipePart
from engine.settings import param

HEADS: dict[str, type[Head]] = {}


class Head(RecipePart):
    """One Output with a loss of its own; all heads of a network learn together from the weighted sum."""

    title = "Head"
    parts: ClassVar[Kinds] = {"loss": LOSSES}

    loss: Loss = CrossEntropyLoss()
    output: str = param("The Output block that this loss reads.", default="")
    weight: float = param("How much this loss counts in the sum of all heads.", 0, 1e6, default=1.0)
    target: str | None = param(
        "The column of the data that it aims at; none takes all there are.", default=None, kind=str, optional=True
    )

    def output_shape(self, data: DataSet) -> Shape:
        """What this Output must give for one example. Raises ValueError where head and data do not suit."""
        if self.target is None:
            return self.loss.output_shape(data)
        self.column(data)
        return self.loss.shape_for(None, 1, data.title)

    def column(self, data: DataSet) -> int | None:
        """The number of the column that it aims at; None for all. Raises ValueError for a name that is not there."""
        if self.target is None:
            return None
        if self.target not in data.target_names:
            there = ", ".join(data.target_names) or "classes only"
            raise ValueError(f"{data.title} has no target called {self.target[:40]!r}; it has {there}")
        return data.target_names.index(self.target)


HEADS["Head"] = Head
