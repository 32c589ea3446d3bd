"""Read a network's text as a drawing.

Understood is what our own exports write: classes whose `__init__` creates modules and whose `forward` calls them.
What stays the same keeps its block, its place and its name.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from engine.blocks.data import Input, Output
from engine.graph import Graph, Wire
from engine.program import is_name
from engine.reading.growing import UNKNOWN, Growing, Shapes
from engine.reading.lines import Lines, member
from engine.reading.modules import Modules, bindings_of
from engine.reading.places import placed
from engine.reading.plain import plain
from engine.reading.preparing import prepare
from engine.reading.remembered import Remembered
from engine.reading.rows import Row
from engine.reading.setups import with_setups
from engine.reading.spelling import attributes_in
from engine.reading.syntax import ClassText, classes_of
from engine.reading.values import NotUnderstood, Trouble, trouble


def read(text: str, before: Graph, shown: frozenset[str]) -> Graph:
    """The drawing that a text means. Blocks of `before` that the text did not show (not in `shown`) stay.

    Raises NotUnderstood with every line that stands in the way; nothing is executed.
    """
    classes = classes_of(text)
    if not classes:
        raise NotUnderstood(Trouble(1, "there is no class with a network"))
    prepare(classes)
    network = classes.get("Network") or list(classes.values())[-1]
    try:
        graph = _Reading(classes, network, bindings_of(network, network.node, {}), before, None).graph()
    except RecursionError as error:
        raise NotUnderstood(Trouble(network.node.lineno, "this is nested too deeply to be read")) from error
    hidden = before.part(name for name in before.nodes if name not in shown and name not in graph.nodes)
    graph = graph.add(*hidden.nodes.values())
    kept = [w for w in before.wires if {w.source, w.target} & hidden.nodes.keys() and _possible(graph, w)]
    return placed(graph.connect(*kept), before)


def _possible(graph: Graph, wire: Wire) -> bool:
    return (
        wire.source in graph.nodes
        and wire.target in graph.nodes
        and wire.output in graph.nodes[wire.source].block.output_ports()
        and wire.input in graph.nodes[wire.target].block.input_ports()
    )


def _drawing_of(
    classes: Mapping[str, ClassText],
    text: ClassText,
    bindings: Mapping[str, Any],
    before: Graph,
    given: Shapes | None,
    around: tuple[str, ...],
) -> Graph:
    return _Reading(classes, text, bindings, before, given, around).graph()


class _Reading:
    """One class with its arguments, on its way to a drawing."""

    def __init__(
        self,
        classes: Mapping[str, ClassText],
        text: ClassText,
        bindings: Mapping[str, Any],
        before: Graph,
        given: Shapes | None,
        around: tuple[str, ...] = (),
    ) -> None:
        self.text, self.given = text, given
        self.before, self.growing = Remembered(text, before), Growing(text, before)
        self.modules = Modules(classes, bindings, (*around, text.name), partial(_drawing_of, classes))
        self.lines = Lines(text, bindings, self.modules, self.growing, self.before)
        self.troubles: list[Trouble] = []

    def graph(self) -> Graph:
        if self.text.row is not None:
            return self._row(self.text.row)
        self._read_inputs()
        self._read_lines([plain(statement) for statement in self.text.body])
        self._keep_uncalled()
        if self.troubles:
            raise NotUnderstood(*dict.fromkeys(self.troubles))
        self._read_answer()
        drawing = self._in_number_order() if self.text.base == "nn.ModuleList" else self._inputs_where_they_were()
        return with_setups(drawing, self.text.setups, self.growing.owners)

    def _row(self, call: ast.Call) -> Graph:
        """A class that is an nn.Sequential: one input, its modules in a row, one output."""
        known = [node for node in self.before.graph.nodes.values() if isinstance(node.block, Input)]
        shape = self.given or ((known[0].block.shapes()[0],) if known else (Input().shape,))
        row = Row(self.modules.module, self.before.graph, shape)
        row.fill(call)
        return with_setups(row.drawing, self.text.setups, row.owners)

    def _read_inputs(self) -> None:
        nodes = self.before.graph.nodes
        known = [node for node in nodes.values() if isinstance(node.block, Input)]
        for number, name in enumerate(self.text.inputs):
            if not is_name(name) or name in self.growing.drawing.nodes:
                raise trouble(self.text.node, f"{name} cannot be the name of an input")
            node = nodes.get(name) or (known[number] if number < len(known) else None)
            block = node.block if node and isinstance(node.block, Input) else Input()
            shape = self.given[number] if self.given and number < len(self.given) else block.shapes()[0]
            self.growing.add(name, block, (), shape)
            self.growing.ends[name] = name, "output"

    def _read_lines(self, body: list[ast.stmt]) -> None:
        while body:
            try:
                body = body[self.lines.read(body) :]
            except NotUnderstood as error:
                simpler = self.lines.simpler(body[0])
                if not simpler:
                    self.troubles += error.troubles
                    self._forget(body[0])
                    self.lines.tried |= attributes_in(body[0])
                body = [*simpler, *body[1:]]

    def _forget(self, statement: ast.stmt) -> None:
        """What a line that was not understood computes is unknown, but no reason to complain about other lines."""
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        names = (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
        self.growing.ends.update(dict.fromkeys(names, UNKNOWN))

    def _keep_uncalled(self) -> None:
        """Members that `forward` does not call: a numbered one that was there before stays, so that numbers last."""
        growing, kept = self.growing, list[str]()
        for attribute, creation in self.text.creations.items():
            if attribute in growing.owners or attribute in self.lines.tried:
                continue
            old = self.before.numbered(attribute, growing.drawing)
            if old is None:
                self.troubles.append(Trouble(creation.lineno, f"{member(attribute)} is not called in forward"))
                continue
            growing.drawing = growing.drawing.add(replace(old, same_as=""))
            growing.owners[attribute] = old.name
            kept.append(old.name)
        self._keep_feeds(kept)

    def _keep_feeds(self, kept: list[str]) -> None:
        """What only these blocks read is in no line either."""
        drawing, before = self.growing.drawing, self.before.graph
        for name in kept:
            for source, _ in before.feeds(name).values():
                if source not in drawing.nodes:
                    drawing = drawing.add(before.nodes[source])
                    kept.append(source)
        feeds = [wire for name in kept for wire in before.into(name)]
        self.growing.drawing = drawing.connect(*(wire for wire in feeds if _possible(drawing, wire)))

    def _inputs_where_they_were(self) -> Graph:
        """The same drawing with each Input among its neighbours of before, so that lines keep their order."""
        drawing, order = self.growing.drawing, list(self.before.graph.nodes)
        nodes = list(drawing.nodes.values())
        for name in [name for name in order if name in drawing.nodes and isinstance(drawing.nodes[name].block, Input)]:
            nodes.remove(drawing.nodes[name])
            behind = {other for other in order[order.index(name) + 1 :] if other in drawing.nodes}
            place = next((index for index, node in enumerate(nodes) if node.name in behind), len(nodes))
            nodes.insert(place, drawing.nodes[name])
        return replace(Graph().add(*nodes), wires=drawing.wires)

    def _in_number_order(self) -> Graph:
        """The same drawing with its blocks in the order of their numbers."""
        owners, drawing = self.growing.owners, self.growing.drawing
        numbers = {name: int(attribute[1:]) for attribute, name in owners.items() if attribute[1:].isdigit()}
        last = len(numbers)
        nodes = sorted(drawing.nodes.values(), key=lambda node: numbers.get(node.name, last))
        return replace(Graph().add(*nodes), wires=drawing.wires)

    def _read_answer(self) -> None:
        assert self.text.answer is not None
        answer = self.text.answer
        values = answer.elts if isinstance(answer, ast.Tuple | ast.List) else [answer]
        if isinstance(answer, ast.Constant) and answer.value is None:
            values = []
        known = [name for name, node in self.before.graph.nodes.items() if isinstance(node.block, Output)]
        for number, value in enumerate(values):
            end = self.growing.end(value)
            wish = known[number] if number < len(known) else "output"
            self.growing.add(self.growing.drawing.fresh_name(wish), Output(), (end,))
