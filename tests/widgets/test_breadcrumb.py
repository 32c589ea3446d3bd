"""The way to the open group: one step for each level, each of them leads there."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from widgets.breadcrumb import MOST_STEPS, Breadcrumb
from widgets.canvas import Canvas
from widgets.theme import apply, load_theme


@pytest.fixture
def canvas(qtbot: QtBot, qapp: QApplication) -> Canvas:
    apply(qapp, load_theme("light"))
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(900, 500)
    made.show()
    return made


def test_each_step_leads_to_its_level(canvas: Canvas) -> None:
    breadcrumb, chosen = Breadcrumb(), list[object]()
    canvas.put_above(breadcrumb)
    breadcrumb.chosen.connect(chosen.append)
    breadcrumb.show_path(("stage1", "block2"), "3 copies, each with weights of its own")
    assert [step.text() for step in breadcrumb.steps] == ["Drawing", "stage1"]
    assert breadcrumb.here.text() == "block2"
    assert breadcrumb.note() == "3 copies, each with weights of its own"
    for step in breadcrumb.steps:
        QTest.mouseClick(step, Qt.MouseButton.LeftButton)
    QTest.mouseClick(breadcrumb.out, Qt.MouseButton.LeftButton)
    QTest.keyClick(breadcrumb.steps[0], Qt.Key.Key_Space)
    assert chosen == [(), ("stage1",), ("stage1",), ()]


def test_of_a_long_way_the_ends_stay(canvas: Canvas) -> None:
    breadcrumb = Breadcrumb()
    canvas.put_above(breadcrumb)
    breadcrumb.show_path(tuple(f"group{number}" for number in range(12)))
    steps = [step.text() for step in breadcrumb.steps]
    assert len(steps) == MOST_STEPS
    assert (steps[0], steps[-1]) == ("Drawing", "group10")


def test_it_takes_room_above_the_drawing_only_while_it_is_there(canvas: Canvas) -> None:
    breadcrumb = Breadcrumb()
    canvas.put_above(breadcrumb)
    whole = canvas.viewport().height()
    breadcrumb.show_path(("stage1",))
    QApplication.processEvents()
    assert canvas.viewport().height() == whole - breadcrumb.height()
    assert breadcrumb.width() == canvas.width()
    canvas.resize(700, 500)
    QApplication.processEvents()
    assert breadcrumb.width() == canvas.width()
    breadcrumb.show_path(())
    QApplication.processEvents()
    assert canvas.viewport().height() == whole


def test_long_names_do_not_widen_the_window(canvas: Canvas) -> None:
    breadcrumb = Breadcrumb()
    canvas.put_above(breadcrumb)
    least = canvas.minimumSizeHint().width()
    breadcrumb.show_path(("a" * 60, "b" * 60), "c" * 300)
    QApplication.processEvents()
    assert canvas.minimumSizeHint().width() <= least
    assert breadcrumb.width() == canvas.width()
