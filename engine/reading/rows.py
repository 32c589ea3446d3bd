"""The members of an nn.Sequential, as a drawing of their own."""

from __future__ import annotations

import ast
from collections.abc import Callable

from engine.blocks.base import Block, Shape
from engine.blocks.data import Input, Output
from engine.evaluation import evaluate, needed
from engine.graph import Graph, Node, Wire
from engine.program import is_name
from engine.reading.spelling import dotted
from engine.reading.syntax import members_of
from engine.reading.values import NotUnderstood, Trouble, trouble

Shapes = tuple[Shape, ...]
ReadMember = Callable[[ast.expr, Shapes | None, Block | None], Block]
"""Reads one member, given what reaches it and the block that stood there before."""


class Row:
    """The members of an nn.Sequential on their way to a drawing of their own."""

    def __init__(self, member: ReadMember, before: Graph, inputs: Shapes | None) -> None:
        self.member, self.before, self.inputs = member, before, inputs
        self.drawing, self.owners, self.numbered = Graph(), dict[str, str](), True

    def fill(self, call: ast.Call) -> None:
        """Read every member and put it behind the last one."""
        members = self._members(call)
        old = self._former(len(members))
        ends = [n for n, node in self.before.nodes.items() if isinstance(node.block, Input | Output)]
        first, last = (ends[0], ends[-1]) if len(ends) == 2 else ("input", "output")
        shape = self.inputs[0] if self.inputs else (1,)
        known = self.before.nodes.get(first)
        door = known.block if known and isinstance(known.block, Input) else Input(shape=tuple(shape) or (1,))
        self.drawing = self.drawing.add(Node(first, door))
        for number, (name, member) in enumerate(members):
            kept = name or (old[number] if old else "")
            known_block = self.before.nodes[kept].block if kept in self.before.nodes else None
            block = self.member(member, self.inputs, known_block)
            name = self._unique(kept, block)
            self.drawing = self.drawing.add(Node(name, block))
            self._wire(name)
            self.owners[name if not self.numbered else f"_{number}"] = name
            outcome = evaluate(block, self.inputs) if self.inputs else None
            self.inputs = outcome.shapes if outcome and not outcome.error and len(outcome.shapes) == 1 else None
        self.drawing = self.drawing.add(Node(last, Output()))
        self._wire(last)

    def _former(self, count: int) -> list[str]:
        """The blocks that stood here, if they were as many; those that feed nothing may be in no text."""
        nodes, on_the_way = self.before.nodes, needed(self.before)
        inner = [name for name in self.before.order if not isinstance(nodes[name].block, Input | Output)]
        choices = (inner, [name for name in inner if name in on_the_way])
        return next((names for names in choices if len(names) == count), [])

    def _members(self, call: ast.Call) -> list[tuple[str, ast.expr]]:
        inner = call.args[0] if len(call.args) == 1 else None
        if isinstance(inner, ast.Call) and dotted(inner.func) == "OrderedDict" and not inner.args:
            self.numbered = False
            return [(keyword.arg or "", keyword.value) for keyword in inner.keywords]
        pairs = inner.args[0] if isinstance(inner, ast.Call) and dotted(inner.func) == "OrderedDict" else None
        if isinstance(pairs, ast.List | ast.Tuple) and pairs.elts:
            self.numbered = False
            return [_pair(part) for part in pairs.elts]
        return [("", member) for member in members_of(call)]

    def _unique(self, wish: str, block: Block) -> str:
        if wish and (not is_name(wish) or wish in self.drawing.nodes):
            raise NotUnderstood(Trouble(1, f"{wish} cannot be the name of a block, or there are two of them"))
        return wish or self.drawing.name_for(block)

    def _wire(self, name: str) -> None:
        *_, before, _ = [*self.drawing.nodes]
        port = self.drawing.nodes[before].block.output_ports()[0]
        self.drawing = self.drawing.connect(Wire(before, port, name, self.drawing.nodes[name].block.input_ports()[0]))


def _pair(node: ast.expr) -> tuple[str, ast.expr]:
    """A name and a module: ("conv", nn.Conv2d(1, 8, 3))."""
    name, member = node.elts if isinstance(node, ast.Tuple) and len(node.elts) == 2 else (None, node)
    if not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        raise trouble(node, 'members with names are written as: ("conv", nn.Conv2d(1, 8, 3))')
    return name.value, member
