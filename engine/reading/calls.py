"""From a call of PyTorch to a block of the catalogue and its settings."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from engine.blocks import BLOCKS
from engine.blocks.base import Block, Shape
from engine.blocks.constant import Parameter
from engine.program import Call
from engine.reading.syntax import dotted, trouble, value_of

Bindings = Mapping[str, Any]


def block_of_module(node: ast.Call, inputs: tuple[Shape, ...] | None, bindings: Bindings) -> Block:
    """The block for `nn.Conv2d(3, 16, 3)`; `inputs` are the shapes that reach it, if known. Raises NotUnderstood."""
    name = dotted(node.func).removeprefix("torch.")
    kinds = [kind for kind in BLOCKS.values() if name and kind.torch_name == name]
    if not kinds:
        raise trouble(node, f"there is no block for {name or ast.unparse(node.func)[:40]}")
    errors = []
    for kind in kinds:
        try:
            return _configured(kind, node, inputs, bindings)
        except ValueError as error:
            errors.append(str(error))
    raise trouble(node, errors[0])


def parameter_of(node: ast.expr, dimensions: int, bindings: Bindings) -> Block:
    """The block for `nn.Parameter(torch.zeros(1, 4, 8))`, used with so many dimensions. Raises NotUnderstood."""
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
    rows = {row.name for row in kind.params()}
    reasons = []
    for block in switched(kind()):
        try:
            stated = _named(block, node, inputs, bindings)
            settings = {name: value for name, value in stated.items() if name in rows}
            for guess in _guesses(kind, {**block.values(), **settings}, inputs):
                layer = _layer(guess, inputs)
                difference = _difference(kind, layer, stated, inputs) if layer else ""
                if not difference:
                    return guess
                reasons.append(difference)
        except ValueError as error:
            reasons.append(str(error))
    raise ValueError(reasons[0])


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


def _guesses(kind: type[Block], settings: Mapping[str, Any], inputs: tuple[Shape, ...] | None) -> Iterator[Block]:
    """The block itself; for settings that PyTorch does not know, such as LayerNorm's dimensions, what they may be."""
    yield kind.read(settings)
    if "dimensions" in {row.name for row in kind.params()} and inputs:
        for count in range(1, len(inputs[0]) + 1):
            yield kind.read({**settings, "dimensions": count})


def _layer(block: Block, inputs: tuple[Shape, ...] | None) -> Call | None:
    if inputs is None or len(inputs) != len(block.input_ports()):
        return None
    try:
        return block.layer(*inputs)
    except (IndexError, ArithmeticError):  # the shapes do not suit the block: the checker will say so
        return None


def _named(block: Block, node: ast.Call, inputs: tuple[Shape, ...] | None, bindings: Bindings) -> dict[str, Any]:
    """The arguments of a call by PyTorch's names for them."""
    kind, layer = type(block), _layer(block, inputs)
    rows = [row.name for row in kind.params()]
    first = list(layer.names if layer else (*kind.derived, *(row.name for row in kind.params() if row.required)))
    order = [*first, *(name for name in rows if name not in first)]
    if len(node.args) > len(order):
        raise ValueError(f"{kind.torch_name} takes at most {len(order)} values")
    found = {name: value_of(argument, bindings) for name, argument in zip(order, node.args, strict=False)}
    for keyword in node.keywords:
        if keyword.arg is None or keyword.arg in found:
            raise ValueError(f"{kind.torch_name} gets {keyword.arg or '**'} twice")
        found[keyword.arg] = value_of(keyword.value, bindings)
    return found


def _difference(kind: type[Block], layer: Call, stated: Mapping[str, Any], inputs: tuple[Shape, ...] | None) -> str:
    """Where the call of the text differs from the one that the block would write, in words."""
    wanted = {**dict(layer.defaults), **dict(zip(layer.names, layer.args, strict=False)), **dict(layer.options)}
    must = {*layer.names, *(name for name, _ in layer.options)}
    for name, value in stated.items():
        if name not in wanted:
            return f"{kind.torch_name} has no setting {name} here"
        if wanted[name] != value and name in kind.derived:
            return f"{name} is {value}, but what reaches it makes it {wanted[name]}"
        if wanted[name] != value:
            return f"{name}={value!r} is not possible here; it would be {wanted[name]!r}"
    for name in must - stated.keys():
        return f"{kind.torch_name} lacks {name}={wanted[name]!r}"
    return ""
