"""Initial weights and frozen blocks, from the lines of `__init__` that set them."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from engine.blocks.data import Input, Output
from engine.graph import Graph, Node
from engine.groups import Group
from engine.initial import NEED_A_MATRIX, PYTORCH_DEFAULTS, USES, Initial
from engine.reading.spelling import dotted
from engine.reading.values import trouble, value_of

ALIKE = {"zeros": 0.0, "ones": 1.0}
"""What else nn.init calls a constant."""
Step = str | int
"""One step on the way to a module: an attribute, or a number in brackets."""


def with_setups(graph: Graph, setups: Sequence[ast.Call], owners: Mapping[str, str]) -> Graph:
    """The drawing with what these lines say about weights. `owners` has the block of each attribute."""
    for call in setups:
        name = dotted(call.func)
        if name.startswith("nn.init.") and name.endswith("_") and call.args:
            path = _path(call.args[0])
            graph = _changed(graph, call, path, owners, initial=_initial(call, name[len("nn.init.") : -1]))
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "requires_grad_":
            if [value_of(argument, {}) for argument in call.args] != [False]:
                raise trouble(call, "a block is frozen by requires_grad_(False)")
            graph = _changed(graph, call, _path(call.func.value), owners, frozen=True)
        else:
            raise trouble(call, "only nn.init and requires_grad_(False) can stand here")
    return graph


def _path(node: ast.expr) -> list[Step]:
    """The steps from `self` to a module or one of its tensors: self.head[2].weight."""
    if isinstance(node, ast.Name) and node.id == "self":
        return []
    if isinstance(node, ast.Attribute):
        return [*_path(node.value), node.attr]
    if isinstance(node, ast.Subscript):
        number = value_of(node.slice, {})
        if type(number) is int:
            return [*_path(node.value), number]
    raise trouble(node, "this does not lead from self to a module")


def _changed(graph: Graph, call: ast.Call, path: list[Step], owners: Mapping[str, str], **change: Any) -> Graph:
    if not path:
        raise trouble(call, "this does not lead from self to a module")
    first, *rest = path
    name = owners.get(f"_{first}" if isinstance(first, int) else first, "")
    if name not in graph.nodes:
        raise trouble(call, f"{first} is not called in forward")
    node = graph.nodes[name]
    inner = rest[1:] if rest and _counts_copies(node, rest[0]) else rest
    if isinstance(node.block, Group) and inner:
        members = _owners_inside(node.block)
        inside = _changed(node.block.graph, call, inner, members, **change)
        return graph.put(replace(node, block=replace(node.block, graph=inside)))
    return graph.add(_with(node, inner, call, **change))


def _counts_copies(node: Node, step: Step) -> bool:
    return isinstance(step, int) and isinstance(node.block, Group) and node.block.repeat > 1


def _owners_inside(group: Group) -> dict[str, str]:
    inner = [n for n, node in group.graph.nodes.items() if not isinstance(node.block, Input | Output)]
    return {(f"_{number}" if group.numbered else name): name for number, name in enumerate(inner)}


def _with(node: Node, tensor: list[Step], call: ast.Call, **change: Any) -> Node:
    if "frozen" in change:
        return replace(node, frozen=True)
    found: dict[str, Any] = change["initial"]
    is_bias = bool(tensor) and "bias" in str(tensor[-1])
    if is_bias and found["weight"] == "constant":
        return replace(node, initial=node.initial.changed(bias=found["val"]))
    try:
        return replace(node, initial=Initial.read({**found, "bias": node.initial.bias}))
    except ValueError as error:
        raise trouble(call, str(error)) from error


def _initial(call: ast.Call, method: str) -> dict[str, Any]:
    if method in ALIKE and len(call.args) == 1 and not call.keywords:
        return {"weight": "constant", "val": ALIKE[method]}
    if method not in USES:
        raise trouble(call, f"{method} is none of {', '.join(USES)}")
    positional = [name for name in USES[method] if method in NEED_A_MATRIX or name not in PYTORCH_DEFAULTS]
    found: dict[str, Any] = {"weight": method}
    found.update(zip(positional, (value_of(argument, {}) for argument in call.args[1:]), strict=False))
    torch_names = {"low": "a", "high": "b"} if method == "uniform" else {}
    ours = {torch_name: name for name, torch_name in torch_names.items()}
    found.update({ours.get(k.arg or "", k.arg or ""): value_of(k.value, {}) for k in call.keywords})
    return found
