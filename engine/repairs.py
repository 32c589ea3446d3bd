"""Repairs for a block that refuses its inputs. Each one is tried on the shapes before it is offered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from math import isqrt, prod
from typing import Any

from engine.blocks.activation import Activation
from engine.blocks.base import Block, Shape, ShapeError, shape_text
from engine.blocks.convolution import Conv2d
from engine.blocks.dropout import Drop, Dropout, Dropout2d
from engine.blocks.linear import Identity, Linear
from engine.blocks.merge import Concatenate, Pairwise
from engine.blocks.normalisation import BatchNorm1d, BatchNorm2d, ChannelNorm, GroupNorm
from engine.blocks.pooling import AdaptiveAvgPool2d, MaxPool2d, Pool
from engine.blocks.shaping import Flatten, Reshape
from engine.evaluation import evaluate, through
from engine.graph import Graph, Node, Point, Wire
from engine.problems import Fix

MOST_FIXES = 3
GAP = 48.0
"""Room left between a block that a repair inserts and its neighbours, in scene units."""

WIDTH, HEIGHT = 168.0, 48.0
"""Size of a card without a live strip (see the look), which repairs need in order to leave room."""

KEEPS_CHANNELS = (Activation, ChannelNorm, GroupNorm, Drop, Identity, Pool, AdaptiveAvgPool2d)

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


def fixes_for(fault: Fault) -> tuple[Fix, ...]:
    """The repairs that work, best first, at most three."""
    unique: dict[str, Fix] = {}
    for fix in _candidates(fault):
        unique.setdefault(fix.label, fix)
        if len(unique) == MOST_FIXES:
            break
    return tuple(unique.values())


def _candidates(fault: Fault) -> Iterator[Fix]:
    for repair in fault.error.repairs:
        yield from _within_limits(_set_values(fault, dict(repair.values), repair.label))
    block = fault.node.block
    if isinstance(block, Pairwise | Concatenate) and len(fault.inputs) > 1:
        yield from _within_limits(_match_inputs(fault))
    elif len(fault.inputs) == 1:
        yield from _within_limits(_other_rank(fault))
    if isinstance(block, Pairwise):
        joined = Concatenate(tensors=len(fault.inputs), dim=1)
        yield from _replace(fault, joined, "Join with Concatenate instead")


def _within_limits(fixes: Iterator[Fix]) -> Iterator[Fix]:
    """The repairs up to one that would need a larger number than a setting may have."""
    with suppress(ValueError):
        yield from fixes


def _other_rank(fault: Fault) -> Iterator[Fix]:
    """A block that wants a picture and gets a row, or the reverse."""
    port, shape, block = fault.ports[0], fault.inputs[0], fault.node.block
    if isinstance(block, BatchNorm1d):
        yield from _replace(fault, BatchNorm2d(**block.values()), "Use BatchNorm2d")
    if isinstance(block, BatchNorm2d):
        yield from _replace(fault, BatchNorm1d(**block.values()), "Use BatchNorm1d")
    if isinstance(block, Dropout2d):
        yield from _replace(fault, Dropout(**block.values()), "Use Dropout")
    if len(shape) > 1:
        yield from _insert(fault, {port: (Flatten(),)}, "Insert Flatten")
    numbers = prod(shape)
    side = isqrt(numbers)
    picture = (1, side, side) if side * side == numbers else (1, 1, numbers)
    yield from _insert(fault, {port: (Reshape(shape=picture),)}, f"Reshape to {shape_text(picture)}")


def _match_inputs(fault: Fault) -> Iterator[Fix]:
    """Several inputs that should have had equal shapes."""
    shapes = fault.inputs
    if len({len(shape) for shape in shapes}) > 1:
        yield from _flatten_all(fault)
        return
    if isinstance(fault.node.block, Concatenate):
        smallest = tuple(min(sizes) for sizes in zip(*shapes, strict=True))
        chains = {
            port: (_pool(shape, smallest),)
            for port, shape in zip(fault.ports, shapes, strict=True)
            if len(shape) == 3 and shape[1:] != smallest[1:]
        }
        yield from _insert(fault, chains, "Pool the larger pictures")
        return
    skip, other = _skip_port(fault)
    shape, wanted = fault.shape_at(skip), fault.shape_at(other)
    if len(shape) == 3:
        yield from _project(fault, skip, shape, wanted)
        if shape[1:] != wanted[1:]:
            yield from _insert(fault, {skip: (_pool(shape, wanted),)}, "Insert a pooling layer on the skip wire")
    else:
        yield from _insert(fault, {skip: (Linear(out_features=wanted[-1]),)}, "Put a Linear on the skip wire")
    for port, size in ((other, shape), (skip, wanted)):
        yield from _set_upstream(fault, port, size)


def _skip_port(fault: Fault) -> tuple[str, str]:
    """Which of two inputs to change, and the other: the larger picture, else the one with fewer channels."""
    one, two = fault.ports[:2]
    a, b = fault.inputs[:2]
    first = a[1:] > b[1:] if a[1:] != b[1:] else a[0] < b[0]
    return (one, two) if first else (two, one)


def _project(fault: Fault, port: str, shape: Shape, wanted: Shape) -> Iterator[Fix]:
    strides = tuple(-(-size // target) for size, target in zip(shape[1:], wanted[1:], strict=True))
    stride = strides[0] if strides[0] == strides[1] else strides
    block = Conv2d(out_channels=wanted[0], kernel_size=1, stride=stride)
    yield from _insert(fault, {port: (block,)}, "Put a 1×1 Conv2d on the skip wire")


def _pool(shape: Shape, wanted: Shape) -> Block:
    """Pooling from one picture size to a smaller one: by windows where they fit exactly, else adaptive."""
    ratio = shape[1] // wanted[1]
    windows = MaxPool2d(kernel_size=max(ratio, 1))
    after = through((windows,), shape)
    if after is not None and after[1:] == wanted[1:]:
        return windows
    return AdaptiveAvgPool2d(output_size=wanted[1:])


def _flatten_all(fault: Fault) -> Iterator[Fix]:
    rows: dict[str, tuple[Block, ...]] = {
        port: (Flatten(),) for port, shape in zip(fault.ports, fault.inputs, strict=True) if len(shape) > 1
    }
    yield from _insert(fault, rows, "Insert Flatten")
    width = min((shape[0] for shape in fault.inputs if len(shape) == 1), default=64)
    chains = {port: (Flatten(), Linear(out_features=width)) for port in rows}
    yield from _insert(fault, chains, "Insert Flatten and Linear")


def _set_values(fault: Fault, values: dict[str, Any], label: str) -> Iterator[Fix]:
    block = fault.node.block.changed(**values)
    if not evaluate(block, fault.inputs).error:
        name = fault.node.name
        yield Fix(label, lambda graph: graph.configure(name, **values), _cost_note(fault, block, fault.inputs))


def _replace(fault: Fault, block: Block, label: str) -> Iterator[Fix]:
    outcome = evaluate(block, fault.inputs)
    if not outcome.error:
        name = fault.node.name
        note = f"gives {shape_text(outcome.shapes[0])}"
        yield Fix(label, lambda graph: replace_block(graph, name, block), note)


def _insert(fault: Fault, chains: Chains, label: str) -> Iterator[Fix]:
    after = tuple(through(chains.get(port, ()), shape) for port, shape in zip(fault.ports, fault.inputs, strict=True))
    known = tuple(shape for shape in after if shape is not None)
    if not chains or len(known) != len(after) or evaluate(fault.node.block, known).error:
        return
    name = fault.node.name
    added = sum(_parameters(chain, fault.shape_at(port)) for port, chain in chains.items())
    note = f"adds {added:,} parameters" if added else ""
    yield Fix(label, lambda graph: insert_before(graph, name, chains), note)


def _set_upstream(fault: Fault, port: str, wanted: Shape) -> Iterator[Fix]:
    """Change the number of channels where they are made, if nothing else depends on it."""
    graph, chain = fault.graph, list[Node]()
    feed = graph.feeds(fault.node.name).get(port)
    while feed and len(graph.out_of(feed[0])) == 1:
        node = graph.nodes[feed[0]]
        key = {Conv2d: "out_channels", Linear: "out_features"}.get(type(node.block))
        if key:
            block = node.block.changed(**{key: wanted[0]})
            ports = tuple(wanted if name == port else fault.shape_at(name) for name in fault.ports)
            fits = fault.shape_at(port)[1:] == wanted[1:] and not evaluate(fault.node.block, ports).error
            if fits and all(not isinstance(n.block, GroupNorm) for n in chain) and getattr(block, "groups", 1) == 1:
                yield _configure(node.name, key, wanted[0])
            return
        if not isinstance(node.block, KEEPS_CHANNELS):
            return
        chain.append(node)
        feed = graph.feeds(node.name).get(node.block.input_ports()[0])


def _configure(name: str, key: str, value: int) -> Fix:
    return Fix(f"Give {name} {value} {key}", lambda graph: graph.configure(name, **{key: value}))


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
    """A free place for a block between two others: on the way, or the next free row below it."""
    (x1, y1), (x2, y2) = graph.nodes[source].at, graph.nodes[target].at
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    taken = [node.at for node in graph.nodes.values()]
    rows = (y + row * (HEIGHT + GAP) for row in range(len(taken) + 1))
    free = (row for row in rows if all(abs(x - a) >= WIDTH + 8 or abs(row - b) >= HEIGHT + 8 for a, b in taken))
    return x, next(islice(free, 1), y)
