"""The data sets as settings: what a recipe, a form and the checker need to know without loading anything.

Every set has classes. A class number doubles as the index for CrossEntropyLoss and NLLLoss and, with two
classes, as the number 0.0 or 1.0 that BCELoss, BCEWithLogitsLoss, MSELoss and L1Loss aim at.
"""

from __future__ import annotations

from typing import ClassVar

from engine.blocks.base import Shape
from engine.recipe_part import RecipePart
from engine.settings import param

OWN_DATA = "Computed by the program; no licence needed."
HALF_OF_POINTS = 250
DIGITS = tuple("0123456789")

DATA_SETS: dict[str, type[DataSet]] = {}
"""Every data set by the name of its class, in the order of the form."""


class DataSet(RecipePart):
    """Base of every data set. A subclass joins the registry by existing."""

    input_shape: ClassVar[Shape] = ()
    """The size of one example."""
    labels: ClassVar[tuple[str, ...]] = ("0", "1")
    """What the classes are called; the place in the row is the class number."""
    test_examples: ClassVar[int] = HALF_OF_POINTS
    licence: ClassVar[str] = OWN_DATA

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.title:
            DATA_SETS[cls.__name__] = cls

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


class Mnist(DataSet):
    """60,000 handwritten digits of 28×28 pixels to learn from and 10,000 to test with.

    Pixels are scaled to 0–1, then the mean 0.1307 is taken away and the rest divided by 0.3081.
    """

    title = "MNIST"
    input_shape = (1, 28, 28)
    labels = DIGITS
    test_examples = 10_000
    licence = "MNIST by Y. LeCun and C. Cortes, commonly stated as CC BY-SA 3.0"

    examples: int = param("How many of the training pictures are used.", 10, 60_000, default=60_000, rare=True)

    @property
    def train_examples(self) -> int:
        return self.examples


class Digits(DataSet):
    """1,797 small handwritten digits of 8×8 pixels; learns in seconds.

    Pixels are scaled to 0–1. 1,437 pictures are to learn from and 360 to test with.
    """

    title = "Digits 8×8"
    input_shape = (1, 8, 8)
    labels = DIGITS
    test_examples = 360
    licence = "Optical recognition of handwritten digits by E. Alpaydin and C. Kaynak, CC BY 4.0"

    examples: int = param("How many of the training pictures are used.", 10, 1_437, default=1_437, rare=True)

    @property
    def train_examples(self) -> int:
        return self.examples


class Playground(DataSet):
    """Points on a plane in two classes: 250 to learn from and 250 to test with."""

    input_shape = (2,)

    noise: float = param("How much the points are shaken out of their pattern.", 0, 0.5, default=0.0)


class Circle(Playground):
    """Points on a plane: one class in the middle, the other in a ring around it."""

    title = "Circle"


class Xor(Playground):
    """Points on a plane in four corners; opposite corners belong together."""

    title = "Xor"


class Gauss(Playground):
    """Points on a plane in two round clouds that one straight line can part."""

    title = "Gauss"


class Spiral(Playground):
    """Points on a plane along two spirals that wind around each other."""

    title = "Spiral"


class XorPoints(DataSet):
    """The XOR table: 100 points close to the four corners of a square; the test set is a second draw."""

    title = "XOR table"
    input_shape = (2,)
    test_examples = 100

    @property
    def train_examples(self) -> int:
        return 100


class Box(DataSet):
    """The box function: 40 numbers from -20 to 19, with 1 between -4 and 4; training and test set are the same."""

    title = "Box function"
    input_shape = (1,)
    test_examples = 40

    @property
    def train_examples(self) -> int:
        return 40
