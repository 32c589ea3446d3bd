"""One step of a module's forward, and what translating it into blocks needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import fx

from engine.blocks.base import Shape
from engine.importing.frames import End, Frame, layout
from engine.importing.layouts import CannotDraw, Layout


@dataclass(frozen=True)
class Step:
    """A call of a function or of a tensor's method, in the drawing where it belongs."""

    frame: Frame
    node: fx.Node

    def given(self, *names: str) -> dict[str, Any]:
        """The arguments by these names, as far as they are given."""
        return dict(zip(names, self.node.args, strict=False)) | dict(self.node.kwargs)

    @property
    def first(self) -> fx.Node:
        """The tensor that the step works on."""
        found = self.node.args[0] if self.node.args else next(iter(self.node.kwargs.values()), None)
        if not isinstance(found, fx.Node):
            raise CannotDraw("it works on no tensor")
        return found

    @property
    def input(self) -> Layout:
        """The layout of the first tensor."""
        return layout(self.first)

    @property
    def result(self) -> Layout:
        """The layout of what comes out."""
        return layout(self.node)

    def end(self, node: Any) -> End:
        """Where a tensor is at hand."""
        if not isinstance(node, fx.Node):
            raise CannotDraw(f"it is given {node!r} in place of a tensor")
        return self.frame.fetch(node)

    def put(self, kind: str, *ends: End, **settings: Any) -> End:
        """Draw a block with one result."""
        return self.frame.put(kind, *ends, **settings)[0]

    def reshaped(self, end: End, shape: Shape) -> End:
        """The same numbers in another shape."""
        if tuple(self.frame.shapes[end]) == tuple(shape):
            return end
        if not shape:
            for _ in self.frame.shapes[end]:
                end = self.put("Squeeze", end, dim=1)
            return end
        return self.put("Reshape", end, shape=tuple(shape))

    def fitted(self, node: Any, other: Layout) -> End:
        """A tensor as it is broadcast to another layout."""
        return self.reshaped(self.end(node), layout(node).aligned(other))

    def near(self) -> End:
        """The first tensor; raises CannotDraw unless its batch is in front."""
        if self.input.place not in (0, None):
            raise CannotDraw("the batch is not the first dimension of its input")
        return self.end(self.first)

    def dims(self, dim: Any) -> tuple[int, ...]:
        """Dimensions as the drawing counts them; None stands for all but the batch."""
        if dim is None:
            if self.input.place is not None:
                raise CannotDraw("it works on the whole batch at once")
            dim = range(len(self.input.sizes))
        several = dim if isinstance(dim, Sequence | range) else (dim,)
        return tuple(self.input.axis(one) for one in several)

    def dim(self, dim: int) -> int:
        """One dimension as the drawing counts it."""
        return self.input.axis(dim)


def number(value: Any) -> bool:
    """Whether an argument is a plain number."""
    return isinstance(value, int | float) and not isinstance(value, bool)
