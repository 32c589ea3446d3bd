"""Commands on the drawing as a person meets them: what can be chosen, where copies lie, what undo gives back."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QTextBrowser
from pytestqt.qtbot import QtBot

from app.window import Window
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input
from engine.graph import Node
from engine.placing import HIGH, WIDE
from widgets.block_head import NameField
from widgets.canvas.hits import Hit
from widgets.search_field import SearchField


def overlaps(window: Window) -> list[tuple[str, str]]:
    places = {name: node.at for name, node in window.level.graph.nodes.items()}
    near = ((a, b) for a, b in combinations(places, 2) if abs(places[a][0] - places[b][0]) < WIDE)
    return [(a, b) for a, b in near if abs(places[a][1] - places[b][1]) < HIGH]


def menu_at(window: Window, at: QPoint) -> list[str]:
    """What the right button offers at a place of the canvas."""
    canvas = window.canvas
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, canvas.viewport().mapToGlobal(at))
    QApplication.sendEvent(canvas.viewport(), event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = [action.text() for action in menu.actions() if not action.isSeparator()]
    menu.close()
    return texts


def test_a_network_that_does_not_fit_its_data_can_be_exported_but_not_trained(window: Window) -> None:
    picture = Node("input", Input(shape=(3, 224, 224)))
    window.document.edit("Draw", window.document.graph.remove(window.document.graph.nodes).add(picture))
    window.canvas.select(["input"])
    window.editing.insert_kind("Conv2d")
    window.editing.insert_kind("Output")
    assert not window.document.report.ok
    actions = window.actions_by_key
    for key in ("export", "export_module", "export_sequential", "export_onnx", "export_weights", "export_summary"):
        assert actions[key].isEnabled(), key
    for key in ("export_script", "export_notebook", "export_project"):
        assert not actions[key].isEnabled(), key


def test_a_network_that_cannot_compute_is_not_exported(window: Window) -> None:
    window.document.edit("Draw", window.document.graph.add(Node("conv1", Conv2d())))
    assert not window.actions_by_key["export_module"].isEnabled()
    assert window.actions_by_key["export_svg"].isEnabled()


@pytest.mark.parametrize("times", [1, 3])
def test_copies_lie_on_no_other_blocks(window: Window, times: int) -> None:
    before = set(window.document.graph.nodes)
    window.editing.select_all()
    window.editing.copy()
    for _ in range(times):
        window.editing.paste()
    assert len(window.document.graph.nodes) == len(before) * (times + 1)
    assert not overlaps(window)
    window.editing.duplicate()
    assert not overlaps(window)


def test_a_copy_of_several_rows_stays_together(window: Window) -> None:
    window.files.open_template("cnn")
    old = {name: node.at[1] for name, node in window.document.graph.nodes.items()}
    window.editing.select_all()
    window.editing.duplicate()
    new = {node.at[1] for name, node in window.document.graph.nodes.items() if name not in old}
    assert min(new) > max(old.values())


def test_what_is_pasted_far_from_its_own_place_comes_into_view(window: Window) -> None:
    window.canvas.select(["flatten"])
    window.editing.copy()
    window.canvas.zoom_reset()
    window.canvas.pan(window.canvas.view_rect().bottomRight() * 5.0)
    window.editing.paste()
    (name,) = window.canvas.selection()
    assert window.canvas.view_rect().contains(window.canvas.drawing.cards[name].body())
    far = window.document.graph.nodes["flatten"].at[0] - window.document.graph.nodes[name].at[0]
    assert abs(far) > 1000.0


def test_undo_of_tidy_gives_the_view_back_too(window: Window) -> None:
    graph = window.document.graph
    window.document.edit("Move", graph.move({"flatten": (900.0, 1700.0)}))
    window.canvas.zoom_to(1.3)
    zoom, middle = window.canvas.zoom(), window.canvas.middle()
    window.tidying.tidy()
    assert window.canvas.zoom() != pytest.approx(zoom)
    window.editing.undo()
    assert window.canvas.zoom() == pytest.approx(zoom)
    assert (window.canvas.middle() - middle).manhattanLength() < 4.0


def test_the_right_button_offers_what_can_be_done_with_a_block(window: Window) -> None:
    canvas = window.canvas
    at = canvas.mapFromScene(canvas.drawing.cards["flatten"].body().center())
    texts = menu_at(window, at)
    assert canvas.selection() == ("flatten",)
    assert {"Rename", "Help on the selection", "Delete", "Group"} <= set(texts)
    assert "Ungroup" not in texts
    assert "Repairs of the block" not in texts


def test_the_right_button_on_one_of_several_selected_blocks_keeps_them_selected(window: Window) -> None:
    canvas = window.canvas
    canvas.select(["flatten", "logits"])
    menu_at(window, canvas.mapFromScene(canvas.drawing.cards["logits"].body().center()))
    assert set(canvas.selection()) == {"flatten", "logits"}


def test_the_right_button_on_the_ground_and_on_a_wire_inserts_there(window: Window) -> None:
    canvas = window.canvas
    canvas.select(["flatten"])
    assert menu_at(window, QPoint(4, 4))[0] == "Insert by search…"
    assert canvas.selection() == ()
    wire, picture = next(iter(canvas.drawing.wires.pictures.items()))
    texts = menu_at(window, canvas.mapFromScene(picture.route.label + QPointF(0.0, 10.0)))
    assert canvas.selected_wires() == (wire,)
    assert texts == ["Insert by search…", "Delete"]


def test_a_group_is_named_by_what_is_in_it(window: Window) -> None:
    window.files.open_template("cnn")
    told: list[str] = []
    window.structure.said.connect(told.append)
    window.canvas.select(["conv2", "norm2", "relu2", "pool2", "flatten"])
    window.structure.group()
    assert window.canvas.selection() == ("block1",)
    assert "class ConvBlock(nn.Module)" in window.code.toPlainText()
    assert "block1" in told[0]


def test_a_group_of_several_rows_is_in_flow_order_inside(window: Window) -> None:
    window.files.open_template("cnn")
    window.canvas.select(["pool1", "conv2", "norm2"])
    window.structure.group()
    window.structure.enter()
    inner = window.level.graph
    assert all(inner.nodes[w.source].at[0] < inner.nodes[w.target].at[0] for w in inner.wires)


def test_help_comes_from_the_palette_before_a_block_is_in_the_drawing(qtbot: QtBot, window: Window) -> None:
    field = window.palette_view.focusProxy()
    assert isinstance(field, SearchField)
    for query, title in (("lstm", "LSTM"), ("squeeze excite", "Squeeze and excite")):
        field.setText(query)
        QTest.keyClick(field, Qt.Key.Key_F1)
        (page,) = window.findChildren(QTextBrowser)
        assert title.casefold() in page.toPlainText().casefold()
        page.window().close()
        qtbot.waitUntil(lambda: not window.findChildren(QTextBrowser))


def test_after_a_block_is_renamed_by_enter_the_keys_work_on_the_drawing(qtbot: QtBot, window: Window) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.canvas.select(["flatten"])
    window.editing.rename()
    field = window.inspector.findChild(NameField)
    assert isinstance(field, NameField)
    QTest.keyClicks(field, "row")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert "row" in window.document.graph.nodes
    assert window.canvas.hasFocus()


def test_after_the_code_is_applied_its_lines_are_seen_from_their_beginning(qtbot: QtBot, window: Window) -> None:
    told: list[str] = []
    window.code_editing.said.connect(told.append)
    window.code_panel.start()
    window.code.setPlainText(window.code.toPlainText().replace("Linear(784, 10)", "Linear(784, 10, bias=False)"))
    window.code_panel.apply()
    qtbot.waitUntil(lambda: bool(told))
    assert told == ["The drawing follows the code. Ctrl+Z takes it back."]
    assert window.code.horizontalScrollBar().value() == 0


def test_what_was_said_about_a_problem_goes_with_the_problem(window: Window) -> None:
    graph, told = window.document.graph, list[str]()
    window.canvas.hint.connect(told.append)
    window.document.edit("Cut", graph.disconnect(*graph.into("flatten")))
    window.canvas.mouse.hover(Hit("card", "flatten"))
    assert "flatten needs a wire" in told[-1]
    window.editing.undo()
    assert told[-1] == ""


def test_the_menu_ticks_what_the_canvas_is_coloured_by(window: Window) -> None:
    def ticked() -> list[str]:
        view = next(menu for menu in window.header.findChildren(QMenu) if menu.title() == "View")
        view.aboutToShow.emit()
        return [key for key, action in window.actions_by_key.items() if action.isChecked()]

    assert ticked() == ["by_family"]
    for key in ("by_macs", "by_field", "by_field", "by_kept"):
        window.actions_by_key[key].trigger()
        assert ticked() == [key]
