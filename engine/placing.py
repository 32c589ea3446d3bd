"""Where a new block goes and what it is wired to: one rule for drops, searches and the keyboard."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.blocks.base import Block, shape_text
from engine.blocks.shaping import Flatten
from engine.check import Report
from engine.evaluation import Port, evaluate, through
from engine.graph import Graph, Node, Point, Wire

STEP = 240.0
"""Distance from a block's left edge to the next one's in a row."""
WIDE, HIGH, BELOW = 176.0, 72.0, 96.0
"""Blocks nearer than this to each other overlap, and how far below another there is room again."""


def place(graph: Graph, block: Block, at: Point, wire: Wire | None = None) -> tuple[Graph, str]:
    """With a new block, on a wire if one is given and the block has both kinds of ports; and the block's name."""
    node = Node(graph.name_for(block), block, at)
    if wire and block.input_ports() and block.output_ports():
        return graph.insert_on_wire(wire, node), node.name
    return graph.add(node), node.name


def place_after(graph: Graph, block: Block, at: Point, source: Port) -> tuple[Graph, str]:
    """With a new block whose first input is fed by an output port."""
    graph, name = place(graph, block, at)
    ports = graph.nodes[name].block.input_ports()
    return (graph.connect(Wire(*source, name, ports[0])) if ports else graph), name


def place_before(graph: Graph, block: Block, at: Point, target: tuple[str, str]) -> tuple[Graph, str]:
    """With a new block whose first output feeds an input port."""
    graph, name = place(graph, block, at)
    ports = graph.nodes[name].block.output_ports()
    return (graph.connect(Wire(name, ports[0], *target)) if ports else graph), name


def insert_behind(graph: Graph, block: Block, name: str) -> tuple[Graph, str]:
    """With a new block after an existing one: on its wire if it has exactly one, else at its first output."""
    node = graph.nodes[name]
    outputs, out = node.block.output_ports(), graph.out_of(name)
    at = (node.at[0] + STEP, node.at[1])
    if not outputs or not block.input_ports():
        return place(graph, block, free_spot(graph, at))
    if len(out) == 1 and block.output_ports():
        return place(make_room(graph, name), block, at, out[0])
    return place_after(graph, block, free_spot(graph, at), (name, outputs[0]))


def make_room(graph: Graph, name: str) -> Graph:
    """With the rest of the row moved right by one step, if the next place in it is taken."""
    x, y = graph.nodes[name].at
    row = {n: v.at for n, v in graph.nodes.items() if v.at[0] > x and abs(v.at[1] - y) < 40}
    if all(at[0] - x >= 2 * STEP - 40 for at in row.values()):
        return graph
    return graph.move({n: (at[0] + STEP, at[1]) for n, at in row.items()})


def free_spot(graph: Graph, at: Point) -> Point:
    """The wished place, or the first below it where no block lies."""
    x, y = at
    while any(abs(x - node.at[0]) < WIDE and abs(y - node.at[1]) < HIGH for node in graph.nodes.values()):
        y += BELOW
    return x, y


def set_apart(graph: Graph, names: Collection[str]) -> Graph:
    """With these blocks moved down together, just so far that they lie on no others."""
    columns: dict[int, list[Point]] = {}
    for node in graph.nodes.values():
        if node.name not in names:
            columns.setdefault(int(node.at[0] // WIDE), []).append(node.at)
    down, needed = 0.0, 1.0
    while needed:
        needed = max((_overlap(columns, *graph.nodes[name].at, down) for name in names), default=0.0)
        down += needed
    if not down:
        return graph
    return graph.move({name: (graph.nodes[name].at[0], graph.nodes[name].at[1] + down) for name in names})


def set_below(graph: Graph, names: Collection[str]) -> Graph:
    """With these blocks moved down together until no others lie on them or among them."""
    xs, ys = zip(*(graph.nodes[name].at for name in names), strict=True)
    others = (node.at for name, node in graph.nodes.items() if name not in names)
    down = 0.0
    for y in sorted(y for x, y in others if min(xs) - WIDE < x < max(xs) + WIDE):
        if min(ys) + down - HIGH < y < max(ys) + down + HIGH:
            down = y + BELOW - min(ys)
    return graph.move({name: (graph.nodes[name].at[0], graph.nodes[name].at[1] + down) for name in names})


def _overlap(columns: Mapping[int, list[Point]], x: float, y: float, down: float) -> float:
    """How much further down a block must go to lie below those that it would lie on."""
    column = int(x // WIDE)
    near = (at for number in (column - 1, column, column + 1) for at in columns.get(number, ()))
    hit = (at[1] - y - down for at in near if abs(at[0] - x) < WIDE and abs(at[1] - y - down) < HIGH)
    return max((gap + BELOW for gap in hit), default=0.0)


def fit(graph: Graph, report: Report, block: Block, source: Port) -> tuple[str, str]:
    """What a block would make of what a port gives, for the search list: the text and its meaning.

    ("→ 32×14×14", "fits"), ("needs 2 inputs", "partly"), ("adds Flatten", "repair") or (why not, "refuses").
    """
    ports, shape = block.input_ports(), report.shapes.get(source)
    if not ports or shape is None:
        return ("", "fits") if ports else ("takes no input", "refuses")
    if len(ports) > 1:
        return f"needs {len(ports)} inputs", "partly"
    outcome = evaluate(block, (shape,))
    if not outcome.error:
        return (f"→ {shape_text(outcome.shapes[0])}" if outcome.shapes else "→ answer"), "fits"
    flat = through((Flatten(), block), shape)
    return ("needs Flatten first", "repair") if flat else (block.accepts, "refuses")
