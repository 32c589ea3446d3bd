"""Repairs do what their button says: each can be applied, and the problem it belongs to is gone."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings

from engine.blocks.base import Block
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input
from engine.blocks.dropout import Dropout2d
from engine.blocks.linear import Linear
from engine.blocks.merge import Add, Concatenate
from engine.blocks.normalisation import BatchNorm1d, BatchNorm2d
from engine.blocks.pooling import MaxPool2d
from engine.blocks.shaping import Flatten
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.problems import Problem
from engine.repairs import MOST_FIXES
from tests.engine.strategies import any_graphs, spoiled_graphs
from tests.engine.test_graph import assert_sound


def fed(block: Block, *shapes: tuple[int, ...]) -> Graph:
    """One block called `it`, fed by inputs of these shapes."""
    graph = Graph().add(replace(Node("it", Input()), block=block))
    for port, shape in zip(graph.nodes["it"].block.input_ports(), shapes, strict=True):
        name = f"input_{port}"
        graph = graph.add(Node(name, Input(shape=shape))).connect(Wire(name, "output", "it", port))
    return graph


def labels(graph: Graph) -> list[str]:
    (problem,) = check(graph).errors
    return [fix.label for fix in problem.fixes]


def assert_repairs_work(graph: Graph) -> None:
    for problem in check(graph).problems:
        assert len(problem.fixes) <= MOST_FIXES
        for fix in problem.fixes:
            mended = fix.apply(graph)
            assert_sound(mended)
            assert mended != graph
            if problem.mismatch == "loop":
                continue  # one of several loops may remain
            left = [p for p in check(mended).problems if same(p, problem)]
            assert not left, (fix.label, problem.text)


def same(one: Problem, two: Problem) -> bool:
    return (one.block, one.text) == (two.block, two.text)


@given(spoiled_graphs())
@settings(max_examples=120)
def test_every_repair_of_a_spoiled_drawing_works(graph: Graph) -> None:
    assert_repairs_work(graph)


@given(any_graphs(10))
@settings(max_examples=80)
def test_every_repair_of_any_drawing_works(graph: Graph) -> None:
    assert_repairs_work(graph)


@given(spoiled_graphs())
@settings(max_examples=60)
def test_the_first_repair_of_a_refusal_leaves_the_block_in_order(graph: Graph) -> None:
    for problem in check(graph).errors:
        if problem.fixes and problem.mismatch != "loop" and "nothing is connected" not in problem.text:
            mended = problem.fixes[0].apply(graph)
            blamed = {left.block for left in check(mended).errors}
            assert problem.block not in blamed or problem.block not in mended.nodes


def test_a_row_into_a_convolution_is_reshaped() -> None:
    assert labels(fed(Conv2d(), (784,))) == ["Reshape to 1×28×28"]
    assert labels(fed(Conv2d(kernel_size=1), (12,))) == ["Reshape to 1×1×12"]


def test_a_picture_into_a_batch_norm_for_rows_changes_the_block_first() -> None:
    assert labels(fed(BatchNorm1d(eps=1e-3), (8, 4, 4)))[0] == "Use BatchNorm2d"
    assert labels(fed(BatchNorm2d(), (8,)))[0] == "Use BatchNorm1d"
    assert labels(fed(Dropout2d(), (8,)))[0] == "Use Dropout"
    graph = fed(BatchNorm1d(eps=1e-3), (8, 4, 4))
    mended = check(graph).errors[0].fixes[0].apply(graph)
    assert mended.nodes["it"].block == BatchNorm2d(eps=1e-3)
    assert mended.wires == graph.wires


def test_a_kernel_that_is_too_large_gets_smaller_or_the_picture_grows() -> None:
    found = labels(fed(Conv2d(kernel_size=9), (3, 5, 5)))
    assert found == ["Set kernel_size to 3", "Set kernel_size to 1", "Set padding to 'same'"]
    assert labels(fed(MaxPool2d(kernel_size=9), (3, 5, 5)))[0] == "Set kernel_size to 2"


def test_a_sum_of_pictures_gets_a_projection() -> None:
    graph = fed(Add(), (32, 7, 7), (16, 14, 14))
    problem = check(graph).errors[0]
    assert problem.fixes[0].label == "Put a 1×1 Conv2d on the skip wire"
    mended = problem.fixes[0].apply(graph)
    assert mended.nodes["conv1"].block == Conv2d(out_channels=32, kernel_size=1, stride=2)
    assert check(mended).ok


def test_a_sum_of_rows_gets_a_linear() -> None:
    graph = fed(Add(), (10,), (20,))
    assert labels(graph)[0] == "Put a Linear on the skip wire"
    assert check(check(graph).errors[0].fixes[0].apply(graph)).ok


def test_pictures_of_two_sizes_are_pooled_before_they_are_joined() -> None:
    graph = fed(Concatenate(), (8, 14, 14), (8, 7, 7))
    assert labels(graph)[0] == "Pool the larger pictures"
    assert check(check(graph).errors[0].fixes[0].apply(graph)).ok


def test_an_empty_input_is_fed_by_what_suits() -> None:
    graph = Graph().add(Node("picture", Input()), Node("row", Input(shape=(5,))), Node("conv1", Conv2d()))
    (problem,) = check(graph).errors
    assert [fix.label for fix in problem.fixes] == ["Connect picture"]


def test_a_repair_makes_room_for_what_it_inserts() -> None:
    graph = fed(Add(), (32, 7, 7), (16, 14, 14))
    mended = check(graph).errors[0].fixes[0].apply(graph)
    places = [node.at for node in mended.nodes.values()]
    new = mended.nodes["conv1"].at
    assert all(abs(x - new[0]) >= 168 or abs(y - new[1]) >= 48 for x, y in places if (x, y) != new)
    assert places.count(new) == 1


def test_a_linear_is_widened_where_the_sum_needs_it() -> None:
    graph = fed(Add(), (10,), (20,)).add(Node("hidden", Linear(out_features=20)))
    graph = graph.connect(Wire("input_other", "output", "hidden", "input"), Wire("hidden", "output", "it", "other"))
    assert "Give hidden 10 out_features" in labels(graph)


def test_numbers_beyond_every_limit_are_survived() -> None:
    huge = (1_000_000, 1_000_000, 1_000_000)
    rows = fed(Add(), (10,), (20,)).add(Node("flat", Flatten()), Node("huge", Input(shape=huge)))
    rows = rows.connect(Wire("huge", "output", "flat", "input"), Wire("flat", "output", "it", "other"))
    for graph in (
        fed(Conv2d(), (1_000_000, 1_000_000)),
        fed(Concatenate(), huge, (3, 7, 7)),
        fed(Add(), huge, (3, 7, 7)),
        fed(Add(), (3, 7, 7), (9, 1_000_000, 1)),
        fed(MaxPool2d(kernel_size=100_000, padding=100_000), huge),
        rows,
    ):
        assert_repairs_work(graph)
