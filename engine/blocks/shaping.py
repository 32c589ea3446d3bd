"""Blocks that arrange the same numbers in another shape."""

from __future__ import annotations

from math import prod

from engine.blocks.base import Block, SetValues, Shape, ShapeError, elements, setting_text, shape_text
from engine.program import Call, Variable, call
from engine.settings import param


class Flatten(Block):
    """Lays a picture out as one long row of numbers, as Linear wants it."""

    family = "pooling"
    title = "Flatten"
    torch_name = "nn.Flatten"
    keywords = ("reshape", "view", "row")
    short_name = "flatten"

    start_dim: int = param("First dimension to lay out; 0 is the batch.", -16, 16, default=1, rare=True)
    end_dim: int = param("Last dimension to lay out.", -16, 16, default=-1, rare=True)

    def shape_rule(self, input: Shape) -> Shape:
        rank = len(input) + 1
        reset = SetValues((("start_dim", 1), ("end_dim", -1)), "Lay out everything but the batch")
        first, last = (dim + rank if dim < 0 else dim for dim in (self.start_dim, self.end_dim))
        if not (0 <= first < rank and 0 <= last < rank):
            raise ShapeError(
                f"has start_dim={self.start_dim} and end_dim={self.end_dim}, which need more dimensions",
                reset,
            )
        if first > last:
            raise ShapeError(
                f"has start_dim={self.start_dim} behind end_dim={self.end_dim}; it needs them in order", reset
            )
        if first == 0 and prod(input[:last]) > 1:
            raise ShapeError("has start_dim=0, the batch: examples would be mixed. It needs a start_dim from 1", reset)
        if first == last:
            return input
        if first == 0:  # the batch swallows dimensions of size 1
            return input[last:]
        return *input[: first - 1], prod(input[first - 1 : last]), *input[last:]


class Reshape(Block):
    """Arranges the numbers of each example in another shape; -1 is worked out from the rest."""

    family = "pooling"
    title = "Reshape"
    torch_name = "torch.reshape"
    keywords = ("view", "unflatten")
    short_name = "reshape"

    shape: tuple[int, ...] = param(
        "The new size of one example; one entry may be -1.", -1, 1_000_000, default=(-1,), listed=True
    )

    def shape_rule(self, input: Shape) -> Shape:
        wanted, whole = self.shape, elements(input)
        flat = SetValues((("shape", (-1,)),), "Set the shape to -1")
        if 0 in wanted or wanted.count(-1) > 1:
            raise ShapeError("needs sizes of at least 1, at most one of them -1", flat)
        known = prod(size for size in wanted if size != -1)
        if whole % known or (-1 not in wanted and whole != known):
            words = f"a multiple of {known}" if -1 in wanted else f"{known}"
            raise ShapeError(
                f"has the shape {shape_text(wanted)}, which needs {words} numbers in each example", flat,
                mismatch=f"{whole} ≠ {known}",
            )  # fmt: skip
        return tuple(whole // known if size == -1 else size for size in wanted)

    def layer(self, input: Shape) -> Call | None:
        return None

    def apply(self, me: str, *tensors: Variable) -> Call:
        return call(f"{tensors[0]}.reshape", Variable(f"{tensors[0]}.shape[0]"), *self.shape)

    def key_settings(self) -> str:
        return setting_text(self.shape)
