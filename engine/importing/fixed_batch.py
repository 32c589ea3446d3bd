"""Sizes in files that were made for batches of one fixed size."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from engine.importing.layouts import layout_of
from engine.importing.tracing import BATCH


def with_batch(sizes: Sequence[int], given: tuple[int, ...], batch: int) -> list[int]:
    """Sizes for a batch of so many examples, made to fit a tensor with a batch of a telling size."""
    place = layout_of(given).place
    if place is None:
        return list(sizes)
    before = prod(given[:place])
    for axis, size in enumerate(sizes):
        if prod(sizes[:axis]) == before and size % batch == 0:
            return [*sizes[:axis], size // batch * BATCH, *sizes[axis + 1 :]]
    for axis, size in enumerate(sizes):  # merged with what is in front of it
        ahead = prod(sizes[:axis])
        if before % ahead == 0 and size % (before // ahead * batch) == 0:
            return [*sizes[:axis], size // batch * BATCH, *sizes[axis + 1 :]]
    return list(sizes)
