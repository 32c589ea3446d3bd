"""Drawings with several Inputs and Outputs are told what they need, and nothing that they do not."""

from __future__ import annotations

import pytest

from engine.blocks.activation import ReLU
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.blocks.merge import Add
from engine.check import check
from engine.export.script import export_script
from engine.export.style import CannotExport
from engine.graph import Graph, Node, Wire
from engine.project import Project
from engine.recipes.data_sets import Circle, Diabetes
from engine.recipes.heads import Head
from engine.recipes.losses import BCELoss, CrossEntropyLoss, GaussianNLLLoss, MSELoss, NLLLoss, SoftMarginLoss
from engine.recipes.optimizers import LBFGS
from engine.recipes.recipe import Recipe

PLANE = Recipe(data=Circle())


def two_outputs(width: int = 2, second: int = 2) -> Graph:
    graph = Graph().add(
        Node("points", Input(shape=(2,))),
        Node("hidden", Linear(out_features=8)),
        Node("bent", ReLU()),
        Node("logits", Linear(out_features=width)),
        Node("aside", Linear(out_features=second)),
        Node("answer", Output()),
        Node("other", Output()),
    )
    pairs = (("points", "hidden"), ("hidden", "bent"), ("bent", "logits"), ("bent", "aside"))
    ends = (("logits", "answer"), ("aside", "other"))
    return graph.connect(*(Wire(source, "output", target, "input") for source, target in (*pairs, *ends)))


def two_inputs(second: tuple[int, ...]) -> Graph:
    graph = Graph().add(
        Node("points", Input(shape=(2,))),
        Node("again", Input(shape=second)),
        Node("both", Add()),
        Node("logits", Linear(out_features=2)),
        Node("answer", Output()),
    )
    ports = graph.nodes["both"].block.input_ports()
    into = [Wire(name, "output", "both", port) for name, port in zip(("points", "again"), ports, strict=False)]
    rest = [Wire("both", "output", "logits", "input"), Wire("logits", "output", "answer", "input")]
    return graph.connect(*into, *rest)


def test_two_outputs_are_no_problem() -> None:
    assert check(two_outputs(), PLANE).problems == ()
    heads = (Head(output="other", loss=MSELoss(), weight=0.5),)
    assert check(two_outputs(second=1), PLANE.changed(heads=heads)).problems == ()


def test_each_output_is_held_to_its_own_loss_and_mended() -> None:
    recipe = PLANE.changed(heads=(Head(output="other", loss=MSELoss()),))
    (problem,) = check(two_outputs(), recipe).problems
    assert problem.block == "other" and "needs 1 number for each example for MSELoss on Circle" in problem.text
    assert check(problem.fixes[0].apply(two_outputs()), recipe).problems == ()
    assert not problem.fixes[0].label.startswith("Remove")


def test_a_loss_for_an_output_that_is_not_there_is_a_warning() -> None:
    (problem,) = check(two_outputs(), PLANE.changed(heads=(Head(output="gone", loss=MSELoss()),))).problems
    assert problem.level == "warning"
    assert problem.text == "The recipe has a MSELoss for gone, which is no Output of the drawing."


def test_every_input_gets_the_same_example() -> None:
    assert check(two_inputs((2,)), PLANE).problems == ()
    problems = [p for p in check(two_inputs((3,)), PLANE).problems if p.block == "again"]
    (problem,) = problems
    assert problem.text == (
        "again says that one example is 3, but Circle gives 2. Every Input gets the same example in training."
    )
    assert check(problem.fixes[0].apply(two_inputs((3,))), PLANE).problems == ()


def test_classes_for_plain_numbers_are_explained_before_the_run() -> None:
    graph = Graph().add(
        Node("facts", Input(shape=(10,))), Node("line", Linear(out_features=1)), Node("answer", Output())
    )
    graph = graph.connect(Wire("facts", "output", "line", "input"), Wire("line", "output", "answer", "input"))
    data = Recipe(data=Diabetes(), loss=MSELoss())
    assert check(graph, data).problems == ()
    for loss in (CrossEntropyLoss(), NLLLoss(), BCELoss(), SoftMarginLoss()):
        (problem,) = check(graph, data.changed(loss=loss)).problems
        assert problem.level == "error" and f"{loss.kind()} needs classes, but Diabetes has plain" in problem.text
    (problem,) = check(graph, data.changed(loss=GaussianNLLLoss())).problems
    assert "answer needs 2 numbers for each example for GaussianNLLLoss" in problem.text
    (problem,) = check(graph, data.changed(heads=(Head(output="answer", loss=MSELoss(), target="size"),))).problems
    assert "Diabetes has no target called 'size'" in problem.text


NOT_YET = [
    ({"optimizer": LBFGS()}, "LBFGS"),
    ({"optimizer": LBFGS(), "precision": "float16"}, "LBFGS and float16"),
]


@pytest.mark.parametrize(("values", "named"), NOT_YET, ids=lambda value: value if isinstance(value, str) else "")
def test_a_program_that_cannot_be_written_yet_says_what_is_missing(values: dict[str, object], named: str) -> None:
    graph = two_outputs().remove(["other", "aside"])
    assert "CrossEntropyLoss" in str(export_script(Project(graph, PLANE)))
    with pytest.raises(CannotExport, match=f"^A training program with {named} cannot be written yet"):
        export_script(Project(graph, PLANE.changed(**values)))
    assert "SumOfLosses" in export_script(Project(two_outputs(), PLANE))
