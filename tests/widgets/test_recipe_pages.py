"""The pages of the recipe: the rate before the run, a loss for each Output, parts in a list."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.recipes.heads import Head
from engine.recipes.losses import CrossEntropyLoss, MSELoss
from engine.recipes.optimizers import Adam
from engine.recipes.recipe import SCHEDULES, Recipe, Schedule
from widgets.recipe import RecipeEditor
from widgets.recipe.list_editor import ListEditor
from widgets.recipe.schedule_curve import ScheduleCurve


@pytest.fixture
def editor(qtbot: QtBot) -> RecipeEditor:
    made = RecipeEditor()
    qtbot.addWidget(made)
    made.resize(400, 600)
    made.show()
    return made


@pytest.mark.parametrize("kind", SCHEDULES.values(), ids=SCHEDULES)
def test_the_curve_of_the_rate_is_seen_before_the_run(qtbot: QtBot, kind: type[Schedule]) -> None:
    curve = ScheduleCurve()
    qtbot.addWidget(curve)
    curve.resize(300, 116)
    recipe = Recipe(optimizer=Adam(lr=0.25), schedule=kind(), epochs=30)
    curve.show_recipe(recipe)
    if not recipe.schedule.foreseeable:
        assert "validation loss" in curve.words
        return
    points = curve.curve()
    rates = [rate for _, rate in recipe.schedule.rates(0.25, 30 * recipe.steps_per_epoch, recipe.steps_per_epoch)]
    assert points.size() == len(rates)
    lowest = max(range(points.size()), key=lambda index: points.at(index).y())
    assert rates[lowest] == pytest.approx(min(rates))
    assert f"{max(rates):.3g}" in curve.words
    assert curve.words.startswith("always") == (min(rates) == max(rates))
    curve.grab()


def test_each_of_several_outputs_has_a_loss_of_its_own(editor: RecipeEditor, qtbot: QtBot) -> None:
    assert editor.heads.isHidden()
    editor.show_outputs(("answer", "side"))
    assert not editor.heads.isHidden() and list(editor.heads.losses) == ["answer", "side"]
    with qtbot.waitSignal(editor.changed) as told:
        editor.heads.take_loss("side", MSELoss())
    assert told.args[0].heads == (Head(output="side", loss=MSELoss()),)
    with qtbot.waitSignal(editor.changed) as told:
        editor.heads.configure("side", "weight", 0.3)
    assert told.args[0].heads == (Head(output="side", loss=MSELoss(), weight=0.3),)
    editor.show_outputs(("answer",))
    assert editor.heads.isHidden()
    assert editor.recipe.heads, "the head waits for its Output to come back"


def test_every_page_is_reached_by_its_tab(editor: RecipeEditor) -> None:
    heights = set()
    for index in range(editor.tabs.count()):
        QTest.mouseClick(editor.tabs, Qt.MouseButton.LeftButton, pos=editor.tabs.tabRect(index).center())
        assert editor.tabs.currentIndex() == index
        heights.add(editor.wanted_height())
    assert len(heights) > 2


def test_parts_of_a_list_are_added_changed_moved_and_taken_out(qtbot: QtBot) -> None:
    kinds = {"CrossEntropyLoss": CrossEntropyLoss, "MSELoss": MSELoss}
    editor = ListEditor("Steps", kinds, "Nothing yet.")
    qtbot.addWidget(editor)
    held: list[tuple[object, ...]] = [()]

    def take(parts: tuple[object, ...]) -> None:
        held.append(parts)
        editor.show_parts(parts)

    editor.changed.connect(take)
    editor.show_parts(())
    assert editor.message.text() == "Nothing yet."
    for name in kinds:
        editor.add.activated.emit(editor.add.findData(name))
    assert [type(part) for part in held[-1]] == [CrossEntropyLoss, MSELoss]
    editor.configure(0, "label_smoothing", 0.2)
    assert held[-1][0] == CrossEntropyLoss(label_smoothing=0.2)
    before = held[-1]
    editor.configure(0, "label_smoothing", 7.0)
    assert held[-1] is before and "label_smoothing" in editor.message.text()
    QTest.mouseClick(editor.rows[1].up, Qt.MouseButton.LeftButton)
    assert [type(part) for part in held[-1]] == [MSELoss, CrossEntropyLoss]
    assert not editor.rows[0].up.isEnabled() and not editor.rows[1].down.isEnabled()
    QTest.mouseClick(editor.rows[0].out, Qt.MouseButton.LeftButton)
    assert held[-1] == (CrossEntropyLoss(label_smoothing=0.2),)
