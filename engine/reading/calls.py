"""From a call of PyTorch to a block of the catalogue and its settings."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.blocks import BLOCKS
from engine.blocks.base import Block, Shape
from engine.blocks.constant import Parameter
from engine.blocks.tables import Buffer
from engine.program import Call
from engine.reading.names import why_no_module
from engine.reading.positions import positions
from engine.reading.spelling import dotted
from engine.reading.tables import buffer_of
from engine.reading.values import trouble, value_of

Bindings = Mapping[str, Any]
NO_EFFECT = ("inplace", "enable_nested_tensor", "mask_check")
"""What a call may state without changing what is computed."""


def block_of_module(node: ast.Call, inputs: tuple[Shape, ...] | None, bindings: Bindings) -> Block:
    """The block for `nn.Conv2d(3, 16, 3)`; `inputs` are the shapes that reach it, if known. Raises NotUnderstood."""
    name = dotted(node.func).removeprefix("torch.")
    kinds = [kind for kind in BLOCKS.values() if name and kind.torch_name == name]
    if not kinds:
        raise trouble(node, why_no_module(name or ast.unparse(node.func)[:40]))
    errors = []
    for kind in kinds:
        try:
            return _configured(kind, node, inputs, bindings)
        except ValueError as error:
            errors.append(str(error))
    raise trouble(node, errors[0])


def parameter_of(node: ast.expr, dimensions: int, bindings: Bindings) -> Block:
    """The block for `nn.Parameter(torch.zeros(1, 4, 8))`, used with so many dimensions. Raises NotUnderstood."""
    if isinstance(node, ast.Call) and dotted(node.func) == Buffer.torch_name:
        return buffer_of(node, dimensions)
    inner = node.args[0] if isinstance(node, ast.Call) and dotted(node.func) == "nn.Parameter" and node.args else None
    if not isinstance(inner, ast.Call):
        raise trouble(node, "a parameter is created as: nn.Parameter(torch.zeros(1, 4, 8))")
    sizes = value_of(ast.Tuple(inner.args, ast.Load()), bindings)
    fill = dotted(inner.func).removeprefix("torch.")
    try:
        return Parameter(shape=sizes[-dimensions:], fill=fill, batch_dimension=len(sizes) > dimensions)
    except ValueError as error:
        raise trouble(node, str(error)) from error


def _configured(kind: type[Block], node: ast.Call, inputs: tuple[Shape, ...] | None, bindings: Bindings) -> Block:
    """The block with the settings of a call. Raises ValueError with what does not suit."""
    reasons = []
    for block in switched(kind()):
        try:
            stated = said(node, positions(kind, _layer(block, inputs)), bindings)
            for guess in _guesses(kind, {**block.values(), **_settings(kind, stated)}, stated, inputs):
                layer = _layer(guess, inputs)
                difference = _difference(kind, layer, stated) if layer else ""
                if not difference:
                    return guess
                reasons.append(difference)
        except ValueError as error:
            reasons.append(str(error))
    raise ValueError(reasons[0])


def _settings(kind: type[Block], stated: Mapping[str, Any]) -> dict[str, Any]:
    """What a call states of a block's settings; a layer that it is given may state some of them."""
    rows = {row.name: row for row in kind.params()}
    found = {}
    for name, value in stated.items():
        outer, _, inner = name.rpartition(".")
        if not outer and name in rows:
            found[name] = True if rows[name].kind is bool and isinstance(value, Made) else value
        elif outer in kind.derived and inner in rows:
            found[inner] = value
    return found


def creates(block: Block, inputs: tuple[Shape, ...], node: ast.Call) -> bool:
    """Whether a block writes exactly this call for what reaches it."""
    layer = _layer(block, inputs)
    return layer is not None and ast.dump(ast.parse(str(layer), mode="eval").body) == ast.dump(node)


def switched(block: Block) -> Iterator[Block]:
    """The block, then the same with each of its switches the other way: some show only in the form of the code."""
    yield block
    for row in block.params():
        if row.kind is bool:
            yield block.changed(**{row.name: not getattr(block, row.name)})


def _guesses(
    kind: type[Block], settings: Mapping[str, Any], stated: Mapping[str, Any], inputs: tuple[Shape, ...] | None
) -> Iterator[Block]:
    """The block itself; for settings that PyTorch does not know, such as LayerNorm's dimensions, what they may be."""
    yield kind.read(settings)
    rows = {row.name: row for row in kind.params()}
    unsaid = {name: None for name, row in rows.items() if row.optional and name not in stated}
    if any(settings[name] is not None for name in unsaid):
        yield kind.read({**settings, **unsaid})
    if "dimensions" in rows and inputs:
        for count in range(1, len(inputs[0]) + 1):
            yield kind.read({**settings, "dimensions": count})


def _layer(block: Block, inputs: tuple[Shape, ...] | None) -> Call | None:
    if inputs is None or len(inputs) != len(block.input_ports()):
        return None
    try:
        return block.layer(*inputs)
    except (IndexError, ArithmeticError):  # the shapes do not suit the block: the checker will say so
        return None


class Made(str):
    """A module that a call is given, by the name of its class."""

    __slots__ = ()


def said(node: ast.Call, order: Sequence[str], bindings: Bindings) -> dict[str, Any]:
    """The arguments of a call by PyTorch's names for them; those of a call inside as `encoder_layer.nhead`."""
    name = dotted(node.func)
    if len(node.args) > len(order):
        raise ValueError(f"{name} takes at most {len(order)} values without a name")
    stated = list(zip(order, node.args, strict=False))
    stated += [(keyword.arg or "**", keyword.value) for keyword in node.keywords if keyword.arg not in NO_EFFECT]
    found: dict[str, Any] = {}
    for argument, value in stated:
        if argument in found or argument == "**":
            raise ValueError(f"{name} gets {argument} twice" if argument in found else f"{name} gets {argument}")
        kind = _kind_of(value)
        found[argument] = Made(kind.torch_name) if kind else value_of(value, bindings)
        if kind and isinstance(value, ast.Call):
            inner = said(value, positions(kind, None), bindings)
            found.update({f"{argument}.{name}": part for name, part in inner.items()})
    return found


def _kind_of(node: ast.expr) -> type[Block] | None:
    """The block for a module that stands among the arguments of another one."""
    name = dotted(node.func) if isinstance(node, ast.Call) else ""
    return next((kind for kind in BLOCKS.values() if name and kind.torch_name == name), None)


def _own(layer: Call) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a block's own call states, and what PyTorch takes for the rest."""
    kind = next((kind for kind in BLOCKS.values() if kind.torch_name == layer.target), None)
    names = layer.names or (positions(kind, None) if kind else ())
    given, usual = {**dict(zip(names, layer.args, strict=False)), **dict(layer.options)}, dict(layer.defaults)
    if not layer.defaults and kind:
        usual = {row.name: row.default for row in kind.params() if not row.required}
    stated: dict[str, Any] = {}
    for name, value in given.items():
        stated[name] = Made(value.target) if isinstance(value, Call) else value
        if isinstance(value, Call):
            inner, inner_usual = _own(value)
            stated.update({f"{name}.{part}": found for part, found in inner.items()})
            usual.update({f"{name}.{part}": found for part, found in inner_usual.items()})
    return stated, usual


def _difference(kind: type[Block], layer: Call, stated: Mapping[str, Any]) -> str:
    """Where the call of the text differs from the one that the block would write, in words."""
    must, usual = _own(layer)
    wanted = {**usual, **must}
    for name, value in stated.items():
        if name not in wanted:
            return f"{kind.torch_name} has no setting {name} here"
        if wanted[name] != value and name in kind.derived:
            return f"{name} is {value}, but what reaches it makes it {wanted[name]}"
        if wanted[name] != value:
            return f"{name}={value!r} is not possible here; it would be {wanted[name]!r}"
    for name in must:
        if name not in (*stated, *NO_EFFECT) and not (name in usual and usual[name] == must[name]):
            return f"{kind.torch_name} lacks {name}={must[name]!r}"
    return ""
