"""The computed sets: points on a plane and on a line."""

from __future__ import annotations

from engine.recipes.data_sets.base import DataSet
from engine.settings import param


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
