"""The data sets as settings: what a recipe, a form and the checker need to know without loading anything.

A class number doubles as the index for CrossEntropyLoss and NLLLoss and, with two classes, as the number 0.0 or 1.0
that BCELoss, BCEWithLogitsLoss, MSELoss and L1Loss aim at. A set without classes has plain numbers to aim at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.blocks.base import Shape, shape_text
from engine.recipes.part import RecipePart
from engine.settings import param

OWN_DATA = "Computed by the program; no licence needed."
HALF_OF_POINTS = 250
LARGEST_SEED = 2**31 - 1

DATA_SETS: dict[str, type[DataSet]] = {}
"""Every data set by the name of its class, in the order of the form."""


@dataclass(frozen=True)
class Call:
    """A function of a file in `engine/data` that is plain numpy or torch, and what it is called with.

    The program calls it, and an exported training program holds its text with the same call: both have the same data.
    """

    file: str
    function: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """Where the numbers of a data set come from: calls that give inputs and labels, and perhaps arrays beside them.

    Attributes: `train`; `test`, or `cut`, the number of examples of `train` behind which the test part begins, or
    neither, where a `Split` cuts the test part off; `file`, a bundled file whose path is the first argument; `then`, a
    call that turns inputs into other inputs; `beside`, the names of further arrays with one row for each example.
    """

    train: Call
    test: Call | None = None
    cut: int | None = None
    file: str = ""
    then: Call | None = None
    beside: tuple[str, ...] = ()


class DataSet(RecipePart):
    """Base of every data set. A subclass joins the registry by existing.

    A subclass states its facts as plain class attributes, or as properties where they depend on its settings.
    """

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
        """What the classes are called; the place in the row is the class number. Empty where targets are values."""
        return ("0", "1")

    @property
    def target_names(self) -> tuple[str, ...]:
        """What the numbers are called that a set without classes aims at; empty for a set with classes."""
        return ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        """What the columns of one example are called; empty for pictures."""
        return ()

    @property
    def train_examples(self) -> int:
        """How many examples there are to learn from, before a `Split` takes any of them."""
        return HALF_OF_POINTS

    @property
    def test_examples(self) -> int:
        """How many examples the set's own test part has; 0 where a `Split` cuts one off."""
        return HALF_OF_POINTS

    @property
    def licence(self) -> str:
        """Who made the data, and under which licence they may be passed on."""
        return OWN_DATA

    @property
    def source(self) -> Source | None:
        """Where the numbers come from; None for a set that is loaded in a way of its own."""
        return None

    @property
    def in_class_order(self) -> bool:
        """Whether the examples come one class after the other, so that they must be shuffled."""
        return False

    @property
    def is_bundled(self) -> bool:
        """Whether it lies in a file that travels with the program."""
        return self.source is not None and bool(self.source.file)

    @property
    def normalising(self) -> str:
        """How inputs are normalised with figures of the training part: none, standard or min-max."""
        return getattr(self, "normalise", "none")

    @property
    def fills_missing(self) -> bool:
        """Whether missing inputs become the mean of their column in the training part."""
        return False

    @property
    def note(self) -> str:
        """What a person should know before training with it, in a sentence; mostly nothing."""
        return ""

    @property
    def classes(self) -> int | None:
        """How many classes there are; None for a set whose targets are plain numbers."""
        return len(self.labels) or None

    @property
    def targets(self) -> str:
        """What the labels are: "classes" or "values"."""
        return "classes" if self.labels else "values"

    @property
    def is_pictures(self) -> bool:
        """Whether an example is a picture: channels, height and width."""
        return len(self.input_shape) == 3

    def describe(self) -> str:
        """What the form says: what it is, the size of an example, what there is to find out, and what to know."""
        if self.classes:
            aim = f"{self.classes} classes"
        else:
            aim = "the target is " + (" and ".join(self.target_names) or "a number")
        size = shape_text(self.input_shape)
        if len(self.input_shape) == 1:
            size = "one number" if self.input_shape == (1,) else f"{size} numbers"
        return " ".join(filter(None, (f"{self.summary()} Each example is {size}, {aim}.", self.note)))


def normalise_param(default: str, *more: str) -> Any:
    """The setting `normalise`, with `more` choices before the usual ones."""
    return param(
        "Bring inputs to a common size, with figures of the training part: standard has mean 0 and spread 1.",
        choices=(*more, "none", "standard", "min-max"),
        default=default,
        rare=True,
    )


def seed_param() -> Any:
    """The setting `seed` of a computed set."""
    return param("Where chance starts: another seed draws other examples.", 0, LARGEST_SEED, default=0, rare=True)
