"""Layers of torch.nn for weights that a file holds: which module learns these tensors, and under which names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from engine.importing.layouts import CannotDraw


@dataclass(frozen=True)
class Weight:
    """A tensor of the file: the name that it has there, and its numbers."""

    path: str
    tensor: torch.Tensor

    @property
    def sizes(self) -> tuple[int, ...]:
        """Its shape."""
        return tuple(self.tensor.shape)

    @property
    def learns(self) -> bool:
        """Whether training would change it."""
        return self.tensor.requires_grad or not isinstance(self.tensor, nn.Parameter)


@dataclass(frozen=True)
class Layer:
    """A module without numbers, and the file's tensors by the module's names for them."""

    module: nn.Module
    tensors: dict[str, Weight] = field(default_factory=dict)


def convolution(
    weight: Weight, bias: Weight | None, transposed: bool = False, groups: int = 1, **settings: Any
) -> Layer:
    """nn.Conv1d to nn.ConvTranspose3d, by the rank of the weight."""
    rank = len(weight.sizes) - 2
    if not 1 <= rank <= 3:
        raise CannotDraw(f"it is a convolution in {rank} dimensions")
    kind = getattr(nn, f"Conv{'Transpose' if transposed else ''}{rank}d")
    first, second, *kernel = weight.sizes
    ends = (first, second * groups) if transposed else (second * groups, first)
    made = kind(*ends, tuple(kernel), groups=groups, bias=bias is not None, device="meta", **settings)
    return Layer(made, _given(weight=weight, bias=bias))


def linear(weight: Weight, bias: Weight | None) -> Layer:
    """nn.Linear."""
    if len(weight.sizes) != 2:
        raise CannotDraw("its weight is no matrix")
    found = nn.Linear(weight.sizes[1], weight.sizes[0], bias=bias is not None, device="meta")
    return Layer(found, _given(weight=weight, bias=bias))


def batch_norm(rank: int, channels: int, affine: bool, eps: float, momentum: float, **tensors: Weight | None) -> Layer:
    """nn.BatchNorm1d to 3d, for inputs of this rank with the batch counted."""
    kind = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}.get(rank)
    if kind is None:
        raise CannotDraw(f"it normalises a tensor of {rank} dimensions")
    tracks = tensors.get("running_mean") is not None
    made = kind(channels, eps, momentum, affine=affine, track_running_stats=tracks, device="meta")
    return Layer(made, _given(**tensors))


def instance_norm(rank: int, channels: int, affine: bool, eps: float, **tensors: Weight | None) -> Layer:
    """nn.InstanceNorm1d to 3d, for inputs of this rank with the batch counted."""
    kind = {3: nn.InstanceNorm1d, 4: nn.InstanceNorm2d, 5: nn.InstanceNorm3d}.get(rank)
    if kind is None:
        raise CannotDraw(f"it normalises a tensor of {rank} dimensions")
    return Layer(kind(channels, eps, affine=affine, device="meta"), _given(**tensors))


def layer_norm(shape: Sequence[int], weight: Weight | None, bias: Weight | None, eps: float) -> Layer:
    """nn.LayerNorm."""
    made = nn.LayerNorm(
        list(shape), eps, elementwise_affine=weight is not None, bias=bias is not None, device="meta"
    )  # fmt: skip
    return Layer(made, _given(weight=weight, bias=bias))


def rms_norm(shape: Sequence[int], weight: Weight | None, eps: float | None) -> Layer:
    """nn.RMSNorm."""
    made = nn.RMSNorm(list(shape), eps, elementwise_affine=weight is not None, device="meta")
    return Layer(made, _given(weight=weight))


def group_norm(groups: int, channels: int, weight: Weight | None, bias: Weight | None, eps: float) -> Layer:
    """nn.GroupNorm."""
    made = nn.GroupNorm(groups, channels, eps, affine=weight is not None, device="meta")
    return Layer(made, _given(weight=weight, bias=bias))


def embedding(weight: Weight, padding_idx: int | None = None, scale_grad_by_freq: bool = False) -> Layer:
    """nn.Embedding."""
    if len(weight.sizes) != 2:
        raise CannotDraw("its table has no rows")
    made = nn.Embedding(
        *weight.sizes, padding_idx=padding_idx, scale_grad_by_freq=scale_grad_by_freq, device="meta"
    )  # fmt: skip
    return Layer(made, _given(weight=weight))


def prelu(weight: Weight) -> Layer:
    """nn.PReLU."""
    if len(weight.sizes) != 1:
        raise CannotDraw("its slopes lie in more than one dimension")
    return Layer(nn.PReLU(weight.sizes[0], device="meta"), _given(weight=weight))


RECURRENT = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn_tanh": nn.RNN, "rnn_relu": nn.RNN}
GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}


def recurrent(name: str, weights: Sequence[Weight], layers: int, two_ways: bool, **settings: Any) -> Layer:
    """nn.LSTM, nn.GRU or nn.RNN, for its weights in PyTorch's order."""
    hidden, given = weights[0].sizes[0] // GATES[name], weights[1].sizes[1]
    if given != hidden:
        settings["proj_size"] = given
    if name.startswith("rnn_"):
        settings["nonlinearity"] = name.removeprefix("rnn_")
    made = RECURRENT[name](
        weights[0].sizes[1], hidden, num_layers=layers, bidirectional=two_ways, device="meta", **settings
    )  # fmt: skip
    names = [name for name, _ in made.named_parameters()]
    if len(names) != len(weights):
        raise CannotDraw("it has weights of an unusual kind")
    return Layer(made, dict(zip(names, weights, strict=True)))


def _given(**tensors: Weight | None) -> dict[str, Weight]:
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}
