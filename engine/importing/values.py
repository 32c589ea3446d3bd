"""Tensors in arguments and results, and modules without numbers."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import fx, nn
from torch.fx.node import map_aggregate

from engine.importing.sketches import Sketch

BATCH_NORMS: Mapping[type[nn.Module], tuple[int, ...]] = {
    nn.BatchNorm1d: (2, 3),
    nn.BatchNorm2d: (4,),
    nn.BatchNorm3d: (5,),
}
"""Modules that normalize a batch, with the numbers of dimensions that they take."""


def memory_of(node: fx.Node) -> int | None:
    """What tells whether two tensors lie in the same memory."""
    value = node.meta.get("value")
    return value.untyped_storage()._cdata if isinstance(value, torch.Tensor) else None


def shadow_of(module: nn.Module) -> nn.Module:
    """A copy of the module without numbers, that costs no memory."""
    memo: dict[int, Any] = {}
    for _, tensor in named_tensors(module):
        empty = torch.empty_like(tensor, device="meta")
        if isinstance(tensor, nn.Parameter):
            empty = nn.Parameter(empty, requires_grad=False)
        memo[id(tensor)] = empty
    return copy.deepcopy(module, memo).eval()


def named_tensors(module: nn.Module) -> list[tuple[str, torch.Tensor]]:
    """All parameters and buffers of a module with their names."""
    return [*module.named_parameters(), *module.named_buffers()]


def called(module: nn.Module, *args: Any, **kwargs: Any) -> Any:
    """What a module of `shadow_of` gives.

    Without numbers, PyTorch normalizes a batch in twenty small steps of Python; but where the channels fit, the result
    is as large as what goes in.
    """
    ranks = BATCH_NORMS.get(type(module), ())
    if ranks and len(args) == 1 and not kwargs and args[0].dim() in ranks:
        (value,) = args
        if value.shape[1] == module.num_features:
            return torch.empty_like(value)
    return module(*args, **kwargs)


def values_of(arguments: Any) -> Any:
    """Arguments with the value of each step in its place."""
    return map_aggregate(arguments, lambda part: part.meta["value"] if isinstance(part, fx.Node) else part)


def holds_tensor(value: Any) -> bool:
    """Whether a value is a tensor or holds one."""
    if isinstance(value, torch.Tensor):
        return True
    return isinstance(value, tuple | list) and not isinstance(value, torch.Size) and any(map(holds_tensor, value))


def holds_sketch(value: Any) -> bool:
    """Whether arguments hold a sketch of a tensor."""
    if isinstance(value, dict):
        value = tuple(value.values())
    return type(value) is Sketch or (isinstance(value, tuple | list) and any(map(holds_sketch, value)))
