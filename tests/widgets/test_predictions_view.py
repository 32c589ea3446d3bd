"""From the confusion matrix to the pictures, from a picture to why, and back; by mouse and by keys."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.events import Paused, Resumed, Started
from engine.looks.base import Look
from engine.looks.explanations import CAM, GRAD_CAM, NONE, OCCLUSION, SALIENCY, THOROUGH, Explain, Explanation
from engine.looks.predictions import Answer, AnswerTo, OwnPicture, Pictures, PicturesOf, Predictions, PredictionsOf
from engine.recipes.data_sets import DATA_SETS, Digits, Gauss
from engine.recipes.recipe import Recipe
from engine.recipes.split import Split
from tests.widgets.simulated_run import picture, predictions
from widgets.views.base import Subject
from widgets.views.predictions import DRAW, MISTAKES, TABLE, PredictionsView

STARTED = Started("cpu", 1, 100, (), 2, 10, 320, 360)


def made(qtbot: QtBot, recipe: Recipe, width: int = 1040) -> PredictionsView:
    view = PredictionsView()
    qtbot.addWidget(view)
    view.resize(width, 240)
    view.show()
    view.begin(Subject(recipe=recipe))
    view.feed([STARTED])
    return view


@pytest.fixture
def view(qtbot: QtBot) -> PredictionsView:
    view = made(qtbot, Recipe(data=Digits()))
    view.feed([predictions(10), Paused(10, 1)])
    return view


def wish(view: PredictionsView) -> Explain:
    (found,) = (look for look in view.looks() if isinstance(look, Explain))
    return found


def explained(look: Explain, **changes: Any) -> Explanation:
    guess = np.full(10, 0.02, np.float32)
    guess[9] = 0.82
    seen = Explanation(
        step=10,
        look=look,
        picture=picture(8),
        label=4.0,
        guess=guess,
        probabilities=True,
        target=9,
        values=None if look.method == NONE else picture(8)[0] - 0.5,
        layers=("conv1", "stage/conv2"),
        layer="stage/conv2" if look.method == GRAD_CAM else "",
    )
    return replace(seen, **changes)


def choose(view: PredictionsView, label: int = 4, answer: int = 9) -> int:
    """Click a cell and then its surest example."""
    place = view.matrix.rect_of(label, answer).center().toPoint()
    QTest.mouseClick(view.matrix, Qt.MouseButton.LeftButton, pos=place)
    first = view.gallery.model().index(0, 0)
    QTest.mouseClick(view.gallery.viewport(), Qt.MouseButton.LeftButton, pos=view.gallery.visualRect(first).center())
    assert view.example is not None
    return view.example


def take(view: PredictionsView, method: str) -> None:
    view.detail.methods.setCurrentIndex(view.detail.methods.findData(method))


def asked(view: PredictionsView) -> list[Look]:
    found: list[Look] = []
    view.asked.connect(found.append)
    return found


def test_a_cell_leads_to_its_examples_surest_first(view: PredictionsView) -> None:
    seen = predictions(10)
    example = choose(view)
    assert seen.labels[example] == 4 and seen.answers[example] == 9
    assert view.gallery.model().rowCount() == seen.counts[4, 9]
    assert example == seen.cell(4, 9)[0]
    assert wish(view) == Explain(NONE, example, seconds=wish(view).seconds)


def test_a_cell_without_examples_says_so(view: PredictionsView) -> None:
    label, answer = np.argwhere(predictions(10).counts == 0)[0]
    place = view.matrix.rect_of(int(label), int(answer)).center().toPoint()
    QTest.mouseClick(view.matrix, Qt.MouseButton.LeftButton, pos=place)
    assert view.gallery.nothing == f"{label} is never taken for {answer}."
    said = view.gallery.grab().toImage()
    view.gallery.nothing = ""
    assert said != view.gallery.grab().toImage()


def test_another_run_begins_at_the_matrix(qtbot: QtBot) -> None:
    view = made(qtbot, Recipe(data=Digits()), 420)
    view.feed([predictions(10), Paused(10, 1)])
    view.matrix.chosen.emit(4, 9)
    assert not view.matrix.isVisible() and view.gallery.isVisible()
    view.begin(Subject(recipe=Recipe(data=Digits())))
    view.feed([STARTED])
    assert view.matrix.isVisible() and not view.gallery.isVisible() and view.back.isHidden()


def test_which_examples_are_meant_is_said(qtbot: QtBot) -> None:
    for split, part in ((Split(), "test set"), (Split(validation=0.2), "validation part")):
        view = made(qtbot, Recipe(data=Digits(), split=split))
        view.feed([predictions(10)])
        assert view.summary.startswith("91.8 % right · 33 of 400 wrong") and f"{part}, step 10" in view.summary


def test_the_keys_can_do_it_all(view: PredictionsView) -> None:
    view.matrix.setFocus()
    for key in (Qt.Key.Key_Down,) * 4 + (Qt.Key.Key_Right,) * 9:
        QTest.keyClick(view.matrix, key)
    assert view.matrix.cell == (4, 9) and "4 taken for 9" in view.matrix.accessibleDescription()
    QTest.keyClick(view.matrix, Qt.Key.Key_Return)
    view.gallery.setFocus()
    QTest.keyClick(view.gallery, Qt.Key.Key_Down)
    view.gallery.setCurrentIndex(view.gallery.model().index(1, 0))
    QTest.keyClick(view.gallery, Qt.Key.Key_Return)
    assert view.example == predictions(10).cell(4, 9)[1]
    for part in view.findChildren(QWidget):
        if part.focusPolicy() & Qt.FocusPolicy.TabFocus and part.isVisible():
            assert part.accessibleName() or getattr(part, "text", str)(), part


def test_only_pictures_in_view_are_asked_for_and_then_shown(view: PredictionsView, qtbot: QtBot) -> None:
    found = asked(view)
    view.modes[MISTAKES].click()
    qtbot.waitUntil(lambda: bool(found))
    (look,) = found
    assert isinstance(look, PicturesOf) and look.examples[0] == predictions(10).wrong[0]
    view.feed([Pictures(10, look, {example: picture(8) for example in look.examples})])
    view.gallery.resize(view.gallery.size() * 0.99)
    qtbot.wait(120)
    assert look.examples not in [other.examples for other in found[1:] if isinstance(other, PicturesOf)]
    sentence = str(view.gallery.model().index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole))
    assert sentence.startswith("Example ") and "sure" in sentence


def test_an_explanation_is_kept_open_and_finer_when_the_run_waits(view: PredictionsView) -> None:
    choose(view)
    take(view, SALIENCY)
    paused = wish(view)
    view.feed([Resumed(10)])
    running = wish(view)
    assert paused.method == running.method == SALIENCY and running.seconds < paused.seconds
    view.feed([explained(paused, note="stale")])
    assert "stale" not in view.detail.said
    view.feed([explained(running, note="fresh")])
    assert "Label 4" in view.detail.said and "speaks for 9" in view.detail.said and "fresh" in view.detail.said
    assert view.detail.picture.accessibleDescription() == view.detail.said


def test_a_slow_explanation_is_made_finer_on_demand_while_paused(view: PredictionsView) -> None:
    choose(view)
    take(view, OCCLUSION)
    view.feed([explained(wish(view), coarse=True, note="every 4 pixels")])
    found = asked(view)
    assert view.detail.finer.isVisible() and view.detail.finer.isEnabled()
    view.detail.finer.click()
    (look,) = found
    assert isinstance(look, Explain) and look.seconds == THOROUGH
    view.feed([explained(look, note="every pixel")])
    assert "every pixel" in view.detail.said and not view.detail.finer.isVisible()
    view.feed([Resumed(10)])
    view.feed([explained(wish(view), coarse=True)])
    assert view.detail.finer.isVisible() and not view.detail.finer.isEnabled()


def test_grad_cam_and_the_drawing_choose_the_layer_for_each_other(view: PredictionsView, qtbot: QtBot) -> None:
    choose(view)
    with qtbot.waitSignal(view.block_clicked) as lit:
        take(view, GRAD_CAM)
        view.feed([explained(wish(view))])
    assert lit.args == ["stage/conv2"]
    view.select(("conv1",))
    assert wish(view).layer == "conv1"
    view.select(("stage",))
    assert wish(view).layer == "stage/conv2"
    view.select(("somewhere",))
    assert wish(view).layer == "stage/conv2"
    with qtbot.waitSignal(view.block_clicked) as lit:
        view.detail.layers.setCurrentIndex(0)
    assert lit.args == ["conv1"] and wish(view).layer == "conv1"


def test_what_is_missing_for_class_maps_is_said(view: PredictionsView) -> None:
    choose(view)
    take(view, CAM)
    view.feed([explained(wish(view), values=None, missing="CAM needs one Linear.")])
    assert view.detail.said == "CAM needs one Linear."


def test_the_target_can_be_chosen(view: PredictionsView) -> None:
    choose(view)
    take(view, SALIENCY)
    assert wish(view).target is None
    view.detail.targets.setCurrentIndex(1 + 7)
    assert wish(view).target == 7


def test_signs_and_strength_change_the_tint(view: PredictionsView) -> None:
    choose(view)
    take(view, SALIENCY)
    view.feed([explained(wish(view))])
    seen = [view.detail.picture.grab().toImage()]
    view.detail.signed.click()
    seen.append(view.detail.picture.grab().toImage())
    view.detail.strength.setValue(0)
    seen.append(view.detail.picture.grab().toImage())
    assert seen[0] != seen[1] != seen[2]


def draw(view: PredictionsView) -> OwnPicture:
    view.modes[DRAW].click()
    pad = view.drawing.pad
    QTest.mouseClick(pad, Qt.MouseButton.LeftButton, pos=pad.area().center().toPoint())
    found = [look.picture for look in view.looks() if isinstance(look, AnswerTo)]
    return found[0] if found else OwnPicture(b"", (0, 0, 0))


def test_what_is_drawn_is_answered_and_then_explained(view: PredictionsView, qtbot: QtBot) -> None:
    take(view, SALIENCY)
    draw(view)
    qtbot.waitUntil(lambda: any(isinstance(look, AnswerTo) for look in view.looks()))
    own = draw(view)
    assert own.shape == (1, 8, 8) and own.values.max() > 0.5
    guess = np.linspace(0, 1, 10, dtype=np.float32)
    view.feed([Answer(10, AnswerTo(own, ("conv1",)), own.values, guess, {})])
    assert view.detail.bars.isVisible()
    qtbot.waitUntil(lambda: any(isinstance(look, Explain) for look in view.looks()))
    assert wish(view).picture is not None
    view.drawing.pad.clear()
    qtbot.waitUntil(lambda: view.looks() == (PredictionsOf(),))


def test_while_one_picture_is_being_answered_the_next_waits(view: PredictionsView, qtbot: QtBot) -> None:
    sent: list[OwnPicture] = []
    view.drawing.drawn.connect(sent.append)
    draw(view)
    qtbot.waitUntil(lambda: len(sent) == 1)
    pad = view.drawing.pad
    for step in range(5):
        QTest.mouseClick(pad, Qt.MouseButton.LeftButton, pos=pad.area().topLeft().toPoint() * (1 + step / 50))
        qtbot.wait(30)
    assert len(sent) == 1
    view.feed([Answer(10, AnswerTo(sent[0]), sent[0].values, np.full(10, 0.1, np.float32), {})])
    qtbot.waitUntil(lambda: len(sent) == 2)


def test_a_file_that_is_no_picture_is_refused_in_words(view: PredictionsView, tmp_path: Path) -> None:
    bad, good = tmp_path / "notes.png", tmp_path / "seven.png"
    bad.write_text("no picture")
    image = QImage(40, 40, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    assert image.save(str(good))
    view.modes[DRAW].click()
    view.drawing.open_file(str(bad))
    assert "notes.png cannot be read" in view.drawing.note and view.drawing.pad.is_empty
    view.drawing.open_file(str(good))
    assert view.drawing.pad.is_file and view.drawing.note == ""


def test_in_a_narrow_view_one_pane_follows_the_other(qtbot: QtBot) -> None:
    view = made(qtbot, Recipe(data=Digits()), width=390)
    view.feed([predictions(10), Paused(10, 1)])
    assert view.matrix.isVisible() and not view.gallery.isVisible() and not view.back.isVisible()
    choose(view)
    assert view.detail.isVisible() and not view.gallery.isVisible() and view.back.isVisible()
    view.back.click()
    assert view.gallery.isVisible()
    view.back.click()
    assert view.matrix.isVisible() and not view.back.isVisible()
    view.modes[DRAW].click()
    assert view.drawing.isVisible() and view.detail.isVisible()


def test_points_have_rows_and_no_pad(qtbot: QtBot) -> None:
    view = made(qtbot, Recipe(data=Gauss()))
    labels = np.array([0, 1, 1, 0])
    sure = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
    view.feed([Predictions(5, PredictionsOf(), labels, 1 - labels, sure, 4, 2, True)])
    assert not view.modes[DRAW].isEnabled() and view.detail.methods.findData(GRAD_CAM) < 0
    view.feed([Pictures(5, PicturesOf((0,)), {0: np.array([1.5, -2.0], np.float32)})])
    view.modes[MISTAKES].click()
    assert "1.5" in str(view.gallery.model().index(0, 0).data())
    view.gallery.chosen.emit(0)
    take(view, SALIENCY)
    numbers = np.array([1.5, -2.0], np.float32)
    seen = explained(wish(view), picture=numbers, values=np.array([0.1, -0.9], np.float32), guess=sure[:2], label=0.0)
    view.feed([seen])
    assert view.detail.picture.shown() == [1, 0]  # strongest first


def test_values_are_a_cloud_of_points_worst_first(qtbot: QtBot) -> None:
    view = made(qtbot, Recipe(data=DATA_SETS["Diabetes"]()))
    labels = np.array([10.0, 20.0, 30.0], np.float32)
    answers = np.array([11.0, 27.0, 30.5], np.float32)
    view.feed([Predictions(5, PredictionsOf(), labels, answers, abs(labels - answers), 3, 0, False)])
    assert view.scatter.isVisible() and not view.matrix.isVisible()
    view.scatter.grab()
    assert str(view.gallery.model().index(0, 0).data()).startswith("20 → 27")
    QTest.mouseClick(view.scatter, Qt.MouseButton.LeftButton, pos=view.scatter.place_of(1).toPoint())
    assert view.example == 1
    assert list(view.table())[1] == (1, 10.0, 11.0)


def test_another_run_begins_without_what_was_seen(view: PredictionsView) -> None:
    choose(view)
    view.begin(Subject(recipe=Recipe(data=Gauss())))
    assert view.looks() == (PredictionsOf(),) and view.example is None
    assert view.mode == TABLE and view.gallery.model().rowCount() == 0
    QApplication.processEvents()


def test_a_thousand_mistakes_are_laid_out_page_by_page(qtbot: QtBot) -> None:
    view = made(qtbot, Recipe(data=Digits()))
    count = 3000
    labels, answers = np.zeros(count, np.int64), np.ones(count, np.int64)
    sure = np.linspace(1, 0.1, count, dtype=np.float32)
    view.feed([Predictions(5, PredictionsOf(), labels, answers, sure, 9000, 10, True)])
    view.modes[MISTAKES].click()
    assert 0 < view.gallery.model().rowCount() < 500
    bar = view.gallery.verticalScrollBar()
    for _ in range(3):
        bar.setValue(bar.maximum())
        QApplication.processEvents()
    assert view.gallery.model().rowCount() > 500
