"""Numbers that `forward` gives names: sizes of tensors, and what is worked out from them."""

from __future__ import annotations

import ast
from copy import deepcopy

from engine.reading.filling import Filling
from engine.reading.growing import Growing
from engine.reading.plain import as_operator, folded
from engine.reading.spelling import BATCH


class Sizes(Filling):
    """What `b, c = x.shape` gives names, and sizes such as `x.shape[1]` where they are known."""

    def __init__(self, growing: Growing) -> None:
        super().__init__()
        self.growing = growing

    def keeps(self, statement: ast.Assign) -> bool:
        """Take a line that only gives numbers names; whether it was one. Other lines take their names back."""
        target = statement.targets[0]
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        shape = self._shape(statement.value)
        values = shape if shape and isinstance(target, ast.Tuple) else [self._number(statement.value)]
        found = [value for value in values if value is not None]
        if len(found) == len(names) and all(isinstance(name, ast.Name) for name in names):
            for name, value in zip(names, found, strict=True):
                self.keep(ast.unparse(name), value)
            return True
        for part in ast.walk(target):
            if isinstance(part, ast.Name):
                self.meant.pop(part.id, None)
        return False

    def filled(self, statement: ast.stmt) -> ast.stmt:
        """The line with numbers in the place of names."""
        made = self.visit(deepcopy(statement))
        assert isinstance(made, ast.stmt)
        return made

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """`x.shape[1]`, where the shape of x is known."""
        self.generic_visit(node)
        sizes, place = self._shape(node.value), folded(node.slice)
        number = ast.literal_eval(place) if isinstance(place, ast.Constant | ast.UnaryOp) else None
        if not sizes or type(number) is not int or not -len(sizes) <= number < len(sizes):
            return node
        return ast.copy_location(sizes[number], node)

    def _shape(self, node: ast.expr) -> list[ast.expr]:
        """The sizes of `x.shape`, or nothing where they are unknown."""
        owner = node.value if isinstance(node, ast.Attribute) and node.attr == "shape" else None
        end = self.growing.ends.get(owner.id) if isinstance(owner, ast.Name) else None
        if end is None or end not in self.growing.shapes:
            return []
        return [ast.Name(BATCH, ast.Load()), *map(ast.Constant, self.growing.shapes[end])]

    def _number(self, node: ast.expr) -> ast.expr | None:
        if isinstance(node, ast.Call) and all(isinstance(a, ast.Name) and a.id in self.meant for a in node.args):
            node = as_operator(node)
        if not isinstance(node, ast.Subscript | ast.BinOp | ast.UnaryOp | ast.Constant | ast.Name):
            return None
        if isinstance(node, ast.Name) and node.id in self.growing.ends:
            return None
        value = folded(self.visit(deepcopy(node)))
        if isinstance(value, ast.Name):
            return value if value.id == BATCH else None
        number = value.operand if isinstance(value, ast.UnaryOp) else value
        return value if isinstance(number, ast.Constant) and isinstance(number.value, int | float) else None
