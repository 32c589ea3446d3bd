"""What `__init__` creates: blocks, groups with a class of their own, and rows of modules."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.blocks.base import Block, Shape
from engine.blocks.data import Input
from engine.evaluation import evaluate
from engine.graph import Graph
from engine.groups import Group
from engine.reading.calls import block_of_module, creates
from engine.reading.places import placed
from engine.reading.rows import Row
from engine.reading.spelling import dotted
from engine.reading.syntax import ClassText, members_of
from engine.reading.values import trouble, value_of

Shapes = tuple[Shape, ...]
ReadClass = Callable[[ClassText, Mapping[str, Any], Graph, Shapes | None, tuple[str, ...]], Graph]
"""Reads the drawing of a class, given its arguments, the drawing before, what enters, and the classes around it."""


@dataclass(frozen=True)
class Modules:
    """Reads the expressions of one class's `__init__`."""

    classes: Mapping[str, ClassText]
    bindings: Mapping[str, Any]
    around: tuple[str, ...]
    """The class itself and those that it lies in."""
    read_class: ReadClass

    def module(self, creation: ast.expr, inputs: Shapes | None, old: Block | None) -> Block:
        """The block that an expression of `__init__` creates, for what reaches it."""
        if not isinstance(creation, ast.Call):
            raise trouble(creation, "a module is created by a call such as nn.ReLU()")
        name = dotted(creation.func)
        if name in self.classes:
            return self._group(creation, inputs, old)
        if name in ("nn.Sequential", "nn.ModuleList"):
            return self._several(creation, inputs, old)
        if old is not None and inputs is not None and not isinstance(old, Group) and creates(old, inputs, creation):
            return old
        return block_of_module(creation, inputs, self.bindings)

    def _group(self, creation: ast.Call, inputs: Shapes | None, old: Block | None) -> Group:
        text = self.classes[dotted(creation.func)]
        if text.name in self.around:
            raise trouble(creation, f"{text.name} cannot contain itself")
        bindings = bindings_of(text, creation, self.bindings)
        known = old if isinstance(old, Group) else None
        graph = self.read_class(text, bindings, known.graph if known else Graph(), inputs, self.around)
        bare = text.name.rstrip("0123456789")
        same = known is not None and bare == known.class_name.rstrip("0123456789")
        class_name = known.class_name if known and same else bare if bare in self.classes else text.name
        graph = placed(graph, known.graph if known else Graph())
        return Group(class_name=class_name, numbered=text.base == "nn.ModuleList", graph=graph)

    def _several(self, creation: ast.Call, inputs: Shapes | None, old: Block | None) -> Group:
        """Modules in a row: copies of one group, or blocks that are numbered or named."""
        known = old if isinstance(old, Group) else None
        members = members_of(creation)
        if known is None or not known.numbered or known.repeat == len(members):
            copies = self._copies(members, inputs, known)
            if copies:
                return copies
        row = Row(self.module, known.graph if known else Graph(), inputs)
        row.fill(creation)
        class_name = known.class_name if known else "Block"
        graph = placed(row.drawing, known.graph if known else Graph())
        return Group(class_name=class_name, numbered=row.numbered, graph=graph)

    def _copies(self, members: list[ast.expr], inputs: Shapes | None, known: Group | None) -> Group | None:
        """One group repeated, if all members are of one class of the text and mean the same drawing."""
        kinds = {dotted(member.func) if isinstance(member, ast.Call) else "" for member in members}
        repeated = known is not None and known.repeat == len(members)
        possible = {*self.classes, *(["nn.Sequential"] if repeated else [])}
        if len(members) < 2 or len(kinds) != 1 or not kinds <= possible:
            return None
        once = replace(known, repeat=1) if known else None
        first = self.module(members[0], inputs, once)
        assert isinstance(first, Group)
        for member in members[1:]:
            outcome = evaluate(first, inputs) if inputs is not None else None
            inputs = outcome.shapes if outcome and not outcome.error else None
            other = self.module(member, inputs, once)
            if not isinstance(other, Group) or _bare(other) != _bare(first):
                return None
        return replace(first, repeat=len(members))


def bindings_of(text: ClassText, creation: ast.Call | ast.ClassDef, around: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a class's arguments where it is created; for its own definition, the defaults. NotUnderstood."""
    given = creation.args if isinstance(creation, ast.Call) else []
    named = {keyword.arg or "**": keyword.value for keyword in creation.keywords}
    placed = dict(zip(text.arguments, given, strict=False))
    if len(given) > len(text.arguments) or named.keys() & placed.keys() or named.keys() - set(text.arguments):
        raise trouble(creation, f"{text.name} takes {', '.join(text.arguments) or 'no values'}")
    stated = {name: value_of(value, around) for name, value in {**placed, **named}.items()}
    usual = {name: value_of(value, {}) for name, value in text.defaults.items() if name not in stated}
    for name in text.arguments:
        if name not in stated and name not in usual:
            raise trouble(creation, f"{text.name} needs a value for {name}, such as {name}=64")
    return {**usual, **stated}


def _bare(group: Group) -> Graph:
    """The drawing inside a group without what depends on where it stands."""
    nodes = (
        replace(node, at=(0.0, 0.0), block=Input() if isinstance(node.block, Input) else node.block)
        for node in group.graph.nodes.values()
    )
    return group.graph.add(*nodes)
