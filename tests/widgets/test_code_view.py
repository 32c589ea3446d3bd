"""The code view shows the program, lights up the lines of blocks, and finds the block of a line."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.blocks.linear import Linear
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.lower import Source, sketch, write
from engine.templates import TEMPLATES
from widgets.code_view import CodeView, LineNumbers
from widgets.highlighting import spans
from widgets.theme import current, load_theme, themes

CNN = TEMPLATES["cnn"].project().graph


def program(graph: Graph) -> Source:
    return write(sketch(graph, check(graph)))


@pytest.fixture
def view(qtbot: QtBot) -> CodeView:
    made = CodeView()
    qtbot.addWidget(made)
    made.resize(560, 240)
    made.show_source(program(CNN))
    made.show()
    return made


def place(view: CodeView, line: int) -> QPoint:
    """A point in the middle of a line that is in view."""
    for block, area in view.blocks_in_view():
        if block.blockNumber() + 1 == line:
            return area.center().toPoint()
    raise AssertionError(f"line {line} is not in view")


def line_of(source: Source, text: str) -> int:
    return next(number for number, line in enumerate(source.text.split("\n"), 1) if text in line)


def test_it_shows_the_program_and_cannot_be_typed_into(view: CodeView) -> None:
    QTest.keyClicks(view, "x")
    assert view.toPlainText() == program(CNN).text


def test_a_block_lights_up_its_lines_and_brings_them_into_view(view: CodeView) -> None:
    source = program(CNN)
    view.light_up(["logits"])
    assert view.lit_lines() == source.lines_of("logits")
    assert len(view.lit_lines()) == 2
    place(view, view.lit_lines()[0])
    colour = current().colour("code-highlight")
    at = place(view, view.lit_lines()[0])
    assert view.viewport().grab().toImage().pixelColor(view.viewport().width() - 4, at.y()) == colour
    view.light_up([])
    assert view.lit_lines() == ()


def test_a_click_on_a_line_finds_its_block(qtbot: QtBot, view: CodeView) -> None:
    line = line_of(program(CNN), "self.conv1 =")
    with qtbot.waitSignal(view.block_clicked) as clicked:
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place(view, line))
    assert clicked.args == ["conv1"]


def test_a_click_on_a_line_of_nobody_finds_nothing(qtbot: QtBot, view: CodeView) -> None:
    line = line_of(program(CNN), "def __init__")
    with qtbot.assertNotEmitted(view.block_clicked):
        QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place(view, line))


def test_selecting_text_is_no_click(qtbot: QtBot, view: CodeView) -> None:
    line = line_of(program(CNN), "self.conv1 =")
    start = place(view, line)
    with qtbot.assertNotEmitted(view.block_clicked):
        QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(view.viewport(), QPoint(60, start.y()))
        QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(60, start.y()))
    assert view.textCursor().hasSelection()


def test_enter_finds_the_block_of_the_caret_s_line(qtbot: QtBot, view: CodeView) -> None:
    source = program(CNN)
    block = view.document().findBlockByNumber(source.lines_of("relu1")[0] - 1)
    view.setTextCursor(QTextCursor(block))
    with qtbot.waitSignal(view.block_clicked) as clicked:
        QTest.keyClick(view, Qt.Key.Key_Return)
    assert clicked.args == ["relu1"]


def test_an_edit_leaves_the_view_where_it_is(view: CodeView) -> None:
    view.light_up(["logits"])
    view.verticalScrollBar().setValue(9)
    longer = CNN.configure("conv1", out_channels=128, kernel_size=5)
    view.show_source(program(longer))
    assert view.toPlainText() == program(longer).text
    assert view.verticalScrollBar().value() == 9
    assert view.lit_lines() == program(longer).lines_of("logits")


@pytest.mark.parametrize(
    "change",
    [
        lambda graph: graph.remove(["relu1"]),
        lambda graph: graph.bypass("norm1"),
        lambda graph: graph.rename("conv1", "a"),
        lambda graph: Graph(),
        lambda graph: graph.configure("conv1", bias=False),
    ],
)
def test_every_change_leaves_exactly_the_new_program(view: CodeView, change: object) -> None:
    assert callable(change)
    changed = change(CNN)
    view.show_source(program(changed))
    assert view.toPlainText() == program(changed).text
    view.show_source(program(CNN))
    assert view.toPlainText() == program(CNN).text


def test_the_same_program_touches_nothing(qtbot: QtBot, view: CodeView) -> None:
    with qtbot.assertNotEmitted(view.textChanged):
        view.show_source(program(CNN))


def test_lines_in_view_are_coloured_in_the_theme(view: CodeView) -> None:
    view.grab()
    block = view.document().firstBlock()
    (first, *_) = block.layout().formats()
    assert (first.start, first.length) == (0, 4)
    assert first.format.foreground().color() == current().colour("code-keyword")
    themes().show(load_theme("dark"))
    view.grab()
    (first, *_) = view.document().firstBlock().layout().formats()
    assert first.format.foreground().color() == load_theme("dark").colour("code-keyword")
    themes().show(load_theme("light"))


def test_lines_out_of_view_cost_nothing(qtbot: QtBot) -> None:
    view = CodeView()
    qtbot.addWidget(view)
    view.resize(400, 200)
    view.show()
    text = "".join(f"self.layer{number} = nn.Linear(4, {number})\n" for number in range(2000))
    view.show_source(Source(text, {}))
    view.grab()
    assert view.document().findBlockByNumber(0).layout().formats()
    assert not view.document().findBlockByNumber(1500).layout().formats()


def test_pieces_of_a_line() -> None:
    line = "        self.conv1 = nn.Conv2d(1, 16, padding='same')  # N x 16"
    pieces = {line[start : start + length]: colour for start, length, colour in spans(line)}
    assert pieces["Conv2d"] == "code-call"
    assert pieces["16"] == "code-number"
    assert pieces["# N x 16"] == "code-comment"
    assert "self" not in pieces


def test_the_whole_program_is_copied(view: CodeView) -> None:
    view.copy_all()
    assert QGuiApplication.clipboard().text() == program(CNN).text


def test_line_numbers_find_blocks_too(qtbot: QtBot, view: CodeView) -> None:
    line = line_of(program(CNN), "self.conv1 =")
    with qtbot.waitSignal(view.block_clicked) as clicked:
        numbers = view.findChild(LineNumbers)
        assert numbers
        QTest.mouseClick(numbers, Qt.MouseButton.LeftButton, pos=QPoint(8, place(view, line).y()))
    assert clicked.args == ["conv1"]


def test_blocks_that_do_not_exist_light_nothing(view: CodeView) -> None:
    view.light_up(["nobody"])
    assert view.lit_lines() == ()


def test_an_added_block_appears(view: CodeView) -> None:
    graph = CNN.add(Node("extra", Linear())).connect(Wire("relu3", "output", "extra", "input"))
    view.show_source(program(graph))
    assert "extra" not in view.toPlainText()  # no Output depends on it
