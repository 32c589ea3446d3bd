"""A drawing while its text is read: the blocks so far, what each variable stands for, and the shapes that are known."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from typing import TypeGuard

from engine.blocks.base import Block, Shape
from engine.blocks.data import Input
from engine.evaluation import evaluate
from engine.graph import Graph, Node, Wire
from engine.program import is_name
from engine.reading.matching import Match
from engine.reading.syntax import ClassText
from engine.reading.values import trouble

End = tuple[str, str]
"""A block and one of its outputs."""
UNKNOWN = ("", "")
"""What a line computes that was not understood."""
Shapes = tuple[Shape, ...]


class Growing:
    """The drawing of one class, to which its lines are added one after the other."""

    def __init__(self, text: ClassText, before: Graph) -> None:
        self.text, self.before, self.drawing = text, before, Graph()
        self.filled = Counter(part.id for line in text.body for part in ast.walk(line) if _is_target(part))
        """How often each variable is filled."""
        self.ends: dict[str, End] = {}
        """What each variable stands for."""
        self.shapes: dict[End, Shape] = {}
        self.owners: dict[str, str] = {}
        """The block of each attribute."""

    def add(
        self, name: str, block: Block, tensors: Sequence[End], shape: Shape | None = None, same_as: str = ""
    ) -> None:
        """One block more, fed by these ends; `shape` is what leaves it, where that is not worked out. NotUnderstood."""
        if not is_name(name) or name in self.drawing.nodes:
            raise trouble(self.text.node, f"{name} cannot be the name of a block, or there are two of them")
        self.drawing = self.drawing.add(Node(name, block, same_as=same_as))
        ends = zip(tensors, block.input_ports(), strict=True)
        self.drawing = self.drawing.connect(*(Wire(*end, name, port) for end, port in ends if end != UNKNOWN))
        inputs = self.inputs(tensors)
        shapes = (shape,) if shape is not None else evaluate(block, inputs).shapes if inputs is not None else ()
        self.shapes.update(zip(((name, port) for port in block.output_ports()), shapes, strict=False))

    def place(self, name: str, block: Block, found: Match, same_as: str = "") -> None:
        """A block whose own statements were found in the text."""
        tensors = [self.ends[variable] for variable in found.tensors(len(block.input_ports()))]
        self.add(name, block, tensors, same_as=same_as)
        for variable, port in zip(found.results(len(block.output_ports())), block.output_ports(), strict=True):
            if variable != "_":
                self.ends[variable] = name, port

    def inputs(self, tensors: Sequence[End]) -> Shapes | None:
        """The shapes at these ends, or None where one of them is unknown."""
        known = tuple(self.shapes[end] for end in tensors if end in self.shapes)
        return known if len(known) == len(tensors) else None

    def end(self, node: ast.expr) -> End:
        """What a variable stands for. Raises NotUnderstood."""
        if not isinstance(node, ast.Name):
            raise trouble(node, f"{ast.unparse(node)[:60]} must be the name of a result above")
        if node.id not in self.ends:
            raise trouble(node, f"{node.id} is not computed above")
        return self.ends[node.id]

    def fresh(self, found: Match, block: Block) -> str:
        """A name for a block that has none in the text: that of its result."""
        ports = block.output_ports()
        for variable, port in zip(found.results(len(ports)), ports, strict=True):
            wish = variable if len(ports) == 1 else variable.rstrip("_").removesuffix(f"_{port}")
            if variable != "_" and is_name(wish) and wish not in self.text.creations and self._tells(wish, found.used):
                return self.drawing.fresh_name(wish)
        return self.drawing.name_for(block)

    def _tells(self, variable: str, lines: int) -> bool:
        """Whether a variable stands for one thing; x that is filled again and again is no name for a block."""
        was_block = variable in self.before.nodes and not isinstance(self.before.nodes[variable].block, Input)
        return was_block or (self.filled[variable] <= lines and variable not in self.text.inputs)


def _is_target(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
