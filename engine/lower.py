"""Turn a healthy drawing into a program, and a program into Python text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.blocks.base import shape_text
from engine.blocks.data import Input, Output
from engine.check import Report
from engine.graph import Graph
from engine.program import Program, Step, Variable


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
    return _lower(graph, report)


def sketch(graph: Graph, report: Report) -> Program:
    """The same for an unfinished drawing: only the blocks whose shapes are known, for the live code view."""
    return _lower(graph, report)


def _lower(graph: Graph, report: Report) -> Program:
    inputs, steps, outputs = list[str](), list[Step](), dict[str, str]()
    needed = _needed(graph)
    for name in graph.order:
        if name not in report.blocks or name not in needed:
            continue
        node, feeds, shapes = graph.nodes[name], graph.feeds(name), report.blocks[name].inputs
        tensors = [Variable(_variable(graph, *feeds[port])) for port in node.block.input_ports()]
        if isinstance(node.block, Input):
            inputs.append(name)
        elif isinstance(node.block, Output):
            outputs[name] = tensors[0]
        else:
            results = tuple(_variable(graph, name, port) for port in node.block.output_ports())
            layer, apply = node.block.layer(*shapes), node.block.apply(name, *tensors)
            steps.append(Step(name, layer, apply, results, report.blocks[name].outputs))
    place = {name: number for number, name in enumerate(graph.nodes)}
    ends = sorted(outputs, key=place.__getitem__)
    return Program(tuple(sorted(inputs, key=place.__getitem__)), tuple(steps), tuple(outputs[name] for name in ends))


def _needed(graph: Graph) -> set[str]:
    """Blocks that an Output depends on, and inputs; all blocks where there is no Output yet."""
    ends = [name for name, node in graph.nodes.items() if isinstance(node.block, Output)]
    if not ends:
        return set(graph.nodes)
    found = set(ends).union(*map(graph.before, ends))
    return found | {name for name, node in graph.nodes.items() if isinstance(node.block, Input)}


def _variable(graph: Graph, name: str, port: str) -> str:
    """The variable that holds a block's output: the block's name, with the port's where there are several."""
    return name if len(graph.nodes[name].block.output_ports()) == 1 else f"{name}_{port}"


@dataclass(frozen=True)
class Source:
    """Python text of an `nn.Module` class, and which lines of it belong to which block.

    Lines count from 1.
    """

    text: str
    lines: Mapping[int, str]
    name: str = "Network"

    def lines_of(self, block: str) -> tuple[int, ...]:
        """The numbers of a block's lines."""
        return tuple(number for number, owner in self.lines.items() if owner == block)


class _Writer:
    """Collects lines and remembers whose they are."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.owners: dict[int, str] = {}

    def line(self, text: str, owner: str = "") -> None:
        self.text.append(text)
        if owner:
            self.owners[len(self.text)] = owner


def write(program: Program, name: str = "Network") -> Source:
    """The program as a class: one attribute for each block with a module, one line for each call."""
    out = _Writer()
    if any("torch." in step.apply.target for step in program.steps):
        out.line("import torch")
    for text in ("from torch import nn", "", "", f"class {name}(nn.Module):", "    def __init__(self):"):
        out.line(text)
    out.line("        super().__init__()")
    for step in program.steps:
        if step.layer:
            out.line(f"        self.{step.block} = {step.layer}", step.block)
    out.line("")
    out.line(f"    def forward(self, {', '.join(program.inputs)}):")
    for step in program.steps:
        comment = ", ".join(shape_text(shape, batch=True).replace("×", " x ") for shape in step.shapes)
        out.line(f"        {', '.join(step.results)} = {step.apply}  # {comment}", step.block)
    out.line(f"        return {', '.join(program.outputs) or 'None'}")
    return Source("\n".join(out.text) + "\n", out.owners, name)
