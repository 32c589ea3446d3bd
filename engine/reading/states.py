"""The last states of recurrent blocks, as PyTorch gives them: the layers before the examples.

Our blocks give the examples first, in lines behind the call. What a text takes as `h[-1]` is then `h[:, -1]`.
"""

from __future__ import annotations

import ast

from engine.blocks.base import Block
from engine.blocks.recurrent import Recurrent
from engine.reading.growing import Growing
from engine.reading.matching import Match, match
from engine.reading.plain import folded, plain
from engine.reading.values import trouble

TURNED = "__"
"""What stands behind the name of a state where its examples come first; no block can have such a name."""


class States:
    """Which variables hold states with the layers first."""

    def __init__(self, growing: Growing) -> None:
        self.growing, self.names = growing, set[str]()

    def match(self, block: Block, attribute: str, first: ast.stmt) -> Match | None:
        """How a recurrent block fits a line that takes its states as they are."""
        target = first.targets[0] if isinstance(first, ast.Assign) else None
        states = target.elts[1:] if isinstance(target, ast.Tuple) and isinstance(block, Recurrent) else []
        names = [p.id for state in states for p in ast.walk(state) if isinstance(p, ast.Name) and p.id != "_"]
        turned = [plain(ast.parse(f"{name} = {name}.transpose(0, 1)").body[0]) for name in names]
        found = match(block, attribute, [first, *turned]) if names else None
        if found:
            self.names.update(names)
            found.used = 1
        return found

    def spoken(self, statement: ast.stmt) -> ast.stmt:
        """The line with `h[:, -1]` for `h[-1]`. Raises NotUnderstood for any other use of such a variable."""
        if not self.names or not isinstance(statement, ast.Assign):
            return statement
        for part in ast.walk(statement.value):
            if isinstance(part, ast.Subscript) and isinstance(part.value, ast.Name) and part.value.id in self.names:
                self._turn(part, part.value)
        for part in ast.walk(statement.value):
            if isinstance(part, ast.Name) and part.id in self.names:
                raise trouble(statement, f"{part.id} has the layers first here; take the last of them: {part.id}[-1]")
        filled = {part.id for part in ast.walk(statement.targets[0]) if isinstance(part, ast.Name)}
        self.names -= filled
        return plain(statement)

    def _turn(self, node: ast.Subscript, state: ast.Name) -> None:
        """Make `h[-1]` the same of the state with the examples first, which has a name of its own."""
        number = folded(node.slice)
        if isinstance(number, ast.Constant | ast.UnaryOp):
            whole = ast.copy_location(ast.Slice(), number)
            node.slice = ast.copy_location(ast.Tuple([whole, number], ast.Load()), number)
            name = f"{state.id}{TURNED}"
            self.growing.ends[name] = self.growing.ends[state.id]
            node.value = ast.copy_location(ast.Name(name, ast.Load()), state)
