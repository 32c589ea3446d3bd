"""Names and forms that mean the same in PyTorch, brought to the ones that our exports write."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from engine.program import Variable

BATCH = Variable("batch__")
"""What stands for the number of examples, `x.shape[0]`; no block can have such a name."""

SHORT = {
    "torch.nn.functional": "F",
    "nn.functional": "F",
    "torch.nn": "nn",
    "torch.Tensor": "Tensor",
    "collections.OrderedDict": "OrderedDict",
}
METHODS = {"view": "reshape"}
"""Methods of a tensor that do what another one does."""
UNCHANGED = ("contiguous", "clone")
"""Methods that give the same numbers in the same shape."""


def spelled(tree: ast.Module) -> ast.Module:
    """The same text with modules of PyTorch under their usual names, and plain assignments."""
    made = _Forms().visit(_Names(_imported(tree)).visit(tree))
    assert isinstance(made, ast.Module)
    return ast.fix_missing_locations(made)


def dotted(node: ast.expr) -> str:
    """A name with dots, `torch.nn.functional`, or nothing for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def attributes_in(node: ast.AST) -> set[str]:
    """The attributes that some lines take from `self`."""
    found = (dotted(part) for part in ast.walk(node) if isinstance(part, ast.Attribute))
    return {name.removeprefix("self.") for name in found if name.startswith("self.")}


def _imported(tree: ast.Module) -> dict[str, str]:
    """What imported names stand for: {"Linear": "torch.nn.Linear"}."""
    found = {}
    for statement in tree.body:
        if isinstance(statement, ast.Import):
            found.update({alias.asname: alias.name for alias in statement.names if alias.asname})
        elif isinstance(statement, ast.ImportFrom) and statement.module:
            found.update({a.asname or a.name: f"{statement.module}.{a.name}" for a in statement.names})
    return {name: long for name, long in found.items() if SHORT.get(long, long) != name}


class _Names(ast.NodeTransformer):
    """Imported names become what they stand for, and long ones short."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.names or not isinstance(node.ctx, ast.Load):
            return node
        return self._short(ast.copy_location(ast.parse(self.names[node.id], mode="eval").body, node))

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        return self._short(node)

    def _short(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.Attribute):
            node.value = self._short(node.value)
        short = SHORT.get(dotted(node))
        return ast.copy_location(ast.Name(short, ast.Load()), node) if short else node


class _Forms(ast.NodeTransformer):
    """`x += y` and `x: Tensor = y` become plain assignments; sizes and reshaping are written in one way."""

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self.generic_visit(node)
        if not isinstance(node.target, ast.Name):
            return node
        value = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
        return ast.copy_location(ast.Assign([node.target], ast.copy_location(value, node)), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        self.generic_visit(node)
        return ast.copy_location(ast.Assign([node.target], node.value), node) if node.value else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        function = node.func
        if not isinstance(function, ast.Attribute) or node.keywords or dotted(function.value) in ("nn", "F", "self"):
            return node
        if function.attr == "size" and len(node.args) <= 1:
            shape: ast.expr = ast.Attribute(function.value, "shape", ast.Load())
            return ast.copy_location(ast.Subscript(shape, node.args[0], ast.Load()) if node.args else shape, node)
        if function.attr in UNCHANGED and not node.args:
            return function.value
        if function.attr == "reshape" and dotted(function.value) == "torch" and len(node.args) == 2:
            function = ast.Attribute(node.args[0], "reshape", ast.Load())
            node = ast.copy_location(ast.Call(function, node.args[1:], []), node)
        function.attr = METHODS.get(function.attr, function.attr)
        return _flat(node) if function.attr == "reshape" else node


def _flat(node: ast.Call) -> ast.Call:
    """A new shape as several values, with the number of examples where only that can be meant by -1."""
    inner = node.args[0] if len(node.args) == 1 else None
    args = inner.elts if isinstance(inner, ast.Tuple | ast.List) else node.args
    open_sizes = [arg for arg in args if ast.unparse(arg) == "-1"]
    if len(args) > 1 and open_sizes == args[:1]:
        args = [ast.copy_location(ast.Name(BATCH, ast.Load()), args[0]), *args[1:]]
    return ast.copy_location(ast.Call(node.func, args, []), node)
