"""Undo, saving and opening: what the desk promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.document import Document
from engine.blocks import BLOCKS
from engine.graph import Graph, Node, Wire
from engine.project import Project, ProjectError
from engine.recipes.recipe import Recipe

START = (
    Graph()
    .add(
        Node("digits", BLOCKS["Input"]()),
        Node("conv1", BLOCKS["Conv2d"](), (240.0, 0.0)),
        Node("relu1", BLOCKS["ReLU"](), (480.0, 0.0)),
        Node("logits", BLOCKS["Linear"](), (720.0, 0.0)),
    )
    .connect(Wire("digits", "output", "conv1", "input"), Wire("conv1", "output", "relu1", "input"))
)

EDITS: dict[str, Callable[[Graph], Graph]] = {
    "add": lambda graph: graph.add(Node(graph.fresh_name("pool1"), BLOCKS["MaxPool2d"]())),
    "connect": lambda graph: graph.connect(Wire("relu1", "output", "logits", "input")),
    "replace wire": lambda graph: graph.connect(Wire("digits", "output", "relu1", "input")),
    "disconnect": lambda graph: graph.disconnect(*graph.wires[:1]),
    "remove": lambda graph: graph.remove(["conv1"]),
    "configure": lambda graph: graph.configure("logits", out_features=7),
    "move": lambda graph: graph.move({"logits": (99.0, 99.0)}),
    "rename": lambda graph: graph.rename("logits", "answer"),
    "bypass": lambda graph: graph.bypass("relu1"),
    "insert on wire": lambda graph: graph.insert_on_wire(
        Wire("digits", "output", "conv1", "input"), Node(graph.fresh_name("drop"), BLOCKS["Dropout"]())
    ),
    "paste": lambda graph: graph.merged(graph.part(["relu1"]), (40.0, 40.0))[0],
}


@pytest.mark.parametrize("kind", EDITS)
def test_one_press_undoes_any_edit(qtbot: QtBot, kind: str) -> None:
    document = Document(Project(START))
    before = document.project
    document.edit(kind, EDITS[kind](document.graph))
    after = document.project
    assert after.graph != START
    document.history.undo()
    assert document.project is before
    document.history.redo()
    assert document.project is after


@given(st.lists(st.sampled_from([*EDITS, "recipe"]), min_size=1, max_size=12))
def test_undoing_everything_brings_back_the_very_same_drawing(qapp: QApplication, kinds: list[str]) -> None:
    document = Document(Project(START))
    seen = [document.project]
    for kind in kinds:
        try:
            after: Graph | Recipe = EDITS[kind](document.graph) if kind != "recipe" else Recipe(epochs=len(seen) + 1)
        except (ValueError, KeyError):  # this edit is impossible after the ones before it
            continue
        document.edit(kind, after)
        if document.project is not seen[-1]:
            seen.append(document.project)
    for project in reversed(seen[:-1]):
        document.history.undo()
        assert document.project is project
    assert not document.history.canUndo()
    for project in seen[1:]:
        document.history.redo()
        assert document.project is project


def test_one_drag_is_one_undo_and_two_drags_are_two(qtbot: QtBot) -> None:
    document = Document(Project(START))
    for stroke in ((3, 4, 5), (6, 7)):
        for count in stroke:
            document.edit("Set", document.graph.configure("conv1", out_channels=count), merge="conv1.out_channels")
        document.end_merge()
    document.history.undo()
    assert document.graph.nodes["conv1"].block.values()["out_channels"] == 5
    document.history.undo()
    assert document.graph is START


def test_an_edit_that_changes_nothing_is_no_step(qtbot: QtBot) -> None:
    document = Document(Project(START))
    document.edit("Move", document.graph.move({"logits": (720.0, 0.0)}))
    assert not document.history.canUndo()


def test_every_change_is_announced_with_its_report(qtbot: QtBot) -> None:
    document = Document(Project(START))
    with qtbot.waitSignal(document.changed) as told:
        document.edit("Set", document.graph.configure("conv1", kernel_size=40))
    project, report = told.args
    assert project is document.project
    assert report is document.report
    assert any(problem.block == "conv1" for problem in report.errors)


def test_saved_files_open_again_as_they_were(qtbot: QtBot, tmp_path: Path) -> None:
    document = Document(Project(START, Recipe(epochs=3)))
    document.edit("Set", document.graph.configure("conv1", out_channels=5))
    marks = [document.saved]
    document.save(tmp_path / "net.loom")
    marks.append(document.saved)
    assert marks == [False, True]
    other = Document()
    other.open(tmp_path / "net.loom")
    assert other.graph == document.graph
    assert other.project.recipe == document.project.recipe
    assert other.project.title == "net"


def test_a_damaged_file_leaves_what_was_open(qtbot: QtBot, tmp_path: Path) -> None:
    document = Document(Project(START))
    document.edit("Set", document.graph.configure("conv1", out_channels=5))
    before = document.project
    (tmp_path / "bad.loom").write_text('{"format": "layerloom", "version": 1, "nodes": [')
    with pytest.raises(ProjectError, match=r"bad\.loom.*[Ll]ine 1"):
        document.open(tmp_path / "bad.loom")
    assert document.project is before
    assert document.history.canUndo()
    assert document.path is None


def test_a_folder_that_is_not_there_is_said_and_nothing_is_lost(qtbot: QtBot, tmp_path: Path) -> None:
    document = Document(Project(START))
    with pytest.raises(ProjectError, match="could not be saved"):
        document.save(Path(tmp_path) / "missing" / "net.loom")
    assert document.graph is START
