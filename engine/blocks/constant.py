"""Tensors that come from no input: fixed numbers and learned ones."""

from __future__ import annotations

from collections.abc import Mapping

from engine.blocks.base import Shape, setting_text
from engine.blocks.operation import Operation
from engine.program import Call, Variable, call
from engine.settings import param

SHAPE = "The size of one example."


class Source(Operation):
    """Base of blocks that give a tensor without an input, the same to every example of a batch.

    In: nothing.
    Out: a tensor of the given shape for each example.
    """

    inputs = ()
    accepts = "nothing"
    from_batch = True

    shape: tuple[int, ...] = param(SHAPE, 1, 1_000_000, default=(1,), listed=True, required=True)

    def shape_rule(self) -> Shape:
        return self.shape


class Constant(Source):
    """A tensor that holds one number everywhere and never changes.

    Formula: y = value
    Use: for a fixed number in a calculation, such as a limit or a first state.
    Example: Constant(shape=(3,), value=1.0): → 3
    Labs: 26
    """

    family = "tensor"
    title = "Constant"
    torch_name = "torch.full"
    keywords = ("number", "fixed", "zeros", "ones", "full")
    short_name = "constant"

    value: float = param("The number.", -1e9, 1e9, default=0.0, required=True)

    def apply(self, me: str, *tensors: Variable) -> Call:
        (batch,) = tensors
        size = (Variable(f"{batch}.shape[0]"), *self.shape)
        return call("torch.full", size, self.value, device=Variable(f"{batch}.device"))

    def key_settings(self) -> str:
        return f"{setting_text(self.shape)}, {self.value:g}"


class Parameter(Source):
    """A tensor that is learned: every example gets the same, and training changes it.

    Formula: y = weight
    Use: for what a network should know without being told: positions, a class token, a scale for each channel.
    Example: Parameter(shape=(4, 8)): → 4×8
        Parameter(shape=(16, 1, 1), fill="ones", batch_dimension=False): → 16×1×1
    """

    family = "tensor"
    title = "Parameter"
    torch_name = "nn.Parameter"
    keywords = ("learned", "weight", "embedding", "class token", "position")
    short_name = "parameter"

    saves = ("view",)

    fill: str = param("What it holds at first.", choices=("zeros", "ones", "randn"), default="zeros")
    batch_dimension: bool = param(
        "Whether it is saved with a first dimension of size 1 for the batch, as class tokens usually are.",
        default=True,
        rare=True,
    )

    def layer(self) -> Call:
        return call("nn.Parameter", call(f"torch.{self.fill}", *self._saved()))

    def apply(self, me: str, *tensors: Variable) -> Call:
        (batch,) = tensors
        return call(f"self.{me}.expand", Variable(f"{batch}.shape[0]"), *(-1 for _ in self.shape))

    def weights(self) -> Mapping[str, Shape]:
        return {"": self._saved()}

    def _saved(self) -> Shape:
        return (1, *self.shape) if self.batch_dimension else self.shape
