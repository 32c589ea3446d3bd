"""Blocks that bend, as they are met in special networks."""

from __future__ import annotations

from engine.blocks.activation import LARGEST, SMALLEST, Activation
from engine.blocks.base import BYTES_OF_NUMBER, SetValues, Shape, ShapeError, elements
from engine.program import Call, Variable, call
from engine.settings import param


class TwiceKept(Activation):
    """Base of the activations for which autograd keeps as many numbers again, computed on the way."""

    def saved_besides(self, batch: int, input: Shape) -> int:
        return BYTES_OF_NUMBER * batch * elements(input)


class Mish(Activation):
    """A smooth ReLU with a small dip below zero, a little deeper than that of SiLU.

    Formula: y = x·tanh(log(1 + exp(x)))
    Use: In place of ReLU or SiLU in convolutional networks.
    Example: Mish(): 16×14×14 → 16×14×14
    """

    family = "activation"
    title = "Mish"
    torch_name = "nn.Mish"
    functional = "F.mish"
    keywords = ("nonlinearity",)
    short_name = "mish"


class Hardswish(Activation):
    """SiLU drawn with straight pieces, so that it is fast to compute.

    Formula: y = x·min(max(0, x + 3), 6) / 6
    Use: In small networks for phones, such as MobileNetV3.
    Example: Hardswish(): 16×14×14 → 16×14×14
    """

    family = "activation"
    title = "Hardswish"
    torch_name = "nn.Hardswish"
    functional = "F.hardswish"
    keywords = ("swish", "mobile", "nonlinearity")
    short_name = "hardswish"


class Hardsigmoid(Activation):
    """A sigmoid of three straight lines, so that it is fast to compute.

    Formula: y = min(max(0, x + 3), 6) / 6
    Use: As a gate in small networks for phones, such as MobileNetV3.
    Example: Hardsigmoid(): 16 → 16
    """

    family = "activation"
    title = "Hardsigmoid"
    torch_name = "nn.Hardsigmoid"
    functional = "F.hardsigmoid"
    keywords = ("sigmoid", "gate", "mobile", "nonlinearity")
    short_name = "hardsigmoid"


class CELU(Activation):
    """An ELU without a kink at zero, whatever alpha is.

    Formula: y = max(0, x) + min(0, alpha·(exp(x / alpha) - 1))
    Use: In place of ELU where alpha is not 1.
    Example: CELU(alpha=2.0): 64 → 64
    """

    family = "activation"
    title = "CELU"
    torch_name = "nn.CELU"
    functional = "F.celu"
    keywords = ("exponential", "nonlinearity")
    short_name = "celu"

    alpha: float = param("Negative numbers go down to -alpha.", SMALLEST, LARGEST, default=1.0)


class RReLU(TwiceKept):
    """A leaky ReLU with a slope drawn at random while training, and their middle afterwards.

    Formula: y = max(0, x) + a·min(0, x), with a between lower and upper
    Use: In place of a leaky ReLU where a network learns its training data by heart.
    Example: RReLU(): 64 → 64
    """

    family = "activation"
    title = "RReLU"
    torch_name = "nn.RReLU"
    functional = "F.rrelu"
    keywords = ("randomized", "rectified", "nonlinearity")
    short_name = "rrelu"

    lower: float = param("The smallest slope.", -1000.0, 1000.0, default=1 / 8)
    upper: float = param("The largest slope.", -1000.0, 1000.0, default=1 / 3)

    def shape_rule(self, input: Shape) -> Shape:
        if self.lower > self.upper:
            turned = (("lower", self.upper), ("upper", self.lower))
            raise ShapeError(f"has lower={self.lower}, which must not be above upper={self.upper}",
                             SetValues(turned, "Swap lower and upper"))  # fmt: skip
        return input

    def as_function(self, *tensors: Variable) -> Call:
        return call(self.functional, *tensors, **self.code_options()[1], training=Variable("self.training"))


class Hardtanh(Activation):
    """Cuts every number off below min_val and above max_val.

    Formula: y = min(max(min_val, x), max_val)
    Use: Where numbers must stay within limits.
    Example: Hardtanh(): 64 → 64
    """

    family = "activation"
    title = "Hardtanh"
    torch_name = "nn.Hardtanh"
    functional = "F.hardtanh"
    keywords = ("clip", "clamp", "limit", "nonlinearity")
    short_name = "hardtanh"

    min_val: float = param("The smallest number that comes out.", -LARGEST, LARGEST, default=-1.0)
    max_val: float = param("The largest number that comes out.", -LARGEST, LARGEST, default=1.0)

    def shape_rule(self, input: Shape) -> Shape:
        if self.min_val >= self.max_val:
            usual = (("min_val", -1.0), ("max_val", 1.0))
            raise ShapeError(f"has min_val={self.min_val}, which must be below max_val={self.max_val}",
                             SetValues(usual, "Set the limits to -1 and 1"))  # fmt: skip
        return input


class Softsign(TwiceKept):
    """Squeezes every number between -1 and 1, more gently than tanh.

    Formula: y = x / (1 + |x|)
    Use: In place of Tanh where large numbers should still make a difference.
    Example: Softsign(): 16 → 16
    """

    family = "activation"
    title = "Softsign"
    torch_name = "nn.Softsign"
    functional = "F.softsign"
    keywords = ("nonlinearity",)
    short_name = "softsign"


class LogSigmoid(TwiceKept):
    """The logarithm of the sigmoid, computed so that it never becomes minus infinity by rounding.

    Formula: y = log(1 / (1 + exp(-x)))
    Use: In losses that add up logarithms of probabilities.
    Example: LogSigmoid(): 1 → 1
    """

    family = "activation"
    title = "LogSigmoid"
    torch_name = "nn.LogSigmoid"
    functional = "F.logsigmoid"
    keywords = ("log probability", "nonlinearity")
    short_name = "log_sigmoid"


class Hardshrink(Activation):
    """Turns numbers near zero into zero and keeps the others as they are.

    Formula: y = 0 for |x| <= lambd, otherwise x
    Use: To leave only what is strong, as in sparse codes.
    Example: Hardshrink(): 64 → 64
    """

    family = "activation"
    title = "Hardshrink"
    torch_name = "nn.Hardshrink"
    functional = "F.hardshrink"
    keywords = ("sparse", "threshold", "nonlinearity")
    short_name = "hardshrink"

    lambd: float = param("How far from zero a number must be to pass.", 0.0, LARGEST, default=0.5)


class Softshrink(Activation):
    """Moves every number towards zero by lambd; those nearer than that become zero.

    Formula: y = x - lambd for x > lambd, x + lambd for x < -lambd, otherwise 0
    Use: To leave only what is strong, without a jump, as in sparse codes.
    Example: Softshrink(): 64 → 64
    """

    family = "activation"
    title = "Softshrink"
    torch_name = "nn.Softshrink"
    functional = "F.softshrink"
    keywords = ("sparse", "threshold", "nonlinearity")
    short_name = "softshrink"

    lambd: float = param("How far every number moves towards zero.", 0.0, LARGEST, default=0.5)


class Tanhshrink(TwiceKept):
    """What tanh takes away: nearly nothing of small numbers passes, and large ones lose 1.

    Formula: y = x - tanh(x)
    Use: Rarely; for sparse codes.
    Example: Tanhshrink(): 64 → 64
    """

    family = "activation"
    title = "Tanhshrink"
    torch_name = "nn.Tanhshrink"
    functional = "F.tanhshrink"
    keywords = ("sparse", "nonlinearity")
    short_name = "tanhshrink"
    saves = ()


class Threshold(Activation):
    """Replaces every number that is not above a threshold.

    Formula: y = x for x > threshold, otherwise value
    Use: To cut off what is too weak; with 0 and 0 it is ReLU.
    Example: Threshold(threshold=0.1, value=0.0): 64 → 64
    """

    family = "activation"
    title = "Threshold"
    torch_name = "nn.Threshold"
    functional = "F.threshold"
    keywords = ("cut", "nonlinearity")
    short_name = "threshold"

    threshold: float = param("What a number must be above to pass.", -LARGEST, LARGEST, default=0.0, required=True)
    value: float = param("What takes the place of the others.", -LARGEST, LARGEST, default=0.0, required=True)
