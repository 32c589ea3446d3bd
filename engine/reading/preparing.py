"""What a class's `forward` says in short, said in full before its lines are read."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from engine.reading.spelling import BATCH, dotted
from engine.reading.syntax import ClassText
from engine.reading.unrolling import unroll
from engine.reading.values import NotUnderstood, Trouble


def prepare(classes: Mapping[str, ClassText]) -> None:
    """Write out loops and learned tensors, and throw away results that nothing reads. Raises NotUnderstood."""
    troubles: list[Trouble] = []
    for text in classes.values():
        try:
            unroll(text)
        except NotUnderstood as error:
            troubles += error.troubles
            continue
        learned = {name: sizes for name, node in text.creations.items() if (sizes := _dimensions(node))}
        if learned:
            text.body = [_Learned(learned).line(statement) for statement in text.body]
        _forget_unread(text)
    if troubles:
        raise NotUnderstood(*troubles)


def _dimensions(node: ast.expr) -> int:
    """How many dimensions a learned tensor has for one example; 0 for what is no nn.Parameter."""
    inner = node.args[0] if isinstance(node, ast.Call) and dotted(node.func) == "nn.Parameter" and node.args else None
    sizes = inner.args if isinstance(inner, ast.Call) else []
    return len(sizes) - (len(sizes) > 1 and ast.unparse(sizes[0]) == "1")


class _Learned(ast.NodeTransformer):
    """`self.scale` where it is computed with becomes `self.scale.expand(x.shape[0], -1)`, as our exports write it."""

    def __init__(self, dimensions: Mapping[str, int]) -> None:
        self.dimensions = dimensions

    def line(self, statement: ast.stmt) -> ast.stmt:
        """A line with its learned tensors in full."""
        made = self.visit(statement)
        assert isinstance(made, ast.stmt)
        return ast.fix_missing_locations(made)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if not (isinstance(node.func, ast.Attribute) and node.func.attr == "expand" and self._count(node.func.value)):
            self.generic_visit(node)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        count = self._count(node)
        if not count or not isinstance(node.ctx, ast.Load):
            self.generic_visit(node)
            return node
        open_size = ast.parse("-1", mode="eval").body
        function = ast.Attribute(node, "expand", ast.Load())
        full = ast.Call(function, [ast.Name(BATCH, ast.Load()), *[open_size] * count], [])
        for part in ast.walk(full):
            ast.copy_location(part, node)
        return full

    def _count(self, node: ast.expr) -> int:
        return self.dimensions.get(dotted(node).removeprefix("self."), 0)


def _forget_unread(text: ClassText) -> None:
    """Variables among several of a line that nothing reads are called `_`."""
    parts = [part for line in (*text.body, text.answer) if line for part in ast.walk(line)]
    read = {part.id for part in parts if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
    for statement in text.body:
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        if isinstance(target, ast.Tuple):
            target.elts = [_wanted(part, read) for part in target.elts]


def _wanted(target: ast.expr, read: set[str]) -> ast.expr:
    """The target with `_` for what nothing reads; several of these at once are one."""
    unread = ast.copy_location(ast.Name("_", ast.Store()), target)
    if isinstance(target, ast.Name):
        return target if target.id in read else unread
    if isinstance(target, ast.Tuple):
        target.elts = [_wanted(part, read) for part in target.elts]
        return target if any(ast.unparse(part) != "_" for part in target.elts) else unread
    return target
