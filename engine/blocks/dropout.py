"""Blocks that drop some numbers at random, only while training."""

from __future__ import annotations

from typing import ClassVar

from engine.blocks.base import BYTES_OF_NUMBER, Block, Saved, Shape, elements, needs_rank
from engine.blocks.normalisation import PLACES
from engine.program import Call, Variable, call
from engine.settings import param

ANY = tuple(range(64))


class Drop(Block):
    """Base of the blocks that drop something at random; once training is over they pass everything on.

    Out: The same shape.
    """

    ranks: ClassVar[tuple[int, ...]] = ANY
    """How many dimensions an example may have."""

    def shape_rule(self, input: Shape) -> Shape:
        needs_rank(input, self.ranks, PLACES.get(self.ranks, "at least one dimension"))
        return input

    def as_function(self, *tensors: Variable) -> Call:
        return call(self.functional, *tensors, **self.code_options()[1], training=Variable("self.training"))

    def saved(self, input: Shape) -> tuple[Saved, ...]:
        """Where nothing is dropped, the input is the output."""
        return ("training",) if self.values()["p"] else ("view",)

    def saved_besides(self, batch: int, input: Shape) -> int:
        return BYTES_OF_NUMBER * batch * self._decisions(input) if self.values()["p"] else 0

    def key_settings(self) -> str:
        return str(self.values()["p"])

    def _decisions(self, input: Shape) -> int:
        """For how many numbers or channels of an example chance decides."""
        return elements(input)


class DropChannels(Drop):
    """Base of the blocks that drop whole channels.

    Formula: y = 0 for a part p of the channels, otherwise x / (1 - p)
    Use: After convolutions, where neighbours are so alike that dropping single numbers changes little.
    """

    p: float = param("Which part of the channels is set to zero.", 0.0, 1.0, default=0.5)

    def _decisions(self, input: Shape) -> int:
        return input[0]


class Dropout(Drop):
    """Sets a part of the numbers to zero at random, only while training, so that no unit is relied on.

    Formula: y = 0 for a part p of the numbers, otherwise x / (1 - p)
    In: Any shape.
    Use: Before the last Linear blocks of a network that learns its training data by heart.
    Example: Dropout(p=0.2): 128 → 128
    Labs: 21, 41, 42
    """

    family = "normalisation"
    title = "Dropout"
    torch_name = "nn.Dropout"
    functional = "F.dropout"
    keywords = ("regularization", "overfitting")
    short_name = "dropout"

    p: float = param("Which part of the numbers is set to zero.", 0.0, 1.0, default=0.5)


class Dropout1d(DropChannels):
    """Sets whole channels of a sequence to zero at random, only while training.

    In: A sequence: channels × length.
    Example: Dropout1d(): 16×50 → 16×50
    """

    family = "normalisation"
    title = "Dropout 1d"
    torch_name = "nn.Dropout1d"
    functional = "F.dropout1d"
    accepts = "C×L"
    keywords = ("regularization", "overfitting", "spatial dropout")
    short_name = "dropout"
    ranks = (2,)


class Dropout2d(DropChannels):
    """Sets whole feature maps to zero at random, only while training.

    In: A picture: channels × height × width.
    Example: Dropout2d(): 16×14×14 → 16×14×14
    """

    family = "normalisation"
    title = "Dropout 2d"
    torch_name = "nn.Dropout2d"
    functional = "F.dropout2d"
    accepts = "C×H×W"
    keywords = ("regularization", "overfitting", "spatial dropout")
    short_name = "dropout"
    ranks = (3,)


class Dropout3d(DropChannels):
    """Sets whole channels of a volume to zero at random, only while training.

    In: A volume: channels × depth × height × width.
    Example: Dropout3d(): 8×4×14×14 → 8×4×14×14
    """

    family = "normalisation"
    title = "Dropout 3d"
    torch_name = "nn.Dropout3d"
    functional = "F.dropout3d"
    accepts = "C×D×H×W"
    keywords = ("regularization", "overfitting", "spatial dropout", "volume", "video")
    short_name = "dropout"
    ranks = (4,)


class AlphaDropout(Drop):
    """Sets a part of the numbers to SELU's lowest value at random, so that mean and variance stay as they are.

    Formula: y = a·x' + b, with x' = -1.7581 for a part p of the numbers and x otherwise; a and b keep mean and variance
    In: Any shape.
    Use: Together with SELU, in place of Dropout.
    Example: AlphaDropout(p=0.1): 64 → 64
    """

    family = "normalisation"
    title = "Alpha dropout"
    torch_name = "nn.AlphaDropout"
    functional = "F.alpha_dropout"
    keywords = ("regularization", "overfitting", "selu")
    short_name = "dropout"

    p: float = param("Which part of the numbers is dropped.", 0.0, 1.0, default=0.5)


class FeatureAlphaDropout(Drop):
    """Sets whole channels to SELU's lowest value at random, so that mean and variance stay as they are.

    Formula: y = a·x' + b, with x' = -1.7581 for a part p of the channels, otherwise x; a and b keep mean and variance
    In: Channels, and any dimensions behind them.
    Use: Together with SELU after convolutions, in place of Dropout2d.
    Example: FeatureAlphaDropout(p=0.1): 16×14×14 → 16×14×14
    """

    family = "normalisation"
    title = "Feature alpha dropout"
    torch_name = "nn.FeatureAlphaDropout"
    functional = "F.feature_alpha_dropout"
    accepts = "C×…"
    keywords = ("regularization", "overfitting", "selu")
    short_name = "dropout"
    ranks = ANY[1:]

    p: float = param("Which part of the channels is dropped.", 0.0, 1.0, default=0.5)

    def shape_rule(self, input: Shape) -> Shape:
        return super().shape_rule(input) if self.p else input  # PyTorch looks only when there is something to drop

    def _decisions(self, input: Shape) -> int:
        return input[0]
