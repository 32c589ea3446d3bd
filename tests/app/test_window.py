"""The frame around the drawing: it keeps to the screen, to its preferences and to its panels."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenuBar
from pytestqt.qtbot import QtBot

from app.main import open_on_screen
from app.panels import LOW
from app.window import Window
from widgets.editors import Field
from widgets.search_field import SearchField

LONG = "output1 needs 10 numbers for each example for CrossEntropyLoss on MNIST. It gets 1×28×64 from linear1. " * 4


def test_no_sentence_and_no_name_widens_the_window(window: Window) -> None:
    least = window.minimumSizeHint().width()
    header = window.header.minimumSizeHint().width()
    window.status.hint(LONG)
    window.header.show_file(LONG, saved=False, stored=True)
    QApplication.processEvents()
    assert window.minimumSizeHint().width() <= least
    assert window.header.minimumSizeHint().width() <= header + 40


def test_the_window_keeps_to_the_screen(window: Window) -> None:
    room = window.screen().availableGeometry().size()
    open_on_screen(window)
    assert window.width() <= room.width()
    assert window.height() <= room.height()


def test_an_empty_sheet_is_looked_at_in_full_size(window: Window) -> None:
    window.canvas.zoom_out()
    window.files.new_network()
    assert window.canvas.zoom() == pytest.approx(1.0)


def test_keys_that_are_one_letter_can_be_switched_off(window: Window) -> None:
    slash, find = window.actions_by_key["search_blocks"], window.actions_by_key["insert"]
    window.canvas.select(["flatten"])
    assert [key.toString() for key in slash.shortcuts()] == ["/"]
    window.appearance.change(single_letter_keys=False)
    assert not slash.shortcuts()
    assert find.shortcuts()
    QTest.keyClick(window.canvas, Qt.Key.Key_W)
    assert window.canvas.keys.wire is None
    window.appearance.change(single_letter_keys=True)
    assert [key.toString() for key in slash.shortcuts()] == ["/"]
    QTest.keyClick(window.canvas, Qt.Key.Key_W)
    assert window.canvas.keys.wire is not None


def type_into(window: Window, setting: str, text: str) -> Field:
    field = window.inspector.one.form.editor(setting)
    assert isinstance(field, Field)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    return field


def out_features(window: Window) -> object:
    return window.document.graph.nodes["logits"].block.values()["out_features"]


def test_undo_takes_a_value_back_while_its_field_has_the_keyboard(qtbot: QtBot, window: Window) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.canvas.select(["logits"])
    field = type_into(window, "out_features", "50")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert out_features(window) == 50
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (out_features(window), field.lineEdit().text()) == (10, "10")
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert (out_features(window), field.lineEdit().text()) == (50, "50")
    type_into(window, "out_features", "7")
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert (out_features(window), field.lineEdit().text()) == (50, "50"), "what is being typed goes first"


def test_undo_reaches_the_drawing_from_an_empty_search_field(qtbot: QtBot, window: Window) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.editing.configure("logits", "out_features", 50)
    window.search_blocks()
    field = window.focusWidget()
    assert isinstance(field, SearchField)
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert out_features(window) == 10
    QTest.keyClicks(field, "conv")
    QTest.keyClick(field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert not field.text()
    assert out_features(window) == 10


def test_the_start_page_leads_back_to_the_drawing_as_it_was(window: Window) -> None:
    window.editing.configure("logits", "out_features", 50)
    window.show_start()
    assert window.pages.currentWidget() is window.start
    QTest.keyClick(window.start, Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.desk
    assert out_features(window) == 50


def test_a_long_name_gives_way_before_the_menus_do(window: Window) -> None:
    window.resize(1366, 748)
    window.files.open_template("cnn")
    window.header.show_file(LONG, saved=True, stored=True)
    QApplication.processEvents()
    menus = window.header.findChild(QMenuBar)
    assert isinstance(menus, QMenuBar) and menus.width() >= menus.sizeHint().width()
    wide = window.header.minimumSizeHint().width()
    window.resize(950, 748)
    QApplication.processEvents()
    assert window.width() < 1000 and window.header.minimumSizeHint().width() < wide


def test_the_start_page_offers_no_way_back_to_nothing(window: Window) -> None:
    window.files.new_network()
    window.show_start()
    QTest.keyClick(window.start, Qt.Key.Key_Escape)
    assert window.pages.currentWidget() is window.start


def test_the_first_run_in_a_small_window_keeps_the_whole_drawing_in_view(qtbot: QtBot, window: Window) -> None:
    window.resize(1366, 748)
    window.reset_layout()
    window.files.open_template("cnn")
    QApplication.processEvents()
    assert window.canvas.shows_all()
    window.session.train_shown.emit()
    qtbot.waitUntil(window.canvas.shows_all)
    training = window.panels.docks["loss"]
    qtbot.waitUntil(lambda: training.height() > LOW)
    window.reset_layout()
    qtbot.waitUntil(lambda: training.height() > LOW)  # the plots of a run keep their room


def test_a_field_without_steps_shows_its_text_in_every_theme(window: Window) -> None:
    window.canvas.select(["digits"])
    field = window.inspector.one.form.editor("shape")
    assert isinstance(field, Field)
    for theme in ("dark", "light"):
        window.appearance.change(theme=theme)
        QApplication.processEvents()
        line = field.lineEdit()
        assert line.text() == "1×28×28"
        assert line.width() > line.fontMetrics().horizontalAdvance(line.text())


def test_the_canvas_alone_has_the_keyboard(qtbot: QtBot, window: Window) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.search_blocks()
    window.canvas_only()
    assert window.canvas.hasFocus()
    assert all(dock.isHidden() for dock in window.panels.docks.values())
    window.canvas_only()
    assert not any(dock.isHidden() for dock in window.panels.docks.values())


def test_a_block_that_is_inserted_comes_into_view(window: Window) -> None:
    window.canvas.zoom_reset()
    for _ in range(6):
        window.editing.insert_kind("ReLU")
        (name,) = window.canvas.selection()
        QApplication.processEvents()
        assert window.canvas.view_rect().contains(window.canvas.drawing.cards[name].body())
