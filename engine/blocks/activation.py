"""Blocks that bend, the usual ones: functions applied to every number, in which the shape stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.blocks.base import Block, Reach, Saved, SetValues, Shape, needs_rank
from engine.blocks.operation import along, everywhere_if_spatial
from engine.program import Call, Variable, call
from engine.settings import param

SMALLEST, LARGEST = 1e-6, 1e6
"""Limits of numbers that must be positive."""


class Activation(Block):
    """Base of the activations: the shape stays, nothing is learned.

    In: Any shape.
    Out: The same shape.
    """

    saves: ClassVar[tuple[Saved, ...]] = ("input",)

    def shape_rule(self, input: Shape) -> Shape:
        return input


class AlongDimension(Block):
    """Base of blocks that compare the numbers along one dimension of each example.

    In: Any shape with that dimension; dim counts the batch as 0, so 1 is the first dimension of an example.
    Out: The same shape.
    """

    saves: ClassVar[tuple[Saved, ...]] = ("output",)

    def shape_rule(self, input: Shape) -> Shape:
        self._place(input)
        return input

    def as_function(self, *tensors: Variable) -> Call:
        return call(self.functional, *tensors, dim=self.values()["dim"])

    def reach(self, input: Shape) -> tuple[Reach, ...] | None:
        return everywhere_if_spatial((self._place(input),))

    def key_settings(self) -> str:
        return f"dim={self.values()['dim']}"

    def _place(self, input: Shape) -> int:
        """Which dimension of an example it is, counted from 0."""
        return along(self.values()["dim"], input)


class ReLU(Activation):
    """Keeps positive numbers and turns negative ones into zero.

    Formula: y = max(0, x)
    Use: After Linear and convolution, wherever you have no reason for another activation.
    Example: ReLU(): 16×14×14 → 16×14×14
    Labs: 2, 27, 32, 33, 34, 35, 36, 38, 39, 40, 42, 51, 61, 68, 69, 73, 78, 84
    """

    family = "activation"
    title = "ReLU"
    torch_name = "nn.ReLU"
    functional = "F.relu"
    keywords = ("rectified", "nonlinearity")
    short_name = "relu"
    saves = ("output",)


class LeakyReLU(Activation):
    """Keeps positive numbers and shrinks negative ones, so that no unit dies.

    Formula: y = max(0, x) + negative_slope·min(0, x)
    Use: In place of ReLU where many units give nothing but zeros, and in discriminators.
    Example: LeakyReLU(negative_slope=0.2): 64 → 64
    """

    family = "activation"
    title = "Leaky ReLU"
    torch_name = "nn.LeakyReLU"
    functional = "F.leaky_relu"
    keywords = ("rectified", "nonlinearity")
    short_name = "leaky_relu"

    negative_slope: float = param("What a negative number is multiplied by.", -1000.0, 1000.0, default=0.01)

    def key_settings(self) -> str:
        return str(self.negative_slope)


class Sigmoid(Activation):
    """Squeezes every number between 0 and 1.

    Formula: y = 1 / (1 + exp(-x))
    Use: As the last block for yes or no with BCELoss, and as a gate that something is multiplied with.
    Example: Sigmoid(): 1 → 1
    Labs: 4, 6, 8, 17, 19, 20, 22, 25, 28, 29, 32, 33, 34, 36, 58
    """

    family = "activation"
    title = "Sigmoid"
    torch_name = "nn.Sigmoid"
    functional = "torch.sigmoid"
    keywords = ("logistic", "probability", "nonlinearity")
    short_name = "sigmoid"
    saves = ("output",)


class Tanh(Activation):
    """Squeezes every number between -1 and 1.

    Formula: y = tanh(x)
    Use: For small networks on points, and as the last block where numbers from -1 to 1 are wanted.
    Example: Tanh(): 16 → 16
    Labs: 32, 33, 34, 36, 51, 84
    """

    family = "activation"
    title = "Tanh"
    torch_name = "nn.Tanh"
    functional = "torch.tanh"
    keywords = ("hyperbolic", "nonlinearity")
    short_name = "tanh"
    saves = ("output",)


class ReLU6(Activation):
    """A ReLU that never gives more than 6, which suits computing with few bits.

    Formula: y = min(max(0, x), 6)
    Use: In small networks for phones, such as MobileNet.
    Example: ReLU6(): 16×14×14 → 16×14×14
    """

    family = "activation"
    title = "ReLU6"
    torch_name = "nn.ReLU6"
    functional = "F.relu6"
    keywords = ("rectified", "mobile", "nonlinearity")
    short_name = "relu"


class GELU(Activation):
    """A smooth ReLU, usual in transformers.

    Formula: y = x·Φ(x), with Φ the cumulative function of the normal distribution
    Use: Between the Linear blocks of a transformer or an MLP-Mixer.
    Example: GELU(): 12×64 → 12×64
    """

    family = "activation"
    title = "GELU"
    torch_name = "nn.GELU"
    functional = "F.gelu"
    keywords = ("gaussian", "nonlinearity")
    short_name = "gelu"

    approximate: str = param("'tanh' computes a faster approximation.", choices=("none", "tanh"), default="none")


class SiLU(Activation):
    """A smooth ReLU with a small dip below zero; also called swish.

    Formula: y = x / (1 + exp(-x))
    Use: In place of ReLU in deep convolutional networks such as EfficientNet.
    Example: SiLU(): 16×14×14 → 16×14×14
    """

    family = "activation"
    title = "SiLU"
    torch_name = "nn.SiLU"
    functional = "F.silu"
    keywords = ("swish", "nonlinearity")
    short_name = "silu"


class Softplus(Activation):
    """A smooth ReLU that is positive everywhere.

    Formula: y = log(1 + exp(beta·x)) / beta
    Use: As the last block for numbers that must be positive, such as a spread.
    Example: Softplus(): 1 → 1
    Labs: 32
    """

    family = "activation"
    title = "Softplus"
    torch_name = "nn.Softplus"
    functional = "F.softplus"
    keywords = ("smooth", "nonlinearity")
    short_name = "softplus"

    beta: float = param("How sharp the bend is.", SMALLEST, LARGEST, default=1.0)
    threshold: float = param("Above beta·x = threshold it is x itself.", 0.0, LARGEST, default=20.0, rare=True)


class ELU(Activation):
    """Keeps positive numbers and lets negative ones run smoothly towards -alpha.

    Formula: y = x for x > 0, otherwise alpha·(exp(x) - 1)
    Use: In place of ReLU where outputs with a mean near zero help.
    Example: ELU(): 64 → 64
    """

    family = "activation"
    title = "ELU"
    torch_name = "nn.ELU"
    functional = "F.elu"
    keywords = ("exponential", "nonlinearity")
    short_name = "elu"

    alpha: float = param("Negative numbers go down to -alpha.", -1000.0, 1000.0, default=1.0)


class SELU(Activation):
    """An ELU whose two constants keep the mean near 0 and the variance near 1 through many layers.

    Formula: y = 1.0507·x for x > 0, otherwise 1.0507·1.6733·(exp(x) - 1)
    Use: In deep networks of Linear blocks without normalisation, together with AlphaDropout.
    Example: SELU(): 64 → 64
    """

    family = "activation"
    title = "SELU"
    torch_name = "nn.SELU"
    functional = "F.selu"
    keywords = ("self-normalizing", "exponential", "nonlinearity")
    short_name = "selu"


class PReLU(Activation):
    """A leaky ReLU that learns its slope.

    Formula: y = max(0, x) + weight·min(0, x)
    Use: Where a leaky ReLU helps and you do not want to choose its slope.
    Example: PReLU(per_channel=True): 16×14×14 → 16×14×14
    """

    family = "activation"
    title = "PReLU"
    torch_name = "nn.PReLU"
    keywords = ("parametric", "rectified", "nonlinearity")
    short_name = "prelu"
    derived = ("num_parameters",)

    per_channel: bool = param("Learn one slope for every channel instead of one for all.", default=False)
    init: float = param("The slope that it starts with.", -1000.0, 1000.0, default=0.25)

    def shape_rule(self, input: Shape) -> Shape:
        if self.per_channel:
            needs_rank(
                input, tuple(range(1, 64)), "a tensor with channels to learn a slope for each",
                SetValues((("per_channel", False),), "Learn one slope for all"),
            )  # fmt: skip
        return input

    def layer(self, input: Shape) -> Call:
        if self.per_channel:
            return self._create(input[0])
        required, changed = self.code_options()
        return call(self.torch_name, *required, **changed)

    def weights(self, input: Shape) -> Mapping[str, Shape]:
        return {"weight": (input[0] if self.per_channel else 1,)}

    def code_options(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        required, changed = super().code_options()
        return required, {name: value for name, value in changed.items() if name != "per_channel"}
