"""The model is the text: what it computes has the shapes that were promised, and errors find their block."""

from __future__ import annotations

import warnings

import pytest
import torch
from hypothesis import given, settings

from engine.blocks.base import Ids
from engine.check import check
from engine.export.module import export_module
from engine.graph import Graph
from engine.lower import Source, lower, write
from engine.model import blame, build, peek
from engine.project import Project
from engine.templates import TEMPLATES, new
from tests.engine.strategies import healthy_graphs


def source_of(graph: Graph) -> Source:
    return write(lower(graph, check(graph)))


def examples(graph: Graph, count: int) -> list[torch.Tensor]:
    report = check(graph)
    names = lower(graph, report).inputs
    return [torch.randn(count, *report.shapes[name, "output"]) for name in names]


@given(healthy_graphs())
@settings(max_examples=60)
def test_every_wire_carries_what_the_report_promised(graph: Graph) -> None:
    report, source = check(graph), source_of(graph)
    network = build(source)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Using padding='same' with even kernel lengths")
        seen = peek(source, network, *examples(graph, 2))
    told = {step.block: step.results for step in lower(graph, report).steps}
    for (block, port), shape in report.shapes.items():
        ports = graph.nodes[block].block.output_ports()
        variable = told[block][ports.index(port)] if block in told else block
        if variable in seen and variable != "_" and not isinstance(shape, Ids):
            assert tuple(seen[variable].shape) == (2, *shape)
    assert told.keys() == set(source.lines.values())
    assert seen.keys() >= {name for results in told.values() for name in results} - {"_"}


@given(healthy_graphs())
@settings(max_examples=40)
def test_parameters_are_as_many_as_reported_and_load_into_a_fresh_copy(graph: Graph) -> None:
    report, source = check(graph), source_of(graph)
    one, two = build(source), build(source)
    written = set(source.lines.values())
    promised = sum(found.parameters for name, found in report.blocks.items() if name in written)
    assert sum(parameter.numel() for parameter in one.parameters()) == promised
    two.load_state_dict(one.state_dict())
    assert {key.split(".")[0] for key in one.state_dict()} <= written


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_exported_file_computes_the_same_from_the_same_weights(name: str) -> None:
    project = new(name)
    network = build(source_of(project.graph)).eval()
    scope: dict[str, object] = {"__name__": "exported"}
    exec(compile(export_module(Project(project.graph)), "exported.py", "exec"), scope)
    made = scope["Network"]
    assert isinstance(made, type)
    copy = made()
    copy.load_state_dict(network.state_dict())
    inputs = examples(project.graph, 4)
    with torch.no_grad():
        assert torch.allclose(copy.eval()(*inputs), network(*inputs), atol=1e-6)


@pytest.mark.parametrize("name", TEMPLATES)
def test_looking_inside_changes_nothing(name: str) -> None:
    project = new(name)
    source = source_of(project.graph)
    network, inputs = build(source).eval(), examples(project.graph, 3)
    with torch.no_grad():
        before = network(*inputs)
        seen = peek(source, network, *inputs)
        last = project.graph.feeds("answer")["input"][0]
        assert torch.equal(seen[last], before) and torch.equal(network(*inputs), before)


def test_an_error_lands_on_the_block_that_wrote_the_line() -> None:
    source = source_of(new("cnn").graph)
    network = build(source)
    with pytest.raises(RuntimeError) as caught:
        network(torch.zeros(2, 1, 9, 9))
    assert blame(caught.value, source) == "hidden"
    with pytest.raises(RuntimeError) as caught:
        network(torch.zeros(2, 3, 28, 28))
    assert blame(caught.value, source) == "conv1"
    assert blame(ValueError("from elsewhere"), source) is None
