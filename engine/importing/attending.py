"""Attention in a .pt2 file: many operators that one module of torch.nn called, drawn as that module."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from engine.importing.layers import Layer, Weight
from engine.importing.layouts import layout_of

KIND = "torch.nn.modules.activation.MultiheadAttention"
INNER = ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")


@dataclass(frozen=True)
class Attention:
    """The steps of one call of nn.MultiheadAttention, and what goes in and out."""

    path: str
    steps: tuple[fx.Node, ...]
    inputs: tuple[fx.Node, ...]
    answer: fx.Node
    weights: dict[str, fx.Node]
    heads: int

    @property
    def sources(self) -> tuple[fx.Node, fx.Node, fx.Node]:
        """Query, key and value."""
        query, *rest = self.inputs
        key = rest[0] if rest else query
        return query, key, rest[1] if len(rest) > 1 else key

    def layer(self, query: Any, weights: dict[str, Weight]) -> Layer:
        """The module, for weights by its own names."""
        width = weights["out_proj.weight"].sizes[0]
        first = layout_of(tuple(query.meta["value"].shape)).place == 0
        bias = "in_proj_bias" in weights
        made = nn.MultiheadAttention(width, self.heads, bias=bias, batch_first=first, device="meta")
        return Layer(made, weights)


def attentions(graph: fx.Graph, paths: dict[fx.Node, str]) -> Iterator[Attention]:
    """The calls of nn.MultiheadAttention that can be drawn as the module; paths are those of weights."""
    calls: dict[str, list[fx.Node]] = {}
    for node in graph.nodes:
        for key, (_, kind) in (node.meta.get("nn_module_stack") or {}).items():
            if str(kind) == KIND:
                calls.setdefault(str(key), []).append(node)
    for key, steps in calls.items():
        path = str(steps[0].meta["nn_module_stack"][key][0])
        found = _attention(path, steps, paths)
        if found:
            yield found


def _attention(path: str, steps: list[fx.Node], paths: dict[fx.Node, str]) -> Attention | None:
    inside = set(steps)
    sources = dict.fromkeys(source for node in steps for source in node.all_input_nodes if source not in inside)
    weights = {paths[source].removeprefix(f"{path}."): source for source in sources if source in paths}
    inputs = [source for source in sources if source not in paths and isinstance(source.meta.get("val"), torch.Tensor)]
    outside = [node for node in steps if any(user not in inside for user in node.users) and _is_tensor(node)]
    heads = _heads(steps)
    if not {"in_proj_weight", "out_proj.weight"} <= weights.keys() <= set(INNER) or not heads or len(outside) != 1:
        return None
    if not 1 <= len(inputs) <= 3 or any(source.meta["val"].dim() != 3 for source in inputs):
        return None
    return Attention(path, tuple(steps), tuple(inputs), outside[0], weights, heads)


def _heads(steps: list[fx.Node]) -> int:
    """How many heads look, 0 where they do not look at everything."""
    call = next((node for node in steps if "scaled_dot_product_attention" in str(node.target)), None)
    if call is None or len(call.args) > 3 or call.kwargs.get("attn_mask") is not None or call.kwargs.get("is_causal"):
        return 0
    query: Any = call.args[0]
    return int(query.meta["val"].shape[1]) if query.meta["val"].dim() == 4 else 0


def _is_tensor(node: fx.Node) -> bool:
    return isinstance(node.meta.get("val"), torch.Tensor)
