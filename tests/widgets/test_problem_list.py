"""The list of problems names blocks, repairs by one press, and says what waits."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.blocks.activation import ReLU
from engine.blocks.data import Input
from engine.blocks.merge import Add
from engine.blocks.probabilities import Softmax
from engine.check import Report, check
from engine.graph import Graph, Node, Wire
from engine.problems import Fix
from engine.recipes.recipe import Recipe
from engine.templates import TEMPLATES
from widgets.problem_list import ALL_WELL, MOST_ROWS, NOTHING, RUNNING, ProblemList, waiting_text
from widgets.theme import load_theme, themes

CNN = TEMPLATES["cnn"].project().graph


def faulty() -> Graph:
    """A wrong Add with a block behind it, and a Softmax before the loss."""
    graph = CNN.add(Node("add", Add()), Node("after", ReLU()), Node("soft", Softmax()))
    return graph.connect(
        Wire("norm2", "output", "add", "input"),
        Wire("pool1", "output", "add", "other"),
        Wire("add", "output", "after", "input"),
        Wire("logits", "output", "soft", "input"),
        Wire("soft", "output", "answer", "input"),
    )


def report(graph: Graph) -> Report:
    return check(graph, Recipe())


@pytest.fixture
def problems(qtbot: QtBot) -> ProblemList:
    made = ProblemList()
    qtbot.addWidget(made)
    made.resize(866, 170)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def test_errors_come_before_warnings_and_both_are_counted(qtbot: QtBot, problems: ProblemList) -> None:
    with qtbot.waitSignal(problems.counts_changed) as counted:
        problems.show_report(faulty(), report(faulty()))
    assert counted.args == [1, 1]
    assert [row.problem.block for row in problems.rows] == ["add", "soft"]
    with qtbot.waitSignal(problems.counts_changed) as counted:
        problems.show_report(CNN, report(CNN))
    assert counted.args == [0, 0]
    assert problems.rows == []


def test_the_first_repair_is_a_button_that_mends(qtbot: QtBot, problems: ProblemList) -> None:
    problems.show_report(faulty(), report(faulty()))
    qtbot.waitUntil(lambda: problems.rows[0].button is not None)
    button = problems.rows[0].button
    assert button is not None
    with qtbot.waitSignal(problems.fix_chosen) as chosen:
        button.click()
    assert chosen.args
    fix = chosen.args[0]
    assert isinstance(fix, Fix)
    assert report(fix.apply(faulty())).ok


def test_a_repair_belongs_to_the_drawing_that_is_shown(qtbot: QtBot, problems: ProblemList) -> None:
    problems.show_report(faulty(), report(faulty()))
    qtbot.waitUntil(lambda: problems.rows[0].button is not None)
    wider = faulty().configure("conv1", kernel_size=5, padding=2)
    problems.show_report(wider, report(wider))
    problems.offer_repairs()
    button = problems.rows[0].button
    assert button is not None
    with qtbot.waitSignal(problems.fix_chosen) as chosen:
        button.click()
    assert chosen.args
    fix = chosen.args[0]
    assert isinstance(fix, Fix)
    assert fix is problems.rows[0].problem.fixes[0]
    assert report(fix.apply(wider)).ok


def test_a_row_goes_to_its_block_by_mouse_and_keyboard(qtbot: QtBot, problems: ProblemList) -> None:
    problems.show_report(faulty(), report(faulty()))
    with qtbot.waitSignal(problems.block_selected) as selected:
        QTest.mouseClick(problems.rows[1], Qt.MouseButton.LeftButton)
    assert selected.args == ["soft"]
    problems.rows[1].setFocus()
    QTest.keyClick(problems.rows[1], Qt.Key.Key_Up)
    assert problems.rows[0].hasFocus()
    with qtbot.waitSignal(problems.block_selected) as selected:
        QTest.keyClick(problems.rows[0], Qt.Key.Key_Return)
    assert selected.args == ["add"]


def test_it_says_how_many_blocks_wait(problems: ProblemList) -> None:
    problems.show_report(faulty(), report(faulty()))
    assert problems.note.text() == "1 block after add has no shape yet. It is waiting for the fix above."


def test_several_faults_name_no_block_as_the_one_to_wait_for() -> None:
    graph = Graph().add(*(Node(name, Add()) for name in ("a", "b", "c", "d")))
    graph = graph.connect(Wire("a", "output", "c", "input"), Wire("a", "output", "c", "other"))
    graph = graph.connect(Wire("b", "output", "d", "input"), Wire("b", "output", "d", "other"))
    assert waiting_text(graph, check(graph)) == "2 blocks have no shape yet. They are waiting for the fix above."


def test_without_problems_it_says_what_comes_next(problems: ProblemList) -> None:
    assert problems.note.text() == NOTHING
    problems.show_report(CNN, report(CNN))
    assert problems.note.text() == ALL_WELL


def test_nobody_is_told_to_press_train_while_it_trains(problems: ProblemList) -> None:
    graph = TEMPLATES["mlp"].project().graph
    problems.show_report(graph, check(graph))
    problems.set_running(True)
    assert problems.note.text() == RUNNING
    problems.show_report(graph, check(graph))
    assert problems.note.text() == RUNNING
    problems.set_running(False)
    assert problems.note.text() == ALL_WELL


def test_rows_keep_the_focus_when_another_block_changes(problems: ProblemList) -> None:
    problems.show_report(faulty(), report(faulty()))
    problems.rows[0].setFocus()
    row = problems.rows[0]
    moved = faulty().move({"digits": (8.0, 8.0)})
    problems.show_report(moved, report(moved))
    assert problems.rows[0] is row
    assert row.hasFocus()


def test_a_great_many_problems_are_counted(problems: ProblemList) -> None:
    graph = Graph().add(Node("input1", Input()), *(Node(f"add{number}", Add()) for number in range(MOST_ROWS + 20)))
    problems.show_report(graph, check(graph))
    assert len(problems.rows) == MOST_ROWS
    assert problems.note.text().startswith("20 more problems are not listed.")
    assert problems.errors == MOST_ROWS + 20


def test_repairs_out_of_view_are_not_worked_out(qtbot: QtBot, problems: ProblemList) -> None:
    graph = Graph().add(Node("input1", Input()), *(Node(f"add{number}", Add()) for number in range(MOST_ROWS)))
    problems.show_report(graph, check(graph))
    qtbot.waitUntil(lambda: problems.rows[0].button is not None)
    assert problems.rows[-1].button is None


def test_rows_of_selected_blocks_are_tinted(problems: ProblemList) -> None:
    problems.show_report(faulty(), report(faulty()))
    problems.light_up(["soft"])
    assert [row.property("kind") for row in problems.rows] == ["", "lit"]


def test_a_row_names_the_block_only_once(problems: ProblemList) -> None:
    problems.show_report(faulty(), report(faulty()))
    row = problems.rows[0]
    assert row.sentence.startswith("Needs the same shape")
    assert row.problem.text in row.accessibleName()


def test_it_follows_the_theme(problems: ProblemList) -> None:
    problems.show_report(faulty(), report(faulty()))
    themes().show(load_theme("dark"))
    column = problems.widget()
    assert column
    assert load_theme("dark").colour("accent-soft").name() in column.styleSheet()
    themes().show(load_theme("light"))
