"""How tensors of weights are laid out as pictures: kernels, templates of classes, or one heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from engine.blocks.base import Shape
from engine.blocks.data import Input
from engine.events import Floats
from engine.graph import Graph
from engine.looks.weights import Tensor

COLOURS = 3
"""Three input channels are read as red, green and blue."""
NEUTRAL = ("Flatten", "Identity", "Dropout")
"""Blocks on the way from the Input that leave the order of its numbers alone."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Pictures in one order, and what they are."""

    cells: Floats
    """(count, height, width), or (count, height, width, 3) for pictures in colour around 0."""
    caption: str
    per_row: int = 0
    """So many belong together in a row: the inputs of one filter; 0 where each stands for itself."""
    names: tuple[str, ...] = ()
    """One for each picture, or for each row."""
    stretched: bool = False
    """A heat map fills the room; its numbers need not be squares."""
    parts: tuple[str, ...] = ()
    """Names of the equally high parts of a heat map."""

    @property
    def limit(self) -> float:
        """The greatest number, by which all are coloured; 0 is in the middle."""
        finite = self.cells[np.isfinite(self.cells)]
        return float(np.abs(finite).max(initial=0.0)) or 1.0


def kernels(tensor: Tensor, kind: str) -> Sheet | None:
    """The filters of a convolution, each with its inputs; None for any other tensor."""
    values, shape = tensor.values, list(tensor.shape)
    if values.ndim < 3 or not values.size:
        return None
    if "Transpose" in kind:
        values, shape[:2] = values.swapaxes(0, 1), shape[1::-1]
    filters, inputs = values.shape[:2]
    values = values.reshape(filters, -1, *(values.shape[-2:] if values.ndim > 3 else (1, values.shape[-1])))
    names = tuple(f"filter {number}" for number in range(filters))
    left_out = _left_out("filters", filters, shape[0]), _left_out("inputs", inputs, shape[1])
    size = " × ".join(map(str, shape[2:]))
    caption = f"{left_out[0]} of {size} for {left_out[1]}"
    if shape[1] == 1 and values.shape[1] == 1:
        return Sheet(values[:, 0], f"{left_out[0]} of {size}", names=names)
    if shape[1] == COLOURS and tensor.values.ndim == 4:
        return Sheet(np.moveaxis(values, 1, -1), f"{left_out[0]} of {size} in colour; grey is 0", names=names)
    return Sheet(values.reshape(-1, *values.shape[2:]), caption, per_row=values.shape[1], names=names)


def templates(tensor: Tensor, picture: Shape, labels: Sequence[str]) -> Sheet | None:
    """Each class's weights in the shape of the picture that they weigh; None where that is not what they are."""
    if tensor.values.ndim != 2 or len(picture) != 3 or tensor.values.shape[1] != prod(picture):
        return None
    cells = tensor.values.reshape(-1, *picture)
    rows = len(cells)
    known = len(labels) == tensor.shape[0]
    names = tuple(labels[:rows]) if known else tuple(f"unit {number}" for number in range(rows))
    what = "classes" if known else "units"
    caption = f"{_left_out(what, rows, tensor.shape[0])}: what each looks for in the picture"
    if picture[0] == COLOURS:
        return Sheet(np.moveaxis(cells, 1, -1), caption, names=names)
    if picture[0] == 1:
        return Sheet(cells[:, 0], caption, names=names)
    return Sheet(cells.reshape(-1, *picture[1:]), caption, per_row=picture[0], names=names)


def heat_map(tensor: Tensor) -> Sheet:
    """Any tensor as one picture: rows and columns as they are, further axes behind each other."""
    values = tensor.values
    table = values.reshape(1, -1) if values.ndim < 2 else values.reshape(values.shape[0], -1)
    size = " × ".join(f"{length:,}" for length in tensor.shape) or "1"
    taken = "" if tensor.whole else f"; a sample of {' × '.join(map(str, values.shape))}"
    return Sheet(table[None], f"{tensor.name} {size}{taken}", stretched=True, parts=tensor.parts)


def why_no_templates(graph: Graph, block: str) -> str:
    """Nothing where a block weighs the numbers of the Input as they are; else a sentence why it has no templates."""
    if block not in graph.nodes:
        return "No templates: they need a Linear block in the outermost drawing that weighs the picture itself."
    name = block
    while True:
        feeds = [*graph.feeds(name).values()]
        if len(feeds) != 1:
            return f"No templates: {name} does not get the picture alone."
        name = feeds[0][0]
        found = graph.nodes[name].block
        if isinstance(found, Input):
            return ""
        if type(found).__name__ not in NEUTRAL:
            return f"No templates: {block} weighs what {name} makes of the picture, not the picture itself."


def _left_out(what: str, shown: int, there_are: int) -> str:
    return f"{there_are:,} {what}" if shown == there_are else f"the first {shown} of {there_are:,} {what}"
