"""The data sets as settings: what a recipe, a form and the checker need to know without loading anything.

Every set has classes. A class number doubles as the index for CrossEntropyLoss and NLLLoss and, with two
classes, as the number 0.0 or 1.0 that BCELoss, BCEWithLogitsLoss, MSELoss and L1Loss aim at.
"""

from __future__ import annotations

from typing import ClassVar

from engine.blocks.base import Shape
from engine.recipes.part import RecipePart

OWN_DATA = "Computed by the program; no licence needed."
HALF_OF_POINTS = 250

DATA_SETS: dict[str, type[DataSet]] = {}
"""Every data set by the name of its class, in the order of the form."""


class DataSet(RecipePart):
    """Base of every data set. A subclass joins the registry by existing."""

    licence: ClassVar[str] = OWN_DATA

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.title:
            DATA_SETS[cls.__name__] = cls

    @property
    def input_shape(self) -> Shape:
        """The size of one example."""
        return ()

    @property
    def labels(self) -> tuple[str, ...]:
        """What the classes are called; the place in the row is the class number."""
        return ("0", "1")

    @property
    def test_examples(self) -> int:
        """How many examples there are to test with."""
        return HALF_OF_POINTS

    @property
    def classes(self) -> int | None:
        """How many classes there are; None for a set whose targets are plain numbers."""
        return len(self.labels) or None

    @property
    def targets(self) -> str:
        """What the labels are: "classes" or "values"."""
        return "classes" if self.labels else "values"

    @property
    def train_examples(self) -> int:
        """How many examples training goes through in one epoch."""
        return HALF_OF_POINTS

    @property
    def is_pictures(self) -> bool:
        """Whether an example is a picture: channels, height and width."""
        return len(self.input_shape) == 3
