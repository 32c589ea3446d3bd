"""How a drawing is trained, as one frozen value: data, loss, optimizer, schedule and the rest of the recipe.

Data set, loss, optimizer and schedule are settings of their own, each kept in a registry by the name of its class;
`Recipe.params()` are the remaining rows. One form builder and one file writer serve them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar, Self

from engine.blocks.base import Shape
from engine.recipes.data_sets import DATA_SETS, DataSet, Mnist
from engine.recipes.heads import HEADS, Head
from engine.recipes.losses import LOSSES, CrossEntropyLoss, Loss
from engine.recipes.optimizers import OPTIMIZERS, Adam, Optimizer
from engine.recipes.part import Composed, Kinds
from engine.recipes.schedules import SCHEDULES, NoSchedule, Schedule
from engine.recipes.split import SPLITS, Counts, Split
from engine.recipes.transforms import TRANSFORMS, Transform, seen_shape
from engine.settings import param

__all__ = [
    "DATA_SETS",
    "HEADS",
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "TRANSFORMS",
    "DataSet",
    "Head",
    "Loss",
    "Optimizer",
    "Recipe",
    "Schedule",
    "Transform",
]

CARDS = 8
"""How many graphics cards can be told apart by number."""
DEVICES = ("auto", "cpu", "cuda", *(f"cuda:{number}" for number in range(CARDS)), "mps")
PRECISIONS = ("float32", "bfloat16", "float16")
TEST_BATCH = 500
"""How many examples of the test set are looked at together."""
LARGEST_SEED = 2**31 - 1


def steps_in(examples: int, batch_size: int) -> int:
    """Batches in an epoch. A last batch of a single example is left out: BatchNorm cannot learn from one."""
    whole, rest = divmod(examples, batch_size)
    return whole + (rest > 1 or whole == 0)


class Recipe(Composed):
    """Everything about a training run except the drawing."""

    parts: ClassVar[Kinds] = {
        "data": DATA_SETS,
        "loss": LOSSES,
        "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
        "split": SPLITS,
    }
    lists: ClassVar[Kinds] = {"heads": HEADS, "augment": TRANSFORMS}

    data: DataSet = Mnist()
    loss: Loss = CrossEntropyLoss()
    optimizer: Optimizer = Adam()
    schedule: Schedule = NoSchedule()
    split: Split = Split()
    heads: tuple[Head, ...] = ()
    """For Outputs with a loss of their own; every other Output has the recipe's loss and weight 1."""
    augment: tuple[Transform, ...] = ()
    """What happens to pictures, one after the other; by chance in the training part alone."""
    batch_size: int = param("How many examples are looked at before each step.", 1, 65_536, default=64)
    epochs: int = param("How many times training goes through all the data.", 1, 10_000, default=5)
    shuffle: bool = param("Draw the examples in a new order in each epoch.", default=True)
    seed: int = param("Where chance starts: the same seed gives the same run.", 0, LARGEST_SEED, default=0)
    device: str = param(
        "Where to compute; auto takes a graphics card when there is one.", choices=DEVICES, default="auto"
    )
    patience: int | None = param(
        "Stop after so many epochs without a better validation loss, with the best weights; none never stops early.",
        1,
        10_000,
        default=None,
        kind=int,
        optional=True,
        rare=True,
    )
    min_delta: float = param("How much better a loss must be to count as better.", 0, 1e6, default=0.0, rare=True)
    max_norm: float | None = param(
        "Shorten gradients that are longer than this; none leaves them as they are.",
        1e-6,
        1e6,
        default=None,
        kind=float,
        optional=True,
        rare=True,
    )
    clip_value: float | None = param(
        "Cut every single number of a gradient that is larger than this; none leaves them as they are.",
        1e-9,
        1e6,
        default=None,
        kind=float,
        optional=True,
        rare=True,
    )
    l1: float = param(
        "Pull weights to exactly 0: this times the sum of their sizes joins the loss.", 0, 1e3, default=0.0, rare=True
    )
    accumulate: int = param(
        "Gather the gradients of so many batches for one move of the weights.", 1, 65_536, default=1, rare=True
    )
    precision: str = param(
        "What most numbers are computed in; bfloat16 and float16 are quicker on graphics cards and less exact.",
        choices=PRECISIONS,
        default="float32",
        rare=True,
    )
    deterministic: bool = param(
        "Refuse to compute anything that could differ from run to run, which may be slower.", default=False, rare=True
    )
    threads: int | None = param(
        "Processor cores to use; none leaves one core to the window.",
        1,
        256,
        default=None,
        kind=int,
        optional=True,
        rare=True,
    )

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> Self:
        """Read what `as_data` wrote. Raises ValueError for anything else; missing things are usual."""
        return cls.read(data)

    @property
    def counts(self) -> Counts:
        """How many examples there are to learn from, to check with and to test with."""
        return self.split.counts(self.data)

    @property
    def steps_per_epoch(self) -> int:
        """How many batches there are in an epoch."""
        return steps_in(self.counts.train, self.batch_size)

    @property
    def input_shape(self) -> Shape:
        """The size of what the network sees; as the data have it where the transforms do not suit them."""
        try:
            return seen_shape(self.augment, self.data.input_shape)
        except ValueError:
            return self.data.input_shape

    def heads_for(self, outputs: Iterable[str]) -> tuple[Head, ...]:
        """What each of these Outputs learns, in their order; a network with a single one needs no head."""
        named = {head.output: head for head in self.heads}
        return tuple(named.get(name) or Head(output=name, loss=self.loss) for name in outputs)

    def summary(self) -> str:
        """The recipe on a button: `Adam 0.001 · 5 epochs`."""
        return f"{self.optimizer.kind()} {self.optimizer.lr:g} · {self.epochs:,} epoch{'s' * (self.epochs != 1)}"
