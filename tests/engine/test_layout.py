"""Arranged drawings: nothing overlaps, wires run from left to right, the order is easy to follow."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings

from engine.blocks import BLOCKS
from engine.blocks.activation import ReLU
from engine.graph import Graph, Node, Wire
from engine.layout import GRID, arrange, card_height, card_width
from engine.templates import TEMPLATES, new
from tests.engine.strategies import any_graphs, healthy_graphs


def chain(length: int) -> Graph:
    graph = Graph().add(*(Node(f"relu{number}", ReLU()) for number in range(length)))
    return graph.connect(*(Wire(f"relu{n}", "output", f"relu{n + 1}", "input") for n in range(length - 1)))


def overlapping(graph: Graph) -> list[tuple[str, str]]:
    boxes = {
        name: (x, y, x + card_width(graph.nodes[name]), y + card_height(graph.nodes[name]))
        for name, (x, y) in arrange(graph).items()
    }
    return [
        (one, two)
        for (one, a), (two, b) in combinations(boxes.items(), 2)
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]


@given(any_graphs(12))
@settings(max_examples=60)
def test_no_drawing_overlaps_and_all_blocks_lie_on_the_grid(graph: Graph) -> None:
    places = arrange(graph)
    assert places.keys() == graph.nodes.keys()
    assert not overlapping(graph)
    assert all(x % GRID == 0 and y % GRID == 0 for x, y in places.values())


@given(healthy_graphs())
@settings(max_examples=40)
def test_the_same_drawing_is_always_arranged_alike(graph: Graph) -> None:
    assert arrange(graph) == arrange(Graph(graph.nodes, graph.wires))


def test_a_short_chain_is_one_straight_row() -> None:
    places = arrange(chain(5))
    assert len({y for _, y in places.values()}) == 1
    assert [x for x, _ in places.values()] == sorted({x for x, _ in places.values()})


def test_a_long_chain_is_folded_into_rows_of_about_six() -> None:
    rows: dict[float, int] = {}
    for _, y in arrange(chain(24)).values():
        rows[y] = rows.get(y, 0) + 1
    assert all(4 <= count <= 7 for count in rows.values())


def test_the_convolutional_template_is_folded_where_pictures_shrink() -> None:
    places = arrange(new("cnn").graph)
    rows = {y: [name for name in places if places[name][1] == y] for _, y in places.values()}
    assert [row[-1] for row in rows.values()] == ["pool1", "pool2", "answer"]


def test_branches_lie_below_each_other_and_the_long_way_stays_straight() -> None:
    graph = chain(4).add(Node("add", BLOCKS["Add"]()), Node("side", ReLU()))
    graph = graph.connect(
        Wire("relu3", "output", "add", "input"),
        Wire("relu0", "output", "side", "input"),
        Wire("side", "output", "add", "other"),
    )
    places = arrange(graph)
    assert len({places[name][1] for name in ("relu0", "relu1", "relu2", "relu3", "add")}) == 1
    assert places["side"][1] > places["relu0"][1]


def test_parts_that_are_not_connected_lie_below_each_other() -> None:
    graph = chain(3).add(Node("lonely", ReLU()))
    places = arrange(graph)
    assert places["lonely"][1] > max(places[f"relu{n}"][1] for n in range(3))


def test_loops_and_nothing_at_all_are_arranged_too() -> None:
    loop = chain(3).connect(Wire("relu2", "output", "relu0", "input"))
    assert not overlapping(loop)
    itself = chain(1).connect(Wire("relu0", "output", "relu0", "input"))
    assert arrange(itself).keys() == {"relu0"}
    assert arrange(Graph()) == {}


def test_the_corner_is_where_the_drawing_begins() -> None:
    places = arrange(chain(4), (100.0, -50.0))
    assert min(places.values()) == (104.0, -48.0)


def test_templates_lie_as_arranged() -> None:
    for name in TEMPLATES:
        assert not overlapping(new(name).graph)
