"""The controls in the header say what can be done with the run just now, and ask for it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from engine.recipes.optimizers import SGD
from engine.recipes.recipe import Recipe
from widgets.theme import load_theme, themes
from widgets.training_bar import TrainingBar


@pytest.fixture
def bar(qtbot: QtBot) -> TrainingBar:
    made = TrainingBar()
    qtbot.addWidget(made)
    made.set_recipe(Recipe())
    made.set_state("ready")
    made.set_problems(0)
    made.show()
    return made


def button(bar: TrainingBar, text: str) -> QPushButton:
    return next(one for one in bar.findChildren(QPushButton) if one.text().startswith(text))


@pytest.mark.parametrize(
    ("state", "text", "signal"),
    [
        ("starting", "Train", "train"),
        ("ready", "Train", "train"),
        ("training", "Pause", "pause"),
        ("paused", "Continue", "resume"),
        ("stopped", "Train", "train"),
        ("finished", "Train", "train"),
        ("failed", "Train", "train"),
        ("dead", "Train", "train"),
    ],
)
def test_the_main_button_does_what_comes_next(
    qtbot: QtBot, bar: TrainingBar, state: str, text: str, signal: str
) -> None:
    bar.set_state(state)
    assert bar.text == text
    with qtbot.waitSignal(getattr(bar, signal)):
        QTest.mouseClick(button(bar, text), Qt.MouseButton.LeftButton)


def test_with_errors_it_leads_to_the_first_of_them(qtbot: QtBot, bar: TrainingBar) -> None:
    bar.set_problems(1)
    assert bar.text == "Fix 1 problem to train"
    bar.set_problems(2)
    assert bar.text == "Fix 2 problems to train"
    with qtbot.waitSignal(bar.problems_requested), qtbot.assertNotEmitted(bar.train):
        QTest.mouseClick(button(bar, "Fix"), Qt.MouseButton.LeftButton)
    bar.set_problems(0)
    assert bar.text == "Train"


def test_a_run_can_be_paused_and_stopped_while_the_drawing_has_errors(qtbot: QtBot, bar: TrainingBar) -> None:
    bar.set_state("training")
    bar.set_problems(3)
    assert bar.text == "Pause"
    with qtbot.waitSignal(bar.stop):
        QTest.mouseClick(button(bar, "Stop"), Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(("text", "signal"), [("Step", "step"), ("Epoch", "epoch")])
def test_one_batch_and_one_epoch_can_be_asked_for(qtbot: QtBot, bar: TrainingBar, text: str, signal: str) -> None:
    with qtbot.waitSignal(getattr(bar, signal)):
        QTest.mouseClick(button(bar, text), Qt.MouseButton.LeftButton)


def test_stop_is_there_only_while_there_is_something_to_stop(bar: TrainingBar) -> None:
    assert button(bar, "Stop").isHidden()
    for state in ("training", "paused"):
        bar.set_state(state)
        assert button(bar, "Stop").isVisible()
    bar.set_state("finished")
    assert button(bar, "Stop").isHidden()


def test_an_empty_drawing_cannot_be_trained(bar: TrainingBar) -> None:
    bar.set_problems(0, empty=True)
    assert not any(button(bar, text).isEnabled() for text in ("Train", "Step", "Epoch"))


def test_pausing_does_not_move_the_buttons(bar: TrainingBar) -> None:
    widths = set()
    for state in ("training", "paused"):
        bar.set_state(state)
        QApplication.processEvents()
        widths.add(button(bar, bar.text).sizeHint().expandedTo(button(bar, bar.text).minimumSize()).width())
    assert len(widths) == 1


def test_the_recipe_opens_under_its_button_and_fits_the_screen(qtbot: QtBot, bar: TrainingBar) -> None:
    bar.set_recipe(Recipe(optimizer=SGD(lr=0.02), epochs=6))
    QTest.mouseClick(button(bar, "SGD 0.02 · 6 epochs"), Qt.MouseButton.LeftButton)
    popup = bar.editor.window()
    assert popup.isVisible()
    assert bar.screen().availableGeometry().contains(popup.geometry())
    popup.close()


def test_a_changed_recipe_is_asked_for_and_not_taken(qtbot: QtBot, bar: TrainingBar) -> None:
    with qtbot.waitSignal(bar.recipe_changed) as told:
        bar.editor.take_setting("optimizer", "lr", 0.5)
    assert told.args[0].optimizer.lr == 0.5
    assert button(bar, "Adam 0.001").isVisible()


def test_it_follows_the_theme(bar: TrainingBar) -> None:
    before = themes().current
    for name in ("dark", "light"):
        themes().show(load_theme(name, "compact"))
    assert bar.text == "Train"
    themes().show(before)


def test_a_click_leaves_the_keyboard_where_it_is_and_stop_never_takes_it_along(qtbot: QtBot, bar: TrainingBar) -> None:
    bar.activateWindow()
    qtbot.waitUntil(bar.isActiveWindow)
    bar.set_state("training")
    stop = button(bar, "Stop")
    QTest.mouseClick(stop, Qt.MouseButton.LeftButton)
    assert not stop.hasFocus()
    stop.setFocus()
    bar.set_state("stopped")
    assert button(bar, "Train").hasFocus()


def test_a_changed_drawing_is_not_said_to_continue(bar: TrainingBar) -> None:
    bar.set_state("paused")
    assert bar.text == "Continue"
    bar.set_changed(True)
    assert bar.text == "Train anew"
    assert "from the beginning" in button(bar, "Train anew").toolTip()
    bar.set_changed(False)
    assert bar.text == "Continue"
