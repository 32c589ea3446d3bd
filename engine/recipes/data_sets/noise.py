"""Noise in any shape, for networks that no data set suits."""

from __future__ import annotations

from math import prod

from engine.blocks.base import Ids, Shape
from engine.recipes.data_sets.base import Call, DataSet, Source, seed_param
from engine.settings import param

MOST_NUMBERS = 500_000_000
"""How many numbers noise may have: two gigabytes."""


class RandomExamples(DataSet):
    """Noise with random labels, in any shape: there is nothing to learn in it; it only shows how fast training is."""

    title = "Random examples"
    feature_names = ()

    shape: tuple[int, ...] = param(
        "Size of one example, as the Input block has it.", 1, 1_000_000, default=(3, 32, 32), listed=True
    )
    number_of_classes: int = param("How many classes the labels are drawn from.", 2, 1_000_000, default=10)
    examples: int = param("How many examples there are; a quarter as many are to test with.", 4, 1_000_000, default=64)
    ids: int = param(
        "0 for real numbers; more for whole ones from 0 to below that, such as token ids.",
        0,
        10_000_000,
        default=0,
        rare=True,
    )
    seed: int = seed_param()

    def __post_init__(self) -> None:
        super().__post_init__()
        if prod(self.shape) * self.examples > MOST_NUMBERS:
            raise ValueError(
                f"{self.examples:,} examples of {prod(self.shape):,} numbers would fill the memory; take fewer examples"
            )

    @property
    def input_shape(self) -> Shape:
        return Ids(self.shape) if self.ids else self.shape

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(map(str, range(self.number_of_classes)))

    @property
    def classes(self) -> int:
        return self.number_of_classes

    @property
    def train_examples(self) -> int:
        return self.examples

    @property
    def test_examples(self) -> int:
        return self.examples // 4

    @property
    def note(self) -> str:
        return "The loss can only fall as far as the network learns the examples by heart."

    @property
    def source(self) -> Source:
        both = {"shape": tuple(self.shape), "classes": self.number_of_classes, "ids": self.ids}
        return Source(
            Call("drawings", "noise", {"count": self.examples, **both, "seed": self.seed}),
            Call("drawings", "noise", {"count": self.test_examples, **both, "seed": self.seed + 1}),
        )
