"""What a module wrote by hand, as steps of a drawing: layers called by their weights, parts changed in place."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx, nn

from engine.importing.sketches import Sketch


def layer_with(parts: Mapping[str, nn.Module], target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """The path of the nn.Linear that F.linear is called for, with exactly its weights; nothing where it is none."""
    if target is not F.linear:
        return ""
    given = dict(zip(("input", "weight", "bias"), args, strict=False)) | dict(kwargs)
    path, _, last = _path_of(given.get("weight")).rpartition(".")
    layer = parts.get(path)
    if last != "weight" or type(layer) is not nn.Linear or not isinstance(given.get("input"), Sketch):
        return ""
    bias = f"{path}.bias" if "bias" in dict(layer.named_parameters()) else ""
    fits = _path_of(given.get("bias")) == bias and (given.get("bias") is None) == (not bias)
    return path if fits else ""


def _path_of(value: Any) -> str:
    """The name of a parameter, as long as nothing has changed it."""
    if not isinstance(value, Sketch) or value.tracer.newest(value.node) is not value.node:
        return ""
    return str(value.node.target) if value.node.op == "get_attr" else ""


def put_back(whole: torch.Tensor, part: torch.Tensor, axis: int, start: int, stop: int) -> torch.Tensor:
    """A tensor with a part of it replaced: places `start` to `stop` of a dimension."""
    return whole.slice_scatter(part.reshape(whole.narrow(axis, start, stop - start).shape), axis, start, stop)


def place_of(part: fx.Node) -> tuple[fx.Node, int, int, int] | None:
    """The tensor that a step took a part of, the dimension and its range; None where that is not one range."""
    if part.target is not operator.getitem or not isinstance(part.args[0], fx.Node):
        return None
    whole, words = part.args[0], part.args[1]
    sizes = whole.meta["value"].shape
    listed = list(words) if isinstance(words, tuple) else [words]
    if any(not isinstance(word, int | slice) and word is not Ellipsis for word in listed):
        return None
    if Ellipsis in listed:
        place = listed.index(Ellipsis)
        listed[place : place + 1] = [slice(None)] * (len(sizes) - len(listed) + 1)
    ranges = [_range(word, size) for word, size in zip(listed, sizes, strict=False)]
    cut = [axis for axis, places in enumerate(ranges) if len(places) < sizes[axis]] or [0]
    if len(cut) > 1 or ranges[cut[0]].step != 1 or sum(isinstance(word, int) for word in listed) > 1:
        return None
    return whole, cut[0], ranges[cut[0]].start, ranges[cut[0]].stop


def _range(word: Any, size: int) -> range:
    if isinstance(word, slice):
        return range(*word.indices(size))
    place = int(word) % size
    return range(place, place + 1)


def is_row_of_each(target: Any, args: Sequence[Any]) -> bool:
    """Whether a step is `x[torch.arange(n).unsqueeze(1), index]`: each example looks its own rows up."""
    if target is not operator.getitem or not isinstance(args[0], Sketch) or type(args[1]) is not tuple:
        return False
    first, *rest = args[1]
    if len(rest) != 1 or not isinstance(rest[0], Sketch) or not isinstance(first, torch.Tensor):
        return False
    return torch.equal(first, torch.arange(len(args[0])).unsqueeze(1)) and rest[0].value.dim() == 2


def rows_of_each_example(rows: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """From the rows of each example those that its own index says."""
    return rows[torch.arange(len(rows), device=rows.device).unsqueeze(1), index]
