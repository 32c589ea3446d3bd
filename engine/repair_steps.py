"""The steps that repairs are made of: other settings, another block in a place, blocks put on wires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from engine.blocks.base import Block, Shape, ShapeError, shape_text
from engine.evaluation import evaluate, through
from engine.graph import Graph, Node, Point, Wire
from engine.problems import Fix

WIDTH = 176.0
"""Blocks whose left edges are nearer than this may lie on each other."""

ABOVE, BELOW = 64.0, 96.0
"""How far above and below another block one that a repair inserts has room, in scene units."""

STEP, MOST_STEPS = 24.0, 7
"""How finely a free place is looked for, and how many such steps one block can forbid."""

Chains = Mapping[str, tuple[Block, ...]]
"""For some input ports, the blocks to put on their wires."""


@dataclass(frozen=True)
class Fault:
    """A block that refuses the shapes that reach it."""

    graph: Graph
    node: Node
    inputs: tuple[Shape, ...]
    error: ShapeError

    @property
    def ports(self) -> tuple[str, ...]:
        return self.node.block.input_ports()

    def shape_at(self, port: str) -> Shape:
        return self.inputs[self.ports.index(port)]


def set_values(fault: Fault, values: dict[str, Any], label: str) -> Iterator[Fix]:
    """Other settings, if the block can compute with them. Raises ValueError for a value that cannot be."""
    block = fault.node.block.changed(**values)
    if not evaluate(block, fault.inputs).error:
        name = fault.node.name
        yield Fix(label, lambda graph: graph.configure(name, **values), _cost_note(fault, block, fault.inputs))


def replace_with(fault: Fault, block: Block, label: str) -> Iterator[Fix]:
    """Another block in its place, if that one can compute."""
    outcome = evaluate(block, fault.inputs)
    if not outcome.error:
        name = fault.node.name
        note = f"gives {shape_text(outcome.shapes[0])}"
        yield Fix(label, lambda graph: replace_block(graph, name, block), note)


def insert(fault: Fault, chains: Chains, label: str) -> Iterator[Fix]:
    """Blocks put on its wires, if it can compute behind them."""
    after = tuple(through(chains.get(port, ()), shape) for port, shape in zip(fault.ports, fault.inputs, strict=True))
    known = tuple(shape for shape in after if shape is not None)
    if not chains or len(known) != len(after) or evaluate(fault.node.block, known).error:
        return
    name = fault.node.name
    added = sum(_parameters(chain, fault.shape_at(port)) for port, chain in chains.items())
    note = f"adds {added:,} parameters" if added else ""
    yield Fix(label, lambda graph: insert_before(graph, name, chains), note)


def _parameters(chain: Sequence[Block], shape: Shape) -> int:
    total = 0
    for block in chain:
        outcome = evaluate(block, (shape,))
        total += outcome.parameters
        shape = outcome.shapes[0]
    return total


def _cost_note(fault: Fault, block: Block, inputs: tuple[Shape, ...]) -> str:
    shapes = evaluate(block, inputs).shapes
    return f"gives {shape_text(shapes[0])}" if shapes else ""


def insert_before(graph: Graph, name: str, chains: Chains) -> Graph:
    """Put blocks on the wires into some input ports, and make room for them."""
    for port, chain in chains.items():
        for block in chain:
            feed = graph.feeds(name).get(port)
            if feed is None:
                break
            node = Node(graph.name_for(block), block, _between(graph, feed[0], name))
            graph = graph.insert_on_wire(Wire(*feed, name, port), node)
    return graph


def replace_block(graph: Graph, name: str, block: Block) -> Graph:
    """Another block in the place of one, its wires moved to the ports at the same position."""
    old = graph.nodes[name]
    inputs = dict(zip(old.block.input_ports(), block.input_ports(), strict=False))
    outputs = dict(zip(old.block.output_ports(), block.output_ports(), strict=False))
    wires = [w._replace(input=inputs[w.input]) for w in graph.into(name) if w.input in inputs]
    wires += [w._replace(output=outputs[w.output]) for w in graph.out_of(name) if w.output in outputs]
    bare = graph.disconnect(*graph.into(name), *graph.out_of(name))
    return bare.put(replace(old, block=block)).connect(*wires)


def _between(graph: Graph, source: str, target: str) -> Point:
    """A free place for a block between two others: on the way, or the nearest above or below it."""
    (x1, y1), (x2, y2) = graph.nodes[source].at, graph.nodes[target].at
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    near = [b for a, b in (node.at for node in graph.nodes.values()) if abs(x - a) < WIDTH]
    ways = (y + side * step * STEP for step in range(len(near) * MOST_STEPS + 1) for side in (1, -1))
    return x, next(way for way in ways if all(way <= b - ABOVE or way >= b + BELOW for b in near))
