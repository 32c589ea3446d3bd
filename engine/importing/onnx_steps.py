"""Operators of ONNX that compute: as functions of PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf, isclose
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx

from engine.importing.layers import Weight
from engine.importing.layouts import CannotDraw
from engine.importing.onnx_layers import padding, window
from engine.importing.onnx_values import Operation, Value, once, sketch
from engine.importing.tracing import BATCH

Translate = Callable[[Operation], Any]


def _plainly(function: Callable[..., Any], **usual: float) -> Translate:
    """A function of every number, with settings that have these names and values if nothing else is said."""
    return lambda step: step.run(function, step.get(0), *(step.settings.get(name, v) for name, v in usual.items()))


def _pair(function: Callable[..., Any]) -> Translate:
    """A function of two tensors, or of a tensor and a number."""

    def translate(step: Operation) -> Any:
        one, other = step.get(0), step.get(1)
        if step.is_fixed:
            whole = function is torch.div and not sketch(one).is_floating_point()
            return step.run(function, one, other, **({"rounding_mode": "trunc"} if whole else {}))
        return step.run(function, _once(step, _number(one), other), _once(step, _number(other), one))

    return translate


def _once(step: Operation, value: Any, other: Value) -> Any:
    """What a file with a fixed batch holds once for every example, for any number of them."""
    if not isinstance(value, Weight | torch.Tensor) or not isinstance(other, fx.Node) or step.batch in (None, 1):
        return value
    numbers, sizes = sketch(value), tuple(sketch(other).shape)
    axis = numbers.dim() - len(sizes) + next((place for place, size in enumerate(sizes) if size == BATCH), len(sizes))
    if not 0 <= axis < numbers.dim() or numbers.shape[axis] != step.batch:
        return value
    first = once(numbers, axis)
    return Weight(value.path, torch.nn.Parameter(first, value.learns)) if isinstance(value, Weight) else first


def _number(value: Value) -> Any:
    """A fixed tensor with one number as that number."""
    tensor = value.tensor.detach() if isinstance(value, Weight) else value
    if isinstance(tensor, torch.Tensor) and tensor.numel() == 1 and tensor.dim() < 2:
        return tensor.item()
    return value


def _several(function: Callable[..., Any], mean: bool = False) -> Translate:
    """A function of any number of tensors, two at a time."""

    def translate(step: Operation) -> Any:
        found = step.get(0)
        for other in step.inputs[1:]:
            found = step.run(function, found, other)
        return step.run(torch.mul, found, 1 / len(step.inputs)) if mean else found

    return translate


def _hard_sigmoid(step: Operation) -> Any:
    alpha, beta = step.settings.get("alpha", 0.2), step.settings.get("beta", 0.5)
    if isclose(alpha, 1 / 6, rel_tol=1e-4) and isclose(beta, 0.5):
        return step.run(F.hardsigmoid, step.get(0))
    line = step.run(torch.add, step.run(torch.mul, step.get(0), alpha), beta)
    return step.run(torch.clamp, line, min=0.0, max=1.0)


def _clip(step: Operation) -> Any:
    low, high = step.number(1, "min"), step.number(2, "max")
    low, high = (None if low is None or low < -1e30 else low), (None if high is None or high > 1e30 else high)
    if (low, high) == (0, 6):
        return step.run(F.relu6, step.get(0))
    return step.run(F.relu, step.get(0)) if (low, high) == (0, None) else step.run(
        torch.clamp, step.get(0), min=low, max=high
    )  # fmt: skip


def _softmax(function: Callable[..., Any]) -> Translate:
    def translate(step: Operation) -> Any:
        axis = step.settings.get("axis", -1 if step.opset >= 13 else 1)
        if step.opset < 13 and axis % step.rank() != step.rank() - 1:
            raise CannotDraw("it treats several dimensions as one")
        return step.run(function, step.get(0), dim=axis)

    return translate


def _gelu(step: Operation) -> Any:
    return step.run(F.gelu, step.get(0), approximate=step.settings.get("approximate", "none"))


def _dropout(step: Operation) -> Any:
    """Dropout stays in the drawing, though a file for evaluation does nothing there: the drawing may be trained."""
    ratio = step.number(1, "ratio", 0.5)
    return [step.run(F.dropout, step.get(0), ratio, True), None]


def _pool(name: str) -> Translate:
    def translate(step: Operation) -> Any:
        kernel = tuple(step.settings["kernel_shape"])
        rank, largest = len(kernel), name == "max"
        if not 1 <= rank <= 3 or step.outputs > 1:
            raise CannotDraw(
                "it gives the places of the largest numbers too" if rank <= 3 else "its window is too wide"
            )
        include = bool(step.settings.get("count_include_pad", 0))
        given, pads = padding(step, kernel, 0.0 if include and not largest else -inf)
        if any(pad * 2 > size for pad, size in zip(pads, kernel, strict=True)):
            raise CannotDraw("its padding is more than half its window")
        options: dict[str, Any] = {"padding": pads} if any(pads) else {}
        if step.settings.get("ceil_mode"):
            options["ceil_mode"] = True
        dilations = window(step, "dilations", rank)
        if largest and set(dilations) != {1}:
            options["dilation"] = dilations
        elif set(dilations) != {1}:
            raise CannotDraw("it has gaps in its window")
        if not largest and not include and (any(pads) or step.settings.get("ceil_mode")):
            options["count_include_pad"] = False
        function = getattr(F, f"{name}_pool{rank}d")
        return step.run(function, given, kernel, window(step, "strides", rank), **options)

    return translate


def _global_pool(name: str) -> Translate:
    def translate(step: Operation) -> Any:
        rank = step.rank() - 2
        if not 1 <= rank <= 3:
            raise CannotDraw(f"it averages over {rank} dimensions")
        return step.run(getattr(F, f"adaptive_{name}_pool{rank}d"), step.get(0), 1)

    return translate


def _reduce(function: Callable[..., Any]) -> Translate:
    def translate(step: Operation) -> Any:
        axes = step.numbers(1, "axes")
        if axes is None and step.settings.get("noop_with_empty_axes"):
            return step.get(0)
        dims = tuple(axis % step.rank() for axis in axes) if axes else tuple(range(step.rank()))
        return step.run(function, step.get(0), dims, keepdim=bool(step.settings.get("keepdims", 1)))

    return translate


def _vector_norm(order: float) -> Translate:
    def translate(step: Operation) -> Any:
        axes = step.numbers(1, "axes") or list(range(step.rank()))
        keep = bool(step.settings.get("keepdims", 1))
        return step.run(torch.linalg.vector_norm, step.get(0), order, tuple(axes), keepdim=keep)

    return translate


def _argmax(step: Operation) -> Any:
    axis, keep = step.settings.get("axis", 0), bool(step.settings.get("keepdims", 1))
    return step.run(torch.argmax, step.get(0), axis, keepdim=keep)


def _cast(step: Operation) -> Any:
    value = step.get(0)
    dtype = DTYPES.get(step.settings["to"])
    if dtype is None:
        raise CannotDraw("it turns numbers into a kind that is not known")
    if isinstance(value, Weight) or (isinstance(value, fx.Node) and dtype.is_floating_point):
        if not sketch(value).is_floating_point():
            raise CannotDraw("it turns ids into real numbers")
        return value
    if isinstance(value, fx.Node):
        if sketch(value).is_floating_point() or dtype not in (torch.int32, torch.int64):
            raise CannotDraw(f"it turns numbers into {dtype}")
        return value
    assert value is not None
    return value.to(dtype)


def _resize(step: Operation) -> Any:
    """Resize and Upsample: by factors or to a size, as PyTorch does it."""
    scales, sizes = (step.get(1), None) if step.kind == "Upsample" else (step.get(2), step.numbers(3))
    rank = step.rank() - 2
    mode = step.settings.get("mode", "nearest")
    way = step.settings.get("coordinate_transformation_mode", "half_pixel")
    if "axes" in step.settings or mode not in ("nearest", "linear", "cubic"):
        raise CannotDraw(f"it resizes in the way {mode}, which PyTorch has not")
    known = {"nearest": "nearest", "linear": ("linear", "bilinear", "trilinear")[rank - 1], "cubic": "bicubic"}
    options: dict[str, Any] = {"mode": known[mode]}
    if mode != "nearest":
        if way not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
            raise CannotDraw(f"it resizes in the way {way}, which PyTorch has not")
        options["align_corners"] = way == "align_corners"
    if sizes:
        return step.run(F.interpolate, step.get(0), size=tuple(sizes[2:]), **options)
    if not isinstance(scales, torch.Tensor | Weight):
        raise CannotDraw("its factors are worked out from the data")
    factors = tuple(float(factor) for factor in sketch(scales).flatten()[2:])
    return step.run(F.interpolate, step.get(0), scale_factor=factors, **options)


def _pad(step: Operation) -> Any:
    pads = step.numbers(1, "pads")
    if pads is None or step.get(3) is not None:
        raise CannotDraw("its padding is given for chosen dimensions")
    half = len(pads) // 2
    both = [size for pair in reversed(list(zip(pads[:half], pads[half:], strict=True))) for size in pair]
    while len(both) > 2 and both[-2:] == [0, 0]:
        both = both[:-2]
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}.get(
        step.settings.get("mode", "constant")
    )
    if mode is None:
        raise CannotDraw("it pads in a way that PyTorch has not")
    options = {"value": step.number(2, "value", 0.0)} if mode == "constant" else {"mode": mode}
    return step.run(F.pad, step.get(0), both, **options)


def _power(step: Operation) -> Any:
    return step.run(torch.pow, step.get(0), _number(step.get(1)))


DTYPES = {1: torch.float32, 10: torch.float32, 11: torch.float32, 16: torch.float32, 6: torch.int32, 7: torch.int64,
          9: torch.bool}  # fmt: skip
"""ONNX's numbers for kinds of numbers; real ones all become those that a drawing computes with."""

COMPUTING: Mapping[str, Translate] = {
    "Relu": _plainly(F.relu),
    "LeakyRelu": _plainly(F.leaky_relu, alpha=0.01),
    "Elu": _plainly(F.elu, alpha=1.0),
    "Celu": _plainly(F.celu, alpha=1.0),
    "Selu": _plainly(F.selu),
    "Sigmoid": _plainly(torch.sigmoid),
    "Tanh": _plainly(torch.tanh),
    "Softplus": _plainly(F.softplus),
    "Softsign": _plainly(F.softsign),
    "HardSwish": _plainly(F.hardswish),
    "Mish": _plainly(F.mish),
    "Abs": _plainly(torch.abs),
    "Neg": _plainly(torch.neg),
    "Exp": _plainly(torch.exp),
    "Log": _plainly(torch.log),
    "Sqrt": _plainly(torch.sqrt),
    "Reciprocal": _plainly(torch.reciprocal),
    "Sin": _plainly(torch.sin),
    "Cos": _plainly(torch.cos),
    "Identity": lambda step: step.get(0),
    "HardSigmoid": _hard_sigmoid,
    "Clip": _clip,
    "Gelu": _gelu,
    "Softmax": _softmax(F.softmax),
    "LogSoftmax": _softmax(F.log_softmax),
    "Add": _pair(torch.add),
    "Sub": _pair(torch.sub),
    "Mul": _pair(torch.mul),
    "Div": _pair(torch.div),
    "Pow": _power,
    "Max": _several(torch.maximum),
    "Min": _several(torch.minimum),
    "Sum": _several(torch.add),
    "Mean": _several(torch.add, mean=True),
    "Dropout": _dropout,
    "MaxPool": _pool("max"),
    "AveragePool": _pool("avg"),
    "GlobalAveragePool": _global_pool("avg"),
    "GlobalMaxPool": _global_pool("max"),
    "ReduceMean": _reduce(torch.mean),
    "ReduceSum": _reduce(torch.sum),
    "ReduceMax": _reduce(torch.amax),
    "ReduceMin": _reduce(torch.amin),
    "ReduceLogSumExp": _reduce(torch.logsumexp),
    "ReduceL1": _vector_norm(1.0),
    "ReduceL2": _vector_norm(2.0),
    "ArgMax": _argmax,
    "Cast": _cast,
    "Resize": _resize,
    "Upsample": _resize,
    "Pad": _pad,
}
"""Operators by name."""
