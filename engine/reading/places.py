"""Where the blocks of a drawing that was read from a text lie."""

from __future__ import annotations

from dataclasses import replace

from engine.graph import Graph, Node, Point
from engine.layout import arrange

STEP = 240.0
"""How far a new block lies behind the one that feeds it, in scene units."""


def placed(graph: Graph, before: Graph) -> Graph:
    """With every block where it was; a new one behind what feeds it; everything arranged if all is new."""
    known = {name: before.nodes[name].at for name in graph.nodes if name in before.nodes}
    if not known:
        return graph.move(arrange(graph))
    for name in graph.order:
        if name not in known:
            known[name] = _behind(graph, name, known)
    return graph.add(*(_kept(graph.nodes[name], at, before) for name, at in known.items()))


def _behind(graph: Graph, name: str, known: dict[str, Point]) -> Point:
    feeds = [known[source] for source, _ in graph.feeds(name).values() if source in known]
    x, y = max(feeds, default=(0.0, 0.0))
    taken = set(known.values())
    place = (x + STEP, y)
    while place in taken:
        place = (place[0], place[1] + STEP / 2)
    return place


def _kept(node: Node, at: Point, before: Graph) -> Node:
    """The very same node where nothing about it changed, so that views know that it is the same."""
    old = before.nodes.get(node.name)
    moved = replace(node, at=at)
    return old if old == moved and old is not None else moved
