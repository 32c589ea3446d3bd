"""The networks to start from train at once, and are what they say."""

from __future__ import annotations

from itertools import islice

import pytest

from engine.check import check
from engine.events import EpochDone, Failed, Steps
from engine.lower import lower, write
from engine.project import dumps, loads
from engine.templates import TEMPLATES, new
from engine.training.trainer import train

PARAMETERS = {"linear": 7_850, "mlp": 669_706, "spiral": 186}

every_template = pytest.mark.parametrize("name", TEMPLATES)


@every_template
def test_a_template_has_no_problem_of_any_kind(name: str) -> None:
    project = new(name)
    report = check(project.graph, project.recipe)
    assert [problem.text for problem in report.problems] == []
    assert report.parameters == PARAMETERS.get(name, report.parameters)


@every_template
def test_a_template_learns_from_the_first_step(name: str) -> None:
    project = new(name)
    source = write(lower(project.graph, check(project.graph)))
    events = list(islice(train(source, project.recipe), 8))
    assert not [event for event in events if isinstance(event, Failed)]
    assert any(isinstance(event, Steps) for event in events)


def test_the_spiral_is_learned() -> None:
    project = new("spiral")
    source = write(lower(project.graph, check(project.graph)))
    scores = [event.accuracy or 0.0 for event in train(source, project.recipe) if isinstance(event, EpochDone)]
    assert max(scores) >= 0.95


@every_template
def test_a_template_can_be_saved_and_explains_itself(name: str) -> None:
    template = TEMPLATES[name]
    assert template.name == name
    assert template.title and template.summary.endswith(".")
    assert loads(dumps(template.project())) == template.project()


def test_the_residual_template_has_skip_wires() -> None:
    graph = new("residual").graph
    assert [name for name, node in graph.nodes.items() if node.block.kind() == "Add"] == ["add1", "add2"]
    assert graph.feeds("add1")["other"] == ("relu1", "output")
