"""Blocks that keep numbers in a good range, and blocks that drop some at random."""

from __future__ import annotations

from engine.blocks.base import Block, SetValues, Shape, ShapeError, needs_rank
from engine.program import Call
from engine.settings import param

EPS = "A small number that keeps the division safe."
MOMENTUM = "How fast the running mean and variance follow the batches; None averages all batches equally."
AFFINE = "Learn a scale and a shift."


class BatchNorm(Block):
    """Base of the batch normalisations: (x - mean) / sqrt(var + eps) · weight + bias, for every channel."""

    eps: float = param(EPS, 1e-12, 1.0, default=1e-5, rare=True)
    momentum: float | None = param(MOMENTUM, 0.0, 1.0, default=0.1, optional=True)
    affine: bool = param(AFFINE, default=True)
    track_running_stats: bool = param("Remember mean and variance for use after training.", default=True, rare=True)

    def layer(self, input: Shape) -> Call:
        return self._create(input[0])

    def parameters(self, input: Shape) -> int:
        return 2 * input[0] if self.affine else 0

    def key_settings(self) -> str:
        return ""


class BatchNorm1d(BatchNorm):
    """Gives every feature of the batch mean 0 and variance 1, then a learned scale and shift."""

    family = "normalisation"
    title = "Batch norm 1d"
    torch_name = "nn.BatchNorm1d"
    accepts = "F or C×L"
    keywords = ("batch normalization", "bn")
    short_name = "norm"

    def shape_rule(self, input: Shape) -> Shape:
        needs_rank(input, (1, 2), "a row of features (F) or a sequence (C × L)")
        return input


class BatchNorm2d(BatchNorm):
    """Gives every channel of the batch mean 0 and variance 1, then a learned scale and shift."""

    family = "normalisation"
    title = "Batch norm 2d"
    torch_name = "nn.BatchNorm2d"
    accepts = "C×H×W"
    keywords = ("batch normalization", "bn")
    short_name = "norm"

    def shape_rule(self, picture: Shape) -> Shape:
        needs_rank(picture, (3,), "a picture (channels × height × width)")
        return picture


class LayerNorm(Block):
    """Gives the last dimensions of each example mean 0 and variance 1, then a learned scale and shift."""

    family = "normalisation"
    title = "Layer norm"
    torch_name = "nn.LayerNorm"
    keywords = ("layer normalization",)
    short_name = "layer_norm"

    dimensions: int = param("How many of the last dimensions are normalised together.", 1, 16, default=1)
    eps: float = param(EPS, 1e-12, 1.0, default=1e-5, rare=True)
    elementwise_affine: bool = param("Learn a scale and a shift for every element.", default=True)
    bias: bool = param("Learn the shift too.", default=True, rare=True)

    def shape_rule(self, input: Shape) -> Shape:
        if self.dimensions > len(input):
            raise ShapeError(
                f"normalises the last {self.dimensions} dimensions, which needs a tensor of at least as many",
                *([SetValues((("dimensions", len(input)),), f"Set dimensions to {len(input)}")] if input else []),
            )
        return input

    def layer(self, input: Shape) -> Call:
        normalized = input[-self.dimensions :]
        options = {name: v for name, v in self.code_options()[1].items() if name != "dimensions"}
        shape = normalized[0] if len(normalized) == 1 else normalized
        return Call(self.torch_name, (shape,), tuple(options.items()))

    def parameters(self, input: Shape) -> int:
        size = 1
        for length in input[-self.dimensions :]:
            size *= length
        return size * (1 + self.bias) if self.elementwise_affine else 0


class GroupNorm(Block):
    """Gives groups of channels of each example mean 0 and variance 1; works with any batch size."""

    family = "normalisation"
    title = "Group norm"
    torch_name = "nn.GroupNorm"
    accepts = "C×…"
    keywords = ("group normalization",)
    short_name = "group_norm"

    num_groups: int = param("Into how many groups the channels are split.", 1, 1_000_000, default=4, required=True)
    eps: float = param(EPS, 1e-12, 1.0, default=1e-5, rare=True)
    affine: bool = param(AFFINE, default=True)

    def shape_rule(self, input: Shape) -> Shape:
        needs_rank(input, tuple(range(1, 64)), "a tensor with channels")
        if input[0] % self.num_groups:
            raise ShapeError(
                f"has num_groups={self.num_groups}, which must divide the {input[0]} channels of its input",
                SetValues((("num_groups", _divisor(input[0], self.num_groups)),), "Set num_groups to a divisor"),
            )
        return input

    def layer(self, input: Shape) -> Call:
        required, options = self.code_options()
        return Call(self.torch_name, (*required, input[0]), tuple(options.items()))

    def parameters(self, input: Shape) -> int:
        return 2 * input[0] if self.affine else 0


class Dropout(Block):
    """Sets a part of the numbers to zero at random, only while training, so that no unit is relied on."""

    family = "normalisation"
    title = "Dropout"
    torch_name = "nn.Dropout"
    keywords = ("regularization", "overfitting")
    short_name = "dropout"

    p: float = param("Which part of the numbers is set to zero.", 0.0, 1.0, default=0.5)

    def shape_rule(self, input: Shape) -> Shape:
        return input

    def key_settings(self) -> str:
        return str(self.p)


class Dropout2d(Block):
    """Sets whole feature maps to zero at random, only while training."""

    family = "normalisation"
    title = "Dropout 2d"
    torch_name = "nn.Dropout2d"
    accepts = "C×H×W"
    keywords = ("regularization", "overfitting", "spatial dropout")
    short_name = "dropout"

    p: float = param("Which part of the feature maps is set to zero.", 0.0, 1.0, default=0.5)

    def shape_rule(self, picture: Shape) -> Shape:
        needs_rank(picture, (3,), "a picture (channels × height × width)")
        return picture

    def key_settings(self) -> str:
        return str(self.p)


def _divisor(whole: int, wish: int) -> int:
    """The largest divisor that is not larger than the wish; the search is bounded by the wish."""
    return next(d for d in range(min(wish, whole, 4096), 0, -1) if whole % d == 0)
