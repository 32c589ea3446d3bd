"""Whether two drawings differ in nothing but the places of their blocks, so that they compute and cost the same."""

from __future__ import annotations

from dataclasses import replace

from engine.blocks.base import Block
from engine.graph import Graph, Node
from engine.groups import Group


def only_moved(graph: Graph, before: Graph) -> bool:
    """Whether blocks were at most moved, inside groups too. Cost: a comparison of references for most blocks."""
    if graph is before:
        return True
    if len(graph.nodes) != len(before.nodes) or (graph.wires is not before.wires and graph.wires != before.wires):
        return False
    pairs = zip(graph.nodes.values(), before.nodes.values(), strict=True)
    return all(one is two or _alike(one, two) for one, two in pairs)


def _alike(node: Node, before: Node) -> bool:
    return replace(node, at=before.at, block=before.block) == before and _same(node.block, before.block)


def _same(block: Block, before: Block) -> bool:
    if isinstance(block, Group) and isinstance(before, Group):
        return replace(block, graph=before.graph) == before and only_moved(block.graph, before.graph)
    return block == before
