"""Chains of reshapes: where they began, and how to compute before one merges the batch into another dimension."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from torch import fx, nn

from engine.importing.batch_places import EACH_NUMBER
from engine.importing.computing import function_name
from engine.importing.function_tables import PLAIN
from engine.importing.layouts import layout_of
from engine.importing.tracing import BATCH

ORIGIN, FLEETING = "reshaped from", "fleeting"
"""What a step notes about itself: of which one it holds the numbers, and that it may go if nothing needs it."""


def sizes_of(node: fx.Node) -> tuple[int, ...]:
    """The sizes of what a step gives."""
    return tuple(node.meta["value"].shape)


def origin(node: fx.Node) -> fx.Node:
    """The step whose numbers this one holds in another shape; itself where it is no reshape."""
    found: fx.Node = node.meta.get(ORIGIN, node)
    return found


def is_merged(node: fx.Node) -> bool:
    """Whether a reshape merged the batch into a dimension in front of it, which no drawing can hold."""
    return unmerged(node) is not None


def unmerged(node: fx.Node) -> tuple[int, ...] | None:
    """The sizes with which the batch is not merged yet, the dimensions behind as they are; None where it is not."""
    before, after = sizes_of(origin(node)), sizes_of(node)
    place = layout_of(before).place
    if not place or not after or not mixes(before, after):
        return None
    ahead = prod(before[:place])
    if after[0] % (ahead * BATCH):
        return None
    return *before[:place], after[0] // ahead, *after[1:]


def mixes(before: Sequence[int], after: Sequence[int]) -> bool:
    """Whether a reshape moves the batch among other dimensions."""
    one, other = layout_of(before), layout_of(after)
    if one.place is None or other.place is None:
        return False
    return prod(one.sizes[: one.place]) != prod(other.sizes[: other.place])


def leaves_apart(module: nn.Module) -> bool:
    """Whether a module treats each row alone."""
    if isinstance(module, nn.LayerNorm | nn.RMSNorm):
        return len(module.normalized_shape) == 1
    return type(module).__name__ in (*EACH_NUMBER, "Linear")


def is_for_each_number(function: Any, args: Sequence[Any]) -> bool:
    """Whether a function of one tensor treats every number alone."""
    tensors = sum(isinstance(part, fx.Node) for part in args)
    return tensors == 1 and isinstance(args[0], fx.Node) and function_name(function) in (*PLAIN, "dropout")


def without_unused(graph: fx.Graph) -> list[str]:
    """Take out the steps that may go and that nothing needs; gives the names of tensors that nothing takes then."""
    gone = []
    for node in reversed(list(graph.nodes)):
        if node.meta.get(FLEETING) and not node.users:
            graph.erase_node(node)
            gone += [str(node.target)] if node.op == "get_attr" else []
    return [name for name in gone if not any(node.op == "get_attr" and node.target == name for node in graph.nodes)]
