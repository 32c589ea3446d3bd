"""Rows of a tensor picked by the numbers in another: as blocks."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import fx

from engine.importing.frames import End, layout
from engine.importing.layouts import MIXES, CannotDraw
from engine.importing.steps import Step


def looked_up(step: Step, words: Sequence[Any]) -> End:
    """x[:, places] and the like, where one index is a tensor and the others take everything."""
    rest = [word for word in words if not isinstance(word, fx.Node)]
    if len(rest) != len(words) - 1 or any(word is not Ellipsis and word != slice(None) for word in rest):
        raise CannotDraw("it picks places in several dimensions at once")
    where = next(place for place, word in enumerate(words) if isinstance(word, fx.Node))
    if any(word is Ellipsis for word in words[:where]):
        where -= len(words)
    return _selected(step, words[where], where % len(step.input.sizes))


def rows_selected(step: Step) -> list[End]:
    """index_select."""
    given = step.given("input", "dim", "index")
    if not isinstance(given["index"], fx.Node):
        raise CannotDraw("its index is no tensor")
    return [_selected(step, given["index"], given["dim"] % len(step.input.sizes))]


def rows_of_each(step: Step) -> list[End]:
    """The rows that each example's own index says."""
    index = step.node.args[1]
    assert isinstance(index, fx.Node)
    if (step.input.place, layout(index).place) != (0, 0) or step.input.merged > 1 or layout(index).merged > 1:
        raise CannotDraw(MIXES)
    return [step.put("IndexSelect", step.end(step.first), step.end(index))]


def _selected(step: Step, index: fx.Node, axis: int) -> End:
    value = index.meta["value"]
    if value.is_floating_point() or str(value.dtype) == "torch.bool":
        raise CannotDraw("it picks places by what is no list of whole numbers")
    if None not in (step.input.place, layout(index).place):
        raise CannotDraw(MIXES)
    end, place = step.end(step.first), step.dim(axis)
    rank = len(step.frame.shapes[end])
    order = [0, place, *(dim for dim in range(1, rank + 1) if dim != place)]
    rows = step.put("Permute", end, dims=order) if place > 1 else end
    others = tuple(step.frame.shapes[rows])[1:]
    places = step.end(index)
    several = tuple(step.frame.shapes[places])
    found = step.put("IndexSelect", rows, step.reshaped(places, (prod(several),)))
    found = step.reshaped(found, (*several, *others))
    if place == 1:
        return found
    picked, count = list(range(1, len(several) + 1)), len(several)
    behind = [dim + count for dim in range(1, rank)]
    return step.put("Permute", found, dims=[0, *behind[: place - 1], *picked, *behind[place - 1 :]])
