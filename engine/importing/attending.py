"""Attention in a .pt2 file: many operators that one module of torch.nn called, drawn as that module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from engine.importing.layers import Layer, Weight
from engine.importing.layouts import layout_of
from engine.importing.masks import hiding, is_causal, worked_out

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
    causal: bool = False

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


def attentions(
    graph: fx.Graph, paths: dict[fx.Node, str], fixed: Mapping[fx.Node, torch.Tensor]
) -> Iterator[Attention]:
    """The calls of nn.MultiheadAttention that can be drawn as the module.

    Paths are those of weights; fixed are the tensors that are not learned.
    """
    calls: dict[str, list[fx.Node]] = {}
    for node in graph.nodes:
        for key, (_, kind) in (node.meta.get("nn_module_stack") or {}).items():
            if str(kind) == KIND:
                calls.setdefault(str(key), []).append(node)
    for key, steps in calls.items():
        path = str(steps[0].meta["nn_module_stack"][key][0])
        found = _attention(path, steps, paths, fixed)
        if found:
            yield found


def _attention(
    path: str, steps: list[fx.Node], paths: dict[fx.Node, str], fixed: Mapping[fx.Node, torch.Tensor]
) -> Attention | None:
    look = next((node for node in steps if "scaled_dot_product_attention" in str(node.target)), None)
    if look is None:
        return None
    causal, masking = _causal(look, fixed)
    inside = set(steps)
    sources = dict.fromkeys(source for node in steps for source in node.all_input_nodes if source not in inside)
    sources = {source: None for source in sources if source not in masking}
    weights = {paths[source].removeprefix(f"{path}."): source for source in sources if source in paths}
    inputs = [source for source in sources if source not in paths and isinstance(source.meta.get("val"), torch.Tensor)]
    outside = [node for node in steps if any(user not in inside for user in node.users) and _is_tensor(node)]
    heads = _heads(look)
    if not {"in_proj_weight", "out_proj.weight"} <= weights.keys() <= set(INNER) or not heads or len(outside) != 1:
        return None
    if causal is None or not 1 <= len(inputs) <= 3 or any(source.meta["val"].dim() != 3 for source in inputs):
        return None
    return Attention(path, tuple(steps), tuple(inputs), outside[0], weights, heads, causal)


def _causal(look: fx.Node, fixed: Mapping[fx.Node, torch.Tensor]) -> tuple[bool | None, set[fx.Node]]:
    """Whether each step looks only back, None where it looks elsewhere; and the steps that make the mask."""
    words = dict(zip(("query", "key", "value", "attn_mask", "dropout_p", "is_causal"), look.args, strict=False))
    given = {**words, **look.kwargs}
    mask = given.get("attn_mask")
    if not isinstance(mask, fx.Node):
        return bool(given.get("is_causal")), set()
    table = worked_out(mask, fixed)
    if table is not None and table.dtype is torch.bool:
        table = hiding(table)
    return (True if table is not None and is_causal(table) else None), _with_sources(mask)


def _with_sources(node: fx.Node) -> set[fx.Node]:
    found, wanted = {node}, [node]
    while wanted:
        more = [source for source in wanted.pop().all_input_nodes if source not in found]
        wanted += more
        found.update(more)
    return found


def _heads(look: fx.Node) -> int:
    """How many heads look, 0 where that cannot be told."""
    query: Any = look.args[0]
    return int(query.meta["val"].shape[1]) if query.meta["val"].dim() == 4 else 0


def _is_tensor(node: fx.Node) -> bool:
    return isinstance(node.meta.get("val"), torch.Tensor)
