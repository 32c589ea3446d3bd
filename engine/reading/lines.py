"""Lines of `forward`: each calls one block."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain

from engine.blocks.base import Block
from engine.blocks.data import Input, Output
from engine.groups import Group
from engine.reading.calls import Bindings, parameter_of, switched
from engine.reading.functions import blocks_for
from engine.reading.growing import Growing, Shapes
from engine.reading.matching import PARAMETER, Match, head_of, match
from engine.reading.modules import Modules
from engine.reading.plain import plain
from engine.reading.refusals import how_called, why_no_function, why_no_line
from engine.reading.remembered import Remembered
from engine.reading.sizes import Sizes
from engine.reading.states import States
from engine.reading.stating import restated
from engine.reading.syntax import ClassText
from engine.reading.unfolding import unfolded
from engine.reading.unrolling import runs_through
from engine.reading.values import trouble


class Lines:
    """Reads the lines of one class's `forward` into a growing drawing."""

    def __init__(
        self, text: ClassText, bindings: Bindings, modules: Modules, growing: Growing, before: Remembered
    ) -> None:
        self.text, self.bindings, self.modules, self.growing, self.before = text, bindings, modules, growing, before
        self.sizes, self.states = Sizes(growing), States(growing)
        self.tried: set[str] = set()
        """Attributes that some line calls, understood or not."""

    def read(self, body: list[ast.stmt]) -> int:
        """Read one block from the beginning of the statements that are left; how many it took. NotUnderstood."""
        first = self.states.spoken(body[0])
        body = [first, *body[1:]]
        if isinstance(first, ast.For):
            self._loop(first)
            return 1
        if isinstance(first, ast.Assign) and (self.sizes.keeps(first) or self._renames(first)):
            return 1
        head = head_of(first)
        if head == "self":
            return self._module_call(body)
        if head == PARAMETER:
            return self._parameter_call(body)
        if head:
            return self._function_call(body)
        raise trouble(first, why_no_line(first))

    def simpler(self, statement: ast.stmt) -> list[ast.stmt]:
        """A line that was not understood, said more simply; nothing if it is as simple as can be."""
        filled = self.sizes.filled(statement)
        if ast.dump(filled) != ast.dump(statement):
            return [plain(filled)]
        return unfolded(statement, self.text.unused)

    def _renames(self, statement: ast.Assign) -> bool:
        """Take a line that only gives results other names: x = y, or a, b = c, d."""
        target, value = statement.targets[0], statement.value
        names, values = ((part.elts if isinstance(part, ast.Tuple) else [part]) for part in (target, value))
        if len(names) != len(values) or not all(isinstance(part, ast.Name) for part in (*names, *values)):
            return False
        ends = [self.growing.end(part) for part in values]
        self.growing.ends.update({ast.unparse(name): end for name, end in zip(names, ends, strict=True)})
        return True

    def _module_call(self, body: list[ast.stmt]) -> int:
        first = body[0]
        assert isinstance(first, ast.Assign) and isinstance(first.value, ast.Call)
        function = first.value.func
        assert isinstance(function, ast.Attribute)
        attribute = function.attr
        creation = self.text.creations.get(attribute)
        self.tried.add(attribute)
        if creation is None:
            raise trouble(first, f"{member(attribute)} is not created in __init__")
        tensors = [self.growing.end(argument) for argument in first.value.args]
        owner = self.growing.owners.get(attribute)
        numbered = attribute.startswith("_")
        before = self.before.member(attribute, self.growing.drawing)
        old = before.block if before else None
        block = (
            self.growing.drawing.nodes[owner].block
            if owner
            else self.modules.module(creation, self.growing.inputs(tensors), old)
        )
        same = [old] if old and _same_module(old, block, self.growing.inputs(tensors)) else []
        ways = (*same, *switched(block))
        fitting = [(other, found) for other in ways if (found := match(other, attribute, body))]
        fitting = fitting or [(other, found) for other in ways if (found := self.states.match(other, attribute, first))]
        if not fitting:
            raise trouble(first, how_called(block, attribute))
        block, found = max(fitting, key=lambda pair: pair[1].used)  # one that explains more lines says more
        name = self.growing.fresh(found, block) if owner or numbered else attribute
        if numbered and not owner and before and len(block.output_ports()) > 1:
            name = before.name  # the names of several results do not tell where the block's own name ends
        self.growing.place(name, block, found, same_as=owner or "")
        self.growing.owners.setdefault(attribute, name)
        return found.used

    def _function_call(self, body: list[ast.stmt]) -> int:
        first = body[0]
        assert isinstance(first, ast.Assign)
        for block, found in self._functions(first, body):
            for name in found.tensors(len(block.input_ports())):
                self.growing.end(ast.copy_location(ast.Name(name), first))
            self.growing.place(self.growing.fresh(found, block), block, found)
            return found.used
        raise trouble(first, why_no_function(first, self.text.as_written(first.value)))

    def _functions(self, first: ast.Assign, body: list[ast.stmt]) -> Iterator[tuple[Block, Match]]:
        """The blocks that the next lines may be, the likeliest first: what was there, then what writes these lines."""
        old = self.before.filled(first)
        known = [] if old is None or isinstance(old, Input | Output | Group) else [old]
        for block in chain(known, blocks_for(body, self.bindings)):
            if found := match(block, "_", body):
                yield block, found
        yield from restated(first, self.bindings)

    def _parameter_call(self, body: list[ast.stmt]) -> int:
        """A learned tensor, for each example of the batch: self.token.expand(x.shape[0], -1)."""
        first = body[0]
        assert isinstance(first, ast.Assign) and isinstance(first.value, ast.Call)
        function = first.value.func
        assert isinstance(function, ast.Attribute)
        attribute = function.value.attr if isinstance(function.value, ast.Attribute) else ""
        creation = self.text.creations.get(attribute)
        if creation is None:
            raise trouble(first, f"{ast.unparse(function.value)} is not created in __init__")
        if attribute in self.growing.owners and isinstance(first.targets[0], ast.Name):
            self.growing.ends[first.targets[0].id] = self.growing.owners[attribute], "output"
            return 1
        self.tried.add(attribute)
        block = parameter_of(creation, len(first.value.args) - 1, self.bindings)
        found = match(block, attribute, body)
        if found is None:
            raise trouble(first, "a parameter is used as: self.token.expand(x.shape[0], -1, -1)")
        self.growing.place(attribute, block, found)
        self.growing.owners[attribute] = attribute
        return found.used

    def _loop(self, loop: ast.For) -> None:
        """A repeated group, written as a loop over an nn.ModuleList: each copy takes what the last one gave."""
        attribute = loop.iter.attr if isinstance(loop.iter, ast.Attribute) else ""
        creation = self.text.creations.get(attribute)
        inner = loop.body[0]
        if creation is None or not runs_through(loop) or not isinstance(inner, ast.Assign):
            raise trouble(loop, why_no_line(loop))
        target = inner.targets[0]
        results = target.elts if isinstance(target, ast.Tuple) else [target]
        self.tried.add(attribute)
        tensors = [self.growing.end(result) for result in results]
        block = self.modules.module(creation, self.growing.inputs(tensors), self.before.block(attribute))
        if len(block.input_ports()) != len(tensors) or len(block.output_ports()) != len(results):
            raise trouble(loop, f"{attribute} has {len(block.input_ports())} inputs")
        self.growing.add(attribute, block, tensors)
        self.growing.owners[attribute] = attribute
        for result, port in zip(results, block.output_ports(), strict=True):
            self.growing.ends[ast.unparse(result)] = attribute, port


def _same_module(one: Block, other: Block, inputs: Shapes | None) -> bool:
    """Whether two blocks create the same module: they may still call it in other ways."""
    if type(one) is not type(other) or isinstance(one, Group) or inputs is None:
        return False
    return one.layer(*inputs) == other.layer(*inputs)


def member(attribute: str) -> str:
    """How the text writes an attribute: `self[2]` for `_2`."""
    return f"self[{attribute[1:]}]" if attribute.startswith("_") else f"self.{attribute}"
