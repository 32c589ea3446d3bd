"""Stories of runs in the real window: compared, repeated, deleted, left in the middle and gone on with later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.events import EpochDone, Event, Finished, Note, Steps
from engine.project import save_project
from engine.recipes.data_sets import Digits
from engine.recipes.optimizers import Adam
from engine.recipes.recipe import Recipe
from engine.runs.store import LAST, listed, read_curves
from tests.app.driving import Driver
from tests.engine.drawings import digits_project
from widgets.runs_table import NAME, NOTE
from widgets.views.loss import LossView
from widgets.views.runs import RunsView

RECIPE = Recipe(data=Digits(examples=160), epochs=2, batch_size=32, threads=1, device="cpu")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    save_project(tmp_path / "digits.loom", digits_project(RECIPE))
    return tmp_path


@pytest.fixture
def driver(qtbot: QtBot, qapp: QApplication, folder: Path) -> Iterator[Driver]:
    driver = Driver(qtbot, qapp)
    driver.until_ready()
    driver.window.files.open_path(folder / "digits.loom")
    yield driver
    driver.close()


def view(driver: Driver) -> RunsView:
    found = driver.window.views["runs"]
    assert isinstance(found, RunsView)
    return found


def train(driver: Driver) -> None:
    """One whole run, until its folder is read."""
    known = len(view(driver).listing.runs)
    driver.told.clear()
    driver.window.session.train_or_pause()
    driver.until(lambda: any(isinstance(event, Finished) for event in driver.told))
    driver.until(lambda: len(view(driver).listing.runs) == known + 1)
    driver.until(lambda: view(driver).listing.runs[0].state == "finished")


def notes(driver: Driver) -> list[str]:
    return [event.text for event in driver.told if isinstance(event, Note)]


def test_two_runs_are_compared_overlaid_named_repeated_and_deleted(driver: Driver, folder: Path) -> None:
    window, runs = driver.window, view(driver)
    assert runs.note == runs.nothing_yet
    train(driver)
    assert window.session.weights is not None and window.session.weights.name == LAST
    window.document.edit("Wider", window.document.graph.configure("hidden", out_features=24))
    window.document.edit("Slower", window.document.project.recipe.changed(optimizer=Adam(lr=0.01)))
    train(driver)
    first, second = runs.listing.runs[1], runs.listing.runs[0]
    window.panels.bring("runs")
    runs.runs.select((first.id, second.id))
    runs.buttons["compare"].click()
    driver.until(lambda: runs.message.isVisible())
    assert runs.message.text.text().endswith("hidden: out_features 16 → 24; Adam lr 0.001 → 0.01.")
    for row in range(2):
        runs.runs.runs.setData(runs.runs.runs.index(row, NAME), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    loss = window.views["loss"]
    assert isinstance(loss, LossView)
    driver.until(lambda: len(loss._others) == 2)
    model = runs.runs.runs
    model.setData(model.index(0, NAME), "wide")
    driver.until(lambda: runs.listing.runs[0].name == "wide")
    model.setData(model.index(0, NOTE), "overfits")
    driver.until(lambda: runs.listing.runs[0].note == "overfits")
    assert listed(folder / "digits.runs").runs[0].title == "wide"

    runs.runs.select((first.id,))
    driver.told.clear()
    runs.buttons["repeat"].click()
    assert driver.graph == first.project.graph and window.document.project.recipe == first.project.recipe
    driver.until(lambda: any(isinstance(event, Finished) for event in driver.told))
    assert f"The same as the run of {first.clock} to the last bit." in notes(driver)
    window.editing.undo()
    assert driver.graph == second.project.graph, "one step brings drawing and settings back"
    assert window.document.project.recipe == second.project.recipe

    driver.until(lambda: len(runs.listing.runs) == 3)
    runs.runs.select((first.id,))
    runs.buttons["delete"].click()
    driver.until(lambda: len(runs.listing.runs) == 2 and runs.message.isVisible())
    assert not (folder / "digits.runs" / first.id).exists()
    runs.message.first.click()
    driver.until(lambda: len(runs.listing.runs) == 3)
    assert (folder / "digits.runs" / first.id / LAST).exists()


def losses(events: list[Event]) -> dict[int, float]:
    told = (event for event in events if isinstance(event, Steps))
    return {int(step): float(loss) for event in told for step, loss in zip(event.steps, event.losses, strict=True)}


def test_a_run_that_was_paused_goes_on_after_the_program_was_closed(
    driver: Driver, qtbot: QtBot, qapp: QApplication, folder: Path
) -> None:
    """With another learning rate from there on."""
    window = driver.window
    driver.until_ready()
    window.session.step()
    driver.until(lambda: driver.window.session.state == "paused")
    driver.runner.step(6)
    driver.until(lambda: max(losses(driver.told), default=0) == 7 and driver.window.session.state == "paused")
    driver.until(lambda: bool(view(driver).listing.runs) and view(driver).listing.runs[0].steps == 7)
    before = losses(driver.told)
    window.close()

    later = Driver(qtbot, qapp)
    later.window.files.open_path(folder / "digits.loom")
    runs = view(later)
    driver.until(lambda: runs.offer.isVisibleTo(runs))
    assert runs.offer.text.text().startswith("Go on with the run of ")
    assert later.window.training_bar._resume.isVisible()
    recipe = later.window.document.project.recipe
    later.window.document.edit("Slower", recipe.changed(optimizer=Adam(lr=0.0001)))
    later.press_button("Resume")
    later.until(lambda: later.window.session.state == "finished")
    told = losses(later.told)
    assert {step: told[step] for step in before} == before, "what it told before is told again"
    assert sorted(told) == list(range(1, 11))
    assert [event.epoch for event in later.told if isinstance(event, EpochDone)] == [1, 2]
    later.until(lambda: runs.listing.runs[0].state == "finished")
    (run,) = runs.listing.runs
    assert run.changes == ("step 7: Adam lr 0.001 → 0.0001",)
    assert len(read_curves(folder / "digits.runs" / run.id).steps) == 10
    assert not later.window.training_bar._resume.isVisible()
    later.close()


def test_closing_the_window_in_the_middle_keeps_the_run(driver: Driver, folder: Path) -> None:
    window = driver.window
    window.document.edit("Long", window.document.project.recipe.changed(epochs=10_000))
    window.session.train_or_pause()
    driver.until(lambda: len([event for event in driver.told if isinstance(event, EpochDone)]) > 2)
    window.session.shutdown()
    (run,) = listed(folder / "digits.runs").runs
    assert run.state == "paused" and run.epochs >= 2
    assert listed(folder / "digits.runs").open_ended() == run


def test_runs_of_a_drawing_without_a_file_move_beside_it_when_it_is_saved(driver: Driver, folder: Path) -> None:
    window = driver.window
    window.document.start(digits_project(RECIPE))
    window.files.opened.emit()
    train(driver)
    (run,) = view(driver).listing.runs
    assert view(driver).listing.folder.is_relative_to(folder / "data")
    window.document.save(folder / "mine.loom")
    driver.until(lambda: view(driver).listing.folder == folder / "mine.runs" and bool(view(driver).listing.runs))
    assert [kept.id for kept in view(driver).listing.runs] == [run.id]
    assert window.session.weights == folder / "mine.runs" / run.id / LAST and window.session.has_weights


def test_a_folder_that_cannot_be_made_is_said_and_the_run_goes_on(driver: Driver, folder: Path) -> None:
    (folder / "digits.runs").write_text("in the way")
    driver.window.session.train_or_pause()
    driver.until(lambda: driver.window.session.state == "finished")
    assert any(isinstance(event, Finished) for event in driver.told)
    (note,) = notes(driver)
    assert note.startswith("This run is not kept") and driver.window.run_strip.note.text() == note
