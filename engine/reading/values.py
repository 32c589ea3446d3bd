"""Plain values in a text, and the lines that cannot be understood."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.reading.plain import folded


@dataclass(frozen=True)
class Trouble:
    """A line that cannot be understood, and why; lines count from 1."""

    line: int
    reason: str


class NotUnderstood(Exception):
    """A text that is no drawing; `troubles` has each line that stands in the way."""

    def __init__(self, *troubles: Trouble) -> None:
        super().__init__("\n".join(f"Line {trouble.line}: {trouble.reason}" for trouble in troubles))
        self.troubles = troubles


def trouble(node: ast.AST, reason: str) -> NotUnderstood:
    """One line that cannot be understood."""
    return NotUnderstood(Trouble(getattr(node, "lineno", 1), reason))


def value_of(node: ast.expr, bindings: Mapping[str, Any]) -> Any:
    """A literal, in which arguments of the class stand for their values. Raises NotUnderstood."""
    if isinstance(node, ast.Name) and node.id in bindings:
        return bindings[node.id]
    if isinstance(node, ast.Tuple | ast.List):
        return tuple(value_of(part, bindings) for part in node.elts)
    if isinstance(node, ast.BinOp):
        return _computed(node, bindings)
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, RecursionError) as error:
        raise trouble(node, f"{ast.unparse(node)[:60]} is no plain value") from error


def _computed(node: ast.BinOp, bindings: Mapping[str, Any]) -> int | float:
    """A number out of others: 32 * 7 * 7."""
    sides = [value_of(side, bindings) for side in (node.left, node.right)]
    left, right = (ast.copy_location(ast.Constant(side), node) for side in sides)
    found = folded(ast.copy_location(ast.BinOp(left, node.op, right), node))
    if isinstance(found, ast.BinOp):
        raise trouble(node, f"{ast.unparse(node)[:60]} is no plain value")
    number: int | float = ast.literal_eval(found)
    return number
