"""What one block makes of the shapes that reach it: the step that checking and repairing share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from engine.blocks.base import Block, Shape, ShapeError


@dataclass(frozen=True)
class Outcome:
    """Shapes that come out of a block and what it costs for one example, or why it refuses."""

    shapes: tuple[Shape, ...] = ()
    parameters: int = 0
    macs: int = 0
    error: ShapeError | None = None


@lru_cache(maxsize=100_000)
def evaluate(block: Block, inputs: tuple[Shape, ...]) -> Outcome:
    """Apply the block's shape rule and count its cost. Blocks are values, so the answer is remembered."""
    try:
        shapes = block.shapes(*inputs)
    except ShapeError as error:
        return Outcome(error=error)
    return Outcome(shapes, block.parameters(*inputs), block.macs(*inputs))


def through(chain: tuple[Block, ...], shape: Shape) -> Shape | None:
    """What comes out of blocks in a row, or None where one refuses."""
    for block in chain:
        outcome = evaluate(block, (shape,))
        if outcome.error or len(outcome.shapes) != 1:
            return None
        shape = outcome.shapes[0]
    return shape
