"""Operators of ONNX that compare and choose: worked out where their numbers are fixed, as for masks of attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import fx

from engine.importing.layouts import CannotDraw
from engine.importing.masks import fixed_numbers, replaced
from engine.importing.onnx_values import Operation, Value, sketch
from engine.importing.reshaping import FLEETING


def _fixed(function: Callable[..., Any]) -> Callable[[Operation], Any]:
    """A function for fixed numbers alone."""

    def translate(step: Operation) -> Any:
        if not step.is_fixed:
            raise CannotDraw("it decides by the numbers in a tensor")
        return function(*(sketch(value).detach() for value in step.inputs))

    return translate


def _triangle(step: Operation) -> Any:
    """Trilu: one half of a fixed table."""
    if not step.is_fixed:
        raise CannotDraw("it takes one half of a tensor")
    number = int(step.number(1) or 0)
    table = sketch(step.get(0)).detach()
    return table.triu(number) if step.settings.get("upper", 1) else table.tril(number)


def _is_nan(step: Operation) -> Any:
    if step.is_fixed:
        return torch.isnan(sketch(step.get(0)))
    found = step.run(torch.isnan, step.get(0))
    found.meta[FLEETING] = True
    return found


def _where(step: Operation) -> Any:
    """A choice between two tensors by a fixed table, of which one holds a single number."""
    if step.is_fixed:
        return torch.where(*(sketch(value).detach() for value in step.inputs))
    table, one, other = step.inputs
    if isinstance(table, fx.Node):
        return _without_nan(table, other)
    number, node, hidden = _single(one), other, sketch(table).bool()
    if number is None:
        number, node, hidden = _single(other), one, ~hidden
    if number is None or not isinstance(node, fx.Node):
        raise CannotDraw("it chooses between two tensors")
    return replaced(step.build, node, hidden, number)


def _single(value: Value) -> float | None:
    """The number that a value holds everywhere."""
    if value is None or isinstance(value, fx.Node):
        return None
    numbers = sketch(value).flatten()
    return float(numbers[0]) if bool((numbers == numbers[0]).all()) else None


def _without_nan(table: fx.Node, other: Value) -> Any:
    """Numbers in place of those that are none, behind a softmax in which every row has some: the softmax itself."""
    soft = table.args[0] if table.target is torch.isnan else None
    if not isinstance(soft, fx.Node) or soft is not other or getattr(soft.target, "__name__", "") != "softmax":
        raise CannotDraw("it decides by the numbers in a tensor")
    scores = soft.args[0]
    if isinstance(scores, fx.Node) and scores.target is torch.add:
        masks = [fixed_numbers(part) for part in scores.args]
        if any(mask is not None and bool((mask == -torch.inf).all(-1).any()) for mask in masks):
            raise CannotDraw("some steps of it look at nothing")
    return soft


def _accumulated(step: Operation) -> Any:
    axis = int(step.number(1) or 0)
    if step.settings.get("exclusive") or step.settings.get("reverse"):
        raise CannotDraw("it adds up backwards, or leaves out what it stands at")
    return step.run(torch.cumsum, step.get(0), axis)


def _scattered(step: Operation) -> Any:
    """ScatterND: a fixed table of which some rows are replaced."""
    if not step.is_fixed:
        raise CannotDraw("it replaces a part of a tensor")
    if step.settings.get("reduction", "none") not in ("none", b"none"):
        raise CannotDraw("it computes with what it replaces")
    table, places, rows = (sketch(value).detach() for value in step.inputs)
    return table.clone().index_put_(places.unbind(-1), rows)


CHOOSING: Mapping[str, Callable[[Operation], Any]] = {
    "Where": _where,
    "Trilu": _triangle,
    "IsNaN": _is_nan,
    "CumSum": _accumulated,
    "ScatterND": _scattered,
    "Equal": _fixed(torch.eq),
    "Less": _fixed(torch.lt),
    "LessOrEqual": _fixed(torch.le),
    "Greater": _fixed(torch.gt),
    "GreaterOrEqual": _fixed(torch.ge),
    "Not": _fixed(torch.logical_not),
    "And": _fixed(torch.logical_and),
    "Or": _fixed(torch.logical_or),
    "Floor": _fixed(torch.floor),
    "Ceil": _fixed(torch.ceil),
    "Mod": _fixed(torch.remainder),
}
"""Operators by name."""
