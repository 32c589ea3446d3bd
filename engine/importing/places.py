"""Rows of a tensor by lists of places, as a file's operators for them say it: brought to one list from 0 on."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from math import prod
from typing import Any

import torch
from torch import fx

from engine.importing.layouts import CannotDraw, layout_of
from engine.importing.masks import fixed_numbers
from engine.importing.rebuilding import Rebuilding
from engine.importing.reshaping import sizes_of
from engine.importing.rewriting import rows_of_each_example
from engine.importing.tracing import BATCH

Places = fx.Node | torch.Tensor


def picked(build: Rebuilding, node: fx.Node, axis: int, lists: Sequence[Places]) -> Any:
    """x[:, places] and x[:, rows, columns], from dimension `axis` on. Raises CannotDraw.

    Several lists have to be fixed numbers, unless the first one says "each example".
    """
    tables = [fixed_numbers(one) for one in lists]
    if axis == 0 and len(lists) == 2 and _each_example(tables[0]) and isinstance(lists[1], fx.Node):
        return build.run(rows_of_each_example, node, lists[1])
    if any(_is_no_list(one) for one in lists):
        raise CannotDraw("it picks places by what is no list of whole numbers")
    if len(lists) == 1 and isinstance(lists[0], fx.Node) and (tables[0] is None or bool((tables[0] >= 0).all())):
        return _taken(build, node, axis, lists[0])
    known = [table for table in tables if table is not None]
    if len(known) < len(lists):
        raise CannotDraw("it picks places in several dimensions at once, and they depend on the data")
    sizes, end = sizes_of(node), axis + len(lists)
    if layout_of(sizes).place in range(axis, end):
        raise CannotDraw("it picks among the examples of a batch")
    place = _one_list(known, sizes[axis:end])
    if len(known) > 1:
        node = build.reshaped(node, (*sizes[:axis], prod(sizes[axis:end]), *sizes[end:]))
    if not place.dim():
        return build.run(torch.select, node, axis, int(place))
    return _taken(build, node, axis, build.constant(place))


def _taken(build: Rebuilding, node: fx.Node, axis: int, places: fx.Node) -> Any:
    return build.run(operator.getitem, node, (*[slice(None)] * axis, places))


def _one_list(tables: Sequence[torch.Tensor], sizes: Sequence[int]) -> torch.Tensor:
    """Places in dimensions that are laid one behind the other; those counted from the end are counted from 0 on."""
    found = torch.zeros((), dtype=torch.int64)
    for table, size in zip(tables, sizes, strict=True):
        found = found * size + table.long() % size
    return found


def _is_no_list(places: Places) -> bool:
    value = places.meta["value"] if isinstance(places, fx.Node) else places
    return value.is_floating_point() or value.dtype is torch.bool


def _each_example(table: torch.Tensor | None) -> bool:
    return table is not None and tuple(table.shape) == (BATCH, 1) and torch.equal(table[:, 0], torch.arange(BATCH))
