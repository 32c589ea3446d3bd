"""Whether statements in a text are the ones that a block would write, whatever the variables are called."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product

from engine.blocks.base import Block
from engine.program import Statement, Variable
from engine.reading.plain import plain
from engine.reading.spelling import BATCH

RESULT, TENSOR = "result__", "tensor__"
"""How the variables of a pattern are called; no block can have such a name."""


OPERATOR, PARAMETER = "operator", "parameter"
"""The heads of statements that compute or index without a call, and of those that use a parameter itself."""


@dataclass
class Match:
    """What the variables of a pattern are called in the text."""

    names: dict[str, str] = field(default_factory=dict)
    used: int = 0
    """How many statements the block wrote."""

    def results(self, count: int) -> list[str]:
        """The variable of each output, `_` for one that is thrown away."""
        return [self.names.get(f"{RESULT}{number}", "_") for number in range(count)]

    def tensors(self, count: int) -> list[str]:
        """The variable of each input."""
        return [self.names[f"{TENSOR}{number}"] for number in range(count)]


def match(block: Block, module: str, statements: Sequence[ast.stmt]) -> Match | None:
    """Find the block's own statements at the beginning of these, or None."""
    outputs = len(block.output_ports())
    tensors = tuple(Variable(f"{TENSOR}{number}") for number in range(len(block.input_ports())))
    if block.from_batch:
        tensors = (*tensors, BATCH)
    choices = product((True, False), repeat=outputs) if outputs > 1 else [(True,)]
    for read in choices:
        results = tuple(f"{RESULT}{number}" if wanted else "_" for number, wanted in enumerate(read))
        patterns = [block.statements(module, results, *tensors)]
        function = block.as_function(*tensors) if outputs == 1 else None
        patterns += [(Statement(results[0], function),)] if function else []
        for pattern in patterns:
            if found := _fits(pattern, statements):
                return found
    return None


def head_of(statement: ast.stmt) -> str:
    """The function that a statement calls: `torch.add`, `.reshape` for a method of a tensor, `self` for a module."""
    value = statement.value if isinstance(statement, ast.Assign) else None
    if isinstance(value, ast.BinOp | ast.Subscript | ast.UnaryOp):
        return OPERATOR
    function = value.func if isinstance(value, ast.Call) else None
    if not isinstance(function, ast.Attribute):
        return ""
    owner = ast.unparse(function.value)
    if owner == "self":
        return "self"
    if owner.startswith("self."):
        return PARAMETER
    return f"{owner}.{function.attr}" if owner in ("torch", "F", "nn") else f".{function.attr}"


def _fits(pattern: Sequence[Statement], statements: Sequence[ast.stmt]) -> Match | None:
    if len(statements) < len(pattern):
        return None
    found = Match(used=len(pattern))
    for wanted, actual in zip(pattern, statements, strict=False):
        if not _alike(_parsed(str(wanted)), actual, found.names):
            return None
    return found


@lru_cache(maxsize=4096)
def _parsed(pattern: str) -> ast.stmt:
    return plain(ast.parse(pattern).body[0])


def _alike(pattern: object, actual: object, names: dict[str, str]) -> bool:
    """Compare two trees; a variable of the pattern stands for one and the same name everywhere."""
    if isinstance(pattern, ast.Name) and pattern.id.startswith((RESULT, TENSOR, BATCH)):
        if not isinstance(actual, ast.Name):
            return False
        if pattern.id == BATCH:  # any tensor of the batch knows how many examples there are
            return True
        return names.setdefault(pattern.id, actual.id) == actual.id
    if isinstance(pattern, ast.AST) and isinstance(actual, ast.AST):
        if type(pattern) is not type(actual):
            return False
        fields = [name for name in pattern._fields if name not in ("ctx", "type_comment", "kind")]
        return all(_alike(getattr(pattern, name, None), getattr(actual, name, None), names) for name in fields)
    if isinstance(pattern, list) and isinstance(actual, list):
        return len(pattern) == len(actual) and all(_alike(a, b, names) for a, b in zip(pattern, actual, strict=True))
    return type(pattern) is type(actual) and pattern == actual
