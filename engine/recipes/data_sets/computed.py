"""The computed pictures."""

from __future__ import annotations

from engine.recipes.data_sets.base import Call, DataSet, Source, seed_param
from engine.settings import param


class Lines(DataSet):
    """Pictures of 11×11 pixels with a broken bar that stands (class 0) or lies (class 1).

    The standing ones come first, so that training without shuffling goes wrong. 1,000 others are to test with.
    """

    title = "Bars 11×11"
    input_shape = (1, 11, 11)
    labels = ("standing", "lying")
    in_class_order = True
    test_examples = 1_000

    examples: int = param("How many pictures there are to learn from.", 2, 100_000, default=10_000)
    kept: float = param("How likely it is for a pixel of a bar to be there.", 0, 1, default=0.9)
    seed: int = seed_param()

    @property
    def train_examples(self) -> int:
        return self.examples

    @property
    def source(self) -> Source:
        return Source(
            Call("drawings", "bars", {"count": self.examples, "kept": self.kept, "seed": self.seed + 1}),
            Call("drawings", "bars", {"count": 1000, "kept": self.kept, "seed": self.seed + 2}),
        )


class Shapes(DataSet):
    """Pictures of 32×32 pixels with one shape: disk, square, triangle, plus or ring, anywhere and of any size.

    Where each shape lies is kept. 500 others are to test with.
    """

    title = "Shapes 32×32"
    input_shape = (1, 32, 32)
    labels = ("disk", "square", "triangle", "plus", "ring")
    test_examples = 500

    examples: int = param("How many pictures there are to learn from.", 5, 20_000, default=2_000)
    noise: float = param("How much every pixel differs by chance.", 0, 2, default=0.1)
    seed: int = seed_param()

    @property
    def train_examples(self) -> int:
        return self.examples

    @property
    def source(self) -> Source:
        return Source(
            Call("drawings", "shapes", {"count": self.examples, "noise": self.noise, "seed": self.seed}),
            Call("drawings", "shapes", {"count": 500, "noise": self.noise, "seed": self.seed + 1}),
            beside=("boxes",),
        )
