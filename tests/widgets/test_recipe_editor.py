"""The recipe as forms: what is chosen there is the recipe that trains."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox
from pytestqt.qtbot import QtBot

from engine.recipes.data_sets import Spiral
from engine.recipes.optimizers import SGD, Adam
from engine.recipes.recipe import DATA_SETS, LOSSES, OPTIMIZERS, Recipe
from widgets.recipe import RecipeEditor


def choice(editor: RecipeEditor, name: str) -> QComboBox:
    return next(box for box in editor.findChildren(QComboBox) if box.accessibleName() == name)


def choose(editor: RecipeEditor, name: str, kind: str) -> None:
    box = choice(editor, name)
    box.setCurrentIndex(box.findData(kind))
    box.activated.emit(box.currentIndex())


def test_everything_that_exists_can_be_chosen(qtbot: QtBot) -> None:
    editor = RecipeEditor()
    qtbot.addWidget(editor)
    for name, registry in (("Data", DATA_SETS), ("Loss", LOSSES), ("Optimizer", OPTIMIZERS)):
        for kind in registry:
            with qtbot.waitSignal(editor.changed, raising=False, timeout=50) as told:
                choose(editor, name, kind)
            recipe = told.args[0] if told.args else editor.recipe
            assert {recipe.data.kind(), recipe.loss.kind(), recipe.optimizer.kind()} >= {kind}


def test_another_optimizer_keeps_the_rate_that_was_chosen(qtbot: QtBot) -> None:
    editor = RecipeEditor()
    qtbot.addWidget(editor)
    editor.show_recipe(Recipe(optimizer=Adam(lr=0.02)))
    with qtbot.waitSignal(editor.changed) as told:
        choose(editor, "Optimizer", "SGD")
    assert told.args[0].optimizer == SGD(lr=0.02)


def test_an_impossible_pair_of_settings_is_said_and_changes_nothing(qtbot: QtBot) -> None:
    editor = RecipeEditor()
    qtbot.addWidget(editor)
    editor.show_recipe(Recipe(optimizer=SGD(lr=0.1)))
    with qtbot.assertNotEmitted(editor.changed):
        editor.take_setting("optimizer", "nesterov", True)
    assert "momentum" in editor.message("optimizer")
    assert editor.recipe.optimizer == SGD(lr=0.1)


def test_the_settings_of_a_data_set_are_part_of_the_recipe(qtbot: QtBot) -> None:
    editor = RecipeEditor()
    qtbot.addWidget(editor)
    editor.show_recipe(Recipe(data=Spiral(noise=0.1)))
    with qtbot.waitSignal(editor.changed) as told:
        editor.take_setting("data", "noise", 0.3)
    assert told.args[0].data == Spiral(noise=0.3)


def test_typing_another_number_of_epochs_changes_the_recipe(qtbot: QtBot) -> None:
    editor = RecipeEditor()
    qtbot.addWidget(editor)
    editor.show()
    field = editor.field("epochs")
    assert isinstance(field, QAbstractSpinBox)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "12")
    with qtbot.waitSignal(editor.changed) as told:
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert told.args[0].epochs == 12
