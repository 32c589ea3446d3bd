"""Names that a text gives to values and to parts of expressions, and their places filled with what they stand for."""

from __future__ import annotations

import ast
from copy import deepcopy

from engine.reading.spelling import dotted

MOST_PARTS = 20_000
"""How much is filled in for one class, in nodes of its syntax tree."""


class NotFilled(Exception):
    """A name that cannot be filled in, with its line and the reason."""

    def __init__(self, node: ast.expr, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = node.lineno, reason


class Filling(ast.NodeTransformer):
    """Puts into expressions what `hidden` or `self.hidden` stand for. Raises NotFilled."""

    def __init__(self) -> None:
        self.meant: dict[str, ast.expr] = {}
        self.left = MOST_PARTS
        self.spent = set[str]()
        """Names of modules that stand somewhere already."""

    def keep(self, name: str, value: ast.expr) -> None:
        """From now on the name stands for this."""
        self.meant[name] = value
        self.spent.discard(name)

    def in_forward(self, statement: ast.stmt) -> ast.stmt:
        """The statement with attributes filled in; what `__init__` calls something is unknown in `forward`."""
        self.meant = {name: value for name, value in self.meant.items() if name.startswith("self.")}
        self.spent = set()
        made = self.visit(statement)
        assert isinstance(made, ast.stmt)
        return made

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._filled(node, node.id)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        return self._filled(node, dotted(node))

    def _filled(self, node: ast.expr, name: str) -> ast.expr:
        if name in self.spent and isinstance(getattr(node, "ctx", None), ast.Load):
            raise NotFilled(node, f"{name} stands in two places; create a module for each, or call one of them twice")
        value = self.meant.get(name)
        if value is None or not isinstance(getattr(node, "ctx", None), ast.Load):
            return node
        if not is_plain(value):  # a module is one thing: it cannot stand in two places
            del self.meant[name]
            self.spent.add(name)
        self.left -= sum(1 for _ in ast.walk(value))
        if self.left < 0:
            raise NotFilled(node, "names stand for more here than a network can hold")
        copy = deepcopy(value)
        for part in ast.walk(copy):
            ast.copy_location(part, node)
        return copy


def is_plain(node: ast.expr) -> bool:
    """Whether an expression is a value, with no module in it."""
    parts = ast.Call | ast.GeneratorExp | ast.ListComp | ast.Lambda
    return not any(isinstance(part, parts) for part in ast.walk(node))
