"""What one can do on the canvas with mouse, keyboard and drops; every edit is asked for, none is made."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.blocks.base import BLOCKS, Block
from engine.check import check
from engine.graph import Graph, Node, Wire
from widgets.canvas import BLOCK_MIME, Canvas, LiveStrip
from widgets.canvas.card import State
from widgets.theme import apply, load_theme, themes

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
PLAIN, CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


def block(kind: str, **values: Any) -> Block:
    return BLOCKS[kind].read(values)


def chain(*blocks: tuple[str, Block], per_row: int = 4) -> Graph:
    graph, before = Graph(), ""
    for index, (name, made) in enumerate(blocks):
        graph = graph.add(Node(name, made, (240.0 * (index % per_row), 160.0 * (index // per_row))))
        if before:
            graph = graph.connect(Wire(before, "output", name, made.input_ports()[0]))
        before = name
    return graph


SMALL = chain(
    ("digits", block("Input")), ("conv1", block("Conv2d")), ("relu1", block("ReLU")), ("answer", block("Output"))
)
FAULTY = chain(("digits", block("Input")), ("conv1", block("Conv2d", kernel_size=40)), ("answer", block("Output")))
SKIP = SMALL.add(Node("add", block("Add"), (240.0, 200.0)))


UNEQUAL = (
    chain(
        ("digits", block("Input")), ("conv1", block("Conv2d")), ("conv2", block("Conv2d", padding=1, out_channels=32))
    )
    .add(Node("add", block("Add"), (700.0, 100.0)), Node("conv3", block("Conv2d", padding=1), (480.0, 200.0)))
    .connect(Wire("conv1", "output", "conv3", "input"))
    .connect(Wire("conv2", "output", "add", "input"), Wire("conv3", "output", "add", "other"))
)


class Desk:
    """A canvas with somebody who grants its wishes, as the document does."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.edits: list[tuple[str, Graph, str]] = []
        self.searches: list[tuple[QPoint, QPointF, object]] = []
        self.selections: list[tuple[str, ...]] = []
        self.hints: list[str] = []
        self.opened: list[str] = []
        self.grants = True
        canvas.edited.connect(self.edit)
        canvas.search_requested.connect(lambda *where: self.searches.append(where))
        canvas.selection_changed.connect(self.selections.append)
        canvas.hint.connect(self.hints.append)
        canvas.activated.connect(self.opened.append)

    def edit(self, text: str, graph: Graph, merge: str) -> None:
        self.edits.append((text, graph, merge))
        if self.grants:
            self.canvas.show(graph, check(graph))

    def show(self, graph: Graph) -> None:
        self.canvas.show(graph, check(graph))
        self.canvas.look_at(self.canvas.drawing.bounds, animated=False)
        QApplication.processEvents()

    def at(self, point: QPointF) -> QPoint:
        return self.canvas.mapFromScene(point)

    def port(self, name: str, port: str, output: bool = False) -> QPoint:
        return self.at(self.canvas.drawing.cards[name].port(output, port))

    def body(self, name: str) -> QPoint:
        return self.at(self.canvas.drawing.cards[name].pos() + QPointF(60.0, 30.0))

    def press(self, at: QPoint, held: Qt.KeyboardModifier = PLAIN, button: Qt.MouseButton = LEFT) -> None:
        QTest.mousePress(self.canvas.viewport(), button, held, at)

    def move(self, to: QPoint) -> None:
        QTest.mouseMove(self.canvas.viewport(), to)

    def release(self, at: QPoint, held: Qt.KeyboardModifier = PLAIN, button: Qt.MouseButton = LEFT) -> None:
        QTest.mouseRelease(self.canvas.viewport(), button, held, at)

    def drag(
        self, start: QPoint, end: QPoint, held: Qt.KeyboardModifier = PLAIN, button: Qt.MouseButton = LEFT
    ) -> None:
        self.press(start, held, button)
        for step in (0.2, 0.6, 1.0):
            self.move(start + (end - start) * step)
        self.release(end, held, button)

    def click(self, at: QPoint, held: Qt.KeyboardModifier = PLAIN) -> None:
        QTest.mouseClick(self.canvas.viewport(), LEFT, held, at)

    def key(self, key: Qt.Key, held: Qt.KeyboardModifier = PLAIN) -> None:
        QTest.keyClick(self.canvas, key, held)

    @property
    def graph(self) -> Graph:
        return self.canvas.graph


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication) -> Iterator[Desk]:
    apply(qapp, load_theme("light", reduced_motion=True))
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(1200, 700)
    canvas.show()
    qtbot.waitExposed(canvas)
    desk = Desk(canvas)
    desk.show(SMALL)
    canvas.setFocus()
    yield desk
    canvas.close()


def mime(kind: str) -> QMimeData:
    carried = QMimeData()
    carried.setData(BLOCK_MIME, QByteArray(kind.encode()))
    return carried


def drag_in(desk: Desk, carried: QMimeData, at: QPoint) -> bool:
    room, action = desk.canvas.viewport(), Qt.DropAction.CopyAction
    enter = QDragEnterEvent(at, action, carried, LEFT, PLAIN)
    QApplication.sendEvent(room, enter)
    if enter.isAccepted():
        QApplication.sendEvent(room, QDragMoveEvent(at, action, carried, LEFT, PLAIN))
    return enter.isAccepted()


def drop(desk: Desk, carried: QMimeData, at: QPoint) -> bool:
    if not drag_in(desk, carried, at):
        return False
    event = QDropEvent(QPointF(at), Qt.DropAction.CopyAction, carried, LEFT, PLAIN)
    QApplication.sendEvent(desk.canvas.viewport(), event)
    return event.isAccepted()


def press_button(button: QWidget, with_: Qt.MouseButton) -> None:
    QTest.mouseClick(button, with_)


# Wires


def test_a_drag_from_an_output_to_an_input_connects_them(desk: Desk) -> None:
    desk.show(SKIP)
    desk.drag(desk.port("conv1", "output", True), desk.port("add", "input"))
    assert [text for text, *_ in desk.edits] == ["Connect conv1 to add"]
    assert Wire("conv1", "output", "add", "input") in desk.graph.wires


def test_a_drag_from_an_input_to_an_output_connects_them_too(desk: Desk) -> None:
    desk.show(SKIP)
    desk.drag(desk.port("add", "other"), desk.port("relu1", "output", True) + QPoint(9, 9))
    assert Wire("relu1", "output", "add", "other") in desk.graph.wires


def test_a_wire_into_a_used_port_takes_the_place_of_the_old_one(desk: Desk) -> None:
    desk.drag(desk.port("digits", "output", True), desk.port("relu1", "input"))
    assert Wire("digits", "output", "relu1", "input") in desk.graph.wires
    assert Wire("conv1", "output", "relu1", "input") not in desk.graph.wires
    assert len(desk.edits) == 1


def test_a_wire_that_is_already_there_is_no_edit(desk: Desk) -> None:
    desk.drag(desk.port("conv1", "output", True), desk.port("relu1", "input"))
    desk.drag(desk.port("relu1", "input"), desk.port("relu1", "input") + QPoint(6, 6))
    assert not desk.edits


def test_a_wire_dropped_on_a_card_goes_to_the_port_that_is_free(desk: Desk) -> None:
    desk.show(SKIP.connect(Wire("conv1", "output", "add", "input")))
    desk.drag(desk.port("relu1", "output", True), desk.body("add") + QPoint(60, 0))
    assert Wire("relu1", "output", "add", "other") in desk.graph.wires


def test_a_wire_that_does_not_suit_can_be_drawn_and_shows_why(desk: Desk) -> None:
    row = SMALL.add(Node("norm1", block("BatchNorm1d"), (240.0, 200.0)))
    desk.show(row)
    desk.drag(desk.port("conv1", "output", True), desk.port("norm1", "input"))
    card = desk.canvas.drawing.cards["norm1"]
    assert card.face.level == "error"
    assert card.problem is not None and "conv1" in card.problem.text
    assert desk.canvas.drawing.wires.pictures[Wire("conv1", "output", "norm1", "input")].style == "error"
    assert any("norm1" in hint for hint in desk.hints)


def test_a_wire_dropped_on_the_ground_asks_for_a_block(desk: Desk) -> None:
    end = desk.at(QPointF(500.0, 240.0))
    desk.drag(desk.port("relu1", "output", True), end)
    assert [context for *_, context in desk.searches] == [("output", "relu1", "output")]
    assert (desk.searches[0][1] - QPointF(500.0, 240.0)).manhattanLength() < 2
    assert not desk.edits


def test_the_end_of_a_wire_can_be_taken_to_another_port(desk: Desk) -> None:
    desk.show(SKIP)
    desk.drag(desk.port("relu1", "input"), desk.port("add", "input"))
    assert Wire("conv1", "output", "add", "input") in desk.graph.wires
    assert Wire("conv1", "output", "relu1", "input") not in desk.graph.wires
    assert len(desk.edits) == 1


def test_the_end_of_a_wire_dropped_on_the_ground_takes_the_wire_away(desk: Desk) -> None:
    desk.drag(desk.port("relu1", "input"), desk.at(QPointF(500.0, 240.0)))
    assert Wire("conv1", "output", "relu1", "input") not in desk.graph.wires
    assert not desk.searches


def test_esc_gives_up_a_wire(desk: Desk) -> None:
    start = desk.port("conv1", "output", True)
    desk.press(start)
    desk.move(start + QPoint(30, 80))
    desk.key(Qt.Key.Key_Escape)
    desk.release(start + QPoint(30, 80))
    assert not desk.edits and not desk.searches


def test_a_click_on_a_wire_selects_it_and_delete_removes_it(desk: Desk) -> None:
    middle = (desk.port("relu1", "output", True) + desk.port("answer", "input")) / 2
    desk.click(middle)
    assert desk.canvas.selected_wires() == (Wire("relu1", "output", "answer", "input"),)
    desk.key(Qt.Key.Key_Delete)
    assert desk.edits[0][0] == "Delete the wire from relu1 to answer"
    assert len(desk.graph.wires) == 2 and len(desk.graph.nodes) == 4


def test_a_wire_under_the_pointer_tells_shape_kind_and_size(desk: Desk) -> None:
    desk.move((desk.port("conv1", "output", True) + desk.port("relu1", "input")) / 2)
    assert desk.hints[-1] == "conv1 to relu1: N×16×26×26 · float32 · 43.3 kB for one example"


# Moving


def test_a_dragged_block_snaps_to_the_grid_in_one_edit(desk: Desk) -> None:
    start = desk.body("relu1")
    desk.drag(start, start + QPoint(61, 113))
    assert [(text, merge) for text, _, merge in desk.edits] == [("Move relu1", "")]
    assert desk.graph.nodes["relu1"].at == (544.0, 112.0)
    assert desk.graph.nodes["conv1"] is SMALL.nodes["conv1"]


def test_wires_follow_while_a_block_is_dragged(desk: Desk) -> None:
    start, wire = desk.body("relu1"), Wire("conv1", "output", "relu1", "input")
    desk.press(start)
    desk.move(start + QPoint(10, 20))
    desk.move(start + QPoint(40, 120))
    end = desk.canvas.drawing.wires.pictures[wire].route.path.currentPosition()
    assert end == desk.canvas.drawing.cards["relu1"].port(False, "input")
    assert not desk.edits
    desk.release(start)


def test_all_selected_blocks_move_together(desk: Desk) -> None:
    desk.canvas.select(("conv1", "relu1"))
    start = desk.body("relu1")
    desk.drag(start, start + QPoint(0, 96))
    assert desk.edits[0][0] == "Move 2 blocks"
    assert [desk.graph.nodes[name].at[1] for name in ("digits", "conv1", "relu1")] == [0.0, 96.0, 96.0]


def test_esc_returns_a_dragged_block(desk: Desk) -> None:
    start = desk.body("relu1")
    desk.press(start)
    desk.move(start + QPoint(10, 20))
    desk.move(start + QPoint(90, 120))
    desk.key(Qt.Key.Key_Escape)
    desk.release(start + QPoint(90, 120))
    assert not desk.edits
    assert desk.canvas.drawing.cards["relu1"].pos() == QPointF(480.0, 0.0)


def test_alt_copies_the_dragged_block_and_selects_the_copy(desk: Desk) -> None:
    start = desk.body("relu1")
    desk.drag(start, start + QPoint(0, 160), ALT)
    assert desk.edits[0][0] == "Copy relu1"
    assert desk.graph.nodes["relu1"].at == (480.0, 0.0)
    assert desk.graph.nodes["relu2"].at == (480.0, 160.0)
    assert desk.canvas.selection() == ("relu2",)


def test_shift_keeps_the_axis(desk: Desk) -> None:
    start = desk.body("relu1")
    desk.drag(start, start + QPoint(20, 160), SHIFT)
    assert desk.graph.nodes["relu1"].at == (480.0, 160.0)


def test_a_move_that_nobody_grants_goes_back(desk: Desk) -> None:
    desk.grants = False
    start = desk.body("relu1")
    desk.drag(start, start + QPoint(0, 160))
    assert desk.edits and desk.canvas.drawing.cards["relu1"].pos() == QPointF(480.0, 0.0)


def test_a_gesture_ends_when_another_drawing_comes(desk: Desk) -> None:
    start = desk.body("relu1")
    desk.press(start)
    desk.move(start + QPoint(10, 20))
    desk.move(start + QPoint(90, 120))
    desk.show(SMALL.remove(["relu1"]))
    desk.release(start + QPoint(90, 120))
    assert not desk.edits and "relu1" not in desk.canvas.drawing.cards


def test_a_loose_block_dropped_on_a_wire_is_inserted(desk: Desk) -> None:
    desk.show(SMALL.add(Node("drop1", block("Dropout"), (600.0, 240.0))))
    wire = Wire("relu1", "output", "answer", "input")
    middle = desk.canvas.drawing.wires.pictures[wire].route.path.pointAtPercent(0.5)
    start = desk.at(desk.canvas.drawing.cards["drop1"].body().center())
    desk.drag(start, desk.at(middle))
    assert desk.edits[0][0] == "Insert drop1"
    assert Wire("relu1", "output", "drop1", "input") in desk.graph.wires
    assert Wire("drop1", "output", "answer", "input") in desk.graph.wires


# Selecting


def test_a_band_selects_what_it_touches(desk: Desk) -> None:
    desk.drag(desk.at(QPointF(200.0, -60.0)), desk.at(QPointF(520.0, 90.0)))
    assert desk.canvas.selection() == ("conv1", "relu1")
    assert desk.selections[-1] == ("conv1", "relu1")
    assert not desk.edits


def test_clicks_select_add_and_clear(desk: Desk) -> None:
    desk.click(desk.body("conv1"))
    assert desk.canvas.selection() == ("conv1",)
    desk.click(desk.body("relu1"), CTRL)
    assert desk.canvas.selection() == ("conv1", "relu1")
    desk.click(desk.body("conv1"), CTRL)
    assert desk.canvas.selection() == ("relu1",)
    desk.click(desk.at(QPointF(300.0, 240.0)))
    assert desk.canvas.selection() == ()
    assert desk.selections == [("conv1",), ("conv1", "relu1"), ("relu1",), ()]


def test_delete_removes_blocks_and_wires_in_one_edit(desk: Desk) -> None:
    desk.canvas.select(("conv1", "relu1"))
    desk.key(Qt.Key.Key_Delete)
    assert [text for text, *_ in desk.edits] == ["Delete 2 blocks"]
    assert set(desk.graph.nodes) == {"digits", "answer"} and desk.graph.wires == ()
    assert desk.canvas.selection() == ()
    assert set(desk.canvas.drawing.cards) == {"digits", "answer"}


def test_a_renamed_block_stays_selected(desk: Desk) -> None:
    desk.canvas.select(("conv1", "relu1"))
    desk.show(SMALL.rename("relu1", "bend"))
    assert desk.selections[-1] == ("conv1", "bend")


def test_other_parts_of_the_window_can_light_blocks_up(desk: Desk) -> None:
    desk.canvas.light_up(["conv1", "nobody"])
    assert State.LIT in desk.canvas.drawing.cards["conv1"].state
    desk.canvas.light_up([])
    assert State.LIT not in desk.canvas.drawing.cards["conv1"].state


# Drops from the palette


def test_a_dropped_block_lies_where_the_pointer_is(desk: Desk) -> None:
    assert drop(desk, mime("Linear"), desk.at(QPointF(300.0, 240.0)))
    text, graph, _ = desk.edits[0]
    (name,) = graph.nodes.keys() - SMALL.nodes.keys()
    assert text == f"Add {name}"
    assert desk.canvas.drawing.cards[name].body().contains(QPointF(300.0, 240.0))
    assert desk.canvas.selection() == (name,)


def test_a_block_dropped_on_a_wire_is_inserted_and_the_row_makes_room(desk: Desk) -> None:
    wire = Wire("conv1", "output", "relu1", "input")
    middle = desk.canvas.drawing.wires.pictures[wire].route.path.pointAtPercent(0.5)
    assert drag_in(desk, mime("BatchNorm2d"), desk.at(middle))
    assert desk.canvas.drawing.wires.lit == wire
    assert desk.hints[-1] == "Drop to insert between conv1 and relu1"
    assert drop(desk, mime("BatchNorm2d"), desk.at(middle))
    (name,) = desk.graph.nodes.keys() - SMALL.nodes.keys()
    assert desk.edits[0][0] == f"Insert {name}"
    assert Wire("conv1", "output", name, "input") in desk.graph.wires
    assert desk.graph.nodes["relu1"].at[0] - desk.graph.nodes[name].at[0] >= 200.0
    assert not desk.canvas.report.errors


def test_a_ghost_shows_the_block_only_while_it_is_over_the_canvas(desk: Desk) -> None:
    items = len(desk.canvas.drawing.items())
    drag_in(desk, mime("Linear"), QPoint(300, 300))
    assert len(desk.canvas.drawing.items()) == items + 1
    QApplication.sendEvent(desk.canvas.viewport(), QDragLeaveEvent())
    assert len(desk.canvas.drawing.items()) == items
    assert not desk.edits


def test_foreign_things_cannot_be_dropped(desk: Desk) -> None:
    text = QMimeData()
    text.setText("hello")
    assert not drop(desk, text, QPoint(300, 300))
    assert not drop(desk, mime("NoSuchBlock"), QPoint(300, 300))
    assert not desk.edits


# Problems


def test_the_button_in_a_faulty_card_applies_the_first_repair(desk: Desk) -> None:
    desk.show(FAULTY)
    card = desk.canvas.drawing.cards["conv1"]
    assert card.problem is not None and card.problem.fixes
    label = card.problem.fixes[0].label
    desk.click(desk.at(card.pos() + card.face.fix_rect.center()))
    assert [text for text, *_ in desk.edits] == [label]
    assert desk.canvas.report.ok and card.face.level == ""


def test_leaving_the_button_before_the_release_changes_nothing(desk: Desk) -> None:
    desk.show(FAULTY)
    card = desk.canvas.drawing.cards["conv1"]
    start = desk.at(card.pos() + card.face.fix_rect.center())
    desk.drag(start, start + QPoint(0, 120))
    assert not desk.edits


def test_the_triangle_opens_the_repairs_and_a_number_takes_one(desk: Desk) -> None:
    desk.show(UNEQUAL)
    card = desk.canvas.drawing.cards["add"]
    assert card.problem is not None and len(card.problem.fixes) >= 2
    second = card.problem.fixes[1].label
    desk.click(desk.at(card.pos() + card.face.badge_rect.center()))
    QTest.keyClick(desk.canvas.focusWidget(), Qt.Key.Key_2)
    assert [text for text, *_ in desk.edits] == [second]


def test_esc_closes_the_repairs_and_nothing_else(desk: Desk) -> None:
    desk.show(FAULTY)
    desk.canvas.select(("conv1",))
    desk.canvas.open_repairs("conv1")
    QTest.keyClick(desk.canvas.focusWidget(), Qt.Key.Key_Escape)
    assert not desk.canvas.close_repairs()
    assert desk.canvas.selection() == ("conv1",) and not desk.edits


def test_enter_takes_the_suggested_repair(desk: Desk) -> None:
    desk.show(FAULTY)
    desk.canvas.select(("conv1",))
    desk.key(Qt.Key.Key_Return, ALT)
    QTest.keyClick(desk.canvas.focusWidget(), Qt.Key.Key_Return)
    assert desk.canvas.report.ok and len(desk.edits) == 1


# Keyboard


def test_tab_goes_through_the_blocks_in_flow_order(desk: Desk) -> None:
    for expected in ("digits", "conv1", "relu1", "answer", "digits"):
        desk.key(Qt.Key.Key_Tab)
        assert desk.canvas.selection() == (expected,)
    desk.key(Qt.Key.Key_Backtab, SHIFT)
    assert desk.canvas.selection() == ("answer",)
    assert State.FOCUSED in desk.canvas.drawing.cards["answer"].state


def test_ctrl_and_tab_leave_the_canvas(desk: Desk, qtbot: QtBot) -> None:
    other = QLineEdit(desk.canvas.window())
    other.show()
    desk.key(Qt.Key.Key_Tab)
    desk.key(Qt.Key.Key_Tab, CTRL)
    assert not desk.canvas.hasFocus() and desk.canvas.selection() == ("digits",)


def test_arrows_follow_the_wires(desk: Desk) -> None:
    desk.show(SKIP)
    desk.canvas.select(("conv1",))
    desk.key(Qt.Key.Key_Right)
    assert desk.canvas.selection() == ("relu1",)
    desk.key(Qt.Key.Key_Left)
    desk.key(Qt.Key.Key_Down)
    assert desk.canvas.selection() == ("add",)


def test_alt_arrows_nudge_the_selection_and_merge(desk: Desk) -> None:
    desk.canvas.select(("relu1",))
    desk.key(Qt.Key.Key_Down, ALT)
    desk.key(Qt.Key.Key_Right, ALT | SHIFT)
    assert desk.graph.nodes["relu1"].at == (544.0, 8.0)
    keys = {merge for *_, merge in desk.edits}
    assert len(keys) == 1 and keys != {""}


def test_enter_opens_the_block_and_so_does_a_double_click(desk: Desk) -> None:
    desk.canvas.select(("relu1",))
    desk.key(Qt.Key.Key_Return)
    QTest.mouseDClick(desk.canvas.viewport(), LEFT, PLAIN, desk.body("conv1"))
    assert desk.opened == ["relu1", "conv1"]


def test_select_all_and_esc(desk: Desk) -> None:
    desk.key(Qt.Key.Key_A, CTRL)
    assert desk.canvas.selection() == tuple(SMALL.nodes)
    desk.key(Qt.Key.Key_Escape)
    assert desk.canvas.selection() == ()


def test_a_wire_can_be_drawn_by_keys_alone(desk: Desk) -> None:
    desk.show(SKIP)
    desk.canvas.select(("conv1",))
    desk.key(Qt.Key.Key_W)
    for _ in range(8):
        if "add fits here" in desk.hints[-1]:
            break
        desk.key(Qt.Key.Key_Right)
    desk.key(Qt.Key.Key_Return)
    assert any(wire.source == "conv1" and wire.target == "add" for wire in desk.graph.wires)


@pytest.mark.parametrize(("key", "held"), [(Qt.Key.Key_A, SHIFT), (Qt.Key.Key_Space, PLAIN)])
def test_keys_ask_for_a_block(desk: Desk, key: Qt.Key, held: Qt.KeyboardModifier) -> None:
    desk.key(key, held)
    assert [context for *_, context in desk.searches] == [None]


def test_a_double_click_asks_for_a_block_for_the_ground_or_the_wire_there(desk: Desk) -> None:
    QTest.mouseDClick(desk.canvas.viewport(), LEFT, PLAIN, desk.at(QPointF(300.0, 240.0)))
    middle = (desk.port("relu1", "output", True) + desk.port("answer", "input")) / 2
    QTest.mouseDClick(desk.canvas.viewport(), LEFT, PLAIN, middle)
    assert [context for *_, context in desk.searches] == [None, Wire("relu1", "output", "answer", "input")]


# Looking


def test_space_and_drag_moves_the_view_and_asks_for_nothing(desk: Desk) -> None:
    desk.show(chain(*((f"relu{index}", block("ReLU")) for index in range(1, 60))))
    desk.canvas.zoom_reset()
    before = desk.canvas.middle()
    QTest.keyPress(desk.canvas, Qt.Key.Key_Space)
    desk.drag(QPoint(400, 300), QPoint(300, 260))
    QTest.keyRelease(desk.canvas, Qt.Key.Key_Space)
    assert (desk.canvas.middle() - before - QPointF(100.0, 40.0)).manhattanLength() < 2
    assert not desk.searches and not desk.edits


def test_the_middle_button_moves_the_view(desk: Desk) -> None:
    before = desk.canvas.middle()
    desk.drag(QPoint(400, 300), QPoint(480, 300), button=MIDDLE)
    assert (desk.canvas.middle() - before + QPointF(80.0, 0.0)).manhattanLength() < 2


def wheel(desk: Desk, at: QPoint, held: Qt.KeyboardModifier, turned: int = 120) -> None:
    event = QWheelEvent(
        QPointF(at), QPointF(at), QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton, held,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(desk.canvas.viewport(), event)


def test_ctrl_and_wheel_zoom_at_the_pointer(desk: Desk) -> None:
    at = QPoint(200, 150)
    before = desk.canvas.mapToScene(at)
    wheel(desk, at, CTRL, -240)
    assert desk.canvas.zoom() < 0.75
    assert (desk.canvas.mapToScene(at) - before).manhattanLength() < 3


def test_the_wheel_scrolls_and_with_shift_sideways(desk: Desk) -> None:
    before = desk.canvas.middle()
    wheel(desk, QPoint(200, 150), PLAIN)
    down = desk.canvas.middle() - before
    wheel(desk, QPoint(200, 150), SHIFT)
    across = desk.canvas.middle() - before - down
    assert down.x() == 0 and down.y() < 0 and across.y() == 0 and across.x() < 0


def test_the_map_shows_only_when_something_is_out_of_view_and_leads_there(desk: Desk) -> None:
    assert not desk.canvas.overlays.minimap.isVisible()
    desk.show(chain(*((f"relu{index}", block("ReLU")) for index in range(1, 90)), per_row=9))
    desk.canvas.zoom_reset()
    small_map = desk.canvas.overlays.minimap
    assert small_map.isVisible()
    QTest.mousePress(small_map, LEFT, PLAIN, QPoint(75, 20))
    upper = desk.canvas.middle().y()
    QTest.mousePress(small_map, LEFT, PLAIN, QPoint(75, 80))
    assert desk.canvas.middle().y() > upper + 300


def test_overlays_stay_in_place_when_the_view_scrolls(desk: Desk) -> None:
    bar = desk.canvas.overlays.zoom_bar
    before = bar.geometry()
    desk.canvas.pan(QPointF(70.0, 50.0))
    assert bar.geometry() == before


def test_the_zoom_bar_zooms_fits_and_asks_for_layout(desk: Desk, qtbot: QtBot) -> None:
    bar = desk.canvas.overlays.zoom_bar
    desk.canvas.zoom_reset()
    press_button(bar.closer, LEFT)
    assert bar.percent.text() == "120 %"
    press_button(bar.percent, LEFT)
    assert desk.canvas.zoom() == 1.0
    with qtbot.waitSignal(desk.canvas.layout_requested):
        press_button(bar.layout_button, LEFT)
    desk.canvas.pan(QPointF(2000.0, 0.0))
    press_button(bar.fit, LEFT)
    assert desk.canvas.view_rect().contains(desk.canvas.drawing.bounds)


def test_an_empty_canvas_says_what_to_do(desk: Desk, qtbot: QtBot) -> None:
    assert not desk.canvas.overlays.hint.isVisible()
    desk.show(Graph())
    assert desk.canvas.overlays.hint.isVisible()
    with qtbot.waitSignal(desk.canvas.templates_requested):
        press_button(desk.canvas.overlays.hint.template, LEFT)


# Live pictures and themes


def test_live_pictures_come_in_handfuls_and_go_again(desk: Desk, qtbot: QtBot) -> None:
    card = desk.canvas.drawing.cards["conv1"]
    low = card.face.height

    def last() -> float | None:
        values = card.live.values if card.live else None
        return None if values is None else float(values[0, 0, 0])

    for step in range(20):
        desk.canvas.set_live({"conv1": LiveStrip(np.full((16, 26, 26), float(step)), 0.1), "nobody": LiveStrip()})
    assert last() is None
    qtbot.waitUntil(lambda: last() == 19.0)
    assert card.face.height > low + 60
    image = card.image()
    assert image is not None and image.width() > image.height() > 60
    desk.canvas.grab()
    desk.canvas.clear_live()
    assert last() is None and card.face.height == low


def test_another_theme_is_shown_at_once(desk: Desk) -> None:
    light = desk.canvas.grab().toImage().pixelColor(600, 600)
    themes().show(load_theme("dark"))
    dark = desk.canvas.grab().toImage().pixelColor(600, 600)
    assert dark == load_theme("dark").colour("canvas") != light


def test_the_current_block_is_described_in_words(desk: Desk) -> None:
    desk.canvas.select(("conv1",))
    assert desk.canvas.accessibleDescription() == (
        f"conv1, Conv2d {SMALL.nodes['conv1'].block.key_settings()}. In 1×28×28 from digits. "
        "Out 16×26×26 to relu1. No problems. Block 2 of 4."
    )
