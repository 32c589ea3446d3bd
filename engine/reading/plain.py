"""Statements brought into the one form that is compared."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

from engine.reading.spelling import BATCH, dotted

OPERATORS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.MatMult: "matmul"}


class _Plainer(ast.NodeTransformer):
    """Members by name instead of number, numbers worked out, lists as tuples."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        if not isinstance(node.slice, ast.Constant) or type(node.slice.value) is not int:
            return node
        if dotted(node.value) == "self":
            return ast.copy_location(ast.Attribute(node.value, f"_{node.slice.value}", ast.Load()), node)
        owner = node.value
        if isinstance(owner, ast.Attribute) and owner.attr == "shape" and node.slice.value == 0:
            return ast.copy_location(ast.Name(BATCH, ast.Load()), node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return _result(node) or node

    def visit_List(self, node: ast.List) -> ast.expr:
        self.generic_visit(node)
        return ast.copy_location(ast.Tuple(node.elts, node.ctx), node)


LARGEST, HIGHEST = 10**12, 4
"""How large a number may become, and the power to which one may be raised."""
ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def folded(node: ast.expr) -> ast.expr:
    """The expression with numbers worked out: 32 * 7 * 7 is 1568."""
    made = _Plainer().visit(node)
    assert isinstance(made, ast.expr)
    return made


def _result(node: ast.BinOp) -> ast.expr | None:
    """What two numbers give, or None if these are no numbers, or give a very large one."""
    left, right, work = _number(node.left), _number(node.right), ARITHMETIC.get(type(node.op))
    if left is None or right is None or work is None or (isinstance(node.op, ast.Pow) and abs(right) > HIGHEST):
        return None
    try:
        found = work(left, right)
    except ArithmeticError:
        return None
    if not isinstance(found, int | float) or not abs(found) < LARGEST:
        return None
    made = ast.parse(repr(found), mode="eval").body
    for part in ast.walk(made):
        ast.copy_location(part, node)
    return made


def plain(statement: ast.stmt) -> ast.stmt:
    """Members by name instead of number, and operators between tensors as functions."""
    made = _Plainer().visit(statement)
    assert isinstance(made, ast.stmt)
    if isinstance(made, ast.Assign):
        made.value = _operator(made.value)
    return ast.fix_missing_locations(made)


def as_operator(node: ast.Call) -> ast.expr:
    """What stood in the text where torch.mul(a, b) was a * b; other calls as they are."""
    for kind, name in OPERATORS.items():
        if dotted(node.func) == f"torch.{name}" and len(node.args) == 2 and not node.keywords:
            return ast.copy_location(ast.BinOp(node.args[0], kind(), node.args[1]), node)
    return node


def _operator(node: ast.expr) -> ast.expr:
    """One operator on one tensor: numbers behind it as real numbers, and functions where there are such."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Name):
        return _call(node, "neg", node.operand)
    if isinstance(node, ast.Subscript):
        return _selected(node)
    if not isinstance(node, ast.BinOp):
        return node
    name = OPERATORS.get(type(node.op))
    if name and isinstance(node.left, ast.Name) and isinstance(node.right, ast.Name):
        return _call(node, name, node.left, node.right)
    left, right = _number(node.left), _number(node.right)
    if left is not None and right is None:
        return _turned(node, left)
    if right is None:
        return node
    if isinstance(node.op, ast.Pow) and isinstance(node.left, ast.Name):
        return _call(node, "pow", node.left, node.right)
    if isinstance(node.op, ast.Div) and right:
        return _on(node, _operator(node.left), ast.Mult(), 1 / right)
    return _on(node, _operator(node.left), node.op, right)


def _turned(node: ast.BinOp, left: float) -> ast.expr:
    """A number before the tensor: 2 * x, 1 + x, 1 - x, 1 / x."""
    if isinstance(node.op, ast.Mult | ast.Add):
        return _operator(ast.copy_location(ast.BinOp(node.right, node.op, node.left), node))
    if isinstance(node.op, ast.Sub) and left:
        opposite = _on(node, node.right, ast.Mult(), -1.0)
        return _on(node, opposite, ast.Add() if left > 0 else ast.Sub(), abs(left))
    if isinstance(node.op, ast.Div) and left == 1:
        return _call(node, "reciprocal", node.right)
    return node


def _on(node: ast.expr, left: ast.expr, operator: ast.operator, number: float) -> ast.expr:
    literal = ast.parse(repr(float(number)), mode="eval").body
    return ast.copy_location(ast.BinOp(left, operator, literal), node)


def _call(node: ast.expr, name: str, *arguments: ast.expr) -> ast.expr:
    function = ast.Attribute(ast.Name("torch", ast.Load()), name, ast.Load())
    return ast.copy_location(ast.Call(function, [*arguments], []), node)


def _selected(node: ast.Subscript) -> ast.expr:
    """One place along one dimension: x[:, -1] is torch.select(x, 1, -1)."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
    places = [number for number, part in enumerate(parts) if not _whole(part)]
    if len(places) != 1 or not places[0] or type(_number(parts[places[0]])) is not int:
        return node
    return _call(node, "select", node.value, ast.Constant(places[0]), parts[places[0]])


def _whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Slice) and node.lower is node.upper is node.step is None


def _number(node: ast.expr) -> int | float | None:
    """A plain number with its sign, or None."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
