"""Exported training programs take the weights files that they begin with along: from the terminal and the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from safetensors.torch import save_file

from app.__main__ import main
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.graph import Graph
from engine.groups import Group
from engine.project import Project, save_project
from engine.sketching import row
from engine.templates import new
from tests.app.driving import Driver


@pytest.fixture
def driver(qtbot: QtBot, qapp: QApplication) -> Iterator[Driver]:
    driver = Driver(qtbot, qapp)
    yield driver
    driver.close()


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """A drawing for the spiral whose first part begins with weights from a file in another folder."""
    weights = tmp_path / "kept" / "mine.safetensors"
    weights.parent.mkdir()
    save_file({"fc.weight": torch.ones(4, 2), "fc.bias": torch.zeros(4)}, weights)
    inner = row(Graph(), "", x=Input(shape=(2,)), fc=Linear(out_features=4), y=Output())
    first = Group(graph=inner, pretrained=str(weights))
    graph = row(Graph(), "", points=Input(shape=(2,)), first=first, last=Linear(out_features=2), answer=Output())
    path = tmp_path / "begun.loom"
    save_project(path, Project(graph, new("spiral").recipe, "Begun"))
    return path


@pytest.mark.parametrize("style", ["script", "notebook", "project"])
def test_the_command_puts_the_weights_where_the_program_looks(
    style: str, begun: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    path = out if style == "project" else out / "program"
    assert main(["export", str(begun), "--to", style, "-o", str(path)]) == 0
    assert (out / "mine.safetensors").read_bytes() == (tmp_path / "kept" / "mine.safetensors").read_bytes()
    assert f"{'in' if style == 'project' else 'beside'} it, mine.safetensors" in capsys.readouterr().out
    assert not [name for name in out.iterdir() if name.name.startswith(".")]


def test_another_file_of_that_name_is_not_replaced(
    begun: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["export", str(begun), "--to", "script", "-o", str(tmp_path / "train.py")]
    assert main(words) == main(words) == 0  # the very same file may lie there already
    (tmp_path / "mine.safetensors").write_bytes(b"something else")
    (tmp_path / "train.py").unlink()
    assert main(words) == 1
    assert "There is another mine.safetensors in" in capsys.readouterr().err
    assert (tmp_path / "mine.safetensors").read_bytes() == b"something else" and not (tmp_path / "train.py").exists()


def test_a_missing_file_is_told_in_one_sentence(
    begun: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kept" / "mine.safetensors").unlink()
    for style in ("script", "notebook", "project", "weights"):
        assert main(["export", str(begun), "--to", style, "-o", str(tmp_path / style)]) == 1
        said = capsys.readouterr().err
        assert said.startswith("first begins with weights from ") and len(said.splitlines()) == 1
        assert not (tmp_path / style).exists()


def test_the_window_lets_another_process_copy_them(driver: Driver, begun: Path, tmp_path: Path) -> None:
    window, told = driver.window, list[str]()
    window.files.said.connect(told.append)
    window.files.open_path(begun)
    driver.answer_files(save=tmp_path / "train.py")
    driver.command("export_script")
    driver.until(lambda: not window.files.exports.running)
    assert told[-1] == "Exported train.py. It begins with the weights in mine.safetensors, which lies with it."
    assert "load_weights(network, folder)" in (tmp_path / "train.py").read_text()
    assert (tmp_path / "mine.safetensors").read_bytes() == (tmp_path / "kept" / "mine.safetensors").read_bytes()
