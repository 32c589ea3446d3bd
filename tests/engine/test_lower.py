"""From drawing to text: clean Python, one line for each call, and each line knows its block."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from engine.blocks.activation import ReLU
from engine.blocks.data import Input, Output
from engine.check import check
from engine.export.module import export_module
from engine.graph import Graph, Node, Wire
from engine.lower import NotReady, Source, lower, sketch, write
from engine.project import Project
from engine.templates import TEMPLATES, new
from tests.engine.strategies import any_graphs, healthy_graphs, spoiled_graphs


def source_of(graph: Graph) -> Source:
    return write(lower(graph, check(graph)))


@given(healthy_graphs())
@settings(max_examples=40)
def test_the_text_is_python_and_every_line_knows_its_block(graph: Graph) -> None:
    source = source_of(graph)
    ast.parse(source.text)
    lines = source.text.splitlines()
    for number, block in source.lines.items():
        assert re.search(rf"\b{block}", lines[number - 1])
    written = set(source.lines.values())
    assert written <= graph.nodes.keys()
    for block in written:
        assert source.lines_of(block)


@given(spoiled_graphs() | any_graphs())
@settings(max_examples=60)
def test_an_unfinished_drawing_has_no_program_but_a_sketch(graph: Graph) -> None:
    report = check(graph)
    ast.parse(write(sketch(graph, report)).text)
    if not report.ok:
        with pytest.raises(NotReady, match="problem"):
            lower(graph, report)


def test_the_linter_has_nothing_to_say(tmp_path: Path) -> None:
    """One run over many generated files and every template."""
    count = 0

    @settings(max_examples=40, database=None, suppress_health_check=[HealthCheck.too_slow])
    @given(healthy_graphs())
    def collect(graph: Graph) -> None:
        nonlocal count
        count += 1
        (tmp_path / f"net{count}.py").write_text(export_module(Project(graph, title="A title")), "utf-8")

    collect()
    for name in TEMPLATES:
        (tmp_path / f"{name}.py").write_text(export_module(new(name)), "utf-8")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--line-length", "120", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_exported_template_runs_with_nothing_but_torch(name: str, tmp_path: Path) -> None:
    path = tmp_path / "network.py"
    path.write_text(export_module(new(name)), "utf-8")
    imports = {node.module for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)}
    assert imports == {"torch"}
    assert f"{TEMPLATES[name].title}: a network drawn with Layerloom." in path.read_text("utf-8")


HOSTILE_TITLES = ('"""\nimport os\n"""', "\\", '\\"""', "a\nb", "\ud800", "{answer}", "%s", "", "'" * 3, "\u2028x")


@pytest.mark.parametrize("title", HOSTILE_TITLES)
def test_a_title_stays_a_title(title: str) -> None:
    text = export_module(Project(new("linear").graph, title=title))
    tree = ast.parse(text)
    plain = ast.parse(export_module(new("linear")))
    assert [ast.dump(part) for part in tree.body[1:]] == [ast.dump(part) for part in plain.body[1:]]
    text.encode()


def test_what_cannot_run_is_not_exported() -> None:
    cnn = new("cnn").graph
    with pytest.raises(NotReady, match="conv1"):
        export_module(Project(cnn.configure("conv1", kernel_size=99)))
    with pytest.raises(NotReady, match="Output"):
        export_module(Project(cnn.remove(["answer"])))
    with pytest.raises(NotReady, match="Input"):
        export_module(Project())


def test_blocks_that_no_output_needs_are_left_out() -> None:
    graph = new("linear").graph.add(Node("extra", ReLU())).connect(Wire("logits", "output", "extra", "input"))
    assert "extra" not in source_of(graph).text


def test_several_inputs_and_outputs_are_passed_and_returned_in_order() -> None:
    graph = Graph().add(Node("a", Input(shape=(2,))), Node("b", Input(shape=(3,))))
    graph = graph.add(Node("x", Output()), Node("y", Output()))
    graph = graph.connect(Wire("b", "output", "x", "input"), Wire("a", "output", "y", "input"))
    text = source_of(graph).text
    assert "def forward(self, a, b):" in text and "return b, a" in text
