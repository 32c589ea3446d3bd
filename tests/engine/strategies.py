"""Values for property-based tests: settings of any block, shapes, and drawings, healthy and broken."""

from __future__ import annotations

from math import prod
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from engine.blocks import BLOCKS, Block, Shape
from engine.blocks.base import Ids
from engine.blocks.data import Input, Output
from engine.blocks.tables import Buffer
from engine.evaluation import evaluate
from engine.graph import Graph, Node, Wire
from engine.settings import Param

SIZES = (1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 28)
RANKS = (0, 1, 1, 2, 2, 3, 3, 3, 3, 4, 5)
SMALL = (0, 1, 1, 2, 2, 3, 4, 5, 6, 7, 9)
SMALL_NEGATIVE = (-6, -5, -4, -3, -2, -1, -1)
TINY = 1e-30
"""Below it numbers are no longer exact in float32, and PyTorch's fast and slow paths differ."""


def entries(row: Param, largest: float) -> SearchStrategy[Any]:
    """One number of a setting: mostly small, sometimes a limit, rarely anything between."""
    low = -1000.0 if row.low is None else row.low
    high = min(largest, 1000.0 if row.high is None else row.high)
    if row.kind is float:
        common = [value for value in (low, high, 0.0, 0.5, 1.0) if low <= value <= high]
        return st.sampled_from(common) | st.floats(low, high).map(lambda n: n if abs(n) > TINY else max(low, 0.0))
    small = [value for value in SMALL + SMALL_NEGATIVE if low <= value <= high]
    limits = [int(low), int(high)]
    return st.sampled_from(small * 3 + limits) | st.integers(int(low), int(min(high, 40)))


def values(row: Param, largest: float = 1e9) -> SearchStrategy[Any]:
    """Anything that a setting may hold, with harsh corners over-weighted."""
    if row.kind is bool:
        return st.booleans()
    words: list[SearchStrategy[Any]] = [st.sampled_from(row.choices)] if row.choices else []
    nothing: list[SearchStrategy[Any]] = [st.none()] if row.optional else []
    if row.choices and not row.dims:
        return st.one_of(*words, *nothing)
    if row.kind is str:
        return st.text(max_size=10)
    one = entries(row, largest)
    if row.listed:
        orders = [st.integers(1, 5).flatmap(lambda n: st.permutations(range(n))).map(tuple)] if row.low == -16 else []
        return st.one_of(st.lists(one, min_size=1, max_size=5).map(tuple), *orders, *nothing)
    several = [st.tuples(*[st.one_of(one, *nothing)] * row.dims)] * 2 if row.dims else []
    return st.one_of(one, one, *several, *words, *nothing)


@st.composite
def settings_of(draw: DrawFn, kind: type[Block], largest: float = 1e9) -> Block:
    """Settings of a block, some left at their default so that a fair part of them suits some input."""
    chosen = {
        row.name: draw(values(row, largest)) for row in kind.params() if row.required or draw(st.integers(0, 2)) == 0
    }
    if kind is Buffer and draw(st.booleans()):
        chosen["shape"] = draw(st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple))
        chosen["data"] = draw(tables(prod(chosen["shape"])))
    return kind(**chosen)


def tables(count: int) -> SearchStrategy[str]:
    """The text of a table with so many numbers: all listed, repeated, or counted."""
    whole = st.integers(-9, 9)
    listed = st.lists(whole, min_size=count, max_size=count).map(lambda found: " ".join(map(str, found)))
    counted = st.tuples(whole, st.sampled_from((-2, 1, 3))).map(lambda s: f"{s[0]}:{s[0] + count * s[1]}:{s[1]}")
    return st.one_of(listed, counted, st.floats(-9, 9, width=32).map(lambda one: f"{one!r}*{count}"))


@st.composite
def shapes(draw: DrawFn, rank: int | None = None) -> Shape:
    """The size of one example, of any rank from 0 to 5."""
    length = draw(st.sampled_from(RANKS)) if rank is None else rank
    return tuple(draw(st.sampled_from(SIZES)) for _ in range(length))


@st.composite
def input_shapes(draw: DrawFn, count: int) -> tuple[Shape, ...]:
    """Sizes for several inputs: alike in most places, with a 1, another size or another rank in some."""
    first = draw(shapes())
    found = [first]
    for _ in range(count - 1):
        if draw(st.integers(0, 9)) == 0:
            found.append(draw(shapes()))
        else:
            changes = st.integers(0, 5).flatmap(lambda n: st.just(0) if n else st.sampled_from((1, 1, 2, 3, 7)))
            found.append(tuple(draw(changes) or size for size in first))
    return tuple(found[:count])


@st.composite
def cases(draw: DrawFn, kind: type[Block], largest: float = 1e9) -> tuple[Block, tuple[Shape, ...]]:
    """A block with any settings and sizes for its inputs.

    Half of the blocks that refuse their inputs take a repair that they propose, so that enough of them compute.
    """
    block = draw(settings_of(kind, largest))
    found = draw(input_shapes(len(block.input_ports())))
    sizes = tuple(Ids(shape) if draw(is_ids(kind)) else shape for shape in found)
    return (draw(mended(block, sizes)) if draw(st.booleans()) else block), sizes


@st.composite
def mended(draw: DrawFn, block: Block, sizes: tuple[Shape, ...]) -> Block:
    """The block after some of the repairs that it proposes, as long as it takes as many inputs."""
    for _ in range(3):
        error = evaluate(block, sizes).error
        if not error or not error.repairs:
            break
        try:
            other = block.changed(**dict(draw(st.sampled_from(error.repairs)).values))
        except ValueError:  # beyond the limits of a setting
            break
        if len(other.input_ports()) != len(sizes):
            break
        block = other
    return block


def is_ids(kind: type[Block]) -> SearchStrategy[bool]:
    """Whether an input holds whole numbers: always where they are needed, now and then where they may."""
    return {"needs": st.just(True), "refuses": st.just(False)}.get(kind.ids, st.sampled_from((False, False, True)))


KINDS = tuple(kind for kind in BLOCKS.values() if kind.family != "group")
"""Every block but groups, which are drawings themselves and have tests of their own."""

INNER = tuple(kind for kind in KINDS if kind.family != "data")
"""Blocks that stand between Input and Output."""

STARTS = ((1, 28, 28), (3, 8, 8), (4, 7, 5), (2,), (10,), (16,), (6, 5), (2, 3, 4, 5))

End = tuple[str, str, Shape]
"""A block, one of its outputs, and the shape there."""


@st.composite
def healthy_graphs(draw: DrawFn, most: int = 12) -> Graph:
    """Drawings without a problem: chains with branches, sums and joins, from one Input to one Output.

    The Input and the Output hold real numbers; ids may flow between blocks inside.
    """
    graph = Graph().add(Node("picture", Input(shape=draw(st.sampled_from(STARTS)))))
    ends: list[End] = [("picture", "output", evaluate(graph.nodes["picture"].block, ()).shapes[0])]
    for step in range(draw(st.integers(1, most))):
        block = draw(st.sampled_from(INNER).flatmap(lambda kind: settings_of(kind, 9)))
        feeds = [draw(st.sampled_from(ends[-3:])) for _ in block.input_ports()]
        outcome = evaluate(block, tuple(shape for _, _, shape in feeds))
        if outcome.error or sum(map(_size, outcome.shapes)) > 20_000 or outcome.parameters > 100_000:
            continue
        node = Node(graph.name_for(block), block, (200.0 * step, 0.0))
        ports = zip(block.input_ports(), feeds, strict=True)
        graph = graph.add(node).connect(*(Wire(name, out, node.name, port) for port, (name, out, _) in ports))
        ends.extend((node.name, *end) for end in zip(block.output_ports(), outcome.shapes, strict=True))
    last, port, _ = next(end for end in reversed(ends) if not isinstance(end[2], Ids))
    graph = graph.add(Node("answer", Output(), (4000.0, 0.0)))
    return graph.connect(Wire(last, port, "answer", "input"))


def _size(shape: Shape) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


@st.composite
def any_graphs(draw: DrawFn, most: int = 8) -> Graph:
    """Drawings of any kind: blocks wired at random, with loops, empty inputs and shapes that do not suit."""
    kinds = draw(st.lists(st.sampled_from(KINDS), max_size=most))
    graph = Graph()
    for kind in kinds:
        block = draw(settings_of(kind, 40))
        place = draw(st.integers(-5, 5)) * 100.0, draw(st.integers(-5, 5)) * 100.0
        graph = graph.add(Node(graph.name_for(block), block, place))
    sources = [(name, port) for name, node in graph.nodes.items() for port in node.block.output_ports()]
    targets = [(name, port) for name, node in graph.nodes.items() for port in node.block.input_ports()]
    for target in targets:
        if sources and draw(st.integers(0, 9)) > 0:
            graph = graph.connect(Wire(*draw(st.sampled_from(sources)), *target))
    return graph


@st.composite
def spoiled_graphs(draw: DrawFn) -> Graph:
    """A healthy drawing after one or two thoughtless changes: other settings, a lost wire, a wrong wire."""
    graph = draw(healthy_graphs(8))
    for _ in range(draw(st.integers(1, 2))):
        name = draw(st.sampled_from(sorted(graph.nodes)))
        change = draw(st.sampled_from(("settings", "cut", "wire", "remove")))
        if change == "settings":
            graph = graph.put(Node(name, draw(settings_of(type(graph.nodes[name].block), 40)), graph.nodes[name].at))
        elif change == "cut" and graph.wires:
            graph = graph.disconnect(draw(st.sampled_from(graph.wires)))
        elif change == "wire" and graph.nodes[name].block.input_ports():
            sources = sorted((n, out) for n, node in graph.nodes.items() for out in node.block.output_ports())
            port = draw(st.sampled_from(graph.nodes[name].block.input_ports()))
            if sources:
                graph = graph.connect(Wire(*draw(st.sampled_from(sources)), name, port))
        elif change == "remove" and len(graph.nodes) > 1:
            graph = graph.remove([name])
    return graph
