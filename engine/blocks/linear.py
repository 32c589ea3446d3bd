"""Blocks that mix every input number into every output number, and the table that turns ids into numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.blocks.base import Block, SetValues, Shape, ShapeError, elements, needs_rank
from engine.program import Call
from engine.settings import param

FEATURES = tuple(range(1, 64))
"""Numbers of dimensions of a tensor whose last one holds features."""

BIAS = "Add one learned number to each output."


class Linear(Block):
    """Mixes every input number into every output number, with a learned weight for each pair.

    It acts on the last dimension, so a picture is usually laid out flat by Flatten first.

    Formula: y = x·Wᵀ + b
    In: F numbers; dimensions before the last are kept, and each place in them is treated alike.
    Out: out_features numbers in place of the F.
    Use: For the last layers of nearly every network, and for whole networks on rows of a table.
    Example:
    Linear(out_features=10): 784 → 10
    Linear(out_features=64): 12×32 → 12×64
    Labs: 1, 2, 12, 14, 15, 19, 22, 23, 37, 38, 39, 40, 70, 75
    """

    family = "linear"
    title = "Linear"
    torch_name = "nn.Linear"
    accepts = "F"
    keywords = ("dense", "fc", "fully connected", "affine", "perceptron")
    short_name = "linear"
    derived = ("in_features",)
    saves = ("input",)

    out_features: int = param("How many numbers come out.", 1, 1_000_000, default=64, required=True)
    bias: bool = param(BIAS, default=True)

    def shape_rule(self, input: Shape) -> Shape:
        needs_rank(input, FEATURES, "at least one dimension")
        return *input[:-1], self.out_features

    def layer(self, input: Shape) -> Call:
        return self._create(input[-1])

    def weights(self, input: Shape) -> Mapping[str, Shape]:
        return with_bias(self.bias, self.out_features, input[-1])

    def macs(self, input: Shape) -> int:
        return elements(input) * self.out_features

    def reach(self, *inputs: Any) -> None:
        return None


class Bilinear(Block):
    """Multiplies every number of one input with every number of the other, and mixes all the products.

    Formula: y = x1ᵀ·A·x2 + b, with one matrix A for every output
    In: Two tensors of features; all dimensions before the last must be equal.
    Out: out_features numbers in place of the features.
    Use: When an answer depends on how two things go together: a question and a passage, a user and a film.
    Example: Bilinear(out_features=5): 20, 30 → 5
    """

    family = "linear"
    title = "Bilinear"
    torch_name = "nn.Bilinear"
    accepts = "F, F"
    keywords = ("product", "pair", "interaction")
    short_name = "bilinear"
    inputs = ("input1", "input2")
    derived = ("in1_features", "in2_features")
    saves = ("input",)

    out_features: int = param("How many numbers come out.", 1, 10_000, default=64, required=True)
    bias: bool = param(BIAS, default=True)

    def shape_rule(self, input1: Shape, input2: Shape) -> Shape:
        for shape in (input1, input2):
            needs_rank(shape, FEATURES, "at least one dimension on both inputs")
        if input1[:-1] != input2[:-1]:
            raise ShapeError("needs inputs that are alike in all dimensions but the last", mismatch="sizes ≠")
        return *input1[:-1], self.out_features

    def layer(self, input1: Shape, input2: Shape) -> Call:
        return self._create(input1[-1], input2[-1])

    def weights(self, input1: Shape, input2: Shape) -> Mapping[str, Shape]:
        return with_bias(self.bias, self.out_features, input1[-1], input2[-1])

    def macs(self, input1: Shape, input2: Shape) -> int:
        # PyTorch's counter leaves this one out: x1ᵀ·A for every output, then its product with x2
        return elements(input1) * self.out_features * input2[-1] + elements(input2) * self.out_features

    def reach(self, *inputs: Any) -> None:
        return None


class Identity(Block):
    """Passes everything on unchanged; a place holder to compare with and without.

    Formula: y = x
    In: Anything, ids as well.
    Out: The same.
    Use: To take a block out of a drawing without drawing new wires.
    Example: Identity(): 16×14×14 → 16×14×14
    Labs: 2, 84
    """

    family = "linear"
    title = "Identity"
    torch_name = "nn.Identity"
    keywords = ("nothing", "pass")
    short_name = "identity"
    ids = "keeps"
    saves = ("view",)

    def shape_rule(self, input: Shape) -> Shape:
        return input


class Embedding(Block):
    """Looks up a row of learned numbers for every id, such as the meaning of a word.

    Formula: y = W[id]
    In: Ids: whole numbers from 0 to num_embeddings - 1, from an Input with dtype=int64.
    Out: embedding_dim numbers for each id, as a new last dimension.
    Use: As the first block for text and for categories, before LSTM, attention or Flatten.
    Example:
    Embedding(num_embeddings=1000, embedding_dim=64): ids 12 → 12×64
    Embedding(num_embeddings=7, embedding_dim=3): ids one number → 3
    """

    family = "linear"
    title = "Embedding"
    torch_name = "nn.Embedding"
    accepts = "ids"
    keywords = ("lookup", "token", "word", "vector", "dictionary", "category")
    short_name = "embedding"
    ids = "needs"
    saves = ("input",)

    num_embeddings: int = param("How many different ids there are.", 1, 100_000_000, default=1000, required=True)
    embedding_dim: int = param("How many numbers stand for each id.", 1, 1_000_000, default=64, required=True)
    padding_idx: int | None = param(
        "The id that fills up short texts: its row starts at zero and learns nothing.", -100_000_000, 100_000_000,
        default=None, kind=int, optional=True, rare=True,
    )  # fmt: skip
    max_norm: float | None = param(
        "Shrink rows that are longer than this.", 1e-6, 1e6, default=None, kind=float, optional=True, rare=True
    )
    norm_type: float = param("How max_norm measures length: 2 is the usual one.", 0.0, 1e3, default=2.0, rare=True)
    scale_grad_by_freq: bool = param(
        "Let an id learn less from each place where it occurs often in a batch.", default=False, rare=True
    )

    def shape_rule(self, ids: Shape) -> Shape:
        rows, padding = self.num_embeddings, self.padding_idx
        if padding is not None and not -rows <= padding < rows:
            raise ShapeError(
                f"has padding_idx={padding}, which must be one of its {rows} ids",
                SetValues((("padding_idx", None),), "Set padding_idx to None"),
            )
        return *ids, self.embedding_dim

    def weights(self, ids: Shape) -> Mapping[str, Shape]:
        return {"weight": (self.num_embeddings, self.embedding_dim)}


def with_bias(bias: bool, *weight: int) -> dict[str, Shape]:
    """What most blocks learn: a weight of this shape, and a bias for each entry of its first dimension."""
    return {"weight": weight, "bias": weight[:1]} if bias else {"weight": weight}
