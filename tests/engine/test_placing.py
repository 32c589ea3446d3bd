"""Where a new block goes and what it is wired to."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.blocks import BLOCKS
from engine.blocks.activation import ReLU
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.blocks.merge import Add
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.placing import HIGH, WIDE, fit, free_spot, insert_behind, place, place_after, place_before, set_apart
from engine.templates import new
from tests.engine.strategies import any_graphs
from tests.engine.test_graph import assert_sound

CNN = new("cnn").graph
KINDS = tuple(BLOCKS.values())


def test_a_block_dropped_on_a_wire_is_inserted() -> None:
    wire = Wire("conv1", "output", "norm1", "input")
    graph, name = place(CNN, ReLU(), (10.0, 20.0), wire)
    assert graph.feeds(name) == {"input": ("conv1", "output")}
    assert graph.feeds("norm1") == {"input": (name, "output")}
    assert graph.nodes[name].at == (10.0, 20.0)


def test_a_block_that_cannot_pass_on_is_only_laid_down() -> None:
    wire = Wire("conv1", "output", "norm1", "input")
    for block in (Input(), Output()):
        graph, _ = place(CNN, block, (0.0, 0.0), wire)
        assert graph.wires == CNN.wires


def test_a_wire_dropped_on_nothing_connects_the_new_block() -> None:
    graph, name = place_after(CNN, ReLU(), (0.0, 0.0), ("conv1", "output"))
    assert graph.feeds(name) == {"input": ("conv1", "output")}
    graph, name = place_before(CNN, Conv2d(), (0.0, 0.0), ("norm1", "input"))
    assert graph.feeds("norm1") == {"input": (name, "output")}
    assert place_after(CNN, Input(), (0.0, 0.0), ("conv1", "output"))[0].wires == CNN.wires


def test_a_block_behind_another_goes_on_its_only_wire_and_the_row_moves() -> None:
    graph, name = insert_behind(CNN, ReLU(), "conv1")
    assert graph.feeds("norm1") == {"input": (name, "output")}
    assert graph.nodes["norm1"].at[0] > graph.nodes[name].at[0] > graph.nodes["conv1"].at[0]
    end, name = insert_behind(CNN, ReLU(), "answer")
    assert end.wires == CNN.wires and name in end.nodes


@given(any_graphs(), st.data())
@settings(max_examples=60)
def test_a_new_block_can_go_behind_any_other(graph: Graph, chance: st.DataObject) -> None:
    if graph.nodes:
        name = chance.draw(st.sampled_from(sorted(graph.nodes)))
        made, new_name = insert_behind(graph, chance.draw(st.sampled_from(KINDS))(), name)
        assert_sound(made)
        assert made.nodes.keys() - graph.nodes.keys() == {new_name}


def test_a_free_spot_is_free() -> None:
    graph = Graph().add(*(Node(f"relu{n}", ReLU(), (0.0, 96.0 * n)) for n in range(5)))
    assert free_spot(graph, (20.0, 0.0)) == (20.0, 480.0)
    assert free_spot(graph, (500.0, 0.0)) == (500.0, 0.0)


def test_the_search_says_what_a_block_would_make_of_a_wire() -> None:
    report = check(CNN)
    assert fit(CNN, report, Conv2d(out_channels=8), ("pool1", "output")) == ("→ 8×12×12", "fits")
    assert fit(CNN, report, Add(), ("pool1", "output")) == ("needs 2 inputs", "partly")
    assert fit(CNN, report, Input(), ("pool1", "output"))[1] == "refuses"
    assert fit(CNN, report, Output(), ("logits", "output"))[1] == "fits"
    assert fit(CNN, report, BLOCKS["BatchNorm1d"](), ("pool1", "output")) == ("needs Flatten first", "repair")
    assert fit(CNN, report, Conv2d(), ("logits", "output"))[1] == "refuses"
    assert fit(CNN, report, Linear(), ("nowhere", "output"))[1] == "fits"


@given(
    st.lists(st.tuples(st.integers(-600, 600), st.integers(-600, 600)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(-600, 600), st.integers(-600, 600)), max_size=8),
)
def test_blocks_that_are_set_apart_keep_their_order_and_lie_on_no_others(
    mine: list[tuple[int, int]], others: list[tuple[int, int]]
) -> None:
    names = [f"mine{number}" for number in range(len(mine))]
    graph = Graph().add(*(Node(f"other{n}", BLOCKS["ReLU"](), (float(x), float(y))) for n, (x, y) in enumerate(others)))
    graph = graph.add(*(Node(n, BLOCKS["ReLU"](), (float(x), float(y))) for n, (x, y) in zip(names, mine, strict=True)))
    after = set_apart(graph, names)
    moves = {(after.nodes[n].at[0] - graph.nodes[n].at[0], after.nodes[n].at[1] - graph.nodes[n].at[1]) for n in names}
    assert len(moves) == 1
    (across, down) = moves.pop()
    assert across == 0.0
    assert down >= 0.0
    for name in names:
        x, y = after.nodes[name].at
        assert not any(abs(x - a) < WIDE and abs(y - b) < HIGH for a, b in others)
