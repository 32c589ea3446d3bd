"""Operators of a .pt2 file that are drawn as other functions than their name says."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx

from engine.importing.exported_calls import LAST, Call, rank, without_numbers
from engine.importing.layouts import CannotDraw
from engine.importing.masks import fixed_numbers, hiding, is_causal, replaced
from engine.importing.places import picked
from engine.importing.rebuilding import Rebuilding
from engine.importing.reshaping import is_merged, mixes, sizes_of
from engine.importing.rewriting import put_back


def _slice(build: Rebuilding, call: Call) -> Any:
    node, dim, start, end = call["self"], call["dim"], call["start"], call["end"]
    size = without_numbers(node).shape[dim]
    end = None if end is None or end >= min(size, LAST) else end
    if not start and end is None and call["step"] == 1:
        return node
    index = [slice(None)] * rank(node)
    index[dim] = slice(start or None, end, call["step"])
    return build.run(operator.getitem, node, tuple(index))


def _reversed_difference(build: Rebuilding, call: Call) -> Any:
    if call["alpha"] != 1:
        raise CannotDraw("it multiplies what it takes away")
    return build.record("sub", (call["other"], call["self"]), {}, call.value())


def _dropout(build: Rebuilding, call: Call) -> Any:
    """Dropout stays in the drawing, though a file for evaluation leaves it out: the drawing may be trained."""
    name = f"dropout{rank(call.first) - 2}d" if call.name == "feature_dropout" else call.name
    return build.record(name, (call.first, call["p"], True), {}, call.value())


def _hardtanh(build: Rebuilding, call: Call) -> Any:
    if (call["min_val"], call["max_val"]) == (0, 6):
        return build.record("relu6", (call["self"],), {}, call.value())
    return build.record("hardtanh", (call["self"], call["min_val"], call["max_val"]), {}, call.value())


def _resized(build: Rebuilding, call: Call) -> Any:
    """upsample_nearest2d and the like."""
    mode = call.name.removeprefix("upsample_").rstrip("123d")
    mode = {"nearest": "nearest", "_nearest_exact": "nearest-exact"}.get(mode, mode)
    node, size, scales = call.first, call["output_size"], call.values.get("scale_factors")
    given = {"scale_factor": tuple(scales)} if scales else {"size": tuple(size)}
    more = {"align_corners": call["align_corners"]} if "align_corners" in call.values else {}
    return build.record(F.interpolate, (node,), {**given, "mode": mode, **more}, call.value())


def _padded(build: Rebuilding, call: Call) -> Any:
    kind = {"reflection": "reflect", "replication": "replicate"}.get(call.name.partition("_pad")[0])
    given = call["padding" if kind else "pad"]
    options = {"mode": kind} if kind else {name: call[name] for name in ("mode", "value") if call.values.get(name)}
    return build.record(F.pad, (call["self"], list(given)), options, call.value())


def _with_places(build: Rebuilding, call: Call) -> Any:
    """max_pool2d_with_indices: the largest numbers alone."""
    options = call.options()
    found = build.record(call.name.partition("_with")[0], call.positional(), options, call.value()[0])
    return [found, None]


def _reshaped(build: Rebuilding, call: Call) -> Any:
    """view and reshape; where they merge the batch or take it apart again, all that lies between is one step."""
    value = call.value()
    if not isinstance(call.first, fx.Node) or not (mixes(sizes_of(call.first), value.shape) or is_merged(call.first)):
        return build.record(call.name, call.positional(), {}, value)
    return build.reshaped(call.first, tuple(value.shape))


def _attention(build: Rebuilding, call: Call) -> Any:
    """softmax(Q·Kᵀ·scale + mask)·V, in single steps."""
    if call.values.get("enable_gqa"):
        raise CannotDraw("several heads of its queries look at one of its keys")
    query, key, value = call["query"], call["key"], call["value"]
    scale = call["scale"] or 1 / sqrt(without_numbers(query).shape[-1])
    scores = build.run(torch.matmul, query, build.run(torch.transpose, key, -2, -1))
    scores = build.run(torch.mul, scores, scale)
    mask = _mask(build, call, without_numbers(scores).shape)
    if mask is not None:
        scores = build.run(torch.add, scores, mask)
    weights = build.run(F.softmax, scores, dim=-1)
    if call["dropout_p"]:
        weights = build.run(F.dropout, weights, call["dropout_p"], True)
    return build.run(torch.matmul, weights, value)


def _mask(build: Rebuilding, call: Call, sizes: Sequence[int]) -> fx.Node | None:
    """What is added to the scores of attention. Raises CannotDraw for places that depend on the data."""
    given = call["attn_mask"]
    if call["is_causal"]:
        steps, seen = sizes[-2:]
        return build.constant(hiding(torch.ones(steps, seen, dtype=torch.bool).tril()))
    if given is None or without_numbers(given).is_floating_point():
        table = fixed_numbers(given)
        return build.constant(table) if table is not None and is_causal(table) else given
    keep = fixed_numbers(given)
    if keep is None:
        raise CannotDraw("what it looks at depends on the data")
    if not bool(keep.any(-1).all()):
        raise CannotDraw("some steps of it look at nothing")
    return build.constant(hiding(keep))


def _masked(build: Rebuilding, call: Call) -> Any:
    """masked_fill by a fixed table: what is hidden becomes one number."""
    table, value = fixed_numbers(call["mask"]), call["value"]
    if isinstance(value, fx.Node):
        number = fixed_numbers(value)
        value = None if number is None or number.numel() != 1 else number.item()
    if table is None or value is None:
        raise CannotDraw("what it replaces depends on the data")
    return replaced(build, call["self"], table, value)


def _indexed(build: Rebuilding, call: Call) -> Any:
    """x[:, places], where places are lists of numbers."""
    node, words = call["self"], call["indices"]
    given = [axis for axis, word in enumerate(words) if word is not None]
    if given != list(range(given[0], given[-1] + 1)):
        raise CannotDraw("it picks places in dimensions that lie apart")
    return picked(build, node, given[0], [words[axis] for axis in given])


def _part_replaced(build: Rebuilding, call: Call) -> Any:
    """slice_scatter: a tensor of which one range of a dimension comes from another."""
    whole, dim = call["self"], call["dim"] % rank(call["self"])
    size = without_numbers(whole).shape[dim]
    start, end, _ = slice(call["start"], call["end"]).indices(size)
    if call["step"] != 1 or end <= start:
        raise CannotDraw("it replaces places that lie apart")
    if end - start == size:
        return call["src"]
    return build.run(put_back, whole, call["src"], dim, start, end)


UPSAMPLING = ("nearest1d", "nearest2d", "nearest3d", "linear1d", "bilinear2d", "bicubic2d", "trilinear3d",
              "_nearest_exact1d", "_nearest_exact2d", "_nearest_exact3d")  # fmt: skip

OTHERS: Mapping[str, Callable[[Rebuilding, Call], Any]] = {
    "slice": _slice,
    "rsub": _reversed_difference,
    **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"), _dropout),
    "hardtanh": _hardtanh,
    **{f"upsample_{mode}": _resized for mode in UPSAMPLING},
    **{f"{kind}_pad{rank}d": _padded for kind in ("reflection", "replication") for rank in (1, 2, 3)},
    "pad": _padded,
    **dict.fromkeys(("view", "reshape"), _reshaped),
    **{f"max_pool{rank}d_with_indices": _with_places for rank in (2, 3)},
    "scaled_dot_product_attention": _attention,
    "masked_fill": _masked,
    "index": _indexed,
    "slice_scatter": _part_replaced,
    "einsum": lambda build, call: build.run(torch.einsum, call["equation"], *call["tensors"]),
}
"""Operators that are drawn as other functions than their name says."""
