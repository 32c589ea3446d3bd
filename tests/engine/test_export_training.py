"""The exported training programs, run for real: the same bits as in the program, in one process or several."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings

from engine.blocks.base import Ids
from engine.check import check
from engine.export import EXPORTS
from engine.export.data_code import data_piece
from engine.export.loss_code import loss_piece
from engine.export.notebook import export_notebook
from engine.export.pieces import import_block
from engine.export.project_folder import export_project
from engine.export.script import export_script
from engine.export.style import CannotExport
from engine.export.training_code import Plan, network_piece
from engine.graph import Graph
from engine.groups import Group
from engine.insight.scoring import chosen
from engine.lower import NotReady, lower, write
from engine.model import build
from engine.nesting import grouped
from engine.project import Project
from engine.recipes.data_sets import Box, DataSet, Digits, Gauss, Spiral
from engine.recipes.heads import Head
from engine.recipes.losses import LOSSES, BCEWithLogitsLoss, CrossEntropyLoss, MSELoss
from engine.recipes.optimizers import SGD, Adam, AdamW, RMSprop
from engine.recipes.recipe import Recipe
from engine.templates import TEMPLATES, new
from engine.training.criterion import module_for, targets_of
from tests.engine.nested import nested_graphs
from tests.engine.programs import (
    ONE_AFTER_THE_OTHER,
    Programs,
    detached,
    executed,
    lay_files,
    losses_in,
    losses_of_notebook,
    numbers,
    pictures,
    same,
    written,
)
from tests.engine.programs import told as programs_told

EXAMPLES = int(os.environ.get("LAYERLOOM_EXAMPLES", "20"))

DIGITS = Recipe(
    data=Digits(examples=321), optimizer=Adam(lr=0.01), batch_size=32, epochs=2, max_norm=1.0, threads=1, device="cpu"
)
BOX = Recipe(data=Box(), loss=MSELoss(), optimizer=SGD(lr=0.001, momentum=0.9, nesterov=True), batch_size=13, epochs=3)
BOX = BOX.changed(shuffle=False, threads=1, device="cpu", seed=5)
SPIRAL = Recipe(data=Spiral(noise=0.1), loss=BCEWithLogitsLoss(), optimizer=RMSprop(), batch_size=30, epochs=2)
SPIRAL = SPIRAL.changed(threads=1, device="cpu", seed=7)
GAUSS = Recipe(data=Gauss(noise=0.2), optimizer=Adam(lr=0.01), batch_size=15, epochs=3, threads=1, device="cpu")


PROJECTS = {
    "digits": Project(pictures(), DIGITS, "Digits"),
    "box": Project(numbers(1, 1), BOX, "Box"),
    "spiral": Project(numbers(2, 1, p=0.1), SPIRAL, "Spiral"),
}


def run(folder: Path, *words: str) -> str:
    """A Python process in a folder; gives what it prints."""
    done = subprocess.run([sys.executable, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    with Programs() as found:
        yield found


@cache
def told(name: str) -> list[float]:
    """The loss of every step of a project as the program itself trains."""
    return programs_told(PROJECTS[name])


def test_the_script_gives_the_very_losses_of_the_program(tmp_path: Path) -> None:
    written(tmp_path, PROJECTS["digits"])
    printed = run(tmp_path, "program.py", "--losses", "losses.csv")
    assert losses_in(tmp_path / "losses.csv") == told("digits")
    assert printed.count("Epoch ") == PROJECTS["digits"].recipe.epochs


@pytest.mark.parametrize("name", ["box", "spiral"])
def test_other_scripts_do_so_too(name: str, programs: Programs, tmp_path: Path) -> None:
    written(tmp_path, PROJECTS[name])
    printed = programs.run(tmp_path, "program.py", "--losses", "losses.csv")
    assert losses_in(tmp_path / "losses.csv") == told(name)
    assert printed.count("Epoch ") == PROJECTS[name].recipe.epochs


def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    """With odd batches, of which the last is shorter, so that the processes' parts differ."""
    projects = {"plain": Project(numbers(2, 2), GAUSS), "detached": Project(detached(), GAUSS)}
    for name, project in projects.items():
        written(tmp_path, project).rename(tmp_path / f"{name}.py")
    (tmp_path / "both.py").write_text(ONE_AFTER_THE_OTHER.format(names=tuple(projects)))
    run(tmp_path, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "both.py")
    for name, project in projects.items():
        got, expected = losses_in(tmp_path / f"{name}.csv"), programs_told(project)
        assert len(got) == len(expected) == 51
        assert got == pytest.approx(expected, abs=1e-4)


def test_a_killed_run_that_is_resumed_ends_where_an_unbroken_one_does(programs: Programs, tmp_path: Path) -> None:
    recipe = DIGITS.changed(optimizer=AdamW(lr=0.01), epochs=20)
    written(tmp_path, Project(pictures(), recipe))
    words = ("program.py", "--schedule", "cosine", "--checkpoint")
    programs.run(tmp_path, *words, "whole.pt")
    with subprocess.Popen(
        [sys.executable, *words, "broken.pt"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Epoch 3:"):  # then the checkpoint of the second is there
                process.kill()
    printed = programs.run(tmp_path, *words, "broken.pt", "--resume")
    assert "Epoch 20:" in printed and "Epoch 2:" not in printed
    whole, broken = (torch.load(tmp_path / f"{name}.pt", weights_only=True) for name in ("whole", "broken"))
    assert same(whole, broken)
    assert not list(tmp_path.glob("*.draft"))


@pytest.mark.parametrize("name", ["digits", "spiral"])
def test_the_notebook_runs_from_top_to_bottom_with_the_same_losses(
    name: str, programs: Programs, tmp_path: Path
) -> None:
    assert losses_of_notebook(programs, tmp_path, PROJECTS[name]) == told(name)


def test_the_notebook_has_the_form_of_one() -> None:
    notebook = json.loads(export_notebook(PROJECTS["digits"]))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    cells = notebook["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        code = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert cell.keys() == {"cell_type", "id", "metadata", "source"} | code
    assert "| `conv1` | `Conv2d` | N×4×8×8 | 40 |" in "".join(cells[0]["source"])


def test_the_project_passes_its_tests_and_trains_the_same(programs: Programs, tmp_path: Path) -> None:
    lay_files(tmp_path, PROJECTS["digits"])
    for name, text in export_project(PROJECTS["digits"]).items():
        (tmp_path / name).write_text(text, "utf-8")
    assert "passed" in programs.run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    programs.run(tmp_path, "train.py", "--losses", "losses.csv")
    assert losses_in(tmp_path / "losses.csv") == told("digits")


@pytest.mark.parametrize("data", [Digits(), Spiral()], ids=["ten classes", "two classes"])
@pytest.mark.parametrize("kind", LOSSES)
def test_the_text_of_a_loss_compares_and_chooses_as_the_program_does(kind: str, data: DataSet) -> None:
    loss = LOSSES[kind]()
    (width,) = loss.output_shape(data)
    head = Head(loss=loss)
    piece = loss_piece([head], data)
    scope = executed(piece.imports, piece.text)
    labels, outputs = torch.tensor([0, 1, 1, 0]), torch.randn(4, width)
    assert isinstance(scope["LOSS"], getattr(torch.nn, kind))
    assert torch.equal(scope["targets_for"](labels), targets_of(head, data, labels))
    assert torch.equal(scope["chosen_classes"](outputs), chosen(outputs, loss))
    expected = module_for(loss, data, labels)(outputs.sigmoid(), targets_of(head, data, labels))
    assert torch.equal(scope["LOSS"](outputs.sigmoid(), scope["targets_for"](labels)), expected)


def every_text(project: Project) -> Iterator[tuple[str, str]]:
    """All Python of the three styles by a file name, and the notebook."""
    yield "script.py", export_script(project)
    yield "notebook.ipynb", export_notebook(project)
    for name, text in export_project(project).items():
        if name.endswith(".py"):
            yield f"project/{name}", text


def test_the_linter_and_the_formatter_have_nothing_to_say(tmp_path: Path) -> None:
    others = {name: new(name) for name in TEMPLATES}
    changed = SPIRAL.changed(
        loss=CrossEntropyLoss(label_smoothing=0.1),
        max_norm=0.5,
        optimizer=AdamW(lr=1e-05, betas=(0.85, 0.995), eps=1e-06, weight_decay=0.123456789, amsgrad=True),
        batch_size=65536,
        epochs=10_000,
    )
    others["long"] = Project(numbers(2, 2), changed, "A title that goes on " * 20)
    for key, project in {**PROJECTS, **others}.items():
        for name, text in every_text(project):
            (tmp_path / key / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / key / name).write_text(text, "utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    for folder in (tmp_path, *tmp_path.glob("*/project")):  # files beside each other are told from packages there
        subprocess.run(
            [ruff, "check", "--isolated", "--no-cache", "--exclude", "*/project", "."], cwd=folder, check=True
        )
    run(tmp_path, "-m", "ruff", "format", "--isolated", "--no-cache", "--check", "--exclude", "model.py", ".")


def test_the_exports_import_nothing_of_ours() -> None:
    own = {"data", "model", "train"}
    for name, text in every_text(PROJECTS["digits"]):
        if name.endswith(".py"):
            imported = {module.split(".")[0] for module in modules(ast.parse(text))}
            ours = imported - set(sys.stdlib_module_names) - {"numpy", "torch", "pytest"}
            assert not ours - (own if name.startswith("project/") else set()), name


def modules(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


HOSTILE = (
    '"""\nimport os\nos.abort()\n"""',
    "'''\\",
    "$title {data} {0} %(prog)s %s",
    "a\u2028b\u202ec\x00d\re",
    "</h1><script>alert(1)</script>![](x.png)[a](javascript:b)",
    "```\n# heading\n| a |",
    "\\N{BULLET} \\x41 \\",
    "",
    " " * 50,
)


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_breaks_out_of_the_text_it_stands_in(title: str) -> None:
    plain, hostile = PROJECTS["spiral"], replace(PROJECTS["spiral"], title=title)
    for (name, expected), (_, text) in zip(every_text(plain), every_text(hostile), strict=True):
        if name.endswith(".py"):
            assert body(text) == body(expected), name
        else:
            assert json.loads(text)["cells"][1:] == json.loads(expected)["cells"][1:]
    first, *rest = export_project(hostile)["README.md"].splitlines()
    assert rest == export_project(plain)["README.md"].splitlines()[1:]
    heading = "".join(json.loads(export_notebook(hostile))["cells"][0]["source"]).splitlines()[0]
    assert heading == first
    assert not re.search(r"(?<!\\)[<>`!|\[\]()]", first)


def body(text: str) -> str:
    """Everything behind the docstring, as a tree."""
    tree = ast.parse(text)
    assert ast.get_docstring(tree)
    return "\n".join(map(ast.dump, tree.body[1:]))


@pytest.mark.parametrize("taken", ["SharedBatches", "LOSS", "SystemExit", "TensorDataset"])
def test_a_group_may_be_called_like_something_in_the_program(taken: str) -> None:
    graph, _ = grouped(numbers(2, 1), ["hidden", "tanh1"], taken)
    project = Project(graph, SPIRAL)
    text = export_script(project)
    classes = [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    assert classes == [f"{taken}Block", "Network", "SharedBatches"]
    scope: dict[str, Any] = {"__name__": "exported"}
    exec(text, scope)
    inside = next(name for name, node in graph.nodes.items() if isinstance(node.block, Group))
    assert f"{inside}.hidden.weight" in scope["Network"]().state_dict()
    assert issubclass(scope["SharedBatches"], torch.utils.data.DistributedSampler)


@given(nested_graphs())
@settings(max_examples=EXAMPLES)
def test_any_network_is_the_same_when_its_groups_are_called_otherwise(graph: Graph) -> None:
    report = check(graph)
    program = lower(graph, report)
    taken = {"Block", "Stage"}
    piece = network_piece(Plan("", Recipe(), graph, report, program), taken)
    scope = executed(tuple(import_block([piece]).splitlines()), piece.text)
    assert not taken & scope.keys()
    network, wanted = scope["Network"]().eval(), build(write(program)).eval()
    assert network.state_dict().keys() == wanted.state_dict().keys()
    network.load_state_dict(wanted.state_dict())
    batch = [examples(report.shapes[name, "output"]) for name in program.inputs]
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")
        torch.testing.assert_close(network(*batch), wanted(*batch), rtol=0, atol=0, equal_nan=True)


def examples(shape: tuple[int, ...]) -> torch.Tensor:
    return torch.zeros(3, *shape, dtype=torch.long) if isinstance(shape, Ids) else torch.randn(3, *shape)


def test_what_cannot_be_trained_is_refused_in_words() -> None:
    class Unheard(DataSet):
        """A data set of a later version."""

    with pytest.raises(NotReady, match="empty"):
        export_script(Project())
    with pytest.raises(NotReady, match="needs 2 numbers"):
        export_script(Project(numbers(2, 3), GAUSS))
    still = numbers(2, 2)
    for name in ("hidden", "last"):
        still = still.put(replace(still.nodes[name], frozen=True))
    with pytest.raises(NotReady, match="can learn"):
        export_notebook(Project(still, GAUSS))
    with pytest.raises(CannotExport, match="another data set"):
        data_piece(Unheard())


def test_the_three_styles_are_offered_and_need_no_pytorch_to_be_made() -> None:
    assert [EXPORTS[name].form for name in ("script", "notebook", "project")] == ["text", "text", "folder"]
    code = (
        "import sys; from engine.export import EXPORTS; from engine.export.style import Wishes;"
        "from engine.templates import new;"
        "[EXPORTS[name].write(new('cnn'), Wishes()) for name in ('script', 'notebook', 'project')];"
        "sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2], env={**os.environ})
