"""Drawings with groups inside groups, copies, shared and frozen weights, initial weights and several outputs."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from engine.blocks.base import Ids
from engine.blocks.data import Input, Output
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.groups import Group
from engine.initial import USES, Initial
from engine.nesting import NotPossible, grouped
from tests.engine.strategies import healthy_graphs


@st.composite
def nested_graphs(draw: DrawFn, most: int = 8) -> Graph:
    """Healthy drawings that use everything that structure offers."""
    graph = draw(healthy_graphs(most))
    for _ in range(draw(st.integers(2, 8))):
        change = draw(
            st.sampled_from((_group, _group, _repeat, _repeat, _twin, _twin, _share, _freeze, _start, _answer))
        )
        changed = change(draw, graph)
        if not check(changed).errors:
            graph = changed
    return graph


def _inner(draw: DrawFn, graph: Graph) -> Node | None:
    names = [name for name, node in graph.nodes.items() if not isinstance(node.block, Input | Output)]
    return graph.nodes[draw(st.sampled_from(names))] if names else None


def _group(draw: DrawFn, graph: Graph) -> Graph:
    first = _inner(draw, graph)
    if first is None:
        return graph
    names = [name for name in graph.order if not isinstance(graph.nodes[name].block, Input | Output)]
    start = names.index(first.name)
    chosen = names[start : start + draw(st.sampled_from((1, 1, 2, 3, 5)))]
    try:
        graph, name = grouped(graph, chosen, draw(st.sampled_from(("Block", "Stage"))))
    except NotPossible:
        return graph
    return graph.configure(name, numbered=draw(st.booleans()))


def _repeat(draw: DrawFn, graph: Graph) -> Graph:
    groups = [name for name, node in graph.nodes.items() if isinstance(node.block, Group)]
    return graph.configure(draw(st.sampled_from(groups)), repeat=draw(st.integers(2, 4))) if groups else graph


def _twin(draw: DrawFn, graph: Graph) -> Graph:
    """A second group, or any other block, built alike, on some wire."""
    groups = [node for node in graph.nodes.values() if isinstance(node.block, Group)]
    node = draw(st.sampled_from(groups)) if groups else _inner(draw, graph)
    if node is None or len(node.block.input_ports()) != 1 or not node.block.output_ports() or not graph.wires:
        return graph
    wire = draw(st.sampled_from(graph.wires))
    return graph.insert_on_wire(wire, Node(graph.name_for(node.block), node.block))


def _share(draw: DrawFn, graph: Graph) -> Graph:
    """A second call of a block behind it, with the same weights, where the shapes allow that."""
    node = _inner(draw, graph)
    if node is None or len(node.block.input_ports()) != 1 or not graph.out_of(node.name):
        return graph
    wire = graph.out_of(node.name)[0]
    again = Node(graph.name_for(node.block), node.block)
    return graph.insert_on_wire(wire, again).share(again.name, node.name)


def _freeze(draw: DrawFn, graph: Graph) -> Graph:
    node = _inner(draw, graph)
    return graph.add(replace(node, frozen=True)) if node else graph


def _start(draw: DrawFn, graph: Graph) -> Graph:
    node = _inner(draw, graph)
    initial = Initial(weight=draw(st.sampled_from(tuple(USES))), bias=draw(st.sampled_from((None, 0.0, 0.5))))
    return graph.add(replace(node, initial=initial)) if node else graph


def _answer(draw: DrawFn, graph: Graph) -> Graph:
    """One Output more."""
    ends = [end for end, shape in check(graph).shapes.items() if not isinstance(shape, Ids)]
    name = graph.fresh_name("answer2")
    return graph.add(Node(name, Output())).connect(Wire(*draw(st.sampled_from(ends)), name, "input"))
