"""What one block makes of the shapes that reach it: the step that checking and repairing share."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from engine.blocks.base import Block, Ids, Shape, ShapeError


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
        _check_numbers(block, inputs)
        shapes = block.shapes(*inputs)
    except ShapeError as error:
        return Outcome(error=error)
    if block.ids == "keeps" and any(isinstance(shape, Ids) for shape in inputs):
        shapes = tuple(map(Ids, shapes))
    return Outcome(shapes, block.parameters(*inputs), block.macs(*inputs))


def _check_numbers(block: Block, inputs: tuple[Shape, ...]) -> None:
    """Whole numbers, such as token ids, go only where they mean something. Raises ShapeError."""
    whole = [isinstance(shape, Ids) for shape in inputs]
    if block.ids == "refuses" and any(whole):
        raise ShapeError("computes with real numbers, not with ids. It needs an Embedding before it", mismatch="ids")
    if block.ids == "needs" and not all(whole):
        raise ShapeError("looks ids up, so it needs whole numbers from an Input with dtype=int64", mismatch="not ids")


def through(chain: tuple[Block, ...], shape: Shape) -> Shape | None:
    """What comes out of blocks in a row, or None where one refuses."""
    for block in chain:
        outcome = evaluate(block, (shape,))
        if outcome.error or len(outcome.shapes) != 1:
            return None
        shape = outcome.shapes[0]
    return shape
