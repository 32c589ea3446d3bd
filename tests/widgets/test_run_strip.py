"""The strip under the canvas says how the run goes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton
from pytestqt.qtbot import QtBot

from engine.events import Failed, Finished, Paused, Resumed, Started, Stopped
from engine.recipes.data_sets import Digits
from engine.recipes.recipe import Recipe
from tests.widgets.simulated_run import EPOCHS, STEPS, run
from widgets.run_strip import RunStrip


@pytest.fixture
def strip(qtbot: QtBot) -> RunStrip:
    made = RunStrip()
    qtbot.addWidget(made)
    made.resize(1336, 40)
    made.show()
    made.begin(Recipe(data=Digits(), epochs=EPOCHS))
    return made


def feed(strip: RunStrip, until: int | None = None) -> None:
    for told in run(until=until):
        strip.feed(told)


def test_a_run_is_followed_to_its_end(strip: RunStrip) -> None:
    assert strip.progress.state.text() == "Preparing"
    feed(strip, 4 * STEPS + 121)
    assert strip.epoch == 5
    assert strip.state_text == "Training"
    assert strip.progress.batch.text().startswith("batch 121 of 188")
    feed(strip)
    assert strip.state_text == "Finished: 98.10% right in 1:01"
    assert strip.progress.left.text() == "took 1:01"


def test_pause_and_stop_are_said(strip: RunStrip) -> None:
    feed(strip, STEPS)
    for event, text in ((Paused(188, 1), "Paused"), (Resumed(188), "Training"), (Stopped(188, 1, 9.0), "Stopped")):
        strip.feed([event])
        assert strip.state_text == strip.progress.state.text() == text


def test_a_run_without_classes_ends_with_its_loss(strip: RunStrip) -> None:
    strip.feed([Finished(1, 10, 0.25, None, 3.0)])
    assert strip.state_text == "Finished: loss 0.25 in 0:03"


def test_a_failure_is_a_sentence_with_the_details_folded(strip: RunStrip) -> None:
    strip.feed([Failed("The loss became too large.", "conv1", 40, "Traceback: line 17")])
    box = strip.failure
    details = box.findChild(QPlainTextEdit)
    assert isinstance(details, QPlainTextEdit)
    assert (box.isVisible(), box.text, details.isVisible()) == (True, "The loss became too large.", False)
    fold, copy = (button for button in box.findChildren(QPushButton) if button.isVisible())
    QTest.mouseClick(fold, Qt.MouseButton.LeftButton)
    assert details.isVisible()
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "The loss became too large.\n\nTraceback: line 17"
    strip.begin(Recipe())
    assert not box.isVisible()


def test_a_process_that_ends_after_the_run_makes_no_failure_of_it(strip: RunStrip) -> None:
    strip.feed([Started("cpu", 1, 100, (), 2, 10, 320, 360), Stopped(20, 1, 3.0)])
    before = strip.state_text
    strip.feed([Failed("The training process ended.", process_lost=True)])
    assert strip.state_text == before and not strip.failure.isHidden()
    strip.feed([Started("cpu", 1, 100, (), 2, 10, 320, 360), Failed("The training process ended.", process_lost=True)])
    assert strip.state_text == "The training process ended."


def test_a_batch_size_that_fits_is_one_click_away(strip: RunStrip, qtbot: QtBot) -> None:
    strip.feed([Failed("Memory ran out at batch 512.", None, 1, "", 64)])
    offer = next(button for button in strip.failure.findChildren(QPushButton) if "64" in button.text())
    with qtbot.waitSignal(strip.batch_size_wanted) as told:
        QTest.mouseClick(offer, Qt.MouseButton.LeftButton)
    assert told.args == [64] and not strip.failure.isVisible()
    strip.feed([Failed("Something else.", None, 1)])
    assert not offer.isVisible()


def test_a_narrow_window_is_not_kept_wide(strip: RunStrip) -> None:
    strip.resize(600, 40)
    feed(strip, 200)
    assert strip.minimumSizeHint().width() < 600


def test_events_that_come_after_a_new_drawing_was_opened_do_no_harm(strip: RunStrip) -> None:
    feed(strip, 400)
    strip.clear()
    assert strip.state_text == "Not trained yet"
    assert strip.epoch == 0
    for told in run(until=20):
        strip.feed(told)


def test_nothing_here_imports_torch() -> None:
    code = "import sys; import widgets.run_strip, widgets.training_bar; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
