"""One line with calls inside calls, as several lines with one call each."""

from __future__ import annotations

import ast
from collections.abc import Callable

from engine.reading.plain import plain

Replace = Callable[[ast.expr], ast.expr]


def unfolded(statement: ast.stmt, unused: Callable[[], str]) -> list[ast.stmt]:
    """The lines that compute the inner calls first, and the rest; nothing if no call stands inside.

    `unused` gives names for what is computed on the way.
    """
    if not isinstance(statement, ast.Assign):
        return []
    if len(statement.targets) > 1:
        return _one_by_one(statement)
    before: list[ast.stmt] = []

    def named(node: ast.expr) -> ast.expr:
        if not _computes(node):
            return node
        name = unused()
        target = ast.copy_location(ast.Name(name, ast.Store()), node)
        before.append(ast.copy_location(ast.Assign([target], node), node))
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    value = _with_names(statement.value, named)
    last = ast.copy_location(ast.Assign(statement.targets, value), statement)
    return [plain(line) for line in (*before, last)] if before else []


def _one_by_one(statement: ast.Assign) -> list[ast.stmt]:
    """`a = b = call` as two lines."""
    *others, last = statement.targets
    found: list[ast.stmt] = [ast.copy_location(ast.Assign([last], statement.value), statement)]
    if not isinstance(last, ast.Name):
        return []
    for target in others:
        name = ast.copy_location(ast.Name(last.id, ast.Load()), statement)
        found.append(ast.copy_location(ast.Assign([target], name), statement))
    return found


def _with_names(node: ast.expr, named: Replace) -> ast.expr:
    """The expression with a variable for each part that computes a tensor."""
    made: ast.expr = node
    if isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Attribute):
            function = ast.copy_location(ast.Attribute(named(function.value), function.attr, ast.Load()), function)
        made = ast.Call(function, [_listed(argument, named) for argument in node.args], node.keywords)
    elif isinstance(node, ast.BinOp):
        made = ast.BinOp(named(node.left), node.op, named(node.right))
    elif isinstance(node, ast.UnaryOp):
        made = ast.UnaryOp(node.op, named(node.operand))
    elif isinstance(node, ast.Subscript):
        made = ast.Subscript(named(node.value), node.slice, ast.Load())
    elif isinstance(node, ast.Tuple):
        return _listed(node, named)
    return ast.copy_location(made, node)


def _listed(node: ast.expr, named: Replace) -> ast.expr:
    if isinstance(node, ast.Tuple | ast.List):
        return ast.copy_location(ast.Tuple([named(part) for part in node.elts], ast.Load()), node)
    return named(node)


def _computes(node: ast.expr) -> bool:
    """Whether an expression computes a tensor out of others, and is more than the name of one."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute)
    if isinstance(node, ast.BinOp):
        return any(isinstance(side, ast.Name) or _computes(side) for side in (node.left, node.right))
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Name) or _computes(node.operand)
    if isinstance(node, ast.Subscript):
        return isinstance(node.value, ast.Name) or _computes(node.value)
    return False
