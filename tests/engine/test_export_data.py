"""The text of data sets in exported programs makes the very numbers that the program trains on, and is tidy."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import resources
from engine.data import load
from engine.export.data_code import FILES, data_piece
from engine.export.pieces import as_file
from engine.export.project_folder import export_project
from engine.project import Project
from engine.recipes.data_sets import (
    DATA_SETS,
    CabFare,
    Circle,
    DataSet,
    Diabetes,
    Digits,
    Mnist,
    Penguins,
    Poly,
    RandomExamples,
    Twemoji,
)
from engine.recipes.losses import MSELoss
from engine.recipes.optimizers import Adam
from engine.recipes.recipe import Recipe
from engine.recipes.split import Split
from tests.engine.programs import Programs, executed, lay_files, losses_in, losses_of_notebook, numbers, told, written

KINDS = [kind for kind in DATA_SETS.values() if kind().source]
PARTED = Split(validation=0.3, test=0.4, stratified=False, seed=3)
OTHERS: tuple[DataSet, ...] = (
    Digits(size=28, normalise="standard"),
    Mnist(examples=400, normalise="min-max"),
    Penguins(missing="mean"),
    Circle(points=33, noise=0.1, x1=False, x1_squared=True, sin_x2=True, radius=True),
    Circle(x1=False),
    Poly(examples=7, noise=0.123456789, seed=2**31 - 1),
    RandomExamples(shape=(4,), ids=7),
    RandomExamples(shape=(3, 2, 1, 2, 3, 1, 1, 1), examples=1_000, number_of_classes=1_000),
)
CASES = [*((kind(), split) for kind in KINDS for split in (Split(), PARTED)), *((data, Split()) for data in OTHERS)]


@pytest.mark.parametrize(("data", "split"), CASES, ids=lambda value: type(value).__name__)
def test_the_text_of_a_data_set_makes_the_very_same_tensors(data: DataSet, split: Split) -> None:
    if isinstance(data, Mnist):
        data = data.changed(examples=min(data.examples, 400))
    piece, file = data_piece(data, split), FILES.get(type(data))
    scope = executed(piece.imports, piece.text)
    train_set, test_set = scope["load_data"](*([resources.path("data", file)] if file else []))
    expected = load(data, "cpu", split)
    for found, wanted in ((train_set, expected.train), (test_set, expected.validation)):
        inputs, labels = found.tensors
        assert inputs.dtype == wanted.inputs.dtype and torch.equal(inputs, wanted.inputs)
        assert labels.dtype == wanted.labels.dtype and torch.equal(labels, wanted.labels)


def test_the_texts_of_data_sets_are_tidy(tmp_path: Path) -> None:
    for number, (data, split) in enumerate(CASES):
        (tmp_path / f"data{number}.py").write_text(as_file("The data.", [data_piece(data, split)]), "utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    for words in (["check"], ["format", "--diff"]):
        subprocess.run([ruff, *words, "--isolated", "--no-cache", "."], cwd=tmp_path, check=True)


@pytest.mark.parametrize("data", [Mnist(), Digits()], ids=["Mnist", "Digits"])
def test_a_missing_data_file_is_said_with_where_to_get_it(data: DataSet) -> None:
    scope = executed(data_piece(data).imports, data_piece(data).text)
    with pytest.raises(SystemExit, match=r"nowhere\.npz is not there(?s:.*)resources/data") as caught:
        scope["load_data"]("nowhere.npz")
    ast.parse(str(caught.value).partition(":\n\n")[2])


def test_a_file_that_lies_nowhere_else_is_said_to_lie_with_the_program() -> None:
    scope = executed(data_piece(Twemoji()).imports, data_piece(Twemoji()).text)
    with pytest.raises(SystemExit, match=r"twemoji6\.npz is not there(?s:.*)resources/data"):
        scope["load_data"]("no/twemoji6.npz")


BRIEF = Recipe(optimizer=Adam(lr=0.01), epochs=2, batch_size=32, threads=1, device="cpu")
PROJECTS = {
    "fares": Project(numbers(3, 1), BRIEF.changed(data=CabFare(), loss=MSELoss()), "Fares"),
    "patients": Project(numbers(10, 1), BRIEF.changed(data=Diabetes(), loss=MSELoss(), split=PARTED), "Patients"),
    "penguins": Project(numbers(5, 3), BRIEF.changed(data=Penguins(missing="mean"), split=PARTED), "Penguins"),
}


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    with Programs() as found:
        yield found


@pytest.mark.parametrize("name", PROJECTS)
def test_scripts_give_the_very_losses_of_the_program(name: str, programs: Programs, tmp_path: Path) -> None:
    written(tmp_path, PROJECTS[name])
    printed = programs.run(tmp_path, "program.py", "--losses", "losses.csv")
    assert losses_in(tmp_path / "losses.csv") == told(PROJECTS[name])
    assert ("off by" in printed) == (name != "penguins") == ("right" not in printed)


def test_notebooks_and_projects_of_values_run(programs: Programs, tmp_path: Path) -> None:
    assert losses_of_notebook(programs, tmp_path, PROJECTS["fares"]) == told(PROJECTS["fares"])
    folder = tmp_path / "project"
    folder.mkdir()
    lay_files(folder, PROJECTS["patients"])
    for name, text in export_project(PROJECTS["patients"]).items():
        (folder / name).write_text(text, "utf-8")
    assert "passed" in programs.run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")


@pytest.mark.parametrize("name", ["patients", "penguins"])
def test_programs_of_values_are_tidy(name: str, tmp_path: Path) -> None:
    for file, text in export_project(PROJECTS[name]).items():
        (tmp_path / file).write_text(text, "utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    for words in (["check"], ["format", "--diff"]):
        subprocess.run([ruff, *words, "--isolated", "--no-cache", "."], cwd=tmp_path, check=True)
