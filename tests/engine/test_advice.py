"""Whether data, network and loss suit each other, and what is worth a second look."""

from __future__ import annotations

import pytest

from engine.blocks import Block
from engine.blocks.activation import ReLU, Sigmoid
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.dropout import Dropout
from engine.blocks.linear import Linear
from engine.blocks.normalisation import BatchNorm1d
from engine.blocks.probabilities import LogSoftmax, Softmax
from engine.check import Report, check
from engine.graph import Graph, Node, Wire
from engine.problems import Problem
from engine.recipes.data_sets import Circle, Iris, Mnist
from engine.recipes.losses import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, Loss, NLLLoss
from engine.recipes.recipe import Recipe


def chain(**blocks: Block) -> Graph:
    """Blocks in a row, each feeding the next one's first input."""
    graph, before = Graph(), ""
    for index, (name, block) in enumerate(blocks.items()):
        graph = graph.add(Node(name, block, (240.0 * index, 0.0)))
        if before:
            graph = graph.connect(Wire(before, "output", name, block.input_ports()[0]))
        before = name
    return graph


def row(*middle: tuple[str, Block], width: int = 2, last: int = 2) -> Graph:
    return chain(
        points=Input(shape=(width,)),
        hidden=Linear(out_features=8),
        relu1=ReLU(),
        logits=Linear(out_features=last),
        **dict(middle),
        answer=Output(),
    )


def only_problem(report: Report) -> Problem:
    (problem,) = report.problems
    return problem


def fixed(graph: Graph, problem: Problem, recipe: Recipe) -> Report:
    return check(problem.fixes[0].apply(graph), recipe)


PLANE = Recipe(data=Circle())


def test_sorted_examples_that_are_not_shuffled_are_worth_a_warning() -> None:
    iris = Recipe(data=Iris(), shuffle=False)
    problem = only_problem(check(row(width=4, last=3), iris))
    assert problem.level == "warning" and "one class after the other" in problem.text and problem.block == "points"
    for recipe in (iris.changed(shuffle=True), iris.changed(batch_size=120)):
        assert check(row(width=4, last=3), recipe).problems == ()
    assert check(row(), PLANE.changed(shuffle=False)).problems == ()


def test_a_network_that_suits_its_recipe_has_no_problems() -> None:
    assert check(row(), PLANE).problems == ()


def test_an_input_of_another_shape_than_the_data_is_named_and_mended() -> None:
    graph = row(width=3)
    problem = only_problem(check(graph, PLANE))
    assert (problem.block, problem.level) == ("points", "error")
    assert "3" in problem.text
    assert "Circle gives 2" in problem.text
    assert fixed(graph, problem, PLANE).problems == ()


def test_an_output_of_another_width_than_the_classes_is_named_and_mended() -> None:
    graph = row(last=7)
    problem = only_problem(check(graph, PLANE))
    assert (
        problem.text == "answer needs 2 numbers for each example for CrossEntropyLoss on Circle. It gets 7 from logits."
    )
    assert fixed(graph, problem, PLANE).problems == ()


def test_a_missing_flatten_is_an_error_at_the_output_and_a_warning_where_it_belongs() -> None:
    graph = chain(
        digits=Input(),
        conv1=Conv2d(),
        relu1=ReLU(),
        logits=Linear(out_features=10),
        answer=Output(),
    )
    recipe = Recipe(data=Mnist())
    report = check(graph, recipe)
    assert {(p.block, p.level) for p in report.problems} == {("answer", "error"), ("logits", "warning")}
    assert all("relu1" in p.text or "logits" in p.text for p in report.problems)
    for problem in report.problems:
        assert problem.fixes[0].label == "Insert Flatten"
        assert fixed(graph, problem, recipe).problems == ()


@pytest.mark.parametrize(
    ("loss", "block"),
    [(CrossEntropyLoss(), Softmax()), (CrossEntropyLoss(), LogSoftmax())],
    ids=["Softmax", "LogSoftmax"],
)
def test_an_activation_that_the_loss_applies_itself_is_a_warning(loss: Loss, block: Block) -> None:
    graph = row(("extra", block))
    recipe = PLANE.changed(loss=loss)
    problem = only_problem(check(graph, recipe))
    assert (problem.block, problem.level) == ("extra", "warning")
    assert check(problem.fixes[0].apply(graph), recipe).problems == ()


def test_sigmoid_before_the_loss_that_applies_it_is_a_warning() -> None:
    graph = row(("extra", Sigmoid()), last=1)
    recipe = PLANE.changed(loss=BCEWithLogitsLoss())
    problem = only_problem(check(graph, recipe))
    assert (problem.block, problem.level) == ("extra", "warning")
    assert fixed(graph, problem, recipe).problems == ()


@pytest.mark.parametrize(("loss", "last"), [(NLLLoss(), 2), (BCELoss(), 1)], ids=["NLLLoss", "BCELoss"])
def test_a_loss_that_needs_probabilities_says_so(loss: Loss, last: int) -> None:
    graph, recipe = row(last=last), PLANE.changed(loss=loss)
    problem = only_problem(check(graph, recipe))
    assert problem.level == "warning"
    assert loss.kind() in problem.text
    assert fixed(graph, problem, recipe).problems == ()


def test_batch_norm_with_a_batch_of_one_is_a_warning() -> None:
    graph = row(("norm1", BatchNorm1d()))
    assert check(graph, PLANE.changed(batch_size=2)).problems == ()
    problem = only_problem(check(graph, PLANE.changed(batch_size=1)))
    assert (problem.block, problem.level) == ("norm1", "warning")
    assert fixed(graph, problem, PLANE.changed(batch_size=1)).problems == ()


def test_two_linear_blocks_in_a_row_are_a_warning_even_with_dropout_between() -> None:
    graph = chain(
        points=Input(shape=(2,)),
        first=Linear(),
        drop=Dropout(),
        second=Linear(out_features=2),
        answer=Output(),
    )
    problem = only_problem(check(graph, PLANE))
    assert (problem.block, problem.level) == ("second", "warning")
    assert "first" in problem.text
    assert fixed(graph, problem, PLANE).problems == ()


@pytest.mark.parametrize("missing", ["points", "answer"])
def test_a_missing_end_is_added_in_one_step(missing: str) -> None:
    graph = row().remove([missing])
    problem = next(p for p in check(graph, PLANE).errors if "The drawing needs" in p.text)
    assert fixed(graph, problem, PLANE).problems == ()


def test_an_empty_drawing_has_nothing_wrong() -> None:
    assert check(Graph(), PLANE).problems == ()
