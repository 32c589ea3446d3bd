"""Blocks that bend: functions applied to every number, and probabilities along one dimension."""

from __future__ import annotations

from engine.blocks.base import Block, SetValues, Shape, ShapeError
from engine.settings import param


class Activation(Block):
    """Base of the activations: the shape stays, nothing is learned."""

    def shape_rule(self, input: Shape) -> Shape:
        return input


class ReLU(Activation):
    """Keeps positive numbers and turns negative ones into zero: max(0, x)."""

    family = "activation"
    title = "ReLU"
    torch_name = "nn.ReLU"
    keywords = ("rectified", "nonlinearity")
    short_name = "relu"


class LeakyReLU(Activation):
    """Keeps positive numbers and shrinks negative ones, so that no unit dies: max(0, x) + slope·min(0, x)."""

    family = "activation"
    title = "Leaky ReLU"
    torch_name = "nn.LeakyReLU"
    keywords = ("rectified", "nonlinearity")
    short_name = "leaky_relu"

    negative_slope: float = param("What a negative number is multiplied by.", -1000.0, 1000.0, default=0.01)

    def key_settings(self) -> str:
        return str(self.negative_slope)


class Sigmoid(Activation):
    """Squeezes every number between 0 and 1: 1 / (1 + exp(-x))."""

    family = "activation"
    title = "Sigmoid"
    torch_name = "nn.Sigmoid"
    keywords = ("logistic", "probability", "nonlinearity")
    short_name = "sigmoid"


class Tanh(Activation):
    """Squeezes every number between -1 and 1: tanh(x)."""

    family = "activation"
    title = "Tanh"
    torch_name = "nn.Tanh"
    keywords = ("hyperbolic", "nonlinearity")
    short_name = "tanh"


class GELU(Activation):
    """A smooth ReLU, usual in transformers: x·Φ(x), with Φ the normal distribution's cumulative function."""

    family = "activation"
    title = "GELU"
    torch_name = "nn.GELU"
    keywords = ("gaussian", "nonlinearity")
    short_name = "gelu"

    approximate: str = param("'tanh' computes a faster approximation.", choices=("none", "tanh"), default="none")


class Softplus(Activation):
    """A smooth ReLU that is positive everywhere: log(1 + exp(beta·x)) / beta."""

    family = "activation"
    title = "Softplus"
    torch_name = "nn.Softplus"
    keywords = ("smooth", "nonlinearity")
    short_name = "softplus"

    beta: float = param("How sharp the bend is.", 1e-6, 1e6, default=1.0)
    threshold: float = param("Above beta·x = threshold it is x itself.", 0.0, 1e6, default=20.0, rare=True)


class AlongDimension(Block):
    """Base of blocks that compare the numbers along one dimension of each example."""

    def shape_rule(self, input: Shape) -> Shape:
        dim = getattr(self, "dim", -1)
        last = len(input)
        if dim in (0, -last - 1):
            raise ShapeError(
                f"has dim={dim}, the batch: examples would be mixed. It needs a dimension from 1 to {last}",
                SetValues((("dim", 1),), "Set dim to 1"),
            )
        if not -last <= dim <= last:
            raise ShapeError(
                f"has dim={dim}, which needs at least {abs(dim) if dim > 0 else -dim - 1} dimensions besides the batch",
                SetValues((("dim", -1),), "Set dim to -1"),
            )
        return input

    def key_settings(self) -> str:
        return f"dim={getattr(self, 'dim', -1)}"


class Softmax(AlongDimension):
    """Turns scores into probabilities that add up to 1: exp(x) / Σ exp(x).

    CrossEntropyLoss does this itself: do not put it before that loss.
    """

    family = "activation"
    title = "Softmax"
    torch_name = "nn.Softmax"
    keywords = ("probabilities",)
    short_name = "softmax"

    dim: int = param("The dimension that adds up to 1; 0 is the batch.", -16, 16, default=1, required=True)


class LogSoftmax(AlongDimension):
    """Turns scores into logarithms of probabilities, as NLLLoss wants them: x - log Σ exp(x)."""

    family = "activation"
    title = "LogSoftmax"
    torch_name = "nn.LogSoftmax"
    keywords = ("log probabilities",)
    short_name = "log_softmax"

    dim: int = param("The dimension along which it is computed; 0 is the batch.", -16, 16, default=1, required=True)
