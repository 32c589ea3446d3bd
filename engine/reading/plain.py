"""Statements brought into the one form that is compared."""

from __future__ import annotations

import ast

from engine.reading.syntax import dotted

OPERATORS = {ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.MatMult: "matmul"}


class _Plainer(ast.NodeTransformer):
    """Members by name instead of number, and operators as the functions that they mean."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        if dotted(node.value) == "self" and isinstance(node.slice, ast.Constant) and type(node.slice.value) is int:
            return ast.copy_location(ast.Attribute(node.value, f"_{node.slice.value}", ast.Load()), node)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        name = OPERATORS.get(type(node.op))
        if name is None or not isinstance(node.left, ast.Name) or not isinstance(node.right, ast.Name):
            return node
        function = ast.Attribute(ast.Name("torch", ast.Load()), name, ast.Load())
        return ast.copy_location(ast.Call(function, [node.left, node.right], []), node)


def plain(statement: ast.stmt) -> ast.stmt:
    """Members by name instead of number, and operators between tensors as functions."""
    made = _Plainer().visit(statement)
    assert isinstance(made, ast.stmt)
    return ast.fix_missing_locations(made)
