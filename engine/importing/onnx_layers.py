"""Operators of ONNX with weights: as layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx

from engine.importing import layers
from engine.importing.layers import Weight
from engine.importing.layouts import CannotDraw
from engine.importing.onnx_values import Operation, Value


def padding(step: Operation, kernel: tuple[int, ...], value: float = 0.0) -> tuple[Value, tuple[int, ...]]:
    """The input and the padding of a window; what is not alike on both sides is added to the input before."""
    rank = len(kernel)
    pads = tuple(step.settings.get("pads", (0,) * 2 * rank))
    if (mode := step.settings.get("auto_pad", "NOTSET")) in ("SAME_UPPER", "SAME_LOWER"):
        pads = _same(step, kernel, mode == "SAME_UPPER")
    before, after = pads[:rank], pads[rank:]
    if before == after:
        return step.get(0), before
    if value != 0:
        raise CannotDraw("its padding is not alike on both sides")
    both = [size for pair in reversed(list(zip(before, after, strict=True))) for size in pair]
    return step.run(F.pad, step.get(0), both), (0,) * rank


def window(step: Operation, name: str, rank: int) -> tuple[int, ...]:
    """A setting for each dimension of a window; 1 where it is left out."""
    return tuple(step.settings.get(name, (1,) * rank))


def _same(step: Operation, kernel: tuple[int, ...], upper: bool) -> tuple[int, ...]:
    """Padding with which the result is as large as the input, divided by the stride."""
    strides, dilations = window(step, "strides", len(kernel)), window(step, "dilations", len(kernel))
    less, more = [], []
    for size, span, stride, dilation in zip(step.shape()[2:], kernel, strides, dilations, strict=True):
        total = max(0, (ceil(size / stride) - 1) * stride + dilation * (span - 1) + 1 - size)
        less.append(total // 2)
        more.append(total - total // 2)
    return (*less, *more) if upper else (*more, *less)


def _convolution(step: Operation) -> Any:
    weight = step.needed_weight(1)
    kernel = weight.sizes[2:]
    rank, groups = len(kernel), step.settings.get("group", 1)
    given, pads = padding(step, kernel)
    settings: dict[str, Any] = {"stride": window(step, "strides", rank), "dilation": window(step, "dilations", rank)}
    transposed = step.kind == "ConvTranspose"
    if transposed:
        settings["output_padding"] = tuple(step.settings.get("output_padding", (0,) * rank))
        if "output_shape" in step.settings:
            raise CannotDraw("the size of its result is given, not its padding")
    layer = layers.convolution(weight, step.weight(2), transposed, groups, padding=pads, **settings)
    return step.layer(layer, given)


def _gemm(step: Operation) -> Any:
    """alpha·A·B + beta·C: a linear layer where B and C are weights."""
    alpha, beta = step.settings.get("alpha", 1.0), step.settings.get("beta", 1.0)
    first = step.run(torch.t, step.get(0)) if step.settings.get("transA") else step.get(0)
    other, bias = step.get(1), step.get(2)
    turned = bool(step.settings.get("transB"))
    if isinstance(other, Weight) and (bias is None or isinstance(bias, Weight)):
        weight = other if turned else _changed(other, other.tensor.t())
        weight = weight if alpha == 1 else _changed(weight, weight.tensor * alpha)
        if bias is not None:
            bias = _changed(bias, bias.tensor.expand(1, weight.sizes[0])[0] * beta)
        return step.layer(layers.linear(weight, bias), first)
    found = step.run(torch.matmul, first, step.run(torch.t, other) if turned else other)
    found = found if alpha == 1 else step.run(torch.mul, found, alpha)
    if bias is None:
        return found
    return step.run(torch.add, found, bias if beta == 1 else step.run(torch.mul, bias, beta))


def _changed(weight: Weight, tensor: torch.Tensor) -> Weight:
    return weight if tensor is weight.tensor else Weight(weight.path, tensor.detach().contiguous())


def _product(step: Operation) -> Any:
    """MatMul, as a linear layer where the second is a weight; the third is a bias that was added behind it."""
    other, bias = step.get(1), step.weight(2)
    if isinstance(other, Weight) and len(other.sizes) == 2 and isinstance(step.get(0), fx.Node):
        return step.layer(layers.linear(_changed(other, other.tensor.t()), bias), step.get(0))
    found = step.run(torch.matmul, step.get(0), other)
    return found if bias is None else step.run(torch.add, found, bias)


def _batch_norm(step: Operation) -> Any:
    names = ("weight", "bias", "running_mean", "running_var")
    tensors: dict[str, Weight | None] = {name: step.needed_weight(i) for i, name in enumerate(names, start=1)}
    eps, momentum = step.settings.get("epsilon", 1e-5), 1 - step.settings.get("momentum", 0.9)
    layer = layers.batch_norm(step.rank(), step.shape()[1], True, eps, round(momentum, 6), **tensors)
    return step.layer(layer, step.get(0))


def _instance_norm(step: Operation) -> Any:
    weight, bias = step.needed_weight(1), step.needed_weight(2)
    eps = step.settings.get("epsilon", 1e-5)
    layer = layers.instance_norm(step.rank(), step.shape()[1], True, eps, weight=weight, bias=bias)
    return step.layer(layer, step.get(0))


def _layer_norm(step: Operation) -> Any:
    axis = step.settings.get("axis", -1) % step.rank()
    eps = step.settings.get("epsilon", 1e-5)
    layer = layers.layer_norm(step.shape()[axis:], step.weight(1), step.weight(2), eps)
    return step.layer(layer, step.get(0))


def _rms_norm(step: Operation) -> Any:
    axis = step.settings.get("axis", -1) % step.rank()
    return step.layer(
        layers.rms_norm(step.shape()[axis:], step.weight(1), step.settings.get("epsilon", 1e-5)), step.get(0)
    )


def _group_norm(step: Operation) -> Any:
    weight, bias = step.needed_weight(1), step.needed_weight(2)
    if weight.sizes != (step.shape()[1],):
        raise CannotDraw("it has one factor for each group, not for each channel")
    groups, eps = step.settings["num_groups"], step.settings.get("epsilon", 1e-5)
    return step.layer(layers.group_norm(groups, step.shape()[1], weight, bias, eps), step.get(0))


def _prelu(step: Operation) -> Any:
    weight = step.needed_weight(1)
    if any(size != 1 for size in weight.sizes[1:]):
        raise CannotDraw("its slopes lie in more than one dimension")
    return step.layer(layers.prelu(_changed(weight, weight.tensor.reshape(-1))), step.get(0))


LAYERS: Mapping[str, Callable[[Operation], Any]] = {
    "Conv": _convolution,
    "ConvTranspose": _convolution,
    "Gemm": _gemm,
    "MatMul": _product,
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm,
    "RMSNormalization": _rms_norm,
    "GroupNormalization": _group_norm,
    "PRelu": _prelu,
}
"""Operators by name."""
