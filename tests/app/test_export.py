"""`layerloom export` and File > Export: each style is written whole or not at all, each refusal is a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from app.__main__ import main
from app.export_content import write_content
from engine.export import EXPORTS, GROUPS
from engine.export.style import CannotExport
from engine.lower import lower, write
from engine.model import build
from engine.project import Project, save_project
from engine.templates import new
from tests.app.driving import Driver

ROOT = Path(__file__).parents[2]
BEGINNINGS = {"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF", "pt2": b"PK"}


@pytest.fixture
def driver(qtbot: QtBot, qapp: QApplication) -> Iterator[Driver]:
    driver = Driver(qtbot, qapp)
    yield driver
    driver.close()


@pytest.fixture
def spiral(tmp_path: Path) -> str:
    save_project(tmp_path / "spiral.loom", new("spiral"))
    return str(tmp_path / "spiral.loom")


def alone(folder: Path, *words: str, screen: bool = False) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as on a machine without a screen."""
    names = () if screen else ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    bare = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "-m", "app", "export", *words],
        cwd=folder,
        env={**bare, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_help_names_every_style(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--help"]) == 0
    told = capsys.readouterr().out
    for style in EXPORTS.values():
        assert f"\n  {style.name:12}" in told and style.help in told


@pytest.mark.parametrize("name", [style.name for style in EXPORTS.values() if not style.needs_torch])
def test_a_style_without_pytorch_is_written(
    name: str, tmp_path: Path, spiral: str, capsys: pytest.CaptureFixture[str], qapp: QApplication
) -> None:
    place = tmp_path / f"taken{EXPORTS[name].suffix}"
    assert main(["export", spiral, "--to", name, "-o", str(place)]) == 0
    assert capsys.readouterr().out.startswith(f"Wrote {place}")
    if EXPORTS[name].form == "folder":
        assert any(place.iterdir())
    else:
        assert place.read_bytes().startswith(BEGINNINGS.get(name, b""))
        assert place.stat().st_size > 100
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_models_are_written_by_the_command_alone(tmp_path: Path, spiral: str) -> None:
    """Without a screen, with weights that go from one file into the next."""
    first = alone(tmp_path, spiral, "--to", "weights", "-o", "w.safetensors")
    assert (first.returncode, first.stderr) == (0, "")
    assert (
        first.stdout == "Wrote w.safetensors. Its weights are new, drawn with seed 0; --weights takes trained ones.\n"
    )
    second = alone(tmp_path, spiral, "--to", "pt2", "-o", "net.pt2", "--weights", "w.safetensors")
    assert (second.returncode, second.stderr) == (0, "")
    assert second.stdout == "Wrote net.pt2. Its weights are from w.safetensors.\n"
    assert (tmp_path / "net.pt2").read_bytes().startswith(BEGINNINGS["pt2"])


def test_onnx_is_written_quietly(tmp_path: Path, spiral: str) -> None:
    done = alone(tmp_path, spiral, "--to", "onnx", "-o", "net.onnx")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Wrote net.onnx.") and done.stdout.count("\n") == 1


def test_pictures_need_no_screen(tmp_path: Path, spiral: str) -> None:
    done = alone(tmp_path, spiral, "--to", "svg", "--theme", "dark")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("<?xml") and "</svg>" in done.stdout
    light = alone(tmp_path, spiral, "--to", "svg").stdout
    assert light.startswith("<?xml") and light != done.stdout


def test_text_goes_to_the_terminal_and_bytes_do_not(spiral: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", spiral, "--to", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "layerloom-drawing"
    for name in ("png", "onnx"):
        assert main(["export", spiral, "--to", name]) == 2
        assert "-o NAME" in capsys.readouterr().err


def test_weights_are_only_for_what_holds_weights(spiral: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", spiral, "--to", "svg", "--weights", "w.safetensors"]) == 2
    assert "svg holds no weights" in capsys.readouterr().err


@pytest.mark.parametrize("name", list(EXPORTS))
def test_an_empty_drawing_is_no_error_of_ours(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], qapp: QApplication
) -> None:
    """Only data can be written of nothing; everything else says in a sentence why not, and leaves no file."""
    save_project(tmp_path / "empty.loom", Project())
    place = tmp_path / "taken"
    code = main(["export", str(tmp_path / "empty.loom"), "--to", name, "-o", str(place)])
    told = capsys.readouterr().err
    assert (code, place.exists(), told.count("\n")) == ((0, True, 0) if name == "json" else (1, False, 1)), told


@pytest.mark.parametrize("style", EXPORTS.values(), ids=EXPORTS)
def test_a_drawing_with_problems(
    style: object, tmp_path: Path, capsys: pytest.CaptureFixture[str], qapp: QApplication
) -> None:
    known = next(one for one in EXPORTS.values() if one is style)
    cnn = new("cnn")
    save_project(tmp_path / "broken.loom", Project(cnn.graph.configure("conv2", kernel_size=31), cnn.recipe))
    place = tmp_path / "taken"
    code = main(["export", str(tmp_path / "broken.loom"), "--to", known.name, "-o", str(place)])
    assert (code, place.exists()) == ((0, True) if known.unfinished else (1, False))
    assert known.unfinished or "conv2" in capsys.readouterr().err


def test_a_folder_appears_as_a_whole_and_replaces_nothing(tmp_path: Path) -> None:
    place = tmp_path / "net"
    write_content(place, {"model.py": "x = 1\n", "tests/test_model.py": "y = 2\n"})
    assert (place / "tests" / "test_model.py").read_text() == "y = 2\n"
    with pytest.raises(CannotExport, match="net is there already"):
        write_content(place, {"model.py": "x = 3\n"})
    assert (place / "model.py").read_text() == "x = 1\n" and [path.name for path in tmp_path.iterdir()] == ["net"]
    (tmp_path / "empty").mkdir()
    write_content(tmp_path / "empty", {"model.py": "x = 1\n"})
    assert (tmp_path / "empty" / "model.py").exists()


def test_the_menu_has_every_style_in_groups(driver: Driver) -> None:
    window = driver.window
    window.files.open_template("spiral")
    (file, *_) = [menu for menu in window.header.findChildren(QMenu) if menu.title() == "File"]
    (export,) = [menu for menu in file.findChildren(QMenu) if menu.title() == "Export"]
    titles = [action.text() for action in export.actions()]
    assert [title for title in titles if title] == [f"{style.title}…" for style in EXPORTS.values()]
    assert titles.count("") == len(GROUPS) - 1
    assert all(action.isEnabled() for action in export.actions())


def test_unfinished_drawings_can_only_be_pictured(driver: Driver) -> None:
    window = driver.window
    window.files.open_template("mlp")
    graph = driver.graph
    window.document.edit("Break", graph.disconnect(graph.wires[-1]))
    for style in EXPORTS.values():
        assert window.actions_by_key[f"export_{style.name}"].isEnabled() == style.unfinished


def test_the_window_writes_a_picture_and_says_so(driver: Driver, tmp_path: Path) -> None:
    window, told = driver.window, list[str]()
    window.files.said.connect(told.append)
    window.files.open_template("spiral")
    driver.answer_files(save=tmp_path / "net")
    driver.command("export_svg")
    assert (tmp_path / "net.svg").read_bytes().startswith(b"<?xml")
    assert told[-1] == "Exported net.svg."


def test_the_window_lets_another_process_write_weights(driver: Driver, tmp_path: Path) -> None:
    window, told = driver.window, list[str]()
    window.files.said.connect(told.append)
    window.files.open_template("spiral")
    driver.answer_files(save=tmp_path / "w.safetensors")
    driver.command("export_weights")
    assert told[-1] == "Exporting w.safetensors…" and not (tmp_path / "w.safetensors").exists()
    driver.until(lambda: not window.files.exports.running)
    assert told[-1] == "Exported w.safetensors. Its weights are new, drawn with seed 0."
    with safe_open(tmp_path / "w.safetensors", "np") as file:
        assert file.metadata()["weights"] == "new, drawn with seed 0"


def test_the_last_run_s_weights_go_along_while_they_fit(driver: Driver, tmp_path: Path) -> None:
    window, told = driver.window, list[str]()
    window.files.said.connect(told.append)
    window.files.open_template("spiral")
    graph, report = driver.graph, window.document.report
    network = build(write(lower(graph, report)))
    save_file(network.state_dict(), tmp_path / "run.safetensors")
    window.session.weights = tmp_path / "run.safetensors"
    driver.answer_files(save=tmp_path / "w.safetensors")
    driver.command("export_weights")
    driver.until(lambda: not window.files.exports.running)
    assert told[-1] == "Exported w.safetensors. Its weights are from run.safetensors."
    kept = load_file(tmp_path / "w.safetensors")
    assert all(torch.equal(value, kept[name]) for name, value in network.state_dict().items())
    window.document.edit("Widen", graph.configure("hidden1", out_features=9))
    driver.command("export_weights")
    driver.until(lambda: not window.files.exports.running)
    assert told[-1] == "Exported w.safetensors. Its weights are new, drawn with seed 0."


def test_what_goes_wrong_in_the_other_process_is_told(driver: Driver, tmp_path: Path) -> None:
    window = driver.window
    window.files.open_template("spiral")
    driver.answer_files(save=tmp_path / "no" / "such" / "w.safetensors")
    driver.command("export_weights")
    driver.until(lambda: not window.files.exports.running)
    box = driver.message_box()
    assert "w.safetensors could not be saved" in box.informativeText()
    box.close()
