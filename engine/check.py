"""Read a drawing and say what shape flows where, what it costs, and what is wrong.

Cost: linear in blocks and wires. Rules are remembered per block and shapes, and the order per set of wires, so
that checking again after an edit costs a few microseconds a block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from heapq import nsmallest
from typing import TYPE_CHECKING

from engine.advice import advise, pair_with_recipe
from engine.blocks.base import Shape, shape_text
from engine.evaluation import Outcome, evaluate
from engine.graph import Graph, Node, Wire
from engine.problems import Fix, Problem
from engine.repairs import Fault, fixes_for

if TYPE_CHECKING:
    from engine.recipes import Recipe

MOST_GUESSES = 8
"""For how many problems the text itself names a likely source; the repairs are worked out for all on demand."""

Port = tuple[str, str]
"""A block and one of its output ports."""


@dataclass(frozen=True)
class BlockReport:
    """What reaches a block, what leaves it, and what it costs for one example."""

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    parameters: int
    macs: int


@dataclass(frozen=True)
class Report:
    """Everything that can be said about a drawing without running it.

    A block whose inputs are unknown, because it waits for a repair before it, is in neither mapping.
    """

    shapes: Mapping[Port, Shape] = field(default_factory=dict)
    blocks: Mapping[str, BlockReport] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    parameters: int = 0
    macs: int = 0

    @cached_property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that keep the drawing from running."""
        return tuple(problem for problem in self.problems if problem.level == "error")

    @property
    def ok(self) -> bool:
        """Whether the drawing can run."""
        return not self.errors

    @cached_property
    def by_block(self) -> Mapping[str, tuple[Problem, ...]]:
        """The problems of each block that has some."""
        table: dict[str, tuple[Problem, ...]] = {}
        for problem in self.problems:
            table[problem.block] = (*table.get(problem.block, ()), problem)
        return table

    def wire_shape(self, wire: Wire) -> Shape | None:
        """The shape of one example on a wire, if it is known."""
        return self.shapes.get((wire.source, wire.output))


def check(graph: Graph, recipe: Recipe | None = None) -> Report:
    """Work out shapes, costs and problems; with a recipe also whether data, network and loss suit each other."""
    shapes: dict[Port, Shape] = {}
    blocks: dict[str, BlockReport] = {}
    problems: list[Problem] = []
    open_ended: list[Node] = []
    for name in graph.order:
        node = graph.nodes[name]
        ports, feeds = node.block.input_ports(), graph.feeds(name)
        inputs = tuple(shapes[feeds[port]] for port in ports if port in feeds and feeds[port] in shapes)
        if len(feeds) < len(ports):
            open_ended.append(node)
        elif len(inputs) == len(ports):
            outcome = evaluate(node.block, inputs)
            if outcome.error:
                problems.append(_refusal(graph, node, inputs, outcome))
            else:
                blocks[name] = BlockReport(inputs, outcome.shapes, outcome.parameters, outcome.macs)
                for port, shape in zip(node.block.output_ports(), outcome.shapes, strict=True):
                    shapes[name, port] = shape
    for number, node in enumerate(open_ended):  # only now is it known what else could feed them
        problems.append(_unconnected(graph, node, shapes, guess=number < MOST_GUESSES))
    problems += _loops(graph, shapes)
    parameters, macs = sum(b.parameters for b in blocks.values()), sum(b.macs for b in blocks.values())
    report = Report(shapes, blocks, (), parameters, macs)
    problems += pair_with_recipe(graph, report, recipe) if recipe else ()
    problems += advise(graph, report, recipe)
    return Report(shapes, blocks, tuple(problems), parameters, macs)


def refusal(graph: Graph, report: Report, wire: Wire) -> str:
    """Why a new wire would not suit, in a few words, or nothing if it fits or cannot be known yet."""
    if wire.target == wire.source or wire.target in graph.before(wire.source):
        return "would make a loop"
    shape = report.shapes.get((wire.source, wire.output))
    block = graph.nodes[wire.target].block
    feeds = {**graph.feeds(wire.target), wire.input: (wire.source, wire.output)}
    inputs = [report.shapes.get(feeds[port]) if port in feeds else None for port in block.input_ports()]
    known = tuple(size for size in inputs if size is not None)
    if shape is None or len(known) < len(inputs):
        return ""
    error = evaluate(block, known).error
    return f"{error.needs}" if error else ""


def _refusal(graph: Graph, node: Node, inputs: tuple[Shape, ...], outcome: Outcome) -> Problem:
    assert outcome.error is not None
    feeds = graph.feeds(node.name)
    came = [
        f"{shape_text(shape)} from {feeds[port][0]}"
        for port, shape in zip(node.block.input_ports(), inputs, strict=True)
    ]
    text = f"{node.name} {outcome.error.needs}."
    if came:
        text += f" It gets {' and '.join(came)}."
    fault = Fault(graph, node, inputs, outcome.error)
    return Problem(node.name, "error", text, lambda: fixes_for(fault), node.block.input_ports(), outcome.error.mismatch)


def _unconnected(graph: Graph, node: Node, shapes: Mapping[Port, Shape], guess: bool) -> Problem:
    """An empty input; `guess` says whether to look through the drawing for what may belong there."""
    feeds, ports = graph.feeds(node.name), node.block.input_ports()
    empty = tuple(port for port in ports if port not in feeds)
    where = "its input" if len(ports) == 1 else " and ".join(empty)
    text = f"{node.name} needs a wire into {where}, but nothing is connected there."
    if guess and (near := _nearest_sources(graph, node, empty[0], shapes)):
        wire = near[0]
        text += f" {wire.source} could feed it with {shape_text(shapes[wire.source, wire.output])}."
    return Problem(node.name, "error", text, partial(_connections, graph, node, empty[0], shapes), empty)


def _connections(graph: Graph, node: Node, port: str, shapes: Mapping[Port, Shape]) -> tuple[Fix, ...]:
    return tuple(_connect(wire) for wire in _nearest_sources(graph, node, port, shapes))


def _connect(wire: Wire) -> Fix:
    return Fix(f"Connect {wire.source}", lambda graph: graph.connect(wire))


def _nearest_sources(graph: Graph, node: Node, port: str, shapes: Mapping[Port, Shape], most: int = 2) -> list[Wire]:
    """A few wires that would suit an empty input: loose ends first, then the nearest to the left."""
    behind = {node.name, *graph.after(node.name)}
    ranked = nsmallest(
        20,
        (
            (bool(graph.out_of(source)), _distance(graph.nodes[source], node), Wire(source, output, node.name, port))
            for source, output in shapes
            if source not in behind
        ),
    )
    others = {p: shapes[feed] for p, feed in graph.feeds(node.name).items() if feed in shapes}
    fitting = []
    for _, _, wire in ranked:
        known = {**others, port: shapes[wire.source, wire.output]}
        inputs = tuple(known[p] for p in node.block.input_ports() if p in known)
        if len(inputs) < len(node.block.input_ports()) or not evaluate(node.block, inputs).error:
            fitting.append(wire)
    return fitting[:most]


def _distance(source: Node, target: Node) -> float:
    across, down = target.at[0] - source.at[0], target.at[1] - source.at[1]
    return (across if across > 0 else -4 * across) + abs(down)


def _loops(graph: Graph, shapes: Mapping[Port, Shape]) -> Iterator[Problem]:
    for loop in graph.loops:
        path = graph.loop_path(loop)
        round_trip = " → ".join([*path, path[0]])
        suggest = partial(_openings, graph, loop, shapes)
        for name in sorted(loop):
            feeds = " and ".join(source for source, _ in graph.feeds(name).values() if source in loop)
            text = (
                f"{name} is part of a loop: {round_trip}. It needs inputs that do not depend on it, "
                f"but {feeds} does. Signals must flow one way."
            )
            yield Problem(name, "error", text, suggest, mismatch="loop")


def _openings(graph: Graph, loop: frozenset[str], shapes: Mapping[Port, Shape]) -> tuple[Fix, ...]:
    """Ways to open a loop where it was closed: at the wire that was drawn last."""
    inside = [wire for wire in graph.wires if wire.source in loop and wire.target in loop]
    last = inside[-1]
    instead = _nearest_sources(graph.disconnect(last), graph.nodes[last.target], last.input, shapes, most=8)
    outside = [wire for wire in instead if wire.source not in loop]
    best = min(outside, key=lambda wire: len(check(graph.connect(wire)).errors), default=None)
    feeds = (_feed_instead(best),) if best else ()
    return (*feeds, *(_cut(wire) for wire in reversed(inside)))[:3]


def _feed_instead(wire: Wire) -> Fix:
    return Fix(f"Feed {wire.target} from {wire.source} instead", lambda graph: graph.connect(wire))


def _cut(wire: Wire) -> Fix:
    return Fix(f"Remove the wire from {wire.source} to {wire.target}", lambda graph: graph.disconnect(wire))
