"""The panel of a run hands every event to the view that shows it, and says how the run goes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton, QTabBar
from pytestqt.qtbot import QtBot

from engine.events import Failed, Finished, Paused, Resumed, Stopped
from engine.recipes.data_sets import Digits
from engine.recipes.recipe import Recipe
from tests.widgets.simulated_run import EPOCHS, NORMS, STEPS, run
from widgets.training_panel import TrainingPanel


@pytest.fixture
def panel(qtbot: QtBot) -> TrainingPanel:
    made = TrainingPanel()
    qtbot.addWidget(made)
    made.resize(1336, 310)
    made.show()
    made.begin(Recipe(data=Digits(), epochs=EPOCHS), ("digits", *NORMS))
    return made


def feed(panel: TrainingPanel, until: int | None = None) -> None:
    for told in run(until=until):
        panel.feed(told)


def views(panel: TrainingPanel) -> list[bool]:
    return [view.isVisible() for view in (panel.loss, panel.gradients, panel.maps, panel.accuracy)]


def test_a_run_is_followed_to_its_end(panel: TrainingPanel) -> None:
    assert panel.progress.state.text() == "Preparing"
    feed(panel, 4 * STEPS + 121)
    assert panel.epoch == 5
    assert panel.state_text == "Training"
    assert panel.progress.batch.text().startswith("batch 121 of 188")
    feed(panel)
    assert panel.state_text == "Finished: 98.10% right in 1:01"
    assert panel.progress.left.text() == "took 1:01"


def test_pause_and_stop_are_said(panel: TrainingPanel) -> None:
    feed(panel, STEPS)
    for event, text in ((Paused(188, 1), "Paused"), (Resumed(188), "Training"), (Stopped(188, 1, 9.0), "Stopped")):
        panel.feed([event])
        assert panel.state_text == panel.progress.state.text() == text


def test_a_run_without_classes_ends_with_its_loss(panel: TrainingPanel) -> None:
    panel.feed([Finished(1, 10, 0.25, None, 3.0)])
    assert panel.state_text == "Finished: loss 0.25 in 0:03"


def test_a_failure_is_a_sentence_with_the_details_folded(panel: TrainingPanel) -> None:
    panel.feed([Failed("The loss became too large.", "conv1", 40, "Traceback: line 17")])
    box = panel.failure
    details = box.findChild(QPlainTextEdit)
    assert isinstance(details, QPlainTextEdit)
    assert (box.isVisible(), box.text, details.isVisible()) == (True, "The loss became too large.", False)
    fold, copy = box.findChildren(QPushButton)
    QTest.mouseClick(fold, Qt.MouseButton.LeftButton)
    assert details.isVisible()
    QTest.mouseClick(copy, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == "The loss became too large.\n\nTraceback: line 17"
    panel.begin(Recipe(), ())
    assert not box.isVisible()


def test_all_views_are_seen_where_there_is_room_and_one_elsewhere(panel: TrainingPanel) -> None:
    assert views(panel) == [True, True, True, True]
    panel.resize(866, 220)
    assert views(panel) == [True, False, False, False]
    tabs = panel.findChild(QTabBar)
    assert isinstance(tabs, QTabBar)
    QTest.mouseClick(tabs, Qt.MouseButton.LeftButton, pos=tabs.tabRect(1).center())
    assert views(panel) == [False, True, False, False]
    panel.resize(1336, 310)
    assert views(panel) == [True, True, True, True]


def test_a_narrow_window_is_not_kept_wide(panel: TrainingPanel) -> None:
    panel.resize(866, 220)
    feed(panel, 200)
    assert panel.minimumSizeHint().width() < 700


def test_events_that_come_after_a_new_drawing_was_opened_do_no_harm(panel: TrainingPanel) -> None:
    feed(panel, 400)
    panel.clear()
    assert panel.state_text == "Not trained yet"
    assert panel.epoch == 0
    for told in run(until=20):
        panel.feed(told)


def test_nothing_here_imports_torch() -> None:
    code = "import sys; import widgets.training_panel, widgets.training_bar; print('torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
