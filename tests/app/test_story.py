"""Whole stories through the real window, with real data and a real training process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from itertools import pairwise
from operator import attrgetter
from pathlib import Path

import torch
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from safetensors.torch import load_file

from app.actions import COMMANDS
from engine.check import check
from engine.events import Changed, Finished, Gradients, Steps
from engine.looks.maps import Maps
from engine.lower import lower, write
from engine.model import build
from engine.project import open_project
from engine.recipes.data_sets import Digits
from engine.recipes.recipe import Recipe
from tests.app.driving import Driver

QUICK = Recipe(data=Digits(), epochs=3, batch_size=32, threads=1)

CNN = (
    ("Input", "input1"),
    ("Conv2d", "conv1"),
    ("BatchNorm2d", "norm1"),
    ("ReLU", "relu1"),
    ("MaxPool2d", "pool1"),
    ("Flatten", "flatten1"),
    ("Dropout", "dropout1"),
    ("Linear", "linear1"),
    ("Output", "output1"),
)

BARE = """
    import sys
    class Refuse:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in {"app", "widgets", "engine", "resources", "PySide6", "pyqtgraph", "networkx"}:
                raise ImportError(name + " is not there")
    sys.meta_path.insert(0, Refuse())
    import torch
    from exported import Network
    network = Network()
    network.load_state_dict(torch.load("weights.pt", weights_only=True))
    network.eval()
    with torch.no_grad():
        torch.save(network(torch.load("inputs.pt", weights_only=True)), "outputs.pt")
"""


def draw_cnn(driver: Driver) -> None:
    """From an empty canvas to a network without problems, by mouse and keys alone."""
    driver.press_button("New network")
    driver.window.canvas.zoom_reset()
    for index, (kind, _) in enumerate(CNN):
        place = QPointF(200.0 * (index % 4) - 300.0, 140.0 * (index // 4) - 150.0)
        driver.drag_from_palette(kind, place)
    assert list(driver.graph.nodes) == [name for _, name in CNN]
    driver.window.canvas.fit()
    names = [name for _, name in CNN]
    for source, target in pairwise(names):
        driver.connect(source, target)
    assert len(driver.graph.wires) == len(CNN) - 1
    driver.set_value("input1", "shape", "1×8×8")
    driver.set_value("conv1", "padding", "1")
    driver.set_value("linear1", "out_features", "10")


def test_draw_train_stop_undo_save_open_export_and_run_elsewhere(driver: Driver, tmp_path: Path) -> None:
    draw_cnn(driver)
    window = driver.window
    window.document.edit("Recipe", QUICK)
    assert window.document.report.problems == ()
    assert window.training_bar.text == "Train"

    driver.until_ready()
    driver.press_button("Train", window.training_bar)
    driver.until(lambda: window.session.state == "finished")
    weights = window.session.weights
    assert weights is not None
    assert "right" in window.run_strip.state_text
    assert float(window.run_strip.state_text.split("%")[0].split()[-1]) > 80

    before = driver.graph
    driver.set_value("linear1", "out_features", "7")
    assert not window.document.report.ok
    driver.command("undo")
    assert driver.graph is before

    driver.answer_files(save=tmp_path / "digits.loom")
    driver.command("save")
    assert open_project(tmp_path / "digits.loom").graph == before
    beside = tmp_path / "digits.runs"
    driver.until(lambda: window.session.weights is not None and window.session.weights.is_relative_to(beside))
    weights = window.session.weights
    assert weights is not None
    driver.command("new")
    assert not driver.graph.nodes
    driver.answer_files(open_=tmp_path / "digits.loom", save=tmp_path / "exported.py")
    driver.command("open")
    assert driver.graph == before
    driver.command("export")

    inputs = torch.randn(16, 1, 8, 8)
    network = build(write(lower(before, check(before))))
    network.load_state_dict(load_file(weights))
    network.eval()
    torch.save(load_file(weights), tmp_path / "weights.pt")
    torch.save(inputs, tmp_path / "inputs.pt")
    (tmp_path / "run.py").write_text(textwrap.dedent(BARE))
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run([sys.executable, "run.py"], cwd=tmp_path, env=bare, check=True)
    with torch.no_grad():
        ours = network(inputs)
    theirs = torch.load(tmp_path / "outputs.pt", weights_only=True)
    assert torch.allclose(ours, theirs, atol=1e-6, rtol=0)


def test_the_views_live_while_a_network_learns(driver: Driver) -> None:
    window = driver.window
    window.files.open_template("cnn")
    window.document.edit("Recipe", QUICK.changed(epochs=200))
    window.document.edit("Shape", driver.graph.configure("digits", shape=(1, 8, 8)))
    driver.until_ready()
    driver.click_block("conv2")
    driver.command("train")
    driver.until(lambda: window.run_strip.epoch >= 3)
    assert len(driver.losses()) > 50
    gradients = next(event for event in driver.told if isinstance(event, Gradients))
    assert set(gradients.norms) >= {"conv1", "conv2", "hidden", "logits"}
    driver.until(lambda: any(isinstance(event, Maps) and "conv2" in event.maps for event in driver.told))
    driver.until(lambda: window.canvas.drawing.cards["conv2"].live is not None)
    driver.command("train")
    driver.until(lambda: window.session.state == "paused")
    steps = len(driver.losses())
    driver.wait(0.3)
    assert len(driver.losses()) == steps
    driver.command("step")
    driver.until(lambda: len(driver.losses()) == steps + 1)
    driver.until(lambda: window.session.state == "paused")
    driver.command("stop")
    driver.until(lambda: window.session.state == "stopped")
    assert window.session.weights is not None


def test_a_run_that_waits_goes_on_with_another_learning_rate(driver: Driver) -> None:
    window = driver.window
    window.files.open_template("spiral")
    recipe = window.document.project.recipe.changed(epochs=5000)
    window.document.edit("Longer", recipe)
    driver.until_ready()
    driver.command("train")
    driver.until(lambda: len(driver.losses()) > 20)
    driver.command("train")
    driver.until(lambda: window.session.state == "paused")
    rates = {event.rate for event in driver.told if isinstance(event, Steps)}
    assert rates == {0.01}
    window.document.edit("Slower", recipe.changed(optimizer=recipe.optimizer.changed(lr=0.001)))
    driver.told.clear()
    driver.command("train")
    driver.until(lambda: len(driver.losses()) > 20)
    assert any(isinstance(event, Changed) for event in driver.told)
    rates = {event.rate for event in driver.told if isinstance(event, Steps)}
    assert rates == {0.001}
    driver.command("stop")
    driver.until(lambda: window.session.state == "stopped")


def test_a_killed_worker_is_said_and_train_works_again(driver: Driver) -> None:
    window = driver.window
    window.files.open_template("spiral")
    window.document.edit("Longer", window.document.project.recipe.changed(epochs=5000))
    driver.until_ready()
    driver.command("train")
    driver.until(lambda: bool(driver.losses()))
    before = driver.graph
    assert driver.runner.process_id is not None
    os.kill(driver.runner.process_id, signal.SIGKILL)
    driver.until(lambda: "training process ended" in window.run_strip.state_text)
    assert driver.graph is before
    driver.until_ready()
    driver.command("train")
    driver.until(lambda: window.session.state == "training")
    driver.command("stop")
    driver.until(lambda: window.session.state == "stopped")


def test_a_wrong_edit_is_said_on_the_block_and_mended_with_one_click_and_one_undo(driver: Driver) -> None:
    window = driver.window
    window.files.open_template("cnn")
    good = driver.graph
    driver.set_value("conv2", "kernel_size", "40")
    (problem,) = window.document.report.errors
    assert "conv2" in problem.text
    assert "pool1" in problem.text
    assert window.training_bar.text == "Fix 1 problem to train"
    assert window.panels.docks["problems"].windowTitle().split() == ["Problems", "1"]
    card = window.canvas.drawing.cards["conv2"]
    spot = window.canvas.mapFromScene(card.pos() + card.face.fix_rect.center())
    QTest.mouseClick(window.canvas.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, spot)
    health = [window.document.report.ok]
    driver.command("undo")
    health.append(window.document.report.ok)
    assert health == [True, False]
    driver.command("undo")
    assert driver.graph is good


def test_every_command_of_the_menus_leads_somewhere(driver: Driver) -> None:
    for command in COMMANDS:
        assert callable(attrgetter(command.run)(driver.window)), command.key


def test_a_damaged_file_keeps_what_is_open(driver: Driver, tmp_path: Path) -> None:
    window = driver.window
    window.files.open_template("mlp")
    before = driver.graph
    (tmp_path / "bad.loom").write_text("not a drawing at all")
    driver.answer_files(open_=tmp_path / "bad.loom")
    driver.command("open")
    assert driver.graph is before
    box = driver.message_box()
    assert "bad.loom" in box.informativeText()
    box.close()


def test_copy_and_paste_make_a_second_network(driver: Driver) -> None:
    window = driver.window
    window.files.open_template("mlp")
    before = driver.graph
    window.canvas.setFocus()
    driver.command("select_all")
    driver.command("copy")
    driver.command("paste")
    assert len(driver.graph.nodes) == 2 * len(before.nodes)
    assert len(driver.graph.wires) == 2 * len(before.wires)
    assert not set(window.canvas.selection()) & before.nodes.keys()
    driver.command("undo")
    assert driver.graph is before


def test_two_seeded_runs_give_the_same_curve(driver: Driver) -> None:
    window = driver.window
    window.files.open_template("spiral")
    window.document.edit("Short", window.document.project.recipe.changed(epochs=3, threads=1))
    curves = []
    driver.until_ready()
    for _ in range(2):
        driver.told.clear()
        driver.command("train")
        driver.until(lambda: any(isinstance(event, Finished) for event in driver.told))
        curves.append(driver.losses())
    assert curves[0]
    assert curves[0] == curves[1]
