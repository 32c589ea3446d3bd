"""Blocks that mix every input number into every output number."""

from __future__ import annotations

from engine.blocks.base import Block, Shape, elements, needs_rank
from engine.program import Call
from engine.settings import param


class Linear(Block):
    """Mixes every input number into every output number: y = x·Wᵀ + b.

    It acts on the last dimension, so a picture is usually laid out flat by Flatten first.
    """

    family = "linear"
    title = "Linear"
    torch_name = "nn.Linear"
    accepts = "F"
    keywords = ("dense", "fully connected", "affine", "perceptron")
    short_name = "linear"

    out_features: int = param("How many numbers come out.", 1, 1_000_000, default=64, required=True)
    bias: bool = param("Add one learned number to each output.", default=True)

    def shape_rule(self, input: Shape) -> Shape:
        needs_rank(input, tuple(range(1, 64)), "at least one dimension")
        return *input[:-1], self.out_features

    def layer(self, input: Shape) -> Call:
        return self._create(input[-1])

    def parameters(self, input: Shape) -> int:
        return self.out_features * (input[-1] + self.bias)

    def macs(self, input: Shape) -> int:
        return elements(input) * self.out_features


class Identity(Block):
    """Passes everything on unchanged; a place holder to compare with and without."""

    family = "linear"
    title = "Identity"
    torch_name = "nn.Identity"
    keywords = ("nothing", "pass")
    short_name = "identity"

    def shape_rule(self, input: Shape) -> Shape:
        return input
