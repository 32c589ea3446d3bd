"""Calls of functions that state the same as our exports in another way: by place or by name, as methods of a tensor.

What a call says is put into settings of a block; then the block's own call must say the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.blocks.base import Block
from engine.program import Variable
from engine.reading.functions import kinds_by_head
from engine.reading.matching import RESULT, TENSOR, Match
from engine.reading.plain import plain
from engine.reading.positions import function_positions
from engine.reading.spelling import BATCH, dotted
from engine.reading.values import NotUnderstood, value_of
from engine.settings import Param

OTHER_NAMES = {
    "bmm": "matmul",
    "clip": "clamp",
    "concat": "cat",
    "divide": "div",
    "mm": "matmul",
    "multiply": "mul",
    "negative": "neg",
    "subtract": "sub",
    "swapaxes": "transpose",
}
"""Functions of PyTorch with two names."""
NO_EFFECT = {"inplace": (True, False), "training": ("self.training",)}
"""What a call may state without changing what is computed."""


@dataclass(frozen=True)
class _Said:
    """What a call says: the tensors, and values by PyTorch's names for them."""

    tensors: tuple[str, ...]
    values: Mapping[str, Any]


def restated(statement: ast.stmt, bindings: Mapping[str, Any]) -> Iterator[tuple[Block, Match]]:
    """The blocks that do what a statement says, whatever way it says it in."""
    call, results = _parts(statement)
    if call is None:
        return
    for head, arguments in _heads(call):
        for kind, length in kinds_by_head().get(head, ()):
            said = _said(head, kind, arguments, call.keywords, bindings) if length == 1 else None
            block = _block(kind, said, head, len(results)) if said else None
            if said and block:
                names = {f"{RESULT}{number}": name for number, name in enumerate(results)}
                names.update({f"{TENSOR}{number}": name for number, name in enumerate(said.tensors)})
                yield block, Match(names, 1)


def _parts(statement: ast.stmt) -> tuple[ast.Call | None, list[str]]:
    """The call of a statement and the variables that it fills."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None, []
    target = statement.targets[0]
    names = target.elts if isinstance(target, ast.Tuple) else [target]
    if not isinstance(statement.value, ast.Call) or not all(isinstance(name, ast.Name) for name in names):
        return None, []
    return statement.value, [ast.unparse(name) for name in names]


def _heads(call: ast.Call) -> Iterator[tuple[str, list[ast.expr]]]:
    """The functions that a call may mean, and its arguments with the tensor first."""
    function = call.func
    if not isinstance(function, ast.Attribute):
        return
    owner, name = dotted(function.value), OTHER_NAMES.get(function.attr, function.attr)
    is_method = owner not in ("torch", "F")
    arguments = [function.value, *call.args] if is_method else call.args
    for module in (owner, "torch", "F") if not is_method else ("torch", "F"):
        yield f"{module}.{name}", arguments


def _said(
    head: str,
    kind: type[Block],
    arguments: Sequence[ast.expr],
    keywords: Sequence[ast.keyword],
    bindings: Mapping[str, Any],
) -> _Said | None:
    """What these arguments say to a kind of block, or nothing where they cannot be meant for it."""
    if not arguments:
        return None
    first, rest = arguments[0], list(arguments[1:])
    names = function_positions(head, kind)
    if isinstance(first, ast.Tuple):
        tensors = list(first.elts)
    else:
        tensors = [first, *(rest.pop(0) for _ in kind().input_ports()[1:] if rest)]
    if not all(isinstance(tensor, ast.Name) and tensor.id not in bindings for tensor in tensors):
        return None
    rows = {row.name: row for row in kind.params()}
    if len(rest) > 1 and len(names) and rows[names[0]].listed and len(rest) > len(names):
        rest = [ast.Tuple(rest, ast.Load())]
    if len(rest) > len(names) + ("training" not in names):
        return None
    placed = zip([*names, "training"], rest, strict=False)
    stated = [*placed, *((keyword.arg or "**", keyword.value) for keyword in keywords)]
    values = {name: _value(rows.get(name), value, bindings) for name, value in stated}
    complete = len(values) == len(stated)
    return _Said(tuple(ast.unparse(tensor) for tensor in tensors), values) if complete else None


def _value(row: Param | None, node: ast.expr, bindings: Mapping[str, Any]) -> Any:
    try:
        value = value_of(node, bindings)
    except NotUnderstood:
        return ast.unparse(node)
    return (value,) if row and row.listed and isinstance(value, int | float) else value


def _block(kind: type[Block], said: _Said, head: str, results: int) -> Block | None:
    """The block whose own call says this."""
    rows = {row.name: row for row in kind.params()}
    settings = {name: value for name, value in said.values.items() if name in rows}
    counted = {"tensors": len(said.tensors), "parts": results}
    settings.update({name: count for name, count in counted.items() if name in rows})
    for unsaid in ({}, {name: None for name, row in rows.items() if row.optional and row.default is not None}):
        try:
            block = kind.read({**unsaid, **settings})
        except ValueError:
            continue
        suits = len(block.input_ports()) == len(said.tensors) and len(block.output_ports()) == results
        if suits and any(_same(kind, own, said) for own in _own(block, head, said)):
            return block
    return None


def _own(block: Block, head: str, said: _Said) -> Iterator[_Said]:
    """What the block's own calls of this function say."""
    tensors = tuple(map(Variable, said.tensors))
    given = (*tensors, BATCH) if block.from_batch else tensors
    statements = block.statements("_", tuple(f"y{number}" for number in range(len(block.output_ports()))), *given)
    function = block.as_function(*given)
    for text in (str(statements[0]), f"y = {function}" if function else ""):
        call, _ = _parts(plain(ast.parse(text).body[0])) if text else (None, [])
        if call and dotted(call.func) == head and (own := _said(head, type(block), call.args, call.keywords, {})):
            yield own


def _same(kind: type[Block], own: _Said, said: _Said) -> bool:
    """Whether two calls say the same; what PyTorch takes anyway may be stated or not."""
    usual = {row.name: row.default for row in kind.params()}
    if own.tensors != said.tensors or own.values.keys() - said.values.keys():
        return False
    if any(said.values[name] != value for name, value in own.values.items()):
        return False
    more = {name: value for name, value in said.values.items() if name not in own.values}
    return all(
        (name in usual and usual[name] == value) or value in NO_EFFECT.get(name, ()) for name, value in more.items()
    )
