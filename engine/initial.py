"""How a block's weights start: PyTorch's own way, or one of torch.nn.init."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engine.program import Call, Variable, call
from engine.settings import Settings, param

if TYPE_CHECKING:
    from engine.blocks.base import Shape

MODES = ("fan_in", "fan_out")

NEED_A_MATRIX = ("xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal")
"""Methods that look at rows and columns, so that they suit only weights of two or more dimensions."""

USES = {
    "xavier_uniform": ("gain",),
    "xavier_normal": ("gain",),
    "kaiming_uniform": ("a", "mode", "nonlinearity"),
    "kaiming_normal": ("a", "mode", "nonlinearity"),
    "uniform": ("low", "high"),
    "normal": ("mean", "std"),
    "orthogonal": ("gain",),
    "constant": ("val",),
}
"""The methods, and the settings that each one reads."""

NONLINEARITIES = ("leaky_relu", "relu", "tanh", "sigmoid", "selu", "linear")
PYTORCH_DEFAULTS = {"gain": 1.0, "a": 0.0, "mode": "fan_in", "nonlinearity": "leaky_relu"}
"""What torch.nn.init takes where nothing is stated."""


class Initial(Settings):
    """How the weights of one block start. Xavier and Kaiming are also known as Glorot and He."""

    weight: str = param("How the weights start.", choices=("default", *USES), default="default")
    gain: float = param("What the spread is multiplied by.", 0.0, 1e3, default=1.0)
    a: float = param("The slope of the leaky ReLU that follows.", -1e3, 1e3, default=0.0)
    mode: str = param("Keep the spread on the way forward or backward.", choices=MODES, default="fan_in")
    nonlinearity: str = param("The activation that follows.", choices=NONLINEARITIES, default="leaky_relu")
    low: float = param("The smallest starting weight.", -1e6, 1e6, default=-0.1)
    high: float = param("The largest starting weight.", -1e6, 1e6, default=0.1)
    mean: float = param("The middle of the starting weights.", -1e6, 1e6, default=0.0)
    std: float = param("The spread of the starting weights.", 0.0, 1e6, default=0.01)
    val: float = param("The number with which every weight starts.", -1e6, 1e6, default=0.0)
    bias: float | None = param(
        "The number with which every bias starts; None leaves PyTorch's.", -1e6, 1e6, default=None, kind=float,
        optional=True,
    )  # fmt: skip

    def used(self) -> tuple[str, ...]:
        """The settings that this method reads, for the form."""
        return ("weight", *USES.get(self.weight, ()), "bias")

    def calls(self, module: str, weights: Mapping[str, Shape]) -> tuple[Call, ...]:
        """The lines that set the weights of `module` (`self.conv1`), given the shapes of what it learns."""
        made = []
        for name, shape in weights.items():
            target = Variable(module + "".join(map(_step, name.split(".")))) if name else Variable(module)
            if _is_bias(name):
                made += [call("nn.init.constant_", target, self.bias)] if self.bias is not None else []
            elif self.suits(shape):
                made.append(self._call(target))
        return tuple(made)

    def suits(self, shape: Shape) -> bool:
        """Whether the method changes weights of this shape."""
        return self.weight != "default" and (self.weight not in NEED_A_MATRIX or len(shape) > 1)

    def _call(self, target: Variable) -> Call:
        positional = [getattr(self, name) for name in USES[self.weight] if name not in PYTORCH_DEFAULTS]
        named = {
            name: getattr(self, name)
            for name in USES[self.weight]
            if name in PYTORCH_DEFAULTS and getattr(self, name) != PYTORCH_DEFAULTS[name]
        }
        return call(f"nn.init.{self.weight}_", target, *positional, **named)


def _step(name: str) -> str:
    """One step on the way to a weight; the layers of a stack have numbers for names."""
    return f"[{name}]" if name.isdigit() else f".{name}"


def _is_bias(name: str) -> bool:
    return "bias" in name.rpartition(".")[2]


PYTORCHS_OWN = Initial()
