"""Blocks that keep numbers in a good range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.blocks.base import BYTES_OF_NUMBER, Block, SetValues, Shape, ShapeError, elements, needs_rank
from engine.blocks.linear import with_bias
from engine.program import Call
from engine.settings import param

EPS = "A small number that keeps the division safe."
MOMENTUM = "How fast the running mean and variance follow the batches; None averages all batches equally."
AFFINE = "Learn a scale and a shift."
DIMENSIONS = "How many of the last dimensions are normalised together."

PLACES = {
    (1,): "a row of features (F)",
    (2,): "a sequence (channels × length)",
    (1, 2): "a row of features (F) or a sequence (C × L)",
    (3,): "a picture (channels × height × width)",
    (4,): "a volume (channels × depth × height × width)",
}
"""What examples with this many dimensions are called; the first dimension holds the channels."""


class ChannelNorm(Block):
    """Base of the normalisations that treat every channel alone.

    Formula: y = (x - mean) / sqrt(var + eps)·weight + bias, with weight and bias learned where affine is on
    Out: The same shape.
    """

    running_statistics = True
    derived = ("num_features",)
    saves = ("input",)
    ranks: ClassVar[tuple[int, ...]] = ()
    """How many dimensions an example may have."""

    def shape_rule(self, input: Shape) -> Shape:
        needs_rank(input, self.ranks, PLACES[self.ranks])
        return input

    def layer(self, input: Shape) -> Call:
        return self._create(input[0])

    def weights(self, input: Shape) -> Mapping[str, Shape]:
        return with_bias(True, input[0]) if self.values()["affine"] else {}

    def buffers(self, input: Shape) -> Mapping[str, Shape]:
        if not self.values()["track_running_stats"]:
            return {}
        return {"running_mean": input[:1], "running_var": input[:1], "num_batches_tracked": ()}

    def key_settings(self) -> str:
        return ""


class BatchNorm(ChannelNorm):
    """Base of the batch normalisations, in which mean and variance are those of the whole batch.

    While training it uses the batch at hand, afterwards the running mean and variance that it kept.

    Use: Between a convolution or Linear and its activation, so that deep networks train fast and steadily.
    Labs: 57, 58, 59
    """

    eps: float = param(EPS, 1e-12, 1.0, default=1e-5, rare=True)
    momentum: float | None = param(MOMENTUM, 0.0, 1.0, default=0.1, optional=True)
    affine: bool = param(AFFINE, default=True)
    track_running_stats: bool = param("Remember mean and variance for use after training.", default=True, rare=True)

    def saved_besides(self, batch: int, input: Shape) -> int:
        return 2 * BYTES_OF_NUMBER * input[0]  # mean and spread of each channel, whatever the batch


class BatchNorm1d(BatchNorm):
    """Gives every feature of the batch mean 0 and variance 1, then a learned scale and shift.

    In: A row of features, or a sequence: channels × length.
    Example:
    BatchNorm1d(): 100 → 100
    BatchNorm1d(): 16×50 → 16×50
    """

    family = "normalisation"
    title = "Batch norm 1d"
    torch_name = "nn.BatchNorm1d"
    accepts = "F or C×L"
    keywords = ("batch normalization", "bn")
    short_name = "norm"
    ranks = (1, 2)


class BatchNorm2d(BatchNorm):
    """Gives every channel of the batch mean 0 and variance 1, then a learned scale and shift.

    In: A picture: channels × height × width.
    Example: BatchNorm2d(): 16×14×14 → 16×14×14
    Labs: 57, 58, 59, 60, 78
    """

    family = "normalisation"
    title = "Batch norm 2d"
    torch_name = "nn.BatchNorm2d"
    accepts = "C×H×W"
    keywords = ("batch normalization", "bn")
    short_name = "norm"
    ranks = (3,)


class BatchNorm3d(BatchNorm):
    """Gives every channel of a batch of volumes mean 0 and variance 1, then a learned scale and shift.

    In: A volume: channels × depth × height × width.
    Example: BatchNorm3d(): 8×4×14×14 → 8×4×14×14
    """

    family = "normalisation"
    title = "Batch norm 3d"
    torch_name = "nn.BatchNorm3d"
    accepts = "C×D×H×W"
    keywords = ("batch normalization", "bn", "volume", "video")
    short_name = "norm"
    ranks = (4,)


class GroupNorm(Block):
    """Gives groups of channels of each example mean 0 and variance 1; works with any batch size.

    Formula: y = (x - mean) / sqrt(var + eps)·weight + bias, with mean and var of one group of channels
    In: Channels, and any dimensions behind them; num_groups must divide the channels.
    Out: The same shape.
    Use: In place of batch normalisation where batches are small.
    Example: GroupNorm(num_groups=4): 16×14×14 → 16×14×14
    Labs: 60
    """

    family = "normalisation"
    title = "Group norm"
    torch_name = "nn.GroupNorm"
    accepts = "C×…"
    keywords = ("group normalization",)
    short_name = "group_norm"
    derived = ("num_channels",)
    saves = ("input",)

    num_groups: int = param("Into how many groups the channels are split.", 1, 1_000_000, default=4, required=True)
    eps: float = param(EPS, 1e-12, 1.0, default=1e-5, rare=True)
    affine: bool = param(AFFINE, default=True)

    def shape_rule(self, input: Shape) -> Shape:
        needs_rank(input, tuple(range(1, 64)), "a tensor with channels")
        if input[0] % self.num_groups:
            fitting = _divisor(input[0], self.num_groups)
            raise ShapeError(
                f"has num_groups={self.num_groups}, which must divide the {input[0]} channels of its input",
                SetValues((("num_groups", fitting),), f"Set num_groups to {fitting}"),
            )
        return input

    def layer(self, input: Shape) -> Call:
        made = self._create()
        return Call(made.target, (self.num_groups, input[0]), made.options, ("num_groups", "num_channels"),
                    made.defaults)  # fmt: skip

    def weights(self, input: Shape) -> Mapping[str, Shape]:
        return with_bias(True, input[0]) if self.affine else {}

    def reach(self, *inputs: Any) -> None:
        return None

    def saved_besides(self, batch: int, input: Shape) -> int:
        return 2 * BYTES_OF_NUMBER * batch * self.num_groups


class LastDimensions(Block):
    """Base of the normalisations over the last dimensions of each example.

    In: Any shape with at least as many dimensions.
    Out: The same shape.
    """

    derived = ("normalized_shape",)
    saves = ("input",)

    def shape_rule(self, input: Shape) -> Shape:
        count = self.values()["dimensions"]
        if count > len(input):
            raise ShapeError(
                f"normalises the last {count} dimensions, which needs a tensor of at least as many",
                *([SetValues((("dimensions", len(input)),), f"Set dimensions to {len(input)}")] if input else []),
            )
        return input

    def layer(self, input: Shape) -> Call:
        shape = self._normalized(input)
        return self._create(shape[0] if len(shape) == 1 else shape)

    def code_options(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        required, changed = super().code_options()
        return required, {name: value for name, value in changed.items() if name != "dimensions"}

    def reach(self, *inputs: Any) -> None:
        return None

    def _normalized(self, input: Shape) -> Shape:
        return tuple(input[-self.values()["dimensions"] :])

    def _places(self, input: Shape) -> int:
        """For how many parts of an example mean and spread are worked out."""
        return elements(input[: len(input) - self.values()["dimensions"]])


class LayerNorm(LastDimensions):
    """Gives the last dimensions of each example mean 0 and variance 1, then a learned scale and shift.

    Formula: y = (x - mean) / sqrt(var + eps)·weight + bias, with mean and var over the last dimensions
    Use: In transformers and after recurrent blocks; it needs no batch.
    Example:
    LayerNorm(): 12×64 → 12×64
    LayerNorm(dimensions=3): 16×14×14 → 16×14×14
    """

    family = "normalisation"
    title = "Layer norm"
    torch_name = "nn.LayerNorm"
    keywords = ("layer normalization",)
    short_name = "layer_norm"

    dimensions: int = param(DIMENSIONS, 1, 16, default=1)
    eps: float = param(EPS, 1e-12, 1.0, default=1e-5, rare=True)
    elementwise_affine: bool = param("Learn a scale and a shift for every element.", default=True)
    bias: bool = param("Learn the shift too.", default=True, rare=True)

    def weights(self, input: Shape) -> Mapping[str, Shape]:
        shape = self._normalized(input)
        bias = {"bias": shape} if self.bias else {}
        return {"weight": shape, **bias} if self.elementwise_affine else {}

    def saved_besides(self, batch: int, input: Shape) -> int:
        return 2 * BYTES_OF_NUMBER * batch * self._places(input)


class RMSNorm(LastDimensions):
    """Divides the last dimensions of each example by their size, then multiplies by a learned scale.

    Formula: y = x / sqrt(mean(x²) + eps)·weight, with the mean over the last dimensions
    Use: In place of layer normalisation in large language models: it is cheaper and as good.
    Example: RMSNorm(): 12×64 → 12×64
    """

    family = "normalisation"
    title = "RMS norm"
    torch_name = "nn.RMSNorm"
    keywords = ("root mean square", "layer normalization")
    short_name = "rms_norm"

    dimensions: int = param(DIMENSIONS, 1, 16, default=1)
    eps: float | None = param(
        "A small number that keeps the division safe; None takes the smallest that counts.", 1e-12, 1.0, default=None,
        kind=float, optional=True, rare=True,
    )  # fmt: skip
    elementwise_affine: bool = param("Learn a scale for every element.", default=True)

    def weights(self, input: Shape) -> Mapping[str, Shape]:
        return {"weight": self._normalized(input)} if self.elementwise_affine else {}

    def saved_besides(self, batch: int, input: Shape) -> int:
        products = elements(input) if self.elementwise_affine else 0
        return BYTES_OF_NUMBER * batch * (self._places(input) + products)


def _divisor(whole: int, wish: int) -> int:
    """The largest divisor that is not larger than the wish; the search is bounded by the wish."""
    return next(d for d in range(min(wish, whole, 4096), 0, -1) if whole % d == 0)
