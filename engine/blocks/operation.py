"""What the tensor operations have in common: no module, one function, and dimensions that leave the batch alone."""

from __future__ import annotations

from typing import Any

from engine.blocks.base import Block, Reach, SetValues, Shape, ShapeError
from engine.program import Call, Variable, call


class Operation(Block):
    """Base of blocks that are a function of PyTorch and create no module.

    In: a tensor of any shape.
    Out: a tensor of the same shape.
    """

    def layer(self, *inputs: Any) -> Call | None:
        return None

    def apply(self, me: str, *tensors: Variable) -> Call:
        required, changed = self.code_options()
        return call(self.torch_name, *tensors, *required, **changed)


class SameShape(Operation):
    """Base of operations that change numbers and keep the shape."""

    def shape_rule(self, input: Shape) -> Shape:
        return input


def along(dim: int, shape: Shape, name: str = "dim", extra: int = 0) -> int:
    """Which dimension of one example `dim` means, where PyTorch counts the batch as 0.

    `extra` more dimensions may be meant than the example has: where a new one is made. Raises ShapeError.
    """
    last = len(shape) + extra
    found = dim + last + 1 if dim < 0 else dim
    repairs = [SetValues(((name, 1),), f"Set {name} to 1")] if last else []
    if found == 0:
        raise ShapeError(f"has {name}={dim}, the batch: examples would be mixed. It needs {_range(last)}", *repairs)
    if not 1 <= found <= last:
        raise ShapeError(f"has {name}={dim}, which its input does not have. It needs {_range(last)}", *repairs)
    return found - 1


def several(dims: tuple[int, ...], shape: Shape, name: str = "dim", once: bool = True) -> tuple[int, ...]:
    """The same for a list of dimensions; with `once` none may be named twice. Raises ShapeError."""
    reset = SetValues(((name, (1,)),), f"Set {name} to 1")
    try:
        found = tuple(along(dim, shape, name) for dim in dims)
    except ShapeError as error:
        raise ShapeError(error.needs, *([reset] if shape else [])) from None
    if once and len(set(found)) < len(found):
        raise ShapeError(f"names a dimension twice in {name}={dims}. It needs each only once", reset)
    return found


def everywhere_if_spatial(dims: tuple[int, ...]) -> tuple[Reach, ...] | None:
    """What an operation along these dimensions of an example sees: only channels at its place, or everything."""
    return () if set(dims) <= {0} else None


def _range(last: int) -> str:
    if not last:
        return "an example with at least one dimension"
    return "dim 1" if last == 1 else f"a dimension from 1 to {last}"
