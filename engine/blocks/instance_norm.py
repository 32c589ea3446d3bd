"""Normalisations of every channel of one example alone, and of a place by its neighbouring channels."""

from __future__ import annotations

from typing import Any

from engine.blocks.base import BYTES_OF_NUMBER, Block, Shape, ShapeError, elements, needs_rank
from engine.blocks.normalisation import AFFINE, EPS, ChannelNorm
from engine.settings import param


class InstanceNorm(ChannelNorm):
    """Base of the instance normalisations, in which mean and variance are those of one channel of one example.

    Use: For pictures whose contrast should not matter, as in style transfer.
    """

    eps: float = param(EPS, 1e-12, 1.0, default=1e-5, rare=True)
    momentum: float = param(
        "How fast the running mean and variance follow, if they are kept.", 0.0, 1.0, default=0.1, rare=True
    )
    affine: bool = param(AFFINE, default=False)
    track_running_stats: bool = param("Remember mean and variance for use after training.", default=False, rare=True)

    def shape_rule(self, input: Shape) -> Shape:
        super().shape_rule(input)
        if elements(input[1:]) == 1:
            raise ShapeError("normalises each channel alone, which needs more than one number in it", mismatch="1 < 2")
        return input

    def reach(self, *inputs: Any) -> None:
        return None

    def saved_besides(self, batch: int, input: Shape) -> int:
        return (2 + self.affine) * BYTES_OF_NUMBER * batch * input[0]


class InstanceNorm1d(InstanceNorm):
    """Gives every channel of every sequence mean 0 and variance 1.

    In: A sequence: channels × length, with a length of at least 2.
    Example: InstanceNorm1d(): 16×50 → 16×50
    """

    family = "normalisation"
    title = "Instance norm 1d"
    torch_name = "nn.InstanceNorm1d"
    accepts = "C×L"
    keywords = ("instance normalization", "contrast")
    short_name = "norm"
    ranks = (2,)


class InstanceNorm2d(InstanceNorm):
    """Gives every channel of every picture mean 0 and variance 1.

    In: A picture: channels × height × width, of at least two pixels.
    Example: InstanceNorm2d(): 16×14×14 → 16×14×14
    """

    family = "normalisation"
    title = "Instance norm 2d"
    torch_name = "nn.InstanceNorm2d"
    accepts = "C×H×W"
    keywords = ("instance normalization", "contrast", "style")
    short_name = "norm"
    ranks = (3,)


class InstanceNorm3d(InstanceNorm):
    """Gives every channel of every volume mean 0 and variance 1.

    In: A volume: channels × depth × height × width, of at least two cells.
    Example: InstanceNorm3d(): 8×4×14×14 → 8×4×14×14
    """

    family = "normalisation"
    title = "Instance norm 3d"
    torch_name = "nn.InstanceNorm3d"
    accepts = "C×D×H×W"
    keywords = ("instance normalization", "contrast", "volume", "video")
    short_name = "norm"
    ranks = (4,)


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
    saves = ("input",)

    size: int = param("How many channels count as near.", 1, 10_000, default=5, required=True)
    alpha: float = param("How much the strength of the others counts.", 0.0, 1e6, default=1e-4)
    beta: float = param("The power by which it counts.", 0.0, 1e3, default=0.75)
    k: float = param("What is added before dividing.", 0.0, 1e6, default=1.0)

    def shape_rule(self, input: Shape) -> Shape:
        needs_rank(input, tuple(range(2, 64)), "channels and at least one dimension behind them")
        return input

    def saved_besides(self, batch: int, input: Shape) -> int:
        padded = (input[0] + self.size - 1) * elements(input[1:])
        return BYTES_OF_NUMBER * batch * (padded + 2 * elements(input))
