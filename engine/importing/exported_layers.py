"""Operators of a .pt2 file that have weights: which layers they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import fx

from engine.importing import layers
from engine.importing.exported_calls import Call, rank, without_numbers
from engine.importing.layers import Weight


def _weights(*values: Any) -> bool:
    """Whether these are weights of the file, or nothing."""
    return all(value is None or isinstance(value, Weight) for value in values) and isinstance(values[0], Weight)


Made = tuple[Any, ...] | None
"""A layer and what it is given; None where the call is no layer."""


def _convolution(call: Call) -> Made:
    weight, bias = call["weight"], call["bias"]
    if not _weights(weight, bias):
        return None
    names = ("stride", "padding", "dilation", "output_padding")
    settings = {name: _setting(call[name]) for name in names if name in call.values}
    transposed = bool(call.values.get("transposed")) or call.name.startswith("conv_transpose")
    if not transposed:
        settings.pop("output_padding", None)
    return layers.convolution(weight, bias, transposed, call["groups"], **settings), call["input"]


def _setting(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _linear(call: Call) -> Made:
    if not _weights(call["weight"], call["bias"]):
        return None
    return layers.linear(call["weight"], call["bias"]), call["input"]


def _addmm(call: Call) -> Made:
    """x @ W.t() + b, as which a linear layer may be written."""
    weight = _turned(call["mat2"])
    if weight is None or (call["beta"], call["alpha"]) != (1, 1) or not _weights(call["self"]):
        return None
    return layers.linear(weight, call["self"]), call["mat1"]


def _mm(call: Call) -> Made:
    weight = _turned(call["mat2"])
    return None if weight is None else (layers.linear(weight, None), call["self"])


def _turned(value: Any) -> Weight | None:
    """The weight of which a step is the transpose."""
    if not isinstance(value, fx.Node) or value.target not in ("t", "permute", "transpose") or rank(value) != 2:
        return None
    source = value.args[0]
    found = source.meta.get("weight") if isinstance(source, fx.Node) else None
    turned = value.target != "permute" or value.args[1] == [1, 0]
    return found if turned else None


def _batch_norm(call: Call) -> Made:
    tensors = {name: call[name] for name in ("weight", "bias", "running_mean", "running_var")}
    if not all(value is None or isinstance(value, Weight) for value in tensors.values()):
        return None
    channels = without_numbers(call["input"]).shape[1]
    layer = layers.batch_norm(
        rank(call["input"]), channels, tensors["weight"] is not None, call["eps"], call["momentum"], **tensors
    )
    return layer, call["input"]


def _instance_norm(call: Call) -> Made:
    weight, bias = call["weight"], call["bias"]
    if not call["use_input_stats"] or call["running_mean"] is not None or (weight and not _weights(weight, bias)):
        return None
    channels = without_numbers(call["input"]).shape[1]
    layer = layers.instance_norm(
        rank(call["input"]), channels, weight is not None, call["eps"], weight=weight, bias=bias
    )  # fmt: skip
    return layer, call["input"]


def _layer_norm(call: Call) -> Made:
    weight, bias = call["weight"], call["bias"]
    if weight is not None and not _weights(weight, bias):
        return None
    return layers.layer_norm(call["normalized_shape"], weight, bias, call["eps"]), call["input"]


def _rms_norm(call: Call) -> Made:
    if call["weight"] is not None and not _weights(call["weight"]):
        return None
    return layers.rms_norm(call["normalized_shape"], call["weight"], call["eps"]), call["input"]


def _group_norm(call: Call) -> Made:
    weight, bias = call["weight"], call["bias"]
    if weight is not None and not _weights(weight, bias):
        return None
    groups = call["num_groups"] if "num_groups" in call.values else call["group"]
    return layers.group_norm(groups, without_numbers(call["input"]).shape[1], weight, bias, call["eps"]), call["input"]


def _embedding(call: Call) -> Made:
    if not _weights(call["weight"]):
        return None
    padding = call["padding_idx"]
    padding = None if padding < 0 else padding
    return layers.embedding(call["weight"], padding, call["scale_grad_by_freq"]), call["indices"]


def _prelu(call: Call) -> Made:
    return (layers.prelu(call["weight"]), call["self"]) if _weights(call["weight"]) else None


def _recurrent(call: Call) -> Made:
    states = call["hx"] if isinstance(call["hx"], list) else [call["hx"]]
    plain = all(isinstance(state, torch.Tensor) and not bool(state.any()) for state in states)
    if "batch_sizes" in call.values or not plain or not _weights(*call["params"]):
        return None
    settings = {"bias": call["has_biases"], "dropout": call["dropout"], "batch_first": call["batch_first"]}
    layer = layers.recurrent(call.name, call["params"], call["num_layers"], call["bidirectional"], **settings)
    return layer, call["input"]


LEARNED: Mapping[str, Callable[[Call], Made]] = {
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution"), _convolution),
    **dict.fromkeys(("conv_transpose1d", "conv_transpose2d", "conv_transpose3d"), _convolution),
    "linear": _linear,
    "addmm": _addmm,
    "mm": _mm,
    **dict.fromkeys(("batch_norm", "_native_batch_norm_legit_no_training", "native_batch_norm"), _batch_norm),
    "instance_norm": _instance_norm,
    **dict.fromkeys(("layer_norm", "native_layer_norm"), _layer_norm),
    "rms_norm": _rms_norm,
    **dict.fromkeys(("group_norm", "native_group_norm"), _group_norm),
    "embedding": _embedding,
    "prelu": _prelu,
    **dict.fromkeys(layers.RECURRENT, _recurrent),
}
"""Operators with weights."""

WITH_MORE_RESULTS = (
    "_native_batch_norm_legit_no_training", "native_batch_norm", "native_layer_norm", "native_group_norm"
)  # fmt: skip
"""Operators that give the layer's result as the first of several."""
