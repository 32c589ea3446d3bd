"""Functions and methods that compute: as blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

from torch import fx

from engine.blocks import BLOCKS
from engine.blocks.base import Ids
from engine.importing.frames import End, layout
from engine.importing.function_tables import ALONG, IGNORED, IN_FRONT, PAIRS, PLAIN, REDUCING
from engine.importing.layouts import CannotDraw
from engine.importing.shaping import Ends, same
from engine.importing.steps import Step, number


def computed(name: str) -> Callable[[Step], Ends] | None:
    """What draws a function or method of this name."""
    if name in PLAIN:
        return lambda step: [_with_settings(step, step.end(step.first), *PLAIN[name])]
    if name in IN_FRONT:
        return lambda step: [_in_front(step, *IN_FRONT[name])]
    if name in ALONG:
        return lambda step: [_along(step, *ALONG[name])]
    if name in REDUCING:
        return lambda step: [_reduced(step, *REDUCING[name])]
    return OTHERS.get(name)


def _with_settings(step: Step, end: End, kind: str, words: str, **more: Any) -> End:
    given = step.given("input", *words.split())
    known = {row.name for row in BLOCKS[kind].params()} if kind in BLOCKS else set()
    settings = {name: _plain(value) for name, value in given.items() if name in known} | more
    _refuse_others(step, given, known)
    return step.put(kind, end, **settings)


def _refuse_others(step: Step, given: Mapping[str, Any], known: set[str]) -> None:
    _, *rest = given.items()
    for name, value in rest:
        if name not in known | IGNORED and value is not None and value is not False:
            raise CannotDraw(f"it is called with {name}={value}")
        if name == "return_indices" and value:
            raise CannotDraw("it gives the places of the largest numbers too")


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        value = tuple(value)
        return value[0] if value and len(set(value)) == 1 and value[0] is not None else value
    return value


def _in_front(step: Step, kind: str, words: str) -> End:
    given = step.given("input", *words.split())
    if "training" in words and not given.get("training", not kind.endswith("AlphaDropout")):
        return same(step)[0]
    if kind == "DropPath" and not given["p"]:
        return same(step)[0]
    if kind == "Interpolate":
        listed = {name: tuple(value) if isinstance(value, list | tuple) else (value,) * (len(step.input.sizes) - 2)
                  for name in ("size", "scale_factor") if (value := given.get(name)) is not None}  # fmt: skip
        return _with_settings(step, step.near(), kind, words, **listed)
    end = step.end(step.first) if kind in ("Dropout", "AlphaDropout", "RReLU") else step.near()
    return _with_settings(step, end, kind, words)


def _along(step: Step, kind: str, words: str) -> End:
    dim = step.given("input", *words.split()).get("dim", -1 if kind == "GLU" else 1)
    if not isinstance(dim, int):
        raise CannotDraw("it has no dim")
    return _with_settings(step, step.end(step.first), kind, words, dim=step.dim(dim))


def _reduced(step: Step, kind: str, words: str) -> End:
    given = step.given("input", *words.split())
    dims = step.dims(given.get("dim"))
    more: dict[str, Any] = {"dim": dims}
    if kind == "Norm" and given.get("p", 2) == "fro":
        more["ord"] = 2.0
    elif "p" in given:
        more["ord"] = float(given["p"])
    if "unbiased" in given:
        more["correction"] = int(given["unbiased"])
    rest = {name: value for name, value in given.items() if name in ("keepdim", "correction", "ord")}
    return step.put(kind, step.end(step.first), **{**rest, **more})


def _pair(step: Step) -> Ends:
    """Two tensors number by number, or a tensor and a number."""
    name = _name(step)
    one, other = step.node.args[0], step.node.args[1] if len(step.node.args) > 1 else step.node.kwargs["other"]
    kind, alpha = PAIRS[name], step.node.kwargs.get("alpha", 1)
    options = {key: value for key, value in step.node.kwargs.items() if key in ("alpha", "rounding_mode") and value}
    if isinstance(one, fx.Node) and isinstance(other, fx.Node):
        ends = [step.fitted(part, step.result) for part in (one, other)]
        return [step.put(kind, *ends, **options)]
    if (
        isinstance(one, fx.Node)
        and isinstance(other, int | float)
        and isinstance(alpha, int | float)
        and "rounding_mode" not in options
    ):
        return [_scaled(step, one, kind, other, alpha)]
    if isinstance(one, int | float) and isinstance(other, fx.Node):
        return [_scaled_by(step, other, kind, one)]
    raise CannotDraw(f"it computes with {one!r} and {other!r}")


def _scaled(step: Step, tensor: fx.Node, kind: str, value: float, alpha: float) -> End:
    """tensor + 2, tensor * 2 and the like."""
    end = step.end(tensor)
    match kind:
        case "Add":
            return step.put("Scale", end, offset=alpha * value)
        case "Subtract":
            return step.put("Scale", end, offset=-alpha * value)
        case "Multiply":
            return step.put("Scale", end, factor=value)
        case "Divide" if value:
            return step.put("Scale", end, factor=1 / value)
    raise CannotDraw(f"it computes with the number {value}")


def _scaled_by(step: Step, tensor: fx.Node, kind: str, value: float) -> End:
    """2 - tensor, 2 / tensor and the like."""
    end = step.end(tensor)
    match kind:
        case "Subtract":
            return step.put("Scale", end, factor=-1.0, offset=value)
        case "Divide":
            return step.put("Scale", step.put("Reciprocal", end), factor=value)
    return _scaled(step, tensor, kind, value, 1.0)


def _clamped(step: Step) -> Ends:
    """clamp, clip and the like, where a limit that is not given is none."""
    side = function_name(step.node.target).partition("_")[2]  # clamp_min and clamp_max have one limit
    limit = (side,) if side else ("min", "max")
    given = {"min": None, "max": None} | step.given("input", *limit)
    limits = {name: value if value is None else float(value) for name, value in list(given.items())[:2]}
    return [step.put("Clamp", step.end(step.first), **limits)]


def _power(step: Step) -> Ends:
    exponent = step.given("input", "exponent")["exponent"]
    if not number(exponent):
        raise CannotDraw("its power is no plain number")
    return [step.put("Power", step.end(step.first), exponent=float(exponent))]


def _square(step: Step) -> Ends:
    return [step.put("Power", step.end(step.first), exponent=2.0)]


def _product(step: Step) -> Ends:
    """matmul, bmm and @."""
    one, other = step.node.args[0], step.node.args[1]
    if not (isinstance(one, fx.Node) and isinstance(other, fx.Node)):
        raise CannotDraw("it multiplies no two tensors")
    if len(layout(one).sizes) < 2 or len(layout(other).sizes) < 2:
        raise CannotDraw("it multiplies a matrix with a single row")
    return [step.put("MatMul", step.fitted(one, step.result), step.fitted(other, step.result))]


def _linear(step: Step) -> Ends:
    """F.linear with tensors for weight and bias: the matrix product that it is."""
    given = step.given("input", "weight", "bias")
    end = step.end(given["input"])
    shape = step.frame.shapes[end]
    turned = step.put("Transpose", step.end(given["weight"]), dim0=1, dim1=2)
    rows = step.reshaped(end, (prod(shape[:-1]), *shape[-1:]))
    found = step.put("MatMul", rows, turned)
    if given.get("bias") is not None:
        bias = step.end(given["bias"])
        found = step.put("Add", found, step.reshaped(bias, (1, *step.frame.shapes[bias])))
    return [step.reshaped(found, step.result.shape)]


def _layer_norm(step: Step) -> Ends:
    """F.layer_norm: the block without weights, then scale and shift."""
    given = step.given("input", "normalized_shape", "weight", "bias", "eps")
    count = len(given["normalized_shape"])
    affine, eps = {"elementwise_affine": False}, given.get("eps", 1e-5)
    found = step.put("LayerNorm", step.end(step.first), dimensions=count, eps=eps, **affine)
    for name, kind in (("weight", "Multiply"), ("bias", "Add")):
        if given.get(name) is not None:
            found = step.put(kind, found, step.fitted(given[name], step.result))
    return [found]


def _einsum(step: Step) -> Ends:
    """einsum of two tensors, where it is a matrix product of their last dimensions."""
    equation, *given = step.node.args
    tensors = [tensor for tensor in given if isinstance(tensor, fx.Node)]
    parts = str(equation).replace(" ", "").replace("->", ",").split(",")
    if len(parts) != 3 or len(tensors) != 2:
        raise CannotDraw("its equation is no product of two matrices")
    one, other, result = parts
    ends = [step.end(tensor) for tensor in tensors]
    if (
        one[:-2] != other[:-2]
        or result != one[:-1] + result[-1:]
        or any(layout(tensor).place != 0 for tensor in tensors)
    ):
        raise CannotDraw(f"its equation {equation} is no product of two matrices")
    if (one[-1], result[-1]) == (other[-1], other[-2]):
        rank = len(step.frame.shapes[ends[1]])
        ends[1] = step.put("Transpose", ends[1], dim0=rank - 1, dim1=rank)
    elif (one[-1], result[-1]) != (other[-2], other[-1]):
        raise CannotDraw(f"its equation {equation} is no product of two matrices")
    return [step.put("MatMul", *ends)]


def _largest(step: Step) -> Ends:
    """max and min, of one tensor along a dimension or of two."""
    name = _name(step)
    given = step.given("input", "dim", "keepdim")
    if isinstance(given.get("dim"), fx.Node) or "other" in given:
        kind = "Maximum" if name == "max" else "Minimum"
        other = given.get("other", given.get("dim"))
        return [step.put(kind, *(step.fitted(part, step.result) for part in (given["input"], other)))]
    if any(user.args[1] != 0 for user in step.node.users):
        raise CannotDraw("it gives the places of the largest numbers too")
    kind = "Max" if name == "max" else "Min"
    return [step.put(kind, step.end(step.first), dim=step.dims(given.get("dim")), keepdim=given.get("keepdim", False))]


def _compared(step: Step) -> Ends:
    """Functions of two tensors along one dimension."""
    name = _name(step)
    kind, words = {"cosine_similarity": ("CosineSimilarity", "dim eps")}.get(
        name, ("PairwiseDistance", "p eps keepdim")
    )
    given = step.given("x1", "x2", *words.split())
    ends = [step.end(given.pop(word)) for word in ("x1", "x2")]
    if "dim" in given:
        given["dim"] = step.dim(given["dim"])
    return [step.put(kind, *ends, **given)]


def _one_hot(step: Step) -> Ends:
    """F.one_hot; the block gives real numbers at once."""
    return [step.put("OneHot", step.near(), num_classes=step.result.sizes[-1])]


def _filled(step: Step) -> Ends:
    """zeros_like, ones_like, zero_ and fill_."""
    value = 0.0 if _name(step).startswith("zero") else step.given("input", "value").get("value", 1.0)
    if not number(value):
        raise CannotDraw("it is filled with what is no plain number")
    return [step.put("Constant", shape=step.result.shape, value=float(value))]


def _as_kind(step: Step) -> Ends:
    """to(), float(), type(): a drawing computes with one kind of real numbers."""
    whole = isinstance(step.frame.shapes[step.end(step.first)], Ids)
    if step.node.meta["value"].dtype.is_floating_point and not whole:
        return same(step)
    if step.node.meta["value"].dtype != step.first.meta["value"].dtype:
        raise CannotDraw(f"it turns numbers into {step.node.meta['value'].dtype}")
    return same(step)


def _name(step: Step) -> str:
    return function_name(step.node.target)


def function_name(target: Any) -> str:
    """What a function, method or operator is called, without marks for working in place."""
    name = target if isinstance(target, str) else getattr(target, "__name__", str(target))
    name = name.strip("_")
    return {"iadd": "add", "isub": "sub", "imul": "mul", "itruediv": "truediv", "rsub": "rsub", "radd": "add",
            "rmul": "mul", "true_divide": "div"}.get(name, name)  # fmt: skip


OTHERS: Mapping[str, Callable[[Step], Ends]] = {
    **dict.fromkeys(PAIRS, _pair),
    **dict.fromkeys(("pow", "float_power"), _power),
    "square": _square,
    **dict.fromkeys(("clamp", "clip", "clamp_min", "clamp_max"), _clamped),
    **dict.fromkeys(("matmul", "bmm", "mm"), _product),
    "linear": _linear,
    "layer_norm": _layer_norm,
    "einsum": _einsum,
    **dict.fromkeys(("cosine_similarity", "pairwise_distance"), _compared),
    "one_hot": _one_hot,
    **dict.fromkeys(("zeros_like", "ones_like", "zero", "fill"), _filled),
    **dict.fromkeys(("max", "min"), _largest),
    **dict.fromkeys(("to", "float", "type", "type_as", "type_as", "double", "half"), _as_kind),
}
"""The rest by name."""

__all__ = ["computed", "function_name"]
