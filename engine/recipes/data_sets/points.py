"""The computed sets: points on a plane and on a line."""

from __future__ import annotations

from engine.blocks.base import Shape
from engine.recipes.data_sets.base import Call, DataSet, Source, normalise_param, seed_param
from engine.settings import param

FEATURES = ("x1", "x2", "x1_squared", "x2_squared", "x1_x2", "sin_x1", "sin_x2", "radius")
"""What a network may be told about a point, in the order in which it is told."""


class Playground(DataSet):
    """Points on a plane in two classes: one half to learn from and one half to test with."""

    points: int = param("How many points there are; half of them are to test with.", 20, 100_000, default=500)
    noise: float = param("How much the points are shaken out of their pattern.", 0, 0.5, default=0.0)
    seed: int = seed_param()
    x1: bool = param("Tell the network how far right a point lies.", rare=True, default=True)
    x2: bool = param("Tell the network how far up a point lies.", rare=True, default=True)
    x1_squared: bool = param("Tell the network x1·x1.", rare=True, default=False)
    x2_squared: bool = param("Tell the network x2·x2.", rare=True, default=False)
    x1_x2: bool = param("Tell the network x1·x2.", rare=True, default=False)
    sin_x1: bool = param("Tell the network the sine of x1.", rare=True, default=False)
    sin_x2: bool = param("Tell the network the sine of x2.", rare=True, default=False)
    radius: bool = param("Tell the network how far a point lies from the middle.", rare=True, default=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.feature_names:
            raise ValueError("The network must be told something about a point; leave at least one of x1, x2 … on")

    @property
    def feature_names(self) -> tuple[str, ...]:
        return tuple(name for name in FEATURES if getattr(self, name))

    @property
    def input_shape(self) -> Shape:
        return (len(self.feature_names),)

    @property
    def train_examples(self) -> int:
        return self.points // 2

    @property
    def test_examples(self) -> int:
        return self.points - self.points // 2

    @property
    def source(self) -> Source:
        told = Call("points", "features", {"names": self.feature_names})
        return Source(
            Call("points", self.kind().lower(), {"count": self.points, "noise": self.noise, "seed": self.seed}),
            cut=self.train_examples,
            then=None if self.feature_names == ("x1", "x2") else told,
        )


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


class Drawn(DataSet):
    """Base of the sets whose test part is a second draw of the same kind."""

    examples: int = param("How many points there are to learn from.", 4, 100_000, default=100)
    noise: float = param("How much the points are shaken out of their pattern.", 0, 1, default=0.0)
    seed: int = seed_param()

    @property
    def train_examples(self) -> int:
        return self.examples

    @property
    def test_examples(self) -> int:
        return self.examples

    def drawn_twice(self, function: str) -> Source:
        """Training and test part by the same function, the second with the next seed."""
        both = {"count": self.examples, "noise": self.noise}
        first, second = (Call("points", function, {**both, "seed": seed}) for seed in (self.seed, self.seed + 1))
        return Source(first, second)


class XorPoints(Drawn):
    """The XOR table: 100 points close to the four corners of a square; the test set is a second draw."""

    title = "XOR table"
    input_shape = (2,)
    feature_names = ("x1", "x2")

    noise: float = param("How much the points are shaken out of their corners.", 0, 1, default=0.01)

    @property
    def source(self) -> Source:
        return self.drawn_twice("xor_points")


class Spiral3(Drawn):
    """Three spirals that wind around each other, one for each class; the test set is a second draw."""

    title = "Three spirals"
    in_class_order = True
    input_shape = (2,)
    labels = ("0", "1", "2")
    feature_names = ("x1", "x2")

    examples: int = param("How many points each of the three spirals has.", 2, 100_000, default=100)
    noise: float = param("How much the points are shaken out of their spirals.", 0, 1, default=0.2)

    @property
    def train_examples(self) -> int:
        return 3 * self.examples

    @property
    def test_examples(self) -> int:
        return 3 * self.examples

    @property
    def source(self) -> Source:
        return self.drawn_twice("three_spirals")


class Poly(Drawn):
    """Points on a square, parted by a curve and then shaken: easy to learn by heart, and a good place for Dropout."""

    title = "Curved border"
    input_shape = (2,)
    feature_names = ("x1", "x2")
    test_examples = 1_000

    examples: int = param(
        "How many points there are to learn from; 1,000 more are to test with.", 4, 100_000, default=1000
    )
    noise: float = param("How much points are shaken; those to learn from are shaken twice.", 0, 1, default=0.15)

    @property
    def source(self) -> Source:
        return Source(
            Call("points", "poly", {"count": self.examples, "noise": self.noise, "shaken": 2, "seed": self.seed}),
            Call("points", "poly", {"count": 1000, "noise": self.noise, "shaken": 1, "seed": self.seed + 1}),
        )


class Line(DataSet):
    """Base of the small sets on a line that are learned as a whole, so that the test set is the same."""

    input_shape = (1,)
    feature_names = ("x",)

    @property
    def test_examples(self) -> int:
        return self.train_examples

    @property
    def source(self) -> Source:
        whole = Call("lines", _with_underscores(self.kind()))
        return Source(whole, whole)


class Box(Line):
    """The box function: 40 numbers from -20 to 19, with 1 between -4 and 4; training and test set are the same."""

    title = "Box function"
    train_examples = 40


class TwoBoxes(Line):
    """Two boxes: 100 numbers from -20 to 20, with 1 between 5 and 10 on either side; the test set is the same."""

    title = "Two boxes"
    train_examples = 100


class Threshold(Line):
    """20 numbers from -1 to 0.9, with 1 above 0.2, for a network with one weight; the test set is the same."""

    title = "Threshold"
    in_class_order = True
    train_examples = 20


class ThreeParts(Line):
    """40 numbers from -2 to 1.9 in three parts: left, middle and right; the test set is the same."""

    title = "Three parts of a line"
    in_class_order = True
    labels = ("left", "middle", "right")
    train_examples = 40


class AbsoluteValue(Line):
    """The function |x| at 61 places from -3 to 3, to fit a curve with a bend; the test set is the same."""

    title = "Absolute value"
    labels = ()
    target_names = ("|x|",)
    train_examples = 61

    normalise: str = normalise_param("none")


def _with_underscores(name: str) -> str:
    """`TwoBoxes` as functions are called: `two_boxes`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("_")
