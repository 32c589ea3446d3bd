"""Blocks that compare the numbers along one dimension: probabilities and gates."""

from __future__ import annotations

from engine.blocks.activation import Activation, AlongDimension
from engine.blocks.base import Shape, ShapeError, needs_rank
from engine.program import Call, Variable, call
from engine.settings import param


class Softmax(AlongDimension):
    """Turns scores into probabilities that add up to 1.

    CrossEntropyLoss does this itself: do not put it before that loss.

    Formula: y = exp(x) / Σ exp(x)
    Use: To read scores as probabilities, and as weights for a weighted sum.
    Example: Softmax(dim=1): 10 → 10
    Labs: 9, 12, 13, 14, 15
    """

    family = "activation"
    title = "Softmax"
    torch_name = "nn.Softmax"
    functional = "F.softmax"
    keywords = ("probabilities",)
    short_name = "softmax"

    dim: int = param("The dimension that adds up to 1; 0 is the batch.", -16, 16, default=1, required=True)


class LogSoftmax(AlongDimension):
    """Turns scores into logarithms of probabilities, as NLLLoss wants them.

    Formula: y = x - log Σ exp(x)
    Use: As the last block of a classifier that is trained with NLLLoss.
    Example: LogSoftmax(dim=1): 10 → 10
    Labs: 9, 10, 11
    """

    family = "activation"
    title = "LogSoftmax"
    torch_name = "nn.LogSoftmax"
    functional = "F.log_softmax"
    keywords = ("log probabilities",)
    short_name = "log_softmax"

    dim: int = param("The dimension along which it is computed; 0 is the batch.", -16, 16, default=1, required=True)


class Softmin(AlongDimension):
    """Turns scores into probabilities that add up to 1, the smallest score into the largest one.

    Formula: y = exp(-x) / Σ exp(-x)
    Use: Where small numbers mean a good match, as distances do.
    Example: Softmin(dim=1): 10 → 10
    """

    family = "activation"
    title = "Softmin"
    torch_name = "nn.Softmin"
    functional = "F.softmin"
    keywords = ("probabilities", "distance")
    short_name = "softmin"

    dim: int = param("The dimension that adds up to 1; 0 is the batch.", -16, 16, default=1, required=True)


class Softmax2d(Activation):
    """Turns the channels of every pixel into probabilities that add up to 1.

    Formula: y = exp(x) / Σ exp(x), summed over the channels
    In: A picture: channels × height × width.
    Use: To read a map of scores, such as a segmentation, as probabilities.
    Example: Softmax2d(): 5×32×32 → 5×32×32
    """

    family = "activation"
    title = "Softmax 2d"
    torch_name = "nn.Softmax2d"
    functional = "F.softmax"
    accepts = "C×H×W"
    keywords = ("probabilities", "segmentation", "pixels")
    short_name = "softmax"
    saves = ("output",)

    def shape_rule(self, picture: Shape) -> Shape:
        needs_rank(picture, (3,), "a picture (channels × height × width)")
        return picture

    def as_function(self, *tensors: Variable) -> Call:
        return call(self.functional, *tensors, dim=1)


class GLU(AlongDimension):
    """Halves a dimension: the second half decides how much of the first passes.

    Formula: y = a·sigmoid(b), with a and b the two halves
    Out: The same shape with that dimension half as long.
    Use: As a gate that is learned by the layer before it, in place of its activation.
    Example:
    GLU(): 12×64 → 12×32
    GLU(dim=1): 16×14×14 → 8×14×14
    """

    family = "activation"
    title = "GLU"
    torch_name = "nn.GLU"
    functional = "F.glu"
    keywords = ("gate", "gated linear unit", "half")
    short_name = "glu"
    saves = ("input",)

    dim: int = param("The dimension that is halved; 0 is the batch, -1 the last.", -16, 16, default=-1)

    def shape_rule(self, input: Shape) -> Shape:
        place = self._place(input)
        if input[place] % 2:
            raise ShapeError(
                f"halves dimension {place + 1}, which needs an even size, not {input[place]}", mismatch="odd"
            )
        return *input[:place], input[place] // 2, *input[place + 1 :]
