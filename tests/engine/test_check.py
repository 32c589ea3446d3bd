"""What is said about drawings: shapes, cost, and faults named with both sides and a repair that works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings

from engine.blocks.activation import ReLU
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.blocks.merge import Add, Concatenate
from engine.blocks.pooling import MaxPool2d
from engine.check import Report, check, refusal
from engine.evaluation import needed
from engine.graph import Graph, Node, Wire
from engine.problems import Problem
from engine.recipes.recipe import Recipe
from engine.templates import TEMPLATES, new
from tests.engine.strategies import any_graphs, healthy_graphs, spoiled_graphs

RESIDUAL = new("residual")
CNN = replace(
    new("cnn"),
    graph=new("cnn")
    .graph.configure("conv1", out_channels=16)
    .configure("conv2", out_channels=32)
    .configure("hidden", out_features=64),
)


@dataclass(frozen=True)
class Fault:
    """One thoughtless change to a drawing that was fine, and what must be said about it."""

    name: str
    start: Graph
    spoil: Callable[[Graph], Graph]
    block: str
    words: tuple[str, ...]
    """The block it came from, what came, and what would have been right."""


def with_concatenate(graph: Graph) -> Graph:
    """Instead of the sum: the skip wire of a smaller picture joined with the main one."""
    graph = graph.remove(["add2"]).add(Node("join", Concatenate(), graph.nodes["add2"].at))
    return graph.connect(
        Wire("norm5", "output", "join", "tensor1"),
        Wire("relu3", "output", "join", "tensor2"),
        Wire("join", "output", "relu5", "input"),
    )


FAULTS = (
    Fault(
        "kernel larger than the picture",
        CNN.graph,
        lambda graph: graph.configure("conv2", kernel_size=31),
        "conv2",
        ("31 pixels", "at least 29", "16×14×14 from pool1"),
    ),
    Fault(
        "missing Flatten",
        CNN.graph,
        lambda graph: graph.bypass("flatten"),
        "hidden",
        ("flat row", "32×7×7 from pool2"),
    ),
    Fault(
        "Add of unequal shapes",
        RESIDUAL.graph,
        lambda graph: graph.remove(["shortcut", "norm6"]).connect(Wire("relu3", "output", "add2", "other")),
        "add2",
        ("same shape", "32×7×7 from norm5", "16×14×14 from relu3"),
    ),
    Fault(
        "Concatenate of unequal sizes",
        RESIDUAL.graph,
        with_concatenate,
        "join",
        ("same height", "32×7×7 from norm5", "16×14×14 from relu3"),
    ),
    Fault(
        "loop",
        RESIDUAL.graph,
        lambda graph: graph.connect(Wire("relu3", "output", "conv2", "input")),
        "conv2",
        ("loop", "relu3", "conv2 →"),
    ),
    Fault(
        "dangling input",
        RESIDUAL.graph,
        lambda graph: graph.disconnect(Wire("relu1", "output", "add1", "other")),
        "add1",
        ("other", "nothing is connected", "could feed it with 16×14×14"),
    ),
)

every_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)


def problem_at(report: Report, block: str) -> Problem:
    return report.by_block[block][0]


@every_fault
def test_a_planted_fault_is_named_with_both_sides(fault: Fault) -> None:
    assert check(fault.start, RESIDUAL.recipe).problems == ()
    problem = problem_at(check(fault.spoil(fault.start), RESIDUAL.recipe), fault.block)
    assert problem.text.startswith(fault.block) or fault.name == "loop"
    assert not [word for word in fault.words if word not in problem.text], problem.text


@every_fault
def test_the_first_repair_of_a_planted_fault_mends_the_drawing(fault: Fault) -> None:
    spoiled = fault.spoil(fault.start)
    problem = problem_at(check(spoiled, RESIDUAL.recipe), fault.block)
    mended = problem.fixes[0].apply(spoiled)
    assert [left.text for left in check(mended, RESIDUAL.recipe).problems] == []


@every_fault
def test_only_one_block_is_blamed_but_for_loops(fault: Fault) -> None:
    """Blocks behind a fault wait without a complaint of their own."""
    problems = [p for p in check(fault.spoil(fault.start)).problems if p.level == "error"]
    blamed = {problem.block for problem in problems}
    assert blamed <= {fault.block} or fault.name == "loop"


def test_the_faulty_wire_is_marked_with_the_numbers_that_differ() -> None:
    graph = RESIDUAL.graph.configure("shortcut", out_channels=24)
    problem = problem_at(check(graph), "add2")
    assert problem.mismatch == "32 ≠ 24" and problem.ports == ("input", "other")


def test_a_healthy_drawing_is_counted() -> None:
    report = check(CNN.graph, CNN.recipe)
    assert report.ok and report.parameters == 105_962
    assert report.shapes["pool1", "output"] == (16, 14, 14)
    assert report.blocks["conv2"].parameters == 16 * 32 * 9 + 32
    assert report.blocks["conv2"].macs == 16 * 32 * 9 * 14 * 14
    assert report.macs == sum(block.macs for block in report.blocks.values())
    assert report.wire_shape(Wire("flatten", "output", "hidden", "input")) == (1568,)


@given(any_graphs(10))
@settings(max_examples=80)
def test_any_drawing_can_be_checked(graph: Graph) -> None:
    for recipe in (None, Recipe()):
        report = check(graph, recipe)
        assert report.blocks.keys() <= graph.nodes.keys()
        for problem in report.problems:
            assert problem.block in graph.nodes
            assert problem.text[:1].isprintable() and problem.text.endswith(".")
            assert set(problem.ports) <= set(graph.nodes[problem.block].block.input_ports())
            for fix in problem.fixes:
                assert fix.label[0].isupper()
        unknown = graph.nodes.keys() - report.blocks.keys()
        assert not unknown or report.errors


@given(healthy_graphs())
@settings(max_examples=40)
def test_a_healthy_drawing_has_no_errors(graph: Graph) -> None:
    report = check(graph)
    assert report.ok
    assert report.blocks.keys() == graph.nodes.keys()
    counted = needed(graph)
    assert report.parameters == sum(b.parameters for name, b in report.blocks.items() if name in counted)


@given(spoiled_graphs())
@settings(max_examples=60)
def test_a_refused_block_hears_what_came_and_from_where(graph: Graph) -> None:
    for problem in check(graph).errors:
        feeds = graph.feeds(problem.block)
        assert problem.block in problem.text
        if feeds and "nothing is connected" not in problem.text and "loop" not in problem.text:
            assert all(source in problem.text for source, _ in feeds.values()), problem.text


def test_nothing_drawn_is_nothing_wrong() -> None:
    assert check(Graph()).problems == ()
    assert check(Graph(), Recipe()).problems == ()


def test_a_wire_that_does_not_suit_is_refused_while_it_is_drawn() -> None:
    graph = Graph().add(Node("a", Input()), Node("b", Conv2d()), Node("c", Conv2d()), Node("d", Linear()))
    graph = graph.add(Node("e", MaxPool2d(kernel_size=2)), Node("add", Add()))
    graph = graph.connect(Wire("a", "output", "b", "input"), Wire("b", "output", "c", "input"))
    report = check(graph)
    assert refusal(graph, report, Wire("c", "output", "b", "input")) == "would make a loop"
    assert refusal(graph, report, Wire("b", "output", "b", "input")) == "would make a loop"
    assert refusal(graph, report, Wire("a", "output", "e", "input")) == ""
    assert refusal(graph, report, Wire("a", "output", "add", "input")) == ""
    half = graph.connect(Wire("a", "output", "add", "input"))
    assert "same shape" in refusal(half, check(half), Wire("b", "output", "add", "other"))


def test_the_rest_of_a_broken_drawing_keeps_its_shapes() -> None:
    graph = CNN.graph.configure("conv2", kernel_size=31)
    report = check(graph)
    assert report.shapes["pool1", "output"] == (16, 14, 14)
    assert "norm2" not in report.blocks


@pytest.mark.parametrize("name", TEMPLATES)
def test_removing_any_block_of_a_template_is_survived(name: str) -> None:
    project = new(name)
    for gone in project.graph.nodes:
        report = check(project.graph.remove([gone]), project.recipe)
        assert report.errors
        assert all(problem.text for problem in report.problems)


def test_a_block_with_nothing_behind_it_is_no_error() -> None:
    graph = CNN.graph.add(Node("extra", ReLU())).connect(Wire("conv1", "output", "extra", "input"))
    assert check(graph, CNN.recipe).ok
    lonely = CNN.graph.add(Node("extra", Output()))
    assert not check(lonely, CNN.recipe).ok


def test_an_empty_input_is_told_of_the_loose_end_that_its_repair_connects() -> None:
    project = TEMPLATES["cnn"].project()
    graph = project.graph.disconnect(*project.graph.into("conv2"))
    problem = check(graph, project.recipe).errors[0]
    assert "pool1 could feed it with 24×14×14" in problem.text
    assert check(problem.fixes[0].apply(graph), project.recipe).ok
