"""From the creation of a table of fixed numbers to its block: the expression is read as data and never run."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from typing import Any

from engine.blocks.number_parser import parsed
from engine.blocks.number_text import BadNumbers, Number, Pick, Range, Repeat, Tree, numbers, row, simple, total
from engine.blocks.tables import Buffer
from engine.reading.spelling import dotted
from engine.reading.values import NotUnderstood, trouble, value_of

SAME = ("view", "reshape", "flatten", "float", "tolist", "unsqueeze", "long")
"""Methods that keep the numbers and their order."""
DEEPEST = 60
"""How many expressions may lie inside each other."""


def buffer_of(node: ast.Call, dimensions: int) -> Buffer:
    """The block for `nn.Buffer(torch.tensor([1, 2]))`, used with so many dimensions. Raises NotUnderstood."""
    if len(node.args) != 1 or any(word.arg != "persistent" for word in node.keywords):
        raise trouble(node, "a buffer is created as: nn.Buffer(torch.tensor([1, 2, 3]))")
    persistent = value_of(node.keywords[0].value, {}) if node.keywords else True
    table = node.args[0]
    try:
        tree = _tensor(table, DEEPEST)
        data = str(parsed(str(tree)))
        shape = _shape(table) or (len(numbers(tree)),)
        if len(shape) != dimensions:
            raise BadNumbers(f"its table has {len(shape)} dimensions, and it is used with {dimensions}")
        return Buffer(shape=shape, data=data, dtype="float32" if _real(table) else "int64", persistent=persistent)
    except (ValueError, RecursionError) as error:
        raise trouble(node, str(error)) from error


def _shape(node: ast.expr) -> tuple[int, ...]:
    """The sizes that the outermost reshape gives; nothing where there is none."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAME:
        if node.func.attr in ("reshape", "view"):
            sizes = [value_of(size, {}) for size in node.args]
            return tuple(sizes[0] if len(sizes) == 1 and isinstance(sizes[0], tuple) else sizes)
        node = node.func.value
    return ()


def _real(node: ast.expr) -> bool:
    """Whether the table holds real numbers: one of them has a point, or all are turned into such."""
    while isinstance(node, ast.Subscript):
        node = node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in SAME:
        return node.func.attr == "float" or _real(node.func.value)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return False
    parts = list(ast.walk(node))
    return any((isinstance(part, ast.Constant) and type(part.value) is float) or
               (isinstance(part, ast.Attribute) and part.attr == "inf") for part in parts)  # fmt: skip


def _tensor(node: ast.expr, depth: int) -> Tree:
    """The numbers of an expression that makes a tensor."""
    if not depth:
        raise BadNumbers("its expressions lie too deep inside each other")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return total(_tensor(node.left, depth - 1), _tensor(node.right, depth - 1))
    if isinstance(node, ast.Subscript):
        return Pick(_tensor(node.value, depth - 1), _tensor(node.slice, depth - 1))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        name = dotted(node.func)
        if name == "torch.tensor" and len(node.args) == 1 and not node.keywords:
            return _list(node.args[0], depth - 1)
        if name == "torch.arange" and not node.keywords:
            return _range(node.args)
        if node.func.attr in SAME and not name.startswith("torch."):
            return _tensor(node.func.value, depth - 1)
    raise BadNumbers(f"{ast.unparse(node)[:60]} is no table of numbers")


def _list(node: ast.expr, depth: int) -> Tree:
    """The numbers of a list, and of what repeats one."""
    if not depth:
        raise BadNumbers("its lists lie too deep inside each other")
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        times = _whole(node.right)
        if times < 1:
            raise BadNumbers("a list is repeated at least once")
        inner = _list(node.left, depth - 1)
        return inner if times == 1 else Repeat(inner, times)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return row(_list(node.left, depth - 1), _list(node.right, depth - 1))
    if isinstance(node, ast.List | ast.Tuple) and node.elts:
        return row(*(_member(part, depth - 1) for part in node.elts))
    raise BadNumbers(f"{ast.unparse(node)[:60]} is no list of numbers")


def _member(node: ast.expr, depth: int) -> Tree:
    if not isinstance(node, ast.Starred):
        return _list(node, depth) if isinstance(node, ast.List | ast.Tuple) else Number(_number(node))
    inner = node.value
    if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "range":
        return _range(inner.args)
    if isinstance(inner, ast.Call):
        return _tensor(inner, depth)
    return _list(inner, depth)


def _range(args: Sequence[ast.expr]) -> Range:
    limits = [_whole(arg) for arg in args]
    if not 1 <= len(limits) <= 3:
        raise BadNumbers("a range has one to three numbers")
    start, stop, step = (0, *limits, 1) if len(limits) == 1 else (*limits, 1)[:3]
    if not step or not len(range(start, stop, step)):
        raise BadNumbers("a range holds no number")
    return Range(start, stop, step)


def _number(node: ast.expr) -> int | float:
    if dotted(node) in ("torch.inf", "math.inf"):
        return math.inf
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_number(node.operand)
    value = _literal(node)
    if type(value) not in (int, float):
        raise BadNumbers(f"{ast.unparse(node)[:60]} is no number")
    return simple(value) if isinstance(value, float) else int(value)


def _whole(node: ast.expr) -> int:
    value = _literal(node)
    if type(value) is not int:
        raise BadNumbers(f"{ast.unparse(node)[:60]} is no whole number")
    return value


def _literal(node: ast.expr) -> Any:
    try:
        return value_of(node, {})
    except NotUnderstood as error:
        raise BadNumbers(f"{ast.unparse(node)[:60]} is no number") from error
