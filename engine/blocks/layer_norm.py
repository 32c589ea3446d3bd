"""Normalisations that need no batch: over the last dimensions, and over neighbouring channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.blocks.base import Block, SetValues, Shape, ShapeError, needs_rank
from engine.blocks.normalisation import EPS
from engine.program import Call
from engine.settings import param

DIMENSIONS = "How many of the last dimensions are normalised together."


class LastDimensions(Block):
    """Base of the normalisations over the last dimensions of each example.

    In: Any shape with at least as many dimensions.
    Out: The same shape.
    """

    derived = ("normalized_shape",)

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


class LocalResponseNorm(Block):
    """Divides every number by the strength of the channels next to it, at the same place.

    Formula: y = x / (k + alpha·mean(x²))^beta, with the mean over the size nearest channels
    In: Channels, and at least one dimension behind them.
    Out: The same shape.
    Use: To rebuild AlexNet and its time; batch normalisation has taken its place.
    Example: LocalResponseNorm(size=5): 96×27×27 → 96×27×27
    """

    family = "normalisation"
    title = "Local response norm"
    torch_name = "nn.LocalResponseNorm"
    functional = "F.local_response_norm"
    accepts = "C×…"
    keywords = ("lrn", "alexnet", "lateral inhibition")
    short_name = "norm"

    size: int = param("How many channels count as near.", 1, 10_000, default=5, required=True)
    alpha: float = param("How much the strength of the others counts.", 0.0, 1e6, default=1e-4)
    beta: float = param("The power by which it counts.", 0.0, 1e3, default=0.75)
    k: float = param("What is added before dividing.", 0.0, 1e6, default=1.0)

    def shape_rule(self, input: Shape) -> Shape:
        needs_rank(input, tuple(range(2, 64)), "channels and at least one dimension behind them")
        return input
