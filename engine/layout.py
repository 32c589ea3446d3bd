"""Where blocks lie when the program arranges them: left to right, branches below each other, long drawings in rows.

Ranks and the order inside a rank come from the Sugiyama method; a block stays in the lane of what feeds it, so that
the longest way through the network is one straight line. Cost: linear in blocks and wires, apart from that method.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, sqrt
from typing import NamedTuple

import networkx
from fast_sugiyama import from_edges

from engine.graph import Graph, Node, Point

GRID = 8
WIDTH, SLIM = 168, 120
"""Widths of a card, and of one for a block without settings."""
TALLEST = 160
"""Height of a card with its live strip and gradient meter, for up to three inputs."""
PORT_ROW = 20
ACROSS, DOWN, FOLD = 72, 40, 64
"""Room between columns, between lanes, and between rows of a folded drawing: there the wire runs back."""
ROW = 6
"""How many columns a row has, more or less; drawings of many columns get longer rows."""

Column = list[tuple[int, str]]
"""The blocks of one rank with their lanes, from the top."""


def arrange(graph: Graph, corner: Point = (0.0, 0.0)) -> dict[str, Point]:
    """A place for every block. Parts that are not connected lie below each other."""
    places: dict[str, Point] = {}
    left, top = (float(ceil(value / GRID) * GRID) for value in corner)
    parts = networkx.weakly_connected_components(graph.network)
    index = {name: number for number, name in enumerate(graph.nodes)}
    for names in sorted(parts, key=lambda part: min(index[name] for name in part)):
        part = _Part(graph, sorted(names, key=index.__getitem__))
        for columns in part.rows():
            top = part.place(columns, left, top, places) + FOLD
    return places


def card_width(node: Node) -> int:
    """How wide a block's card is."""
    slim = not node.block.key_settings() and len(node.name) <= 8 and len(node.block.kind()) <= 11
    return SLIM if slim and node.block.family else WIDTH


def card_height(node: Node) -> int:
    """How tall a block's card may get while its maps are shown."""
    return TALLEST + PORT_ROW * max(0, len(node.block.input_ports()) - 3)


class _Spot(NamedTuple):
    rank: int
    order: float


@dataclass(frozen=True)
class _Part:
    """Blocks that hang together."""

    graph: Graph
    names: Sequence[str]

    def rows(self) -> list[list[Column]]:
        """The columns from left to right, cut into rows where few wires cross."""
        columns = self._columns()
        return [columns[first:last] for first, last in _folds(len(columns), self._cut_costs(columns))]

    def place(self, columns: Sequence[Column], left: float, top: float, places: dict[str, Point]) -> float:
        """Give the blocks of one row their places; returns its lower edge."""
        nodes = self.graph.nodes
        heights: dict[int, int] = {}
        for lane, name in (entry for column in columns for entry in column):
            heights[lane] = max(heights.get(lane, 0), card_height(nodes[name]))
        used = sorted(heights)
        tops = {lane: top + sum(_up(heights[above] + DOWN) for above in used[:at]) for at, lane in enumerate(used)}
        x = left
        for column in columns:
            for lane, name in column:
                places[name] = x, tops[lane]
            x += _up(max(card_width(nodes[name]) for _, name in column) + ACROSS)
        return tops[used[-1]] + _up(heights[used[-1]])

    def _columns(self) -> list[Column]:
        spots = _sugiyama(self.names, [(w.source, w.target) for name in self.names for w in self.graph.out_of(name)])
        ranked = sorted(self.names, key=lambda name: spots[name].rank)
        columns: list[list[str]] = [list(group) for _, group in groupby(ranked, key=lambda name: spots[name].rank)]
        ahead = self._ways_ahead(columns)
        lanes: dict[str, int] = {}
        return [_lanes(self.graph, sorted(c, key=lambda n: (-ahead[n], spots[n].order)), lanes) for c in columns]

    def _ways_ahead(self, columns: Iterable[Iterable[str]]) -> Mapping[str, int]:
        """For each block the number of blocks on the longest way from it to an end."""
        ahead: dict[str, int] = {}
        for column in reversed(list(columns)):
            for name in column:
                ahead[name] = 1 + max((ahead.get(w.target, 0) for w in self.graph.out_of(name)), default=0)
        return ahead

    def _cut_costs(self, columns: Sequence[Column]) -> list[float]:
        """What a new row after each column costs: outputs whose wires cross; it is cheap where a picture shrinks."""
        rank = {name: number for number, column in enumerate(columns) for _, name in column}
        crossing = [0] * (len(columns) + 1)
        for name in self.names:
            ends = [rank[name], *(rank[wire.target] for wire in self.graph.out_of(name))]
            crossing[min(ends)] += 1
            crossing[max(ends)] -= 1
        costs, open_ = list[float](), 0
        for number, column in enumerate(columns):
            open_ += crossing[number]
            ends_stage = all(self.graph.nodes[name].block.kind().endswith("Pool2d") for _, name in column)
            costs.append(6.0 * max(0, open_ - 1) - 4.0 * ends_stage)
        return costs


def _up(length: float) -> int:
    return ceil(length / GRID) * GRID


def _sugiyama(names: Sequence[str], edges: Iterable[tuple[str, str]]) -> Mapping[str, _Spot]:
    """Rank and order of each block of a connected part."""
    number = {name: index for index, name in enumerate(names)}  # numbers, since sets of text have a new order each time
    simple = {(number[source], number[target]): None for source, target in edges if source != target}
    if not simple:
        return dict.fromkeys(names, _Spot(0, 0.0))
    spots = {}
    for points, *_ in from_edges(list(simple), vertex_spacing=1, ranking_type="up", dummy_vertices=False):
        heights = sorted({y for _, (_, y) in points}, reverse=True)
        rank = {height: index for index, height in enumerate(heights)}
        spots.update({names[int(index)]: _Spot(rank[y], x) for index, (x, y) in points})
    return spots


def _lanes(graph: Graph, names: Sequence[str], lanes: dict[str, int]) -> Column:
    """Each block of a column goes to the lane of what feeds it, or the nearest free one below."""
    taken: set[int] = set()
    for name in names:
        lane = min((lanes[source] for source, _ in graph.feeds(name).values() if source in lanes), default=0)
        while lane in taken:
            lane += 1
        taken.add(lane)
        lanes[name] = lane
    return sorted((lanes[name], name) for name in names)


def _folds(count: int, costs: Sequence[float]) -> list[tuple[int, int]]:
    """Cut columns into rows so that rows are about equally long and cuts cheap: the best of all ways."""
    wish = max(ROW, round(sqrt(count)))
    if count <= wish:
        return [(0, count)]
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, count + 1):
        starts = range(max(0, end - wish - wish // ROW), end)
        worth = ((best[start][0] + (wish - (end - start)) ** 2 + costs[end - 1], start) for start in starts)
        best.append(min(worth))
    cuts = [count]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    return list(zip(cuts[:0:-1], cuts[-2::-1], strict=True))
