"""Repairs for a block that refuses its inputs. Each one is tried on the shapes before it is offered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import islice

from engine import repair_ideas as ideas
from engine.blocks.activation import Activation
from engine.blocks.attention import MultiheadAttention
from engine.blocks.base import Block, Shape
from engine.blocks.convolution import Conv2d
from engine.blocks.dropout import Drop
from engine.blocks.linear import Identity, Linear
from engine.blocks.merge import Concatenate, MatMul, Pairwise
from engine.blocks.normalisation import ChannelNorm, GroupNorm
from engine.blocks.pooling import AdaptiveAvgPool2d, MaxPool2d, Pool
from engine.blocks.shaping import Flatten
from engine.blocks.transformer import Transformer
from engine.evaluation import evaluate, flow, through
from engine.graph import Graph, Node
from engine.groups import Group
from engine.nesting import inside, with_inside
from engine.problems import Fix
from engine.repair_steps import Fault, insert, replace_with, set_values

MOST_FIXES = 3
KEEPS_CHANNELS = (Activation, ChannelNorm, GroupNorm, Drop, Identity, Pool, AdaptiveAvgPool2d)


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
        yield from _within_limits(set_values(fault, dict(repair.values), repair.label))
    for idea in _ideas(fault.node.block, len(fault.inputs)):
        yield from _within_limits(idea(fault))
    if isinstance(fault.node.block, Pairwise):
        joined = Concatenate(tensors=len(fault.inputs), dim=1)
        yield from replace_with(fault, joined, "Join with Concatenate instead")


def _ideas(block: Block, inputs: int) -> tuple[Callable[[Fault], Iterator[Fix]], ...]:
    """What may help this kind of block, best first."""
    if isinstance(block, Group):
        return (_inside,)
    if inputs == 1:
        return (ideas.another_rank,)
    if isinstance(block, MatMul):
        return (ideas.matrices,)
    if isinstance(block, Concatenate):
        return _join_along_channels, _match_inputs, ideas.enlarged, ideas.another_dim
    if isinstance(block, Pairwise):
        return ideas.broadcast, _match_inputs
    return (ideas.sequences if isinstance(block, MultiheadAttention | Transformer) else ideas.narrowed,)


def _within_limits(fixes: Iterator[Fix]) -> Iterator[Fix]:
    """The repairs up to one that would need a larger number than a setting may have."""
    with suppress(ValueError):
        yield from fixes


def _inside(fault: Fault) -> Iterator[Fix]:
    """Repairs of the block inside a group that stands in the way; every copy of the group gets them."""
    group, name = fault.node.block, fault.node.name
    assert isinstance(group, Group)
    for inner in islice(_faults_inside(group, fault.inputs), 1):
        for fix in _candidates(inner):
            mended = replace(group, graph=fix.apply(group.graph))
            if not evaluate(mended, fault.inputs).error:
                yield Fix(f"In {name}: {fix.label}", partial(_mend_inside, name, fix), fix.note)


def _mend_inside(name: str, fix: Fix, graph: Graph) -> Graph:
    return with_inside(graph, (name,), fix.apply(inside(graph, (name,))))


def _faults_inside(group: Group, inputs: tuple[Shape, ...]) -> Iterator[Fault]:
    """The blocks that refuse their inputs in the first copy of a group in which some do."""
    for _ in range(group.repeat):
        copy = flow(group.graph, dict(zip(group.input_ports(), inputs, strict=True)))
        for name, (shapes, error) in copy.refused.items():
            yield Fault(group.graph, group.graph.nodes[name], shapes, error)
        if copy.refused or any(name not in copy.blocks for name in group.output_ports()):
            return
        inputs = tuple(copy.blocks[name].inputs[0] for name in group.output_ports())


def _join_along_channels(fault: Fault) -> Iterator[Fix]:
    """Sequences and rows are joined along whatever fits, pictures first of all along their channels."""
    pictures = len(fault.inputs[0]) == 3
    yield from (fix for fix in ideas.another_dim(fault) if not pictures or fix.label == "Set dim to 1")


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
        yield from insert(fault, chains, "Pool the larger pictures")
        return
    skip, other = _skip_port(fault)
    shape, wanted = fault.shape_at(skip), fault.shape_at(other)
    if len(shape) == 3:
        yield from _project(fault, skip, shape, wanted)
        if shape[1:] != wanted[1:]:
            yield from insert(fault, {skip: (_pool(shape, wanted),)}, "Insert a pooling layer on the skip wire")
    else:
        yield from insert(fault, {skip: (Linear(out_features=wanted[-1]),)}, "Put a Linear on the skip wire")
        yield from ideas.skip_of_another_rank(fault, skip, wanted)
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
    yield from insert(fault, {port: (block,)}, "Put a 1×1 Conv2d on the skip wire")


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
    yield from insert(fault, rows, "Insert Flatten")
    width = min((shape[0] for shape in fault.inputs if len(shape) == 1), default=64)
    chains = {port: (Flatten(), Linear(out_features=width)) for port in rows}
    yield from insert(fault, chains, "Insert Flatten and Linear")


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
