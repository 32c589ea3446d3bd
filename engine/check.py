"""Read a drawing and say what shape flows where, what it costs, and what is wrong.

Cost: linear in blocks and wires. Rules are remembered per block and shapes, and the order per set of wires, so
that checking again after an edit costs a few microseconds a block.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from heapq import nsmallest
from typing import TYPE_CHECKING

from engine.advice import advise, pair_with_recipe
from engine.blocks.base import Shape, ShapeError, shape_text
from engine.cost.memory_guard import too_large
from engine.evaluation import BlockReport, Flow, Port, evaluate, flow
from engine.graph import Graph, Node, Wire
from engine.problems import Fix, Problem
from engine.repair_steps import Fault
from engine.repairs import fixes_for

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe

MOST_GUESSES = 8
"""For how many problems the text itself names a likely source; the repairs are worked out for all on demand."""


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
    frozen: int = 0
    """How many of the parameters do not learn."""

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


def check(graph: Graph, recipe: Recipe | None = None, given: Mapping[str, Shape] | None = None) -> Report:
    """Work out shapes, costs and problems; with a recipe also whether data, network and loss suit each other.

    `given` is for the drawing inside a group: the shapes that enter it, by the name of the Input.
    """
    found = flow(graph, given)
    problems = [_refusal(graph, graph.nodes[name], *why) for name, why in found.refused.items()]
    for number, name in enumerate(found.unfed):
        problems.append(_unconnected(graph, graph.nodes[name], found.shapes, guess=number < MOST_GUESSES))
    problems += _loops(graph, found.shapes)
    report = _report(found)
    problems += pair_with_recipe(graph, report, recipe) if recipe else ()
    problems += too_large(graph, report, recipe)
    problems += advise(graph, report, recipe)
    return replace(report, problems=tuple(problems))


def _report(found: Flow) -> Report:
    return Report(found.shapes, found.blocks, (), found.parameters, found.macs, found.frozen)


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


def _refusal(graph: Graph, node: Node, inputs: tuple[Shape, ...], error: ShapeError) -> Problem:
    feeds = graph.feeds(node.name)
    came = [
        f"{shape_text(shape)} from {feeds[port][0]}"
        for port, shape in zip(node.block.input_ports(), inputs, strict=True)
    ]
    text = f"{node.name} {error.needs}."
    if came:
        text += f" It gets {' and '.join(came)}."
    fault = Fault(graph, node, inputs, error)
    return Problem(node.name, "error", text, lambda: fixes_for(fault), node.block.input_ports(), error.mismatch)


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
