"""Masks of attention: fixed tables that hide steps from others, as numbers that are added to the scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import fx
from torch.fx.node import map_aggregate

from engine.importing.layers import Weight
from engine.importing.reshaping import FLEETING
from engine.importing.tracing import BATCH

if TYPE_CHECKING:
    from engine.importing.rebuilding import Rebuilding

FAR = -1e9
"""What is added to a score to hide a step: its part in the softmax is exactly zero."""
MOST = 2**26
"""How many numbers a mask may have."""


class NotFixed(Exception):
    """Something depends on an input or on what is learned."""


def is_causal(table: torch.Tensor) -> bool:
    """Whether a table, added to scores, hides from each step exactly what comes after it."""
    if table.dim() < 2 or not table.is_floating_point() or table.shape[-1] != table.shape[-2] or table.shape[-1] < 2:
        return False
    if table.numel() != table.shape[-1] ** 2:
        return False
    square = table.detach().reshape(table.shape[-2:])
    later = torch.ones_like(square, dtype=torch.bool).triu(1)
    return bool((square[later] <= FAR).all()) and not bool(square[~later].any())


def hides(table: torch.Tensor) -> bool:
    """Whether a table of numbers has some that nobody would learn: those that hide."""
    return bool((table <= FAR).any())


def hiding(keep: torch.Tensor) -> torch.Tensor:
    """What is added to scores so that only these places are kept."""
    return torch.zeros(keep.shape).masked_fill(~keep, -torch.inf)


def causal_steps(build: Rebuilding, sizes: tuple[int, ...]) -> fx.Node:
    """Steps that give a causal mask of these sizes from nothing but ones."""
    length = sizes[-1]
    ones = build.constant(torch.ones(length, length))
    behind = build.run(torch.sub, build.run(torch.cumsum, ones, 1), build.run(torch.cumsum, ones, 0))
    hidden = build.run(torch.mul, build.run(torch.clamp, behind, min=0.0, max=1.0), FAR)
    return build.reshaped(hidden, sizes)


def replaced(build: Rebuilding, node: fx.Node, hidden: torch.Tensor, value: float) -> fx.Node:
    """A tensor with one number in the hidden places of a fixed table."""
    if value > FAR:
        node = build.run(torch.mul, node, build.constant((~hidden).float()))
    found: fx.Node = build.run(torch.add, node, build.constant(torch.zeros(hidden.shape).masked_fill(hidden, value)))
    return found


def fixed_numbers(node: Any) -> torch.Tensor | None:
    """The numbers that a rebuilt step gives, where they depend on no input and on nothing that is learned."""
    if isinstance(node, torch.Tensor):
        return node
    if not isinstance(node, fx.Node):
        return None
    try:
        found = _numbers(node)
    except (NotFixed, RuntimeError, TypeError, ValueError, AttributeError, IndexError):
        return None
    alike = found.dim() > 0 and found.shape[0] == BATCH and bool((found == found[:1]).all())
    return found[:1] if alike else found


def _numbers(node: fx.Node) -> torch.Tensor:
    weight, fixed = node.meta.get("weight"), node.meta.get("constant")
    if isinstance(fixed, torch.Tensor):
        return fixed
    if isinstance(weight, Weight) and not weight.tensor.requires_grad:
        return weight.tensor.detach()
    if node.op not in ("call_function", "call_method") or node.meta["value"].numel() > MOST:
        raise NotFixed
    args, kwargs = map_aggregate(
        (node.args, dict(node.kwargs)), lambda part: _numbers(part) if isinstance(part, fx.Node) else part
    )
    node.meta[FLEETING] = True
    found = _called(node, args, kwargs)
    if not isinstance(found, torch.Tensor):
        raise NotFixed
    return found


def _called(node: fx.Node, args: Any, kwargs: Any) -> Any:
    if node.op == "call_method":
        return getattr(args[0], str(node.target))(*args[1:], **kwargs)
    home = (getattr(node.target, "__module__", None) or "").partition(".")[0]
    if not callable(node.target) or home not in ("torch", "_operator"):
        raise NotFixed
    return node.target(*args, **kwargs)


def worked_out(node: Any, known: Mapping[fx.Node, torch.Tensor]) -> torch.Tensor | None:
    """The numbers that a step of a .pt2 file gives, where they depend on nothing but fixed tensors."""
    try:
        return _worked_out(node, known)
    except (NotFixed, RuntimeError, TypeError, ValueError):
        return None


def _worked_out(node: Any, known: Mapping[fx.Node, torch.Tensor]) -> torch.Tensor:
    if node in known:
        return known[node]
    if not isinstance(node, fx.Node) or not isinstance(node.target, torch._ops.OpOverload):
        raise NotFixed
    value = node.meta.get("val")
    if node.target.namespace != "aten" or node.target._schema.is_mutable or not isinstance(value, torch.Tensor):
        raise NotFixed
    if not all(isinstance(size, int) for size in value.shape) or value.numel() > MOST:
        raise NotFixed
    args, kwargs = map_aggregate(
        (node.args, dict(node.kwargs)), lambda part: _worked_out(part, known) if isinstance(part, fx.Node) else part
    )
    found = node.target(*args, **kwargs)
    assert isinstance(found, torch.Tensor)
    return found
