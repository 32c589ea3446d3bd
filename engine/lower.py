"""Turn a healthy drawing into a program: which modules to create, which calls to make, in order."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from engine.blocks.base import Block, Shape
from engine.blocks.data import Input, Output
from engine.check import Report
from engine.evaluation import BlockReport, Port, needed
from engine.graph import Graph, Node
from engine.groups import Group, copies_of
from engine.program import Call, Module, Part, Program, Statement, Step, Variable, call
from engine.writing.source import Source, write

__all__ = ["NotReady", "Source", "lower", "sketch", "write", "written"]

UNREAD = "_"
"""The variable for an output that nothing reads."""

Blocks = Mapping[str, BlockReport]


class NotReady(Exception):
    """The drawing has errors, so there is no program to write; the text says how many and the first of them."""


def lower(graph: Graph, report: Report) -> Program:
    """The calls that compute the outputs, in order; blocks that no output depends on are left out.

    Several inputs and outputs keep the order in which they were drawn.

    Raises NotReady while the report has errors.
    """
    if report.errors:
        count = len(report.errors)
        raise NotReady(f"The drawing has {count} problem{'s' * (count > 1)}. {report.errors[0].text}")
    return _Lowering(graph, report.blocks).program()


def sketch(graph: Graph, report: Report) -> Program:
    """The same for an unfinished drawing: only the blocks whose shapes are known, for the live code view."""
    return _Lowering(graph, report.blocks).program()


def written(graph: Graph, report: Report) -> frozenset[str]:
    """The blocks that a program of this drawing tells of; others wait for a wire, or nothing depends on them."""
    return frozenset(_Lowering(graph, report.blocks).order)


class _Lowering:
    """One drawing on its way to a program; a group inside it becomes a program of its own."""

    def __init__(self, graph: Graph, blocks: Blocks) -> None:
        self.graph, self.blocks = graph, blocks
        known = needed(graph)
        self.order = [name for name in graph.order if name in blocks and name in known]
        self.inputs = tuple(n for n, node in graph.nodes.items() if isinstance(node.block, Input) and n in blocks)
        self.variables = _variables(graph, self.order)

    def program(self, numbered: bool = False) -> Program:
        """The program; where blocks are numbered, every module counts, in the order of the drawing."""
        modules, steps, ends = dict[str, Module](), list[Step](), dict[str, str]()
        for name in self.order:
            node = self.graph.nodes[name]
            if isinstance(node.block, Output):
                ends[name] = self._tensors(node)[0]
            elif not isinstance(node.block, Input):
                step = self._step(node)
                if step.module and step.module not in modules:
                    modules[step.module] = self._module(step.module, node)
                steps.append(step)
        outputs = tuple(ends[name] for name in self.graph.nodes if name in ends)
        if numbered:
            modules = self._numbered(modules)
        names = tuple(name for name in self.graph.nodes if name in ends)
        return Program(self.inputs, tuple(modules.values()), tuple(steps), outputs, names)

    def _numbered(self, used: Mapping[str, Module]) -> dict[str, Module]:
        found = {}
        for name, node in self.graph.nodes.items():
            if name in used:
                found[name] = used[name]
            elif name in self.blocks and not node.same_as and _has_module(node.block, self.blocks[name]):
                found[name] = self._module(name, node)
        return found

    def _step(self, node: Node) -> Step:
        block, report = node.block, self.blocks[node.name]
        owner = node.same_as or node.name
        results = tuple(self.variables[node.name, port] for port in block.output_ports())
        tensors = self._tensors(node)
        if block.from_batch:
            tensors = (*tensors, Variable(self.inputs[0]))
        statements = block.statements(owner, results, *tensors)
        function = block.as_function(*tensors) if len(results) == 1 else None
        short = Statement(results[0], function) if function else None
        return Step(node.name, owner if _has_module(block, report) else "", statements, results, report.outputs, short)

    def _module(self, name: str, node: Node) -> Module:
        owner, inputs = self.graph.nodes[name], self.blocks[node.name].inputs
        block = node.block
        me = f"self.{name}"
        if isinstance(block, Group):
            create: Call | Part = Part(block.class_name, block.numbered, _copies(block, inputs), block.pretrained)
            setup: tuple[Call, ...] = ()
        else:
            layer = layer_of(block, inputs)
            assert layer is not None
            create, setup = layer, owner.initial.calls(me, block.weights(*inputs))
        if owner.frozen:
            setup = (*setup, call(f"{me}.requires_grad_", False))
        return Module(name, create, setup, owner.frozen, block.running_statistics, owner.key)

    def _tensors(self, node: Node) -> tuple[Variable, ...]:
        feeds = self.graph.feeds(node.name)
        return tuple(Variable(self.variables[feeds[port]]) for port in node.block.input_ports())


def _copies(group: Group, inputs: tuple[Shape, ...]) -> tuple[Program, ...]:
    """The program of each copy; copies that get the same shapes have the very same one."""
    found = dict[int, Program]()
    flows = copies_of(group, inputs)
    for copy in flows:
        if id(copy) not in found:
            found[id(copy)] = _Lowering(group.graph, copy.blocks).program(group.numbered)
    return tuple(found[id(copy)] for copy in flows)


def _has_module(block: Block, report: BlockReport) -> bool:
    return isinstance(block, Group) or layer_of(block, report.inputs) is not None


@lru_cache(maxsize=20_000)
def layer_of(block: Block, inputs: tuple[Shape, ...]) -> Call | None:
    """The module that a block creates for these inputs; blocks are values, so the answer is remembered."""
    return block.layer(*inputs)


def _variables(graph: Graph, order: list[str]) -> dict[Port, str]:
    """The variable of every output: the block's name, with the port's where there are several.

    Every variable is used for one output alone, whatever the blocks are called.
    """
    taken, kept, variables = set(graph.nodes), set(order), dict[Port, str]()
    for name in order:
        block = graph.nodes[name].block
        ports = block.output_ports()
        if len(ports) == 1:
            variables[name, ports[0]] = name
            continue
        read = {wire.output for wire in graph.out_of(name) if wire.target in kept}
        for port in ports:
            variable = f"{name}_{port}"
            while variable in taken:
                variable += "_"
            taken.add(variable)
            looped = isinstance(block, Group) and block.repeat > 1
            variables[name, port] = variable if port in read or looped else UNREAD
    return variables
