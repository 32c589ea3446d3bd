"""Why a line cannot be drawn, and what to write instead."""

from __future__ import annotations

import ast

from engine.blocks.base import Block
from engine.program import Variable
from engine.reading.functions import kinds_by_head
from engine.reading.matching import head_of
from engine.reading.names import like
from engine.reading.spelling import dotted

CALL = "here stands one call, such as: relu1 = self.relu1(conv1)"

STATEMENTS: dict[type[ast.stmt], str] = {
    ast.Assert: "a check is no part of a drawing; take this line out",
    ast.AugAssign: "only the result of a line above can be changed like this: x += y",
    ast.For: "a loop runs over an nn.ModuleList or over range(3), and each round calls blocks",
    ast.FunctionDef: "a function inside forward cannot be drawn; write its lines where it is called, or a class for it",
    ast.If: "a drawing computes the same way every time, so there is no if; keep one of its branches",
    ast.Return: "forward returns once, in its last line",
    ast.Try: "a drawing computes the same way every time, so there is no try; keep its first lines",
    ast.While: "a drawing computes the same way every time, so there is no while; write for _ in range(3)",
    ast.With: "a with block cannot be drawn; move its lines out, and freeze blocks by requires_grad_(False)",
}


VALUES: dict[type[ast.expr], str] = {
    ast.IfExp: STATEMENTS[ast.If],
    ast.List: "a list is no result of a block; name each result, and join them: torch.cat((a, b), dim=1)",
    ast.ListComp: "a list is no result of a block; name each result, and join them: torch.cat((a, b), dim=1)",
    ast.Tuple: "a list is no result of a block; name each result, and join them: torch.cat((a, b), dim=1)",
}
HINTS = {
    "cpu": "where tensors lie is no part of a drawing; take this out",
    "cuda": "where tensors lie is no part of a drawing; take this out",
    "max": "this gives two results in PyTorch; for the largest numbers write torch.amax(x, dim=1)",
    "min": "this gives two results in PyTorch; for the smallest numbers write torch.amin(x, dim=1)",
    "squeeze": "squeeze needs to be told its dimension: torch.squeeze(x, 1)",
    "to": "where tensors lie is no part of a drawing; take this out",
}
"""What to do instead of some functions that people often write."""
FORMED = (".reshape", ".expand", ".repeat")
"""Methods of a tensor that blocks call."""


def why_no_line(statement: ast.stmt) -> str:
    """Why a statement is none that calls a block."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return f"{ast.unparse(statement.value.func)[:40]} gives nothing to the drawing here; take this line out"
    value = statement.value if isinstance(statement, ast.Assign) else None
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Subscript):
        return "give each module a name of its own, and call it by that: x = self.first(x)"
    if value is not None and type(value) in VALUES:
        return VALUES[type(value)]
    return STATEMENTS.get(type(statement), CALL)


def why_no_function(statement: ast.Assign, written: str) -> str:
    """Why a call of a function is none of those that blocks make; `written` is the call in the text's words."""
    head = head_of(statement)
    if head == "F.dropout" and "training" not in written:
        return "F.dropout needs training=self.training, or it goes on dropping after training"
    kinds = [kind for kind, _ in kinds_by_head().get(head, ())]
    function = dotted(statement.value.func) if isinstance(statement.value, ast.Call) else ""
    hint = HINTS.get(function.rpartition(".")[2])
    if hint:
        return f"{written} cannot be drawn: {hint}"
    if kinds and (head.startswith(("torch.", "F.")) or head in FORMED):
        return f"{written} is not understood; it is written like: {_example(kinds[0])}"
    return f"there is no block for {written}{like(function, kinds_by_head())}"


def how_called(block: Block, attribute: str) -> str:
    """How the module of a block is called, and that the text does it differently."""
    return f"this is not how {block.kind()} is called; write: {_line(block, attribute)}"


def _example(kind: type[Block]) -> str:
    return _line(kind(), "block")


def _line(block: Block, attribute: str) -> str:
    inputs = tuple(map(Variable, block.input_ports()))
    given = (*inputs, Variable(inputs[0] if inputs else "x")) if block.from_batch else inputs
    function = block.as_function(*given) if attribute == "block" else None
    return f"y = {function}" if function else str(block.statements(attribute, block.output_ports(), *given)[0])
