"""Read a network's text as a drawing.

Understood is what our own exports write: classes whose `__init__` creates modules and whose `forward` calls them,
one call a line. What stays the same keeps its block, its place and its name.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from engine.blocks.base import Block, Shape
from engine.blocks.data import Input, Output
from engine.evaluation import evaluate
from engine.graph import Graph, Node, Wire
from engine.groups import Group
from engine.program import is_name
from engine.reading.calls import parameter_of, switched
from engine.reading.functions import blocks_for
from engine.reading.matching import PARAMETER, Match, head_of, match
from engine.reading.modules import Modules
from engine.reading.places import placed
from engine.reading.plain import plain
from engine.reading.rows import Row
from engine.reading.setups import with_setups
from engine.reading.syntax import ClassText, NotUnderstood, Trouble, classes_of, trouble

End = tuple[str, str]
UNKNOWN = ("", "")
"""What a line computes that was not understood."""
Shapes = tuple[Shape, ...]


def read(text: str, before: Graph, shown: frozenset[str]) -> Graph:
    """The drawing that a text means. Blocks of `before` that the text did not show (not in `shown`) stay.

    Raises NotUnderstood with every line that stands in the way; nothing is executed.
    """
    classes = classes_of(text)
    if not classes:
        raise NotUnderstood(Trouble(1, "there is no class with a network"))
    network = classes.get("Network") or list(classes.values())[-1]
    graph = _Reading(classes, network, {}, before, None).graph()
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
        self.text, self.bindings, self.before, self.given = text, bindings, before, given
        self.modules = Modules(classes, bindings, (*around, text.name), partial(_drawing_of, classes))
        self.drawing = Graph()
        self.ends: dict[str, End] = {}
        self.shapes: dict[End, Shape] = {}
        self.owners: dict[str, str] = {}
        self.tried: set[str] = set()
        self.troubles: list[Trouble] = []

    def graph(self) -> Graph:
        if self.text.row is not None:
            self._read_row(self.text.row)
            return with_setups(self.drawing, self.text.setups, self.owners)
        self._read_inputs()
        body = [plain(statement) for statement in self.text.body]
        while body:
            try:
                body = body[self._statement(body) :]
            except NotUnderstood as error:
                self.troubles += error.troubles
                self._forget(body[0])
                body = body[1:]
        self._keep_uncalled()
        if self.troubles:
            raise NotUnderstood(*dict.fromkeys(self.troubles))
        self._read_answer()
        if self.text.base == "nn.ModuleList":
            self.drawing = self._in_number_order()
        return with_setups(self.drawing, self.text.setups, self.owners)

    def _keep_uncalled(self) -> None:
        """Members that `forward` does not call: a numbered one that was there before stays, so that numbers last."""
        kept = list[str]()
        for attribute, creation in self.text.creations.items():
            if attribute in self.owners or attribute in self.tried:
                continue
            old = self._numbered_before(attribute)
            if old is None:
                self.troubles.append(Trouble(creation.lineno, f"{_member(attribute)} is not called in forward"))
                continue
            self.drawing = self.drawing.add(replace(old, same_as=""))
            self.owners[attribute] = old.name
            kept.append(old.name)
        for name in kept:  # what only they read is in no line either
            for source, _ in self.before.feeds(name).values():
                if source not in self.drawing.nodes:
                    self.drawing = self.drawing.add(self.before.nodes[source])
                    kept.append(source)
        feeds = (wire for name in kept for wire in self.before.into(name))
        self.drawing = self.drawing.connect(*(wire for wire in feeds if _possible(self.drawing, wire)))

    def _numbered_before(self, attribute: str) -> Node | None:
        """The block that had this number before; beside numbered blocks, parameters have names."""
        if self.text.base == "nn.ModuleList" and not attribute.startswith("_"):
            return self.before.nodes.get(attribute)
        inner = [n for n in self.before.nodes.values() if not isinstance(n.block, Input | Output) and not n.same_as]
        modules = [n for n in inner if isinstance(n.block, Group) or n.block.torch_name.startswith("nn.")]
        number = int(attribute[1:]) if attribute[1:].isdigit() else len(modules)
        node = modules[number] if number < len(modules) else None
        return node if node and node.name not in self.drawing.nodes else None

    def _in_number_order(self) -> Graph:
        """The same drawing with its blocks in the order of their numbers."""
        numbers = {name: int(attribute[1:]) for attribute, name in self.owners.items() if attribute[1:].isdigit()}
        last = len(numbers)
        nodes = sorted(self.drawing.nodes.values(), key=lambda node: numbers.get(node.name, last))
        return replace(Graph().add(*nodes), wires=self.drawing.wires)

    def _forget(self, statement: ast.stmt) -> None:
        """What a line that was not understood computes is unknown, but no reason to complain about other lines."""
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        names = (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
        self.ends.update(dict.fromkeys(names, UNKNOWN))

    def _read_inputs(self) -> None:
        known = [node for node in self.before.nodes.values() if isinstance(node.block, Input)]
        for number, name in enumerate(self.text.inputs):
            if not is_name(name) or name in self.drawing.nodes:
                raise trouble(self.text.node, f"{name} cannot be the name of an input")
            node = self.before.nodes.get(name) or (known[number] if number < len(known) else None)
            block = node.block if node and isinstance(node.block, Input) else Input()
            shape = self.given[number] if self.given and number < len(self.given) else block.shapes()[0]
            self._add(name, block, (), shape)
            self.ends[name] = name, "output"

    def _read_answer(self) -> None:
        assert self.text.answer is not None
        answer = self.text.answer
        values = answer.elts if isinstance(answer, ast.Tuple | ast.List) else [answer]
        if isinstance(answer, ast.Constant) and answer.value is None:
            values = []
        known = [name for name, node in self.before.nodes.items() if isinstance(node.block, Output)]
        for number, value in enumerate(values):
            end = self._end(value)
            wish = known[number] if number < len(known) else "output"
            name = self.drawing.fresh_name(wish)
            self._add(name, Output(), (end,))

    def _statement(self, body: list[ast.stmt]) -> int:
        """Read one block from the beginning of the statements that are left; how many it took."""
        first = body[0]
        if isinstance(first, ast.Assign) and len(body) > 1 and isinstance(body[1], ast.For):
            self._loop(first, body[1])
            return 2
        if isinstance(first, ast.Assign) and isinstance(first.value, ast.Name):
            target = first.targets[0]
            if isinstance(target, ast.Name):
                self.ends[target.id] = self._end(first.value)
                return 1
        head = head_of(first)
        if head == "self":
            return self._module_call(body)
        if head == PARAMETER:
            return self._parameter_call(body)
        if head:
            return self._function_call(body)
        raise trouble(first, "here stands one call, such as: relu1 = self.relu1(conv1)")

    def _module_call(self, body: list[ast.stmt]) -> int:
        first = body[0]
        assert isinstance(first, ast.Assign) and isinstance(first.value, ast.Call)
        function = first.value.func
        assert isinstance(function, ast.Attribute)
        attribute = function.attr
        creation = self.text.creations.get(attribute)
        self.tried.add(attribute)
        if creation is None:
            raise trouble(first, f"{_member(attribute)} is not created in __init__")
        tensors = [self._end(argument) for argument in first.value.args]
        owner = self.owners.get(attribute)
        numbered = attribute.startswith("_")
        before = self._numbered_before(attribute) if numbered else self.before.nodes.get(attribute)
        old = before.block if before else None
        block = self.drawing.nodes[owner].block if owner else self.modules.module(creation, self._inputs(tensors), old)
        same = [old] if old and _same_module(old, block, self._inputs(tensors)) else []
        fitting = [(other, found) for other in (*same, *switched(block)) if (found := match(other, attribute, body))]
        if not fitting:
            raise trouble(first, f"this is not how {block.kind()} is called")
        block, found = max(fitting, key=lambda pair: pair[1].used)  # one that explains more lines says more
        name = self._fresh(first, found, block) if owner or numbered else attribute
        if numbered and not owner and before and len(block.output_ports()) > 1:
            name = before.name  # the names of several results do not tell where the block's own name ends
        self._place(name, block, found, same_as=owner or "")
        self.owners.setdefault(attribute, name)
        return found.used

    def _read_row(self, call: ast.Call) -> None:
        """A class that is an nn.Sequential: one input, its modules in a row, one output."""
        known = [node for node in self.before.nodes.values() if isinstance(node.block, Input)]
        shape = self.given or ((known[0].block.shapes()[0],) if known else (Input().shape,))
        row = Row(self.modules.module, self.before, shape)
        row.fill(call)
        self.drawing, self.owners = row.drawing, row.owners

    def _function_call(self, body: list[ast.stmt]) -> int:
        first = body[0]
        assert isinstance(first, ast.Assign)
        old = self._old_of(first)
        candidates = blocks_for(body, self.bindings)
        for block in [*([old] if old and not isinstance(old, Input | Output | Group) else []), *candidates]:
            if found := match(block, "_", body):
                for name in found.tensors(len(block.input_ports())):
                    self._end(ast.copy_location(ast.Name(name), first))
                self._place(self._fresh(first, found, block), block, found)
                return found.used
        raise trouble(first, f"there is no block for {ast.unparse(first)[:60]}")

    def _parameter_call(self, body: list[ast.stmt]) -> int:
        """A learned tensor, for each example of the batch: self.token.expand(x.shape[0], -1)."""
        first = body[0]
        assert isinstance(first, ast.Assign) and isinstance(first.value, ast.Call)
        function = first.value.func
        assert isinstance(function, ast.Attribute)
        attribute = function.value.attr if isinstance(function.value, ast.Attribute) else ""
        creation = self.text.creations.get(attribute)
        if creation is None or attribute in self.owners:
            raise trouble(first, f"{ast.unparse(function.value)} is no parameter, or it is used twice")
        block = parameter_of(creation, len(first.value.args) - 1, self.bindings)
        found = match(block, attribute, body)
        if found is None:
            raise trouble(first, "a parameter is used as: self.token.expand(x.shape[0], -1, -1)")
        self._place(attribute, block, found)
        self.owners[attribute] = attribute
        return found.used

    def _loop(self, first: ast.Assign, loop: ast.For) -> None:
        """A repeated group, written as a loop over an nn.ModuleList."""
        attribute = loop.iter.attr if isinstance(loop.iter, ast.Attribute) else ""
        creation = self.text.creations.get(attribute)
        inner = loop.body[0] if len(loop.body) == 1 else None
        target = first.targets[0]
        if (
            creation is None
            or not isinstance(inner, ast.Assign)
            or ast.unparse(inner.targets[0]) != ast.unparse(target)
        ):
            raise trouble(loop, "a loop calls the copies of one group: for layer in self.stage: x = layer(x)")
        sources = first.value.elts if isinstance(first.value, ast.Tuple) else [first.value]
        results = target.elts if isinstance(target, ast.Tuple) else [target]
        tensors = [self._end(source) for source in sources]
        block = self.modules.module(creation, self._inputs(tensors), self._old(attribute))
        if len(block.input_ports()) != len(tensors) or len(block.output_ports()) != len(results):
            raise trouble(loop, f"{attribute} has {len(block.input_ports())} inputs")
        self._add(attribute, block, tuple(tensors))
        self.owners[attribute] = attribute
        for result, port in zip(results, block.output_ports(), strict=True):
            self.ends[ast.unparse(result)] = attribute, port

    def _place(self, name: str, block: Block, found: Match, same_as: str = "") -> None:
        tensors = tuple(self.ends[variable] for variable in found.tensors(len(block.input_ports())))
        self._add(name, block, tensors, same_as=same_as)
        for variable, port in zip(found.results(len(block.output_ports())), block.output_ports(), strict=True):
            if variable != "_":
                self.ends[variable] = name, port

    def _add(
        self, name: str, block: Block, tensors: tuple[End, ...], shape: Shape | None = None, same_as: str = ""
    ) -> None:
        if not is_name(name) or name in self.drawing.nodes:
            raise trouble(self.text.node, f"{name} cannot be the name of a block, or there are two of them")
        self.drawing = self.drawing.add(Node(name, block, same_as=same_as))
        ends = zip(tensors, block.input_ports(), strict=True)
        wires = (Wire(*end, name, port) for end, port in ends if end != UNKNOWN)
        self.drawing = self.drawing.connect(*wires)
        inputs = self._inputs(list(tensors))
        shapes = (shape,) if shape is not None else evaluate(block, inputs).shapes if inputs is not None else ()
        self.shapes.update(zip(((name, port) for port in block.output_ports()), shapes, strict=False))

    def _inputs(self, tensors: list[End]) -> Shapes | None:
        known = tuple(self.shapes[end] for end in tensors if end in self.shapes)
        return known if len(known) == len(tensors) else None

    def _end(self, node: ast.expr) -> End:
        if not isinstance(node, ast.Name):
            raise trouble(node, f"{ast.unparse(node)[:60]} must be the name of a result above; write one call a line")
        if node.id not in self.ends:
            raise trouble(node, f"{node.id} is not computed above")
        return self.ends[node.id]

    def _old_of(self, statement: ast.Assign) -> Block | None:
        """The block that filled these variables before: one is called like it, several begin with its name."""
        names = [part.id for part in ast.walk(statement.targets[0]) if isinstance(part, ast.Name)]
        stems = [stem for name in names for stem in (name, name.rstrip("_").rpartition("_")[0])]
        return next((self.before.nodes[stem].block for stem in stems if stem in self.before.nodes), None)

    def _old(self, name: str) -> Block | None:
        return self.before.nodes[name].block if name in self.before.nodes else None

    def _fresh(self, statement: ast.stmt, found: Match, block: Block) -> str:
        """A name for a block that has none in the text: that of its result."""
        ports = block.output_ports()
        for variable, port in zip(found.results(len(ports)), ports, strict=True):
            wish = variable if len(ports) == 1 else variable.rstrip("_").removesuffix(f"_{port}")
            if variable != "_" and is_name(wish) and wish not in self.text.creations:
                return self.drawing.fresh_name(wish)
        return self.drawing.name_for(block)


def _same_module(one: Block, other: Block, inputs: Shapes | None) -> bool:
    """Whether two blocks create the same module: they may still call it in other ways."""
    if type(one) is not type(other) or isinstance(one, Group) or inputs is None:
        return False
    return one.layer(*inputs) == other.layer(*inputs)


def _member(attribute: str) -> str:
    return f"self[{attribute[1:]}]" if attribute.startswith("_") else f"self.{attribute}"
