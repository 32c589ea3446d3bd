"""Where the batch lies in a tensor, and what is left of its shape for one example.

A drawing keeps the batch in front and never writes it. A module may move it elsewhere, or merge it with another
dimension (`N·windows × …`); the dimension that was merged then stands in its place in the drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from engine.blocks.base import Shape
from engine.importing.tracing import BATCH


class CannotDraw(Exception):
    """A step has no blocks that do the same; the text continues "cannot be drawn:"."""


MIXES = "it mixes the examples of a batch"


@dataclass(frozen=True)
class Layout:
    """The shape of a tensor as its module sees it, and which of its dimensions holds the batch."""

    sizes: Shape
    place: int | None
    """The dimension with the batch; None for a tensor that is the same for every example, such as a weight."""
    merged: int = 1
    """What the batch is multiplied with there."""

    @property
    def shape(self) -> Shape:
        """The shape of one example in the drawing."""
        return self.of(self.sizes)

    def of(self, sizes: Sequence[int]) -> Shape:
        """What these sizes are in the drawing, for a tensor that is laid out like this one."""
        if self.place is None:
            return tuple(sizes)
        size = sizes[self.place]
        between = (size // BATCH if size % BATCH == 0 else size,) if self.merged > 1 else ()
        return *sizes[: self.place], *between, *sizes[self.place + 1 :]

    def labels(self) -> list[int]:
        """For each dimension in the drawing, which one of the tensor it is."""
        return [axis for axis in range(len(self.sizes)) if axis != self.place or self.merged > 1]

    def axis(self, dim: int) -> int:
        """The dimension in the drawing, where 0 is the batch. Raises CannotDraw for the batch itself."""
        dim = dim + len(self.sizes) if dim < 0 else dim
        if dim == self.place:
            raise CannotDraw(MIXES)
        return 1 + self.labels().index(dim)

    def permuted(self, dims: Sequence[int]) -> tuple[int, ...]:
        """The order of the drawing's dimensions after these reorderings; 0 stays in front."""
        wanted = [dim + len(self.sizes) if dim < 0 else dim for dim in dims]
        labels = self.labels()
        return 0, *(1 + labels.index(dim) for dim in wanted if dim in labels)

    def aligned(self, other: Layout) -> Shape:
        """The shape in the drawing with which this tensor is broadcast to another that is as long or longer."""
        missing = len(other.sizes) - len(self.sizes)
        sizes = (*[1] * missing, *self.sizes)
        if other.place is None:
            return sizes
        if self.place is None:
            if sizes[other.place] != 1:
                raise CannotDraw("it treats the examples of a batch differently")
        elif self.place + missing != other.place or self.merged != other.merged:
            raise CannotDraw(MIXES)
        return other.of(sizes)

    def rearranges_to(self, other: Layout) -> None:
        """Raise CannotDraw if a reshape to the other layout would mix examples."""
        if (self.place is None) != (other.place is None):
            raise CannotDraw(MIXES)
        if self.place is None or other.place is None:
            return
        if prod(self.sizes[: self.place]) != prod(other.sizes[: other.place]):
            raise CannotDraw(MIXES)


def layout_of(sizes: Sequence[int]) -> Layout:
    """The layout of a tensor of these sizes, in which the batch has its telling size."""
    places = [axis for axis, size in enumerate(sizes) if size and size % BATCH == 0]
    if not places:
        return Layout(tuple(sizes), None)
    return Layout(tuple(sizes), places[0], sizes[places[0]] // BATCH)
