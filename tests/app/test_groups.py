"""Groups, shared and frozen weights in the real window, by mouse and keys; everything is one undo step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QTreeView
from pytestqt.qtbot import QtBot

from app.appearance import Appearance
from app.preferences import Preferences
from app.runner import Runner
from app.window import Window
from engine.blocks import BLOCKS
from engine.blocks.placeholder import Placeholder
from engine.check import check
from engine.graph import Graph, Node
from engine.groups import DEEPEST, Group
from engine.project import Project, save_project
from widgets.editors import Field
from widgets.palette import carried

LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
FIRST = ("conv1", "norm1", "relu1")


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Window]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    window = Window(Appearance(qapp, Preferences(theme="light", reduced_motion=True)), Runner())
    window.files.ask_unsaved = lambda: "discard"
    qtbot.addWidget(window)
    window.resize(1366, 768)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.files.open_template("cnn")
    window.canvas.setFocus()
    yield window
    window.session.shutdown()


def key(window: Window, *presses: Qt.Key, held: Qt.KeyboardModifier = PLAIN) -> None:
    for press in presses:
        QTest.keyClick(window.canvas, press, held)


def graph(window: Window) -> Graph:
    return window.document.graph


def path(window: Window) -> tuple[str, ...]:
    return window.level.path


def chosen(window: Window) -> tuple[str, ...]:
    return window.canvas.selection()


def faulty(window: Window) -> list[str]:
    return [problem.block for problem in window.document.report.errors]


def group_of(window: Window, name: str = "block1") -> Group:
    block = graph(window).nodes[name].block
    assert isinstance(block, Group)
    return block


def make_group(window: Window) -> None:
    window.canvas.select(FIRST)
    key(window, Qt.Key.Key_G, held=CTRL)


def double_click(window: Window, name: str) -> None:
    canvas = window.canvas
    spot = canvas.mapFromScene(canvas.drawing.cards[name].pos() + QPointF(60.0, 14.0))
    QTest.mouseDClick(canvas.viewport(), LEFT, PLAIN, spot)


def typed(window: Window, setting: str, text: str) -> None:
    field = window.inspector.one.form.editor(setting)
    assert isinstance(field, Field)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_keys_group_and_ungroup_in_one_step_each(window: Window) -> None:
    before = graph(window)
    parameters = check(before).parameters
    make_group(window)
    assert not set(FIRST) & graph(window).nodes.keys()
    assert chosen(window) == ("block1",)
    assert window.document.report.ok
    assert window.document.report.parameters == parameters
    key(window, Qt.Key.Key_G, held=CTRL | SHIFT)
    assert set(window.canvas.selection()) == set(FIRST)
    assert graph(window).wires
    assert check(graph(window)).parameters == parameters
    window.editing.undo()
    assert "block1" in graph(window).nodes
    window.editing.undo()
    assert graph(window) is before


def test_what_cannot_be_grouped_is_said_and_changes_nothing(window: Window) -> None:
    before, told = graph(window), list[str]()
    window.structure.said.connect(told.append)
    window.canvas.select(["conv1", "relu1"])
    key(window, Qt.Key.Key_G, held=CTRL)
    assert told == ["Norm1 lies between these blocks. Choose it too, or leave out what follows it."]
    assert any(label.text() == told[0] for label in window.status.findChildren(QLabel))
    assert graph(window) is before


def test_class_and_copies_are_set_in_the_inspector(window: Window) -> None:
    make_group(window)
    typed(window, "class_name", "Stem")
    assert group_of(window).class_name == "Stem"
    assert "class Stem(nn.Module)" in window.code.toPlainText()
    typed(window, "class_name", "no class")
    assert group_of(window).class_name == "Stem"
    assert "begin with a capital" in window.inspector.one.form.error("class_name")
    window.canvas.select(["pool1"])
    window.canvas.select(["block1"])
    typed(window, "repeat", "2")
    assert group_of(window).repeat == 2
    card = window.canvas.drawing.cards["block1"]
    assert card.face.code == "Stem × 2"


def test_a_double_click_opens_a_group_and_its_shapes_are_live(window: Window) -> None:
    make_group(window)
    double_click(window, "block1")
    assert path(window) == ("block1",)
    assert set(window.canvas.graph.nodes) == {"input", *FIRST, "output"}
    assert window.canvas.report.shapes["conv1", "output"] == (24, 28, 28)
    breadcrumb = window.showing.breadcrumb
    assert breadcrumb.isVisible()
    assert [step.text() for step in breadcrumb.steps] == ["Drawing"]
    assert breadcrumb.here.text() == "block1"
    QTest.mouseClick(breadcrumb.steps[0], LEFT)
    assert path(window) == ()
    assert not breadcrumb.isVisible()
    assert chosen(window) == ("block1",)


@pytest.mark.parametrize("way", ["Escape", "Backspace", "Ctrl+Up"])
def test_keys_lead_into_a_group_and_out(window: Window, way: str) -> None:
    make_group(window)
    key(window, Qt.Key.Key_Return)
    assert path(window) == ("block1",)
    window.canvas.select(["conv1"])
    if way == "Ctrl+Up":
        key(window, Qt.Key.Key_Up, held=CTRL)
    elif way == "Escape":
        key(window, Qt.Key.Key_Escape)
        assert chosen(window) == ()
        assert path(window) == ("block1",)
        key(window, Qt.Key.Key_Escape)
    else:
        window.canvas.select([])
        key(window, Qt.Key.Key_Backspace)
    assert path(window) == ()
    key(window, Qt.Key.Key_Down, held=CTRL)
    assert path(window) == ("block1",)


def test_the_sign_on_the_card_opens_the_group(window: Window) -> None:
    make_group(window)
    window.canvas.zoom_reset()
    window.canvas.center_on("block1")
    card = window.canvas.drawing.cards["block1"]
    spot = window.canvas.mapFromScene(card.pos() + card.face.open_rect.center())
    QTest.mouseClick(window.canvas.viewport(), LEFT, PLAIN, spot)
    assert path(window) == ("block1",)


def test_an_edit_inside_changes_the_whole_drawing_in_one_step(window: Window) -> None:
    make_group(window)
    before = graph(window)
    key(window, Qt.Key.Key_Return)
    window.canvas.select(["conv1"])
    typed(window, "out_channels", "5")
    inside = group_of(window).graph.nodes["conv1"].block
    assert inside.values()["out_channels"] == 5
    assert "nn.Conv2d(1, 5" in window.code.toPlainText()
    assert window.document.report.blocks["block1"].outputs == ((5, 28, 28),)
    window.editing.undo()
    assert graph(window) is before


def test_undo_goes_to_the_level_of_the_edit(window: Window) -> None:
    make_group(window)
    key(window, Qt.Key.Key_Return)
    window.canvas.select(["conv1"])
    typed(window, "out_channels", "5")
    window.level.leave()
    window.editing.undo()
    assert path(window) == ("block1",)
    assert window.canvas.graph.nodes["conv1"].block.values()["out_channels"] == 24
    window.editing.undo()
    assert path(window) == ()
    assert "conv1" in window.canvas.graph.nodes
    window.editing.redo()
    window.editing.redo()
    assert path(window) == ("block1",)
    assert window.canvas.graph.nodes["conv1"].block.values()["out_channels"] == 5


def test_each_level_keeps_its_place_and_zoom(window: Window) -> None:
    make_group(window)
    window.canvas.zoom_to(0.8)
    window.canvas.pan(QPointF(37.0, -21.0))
    outside = window.canvas.zoom(), window.canvas.middle()
    window.level.enter("block1")
    window.canvas.zoom_to(1.7)
    window.canvas.pan(QPointF(50.0, 5.0))
    inside = window.canvas.zoom(), window.canvas.middle()
    for path, (zoom, middle) in (((), outside), (("block1",), inside), ((), outside)):
        window.level.go(path)
        assert window.canvas.zoom() == pytest.approx(zoom)
        assert (window.canvas.middle() - middle).manhattanLength() < 4.0


def test_delete_search_paste_and_tidy_work_inside(window: Window) -> None:
    make_group(window)
    window.level.enter("block1")
    window.canvas.select(["relu1"])
    key(window, Qt.Key.Key_C, held=CTRL)
    key(window, Qt.Key.Key_V, held=CTRL)
    assert "relu2" in group_of(window).graph.nodes
    window.canvas.select(["relu2"])
    key(window, Qt.Key.Key_Delete)
    assert "relu2" not in group_of(window).graph.nodes
    window.canvas.select(["relu1"])
    window.editing.insert_kind("Dropout")
    assert group_of(window).graph.feeds("output")["input"] == ("dropout1", "output")
    window.tidying.tidy()
    assert set(group_of(window).graph.nodes) == {"input", *FIRST, "dropout1", "output"}
    assert "conv1" not in graph(window).nodes


def test_a_port_renamed_inside_keeps_its_wire_outside(window: Window) -> None:
    make_group(window)
    window.level.enter("block1")
    window.editing.set_name("output", "features")
    assert group_of(window).output_ports() == ("features",)
    assert window.document.report.ok


def test_a_problem_inside_is_told_outside_and_mended_inside(window: Window) -> None:
    make_group(window)
    window.level.enter("block1")
    window.editing.configure("conv1", "kernel_size", 40)
    assert faulty(window) == ["block1"]
    assert [row.problem.block for row in window.problems.rows if row.problem.level == "error"] == ["conv1"]
    window.canvas.repair("conv1")
    assert faulty(window) == []
    window.editing.undo()
    window.level.leave()
    assert faulty(window) == ["block1"]


def test_f8_leads_out_of_a_sound_group(window: Window) -> None:
    make_group(window)
    window.editing.configure("conv2", "kernel_size", 40)
    window.level.enter("block1")
    assert "1 problem lies outside" in window.problems.note.text()
    key(window, Qt.Key.Key_F8)
    assert path(window) == ()
    assert chosen(window) == ("conv2",)


def test_code_and_canvas_find_each_other_inside(window: Window) -> None:
    make_group(window)
    window.level.enter("block1")
    window.canvas.select(["conv1"])
    lit = window.code.lit_lines()
    text = window.code.toPlainText().split("\n")
    assert lit
    assert all("conv1" in text[line - 1] for line in lit)
    window.level.leave()
    window.code.block_clicked.emit("block1/norm1")
    assert path(window) == ("block1",)
    assert chosen(window) == ("norm1",)


def test_a_line_of_a_class_that_groups_share_keeps_one_in_the_open_group(window: Window) -> None:
    make_group(window)
    window.editing.duplicate()
    (copy,) = window.canvas.selection()
    window.editing.take_out()
    window.editing.undo()
    window.document.edit("Chain", window.document.graph.insert_on_wire(
        next(w for w in graph(window).wires if w.source == "digits"), graph(window).nodes[copy]
    ))  # fmt: skip
    window.level.enter(copy)
    source = window.showing.source
    assert source is not None
    line = source.written_as(f"{copy}/conv1")
    window.showing.select_line(line)
    assert path(window) == (copy,)
    assert chosen(window) == ("conv1",)


def test_weights_are_shared_and_settings_change_together(window: Window) -> None:
    window.canvas.select(["relu1"])
    window.editing.insert_kind("Conv2d")
    (other,) = window.canvas.selection()
    window.canvas.select(["conv2", other])
    assert not window.actions_by_key["own_weights"].isEnabled()
    window.actions_by_key["share_weights"].trigger()
    menu = window.structure.menu
    assert menu is not None
    names = [action.text() for action in menu.actions()[1:]]
    assert set(names) == {"conv2", other}
    next(action for action in menu.actions() if action.text() == "conv2").trigger()
    assert graph(window).nodes[other].same_as == "conv2"
    window.editing.configure("conv2", "kernel_size", 5)
    assert graph(window).nodes[other].block.values()["kernel_size"] == 5
    card = window.canvas.drawing.cards[other]
    assert card.face.owner == "conv2"
    assert "link" in card.face.signs
    assert "link" in window.canvas.drawing.cards["conv2"].face.signs
    window.canvas.select(["conv2"])
    assert card.state & card.state.LIT
    window.canvas.select([other])
    window.actions_by_key["own_weights"].trigger()
    assert graph(window).nodes[other].same_as == ""
    assert "link" not in window.canvas.drawing.cards["conv2"].face.signs


def test_freezing_is_a_switch_a_key_and_a_sign(window: Window) -> None:
    before = graph(window)
    window.canvas.select(["norm1"])
    weights = window.inspector.one.weights
    assert weights.note.isVisible()
    assert "unlike PyTorch's default" in weights.note.text()
    QTest.mouseClick(weights.frozen, LEFT, PLAIN, weights.frozen.rect().center())
    assert graph(window).nodes["norm1"].frozen
    assert "snowflake" in window.canvas.drawing.cards["norm1"].face.signs
    window.canvas.setFocus()
    window.canvas.select(["norm1", "conv1", "relu1"])
    assert window.inspector.many.weights.frozen.checkState() is Qt.CheckState.PartiallyChecked
    key(window, Qt.Key.Key_F, held=CTRL | SHIFT)
    assert [graph(window).nodes[name].frozen for name in ("conv1", "norm1", "relu1")] == [True, True, False]
    key(window, Qt.Key.Key_F, held=CTRL | SHIFT)
    assert not any(node.frozen for node in graph(window).nodes.values())
    window.canvas.select(["relu1"])
    assert not weights.isVisible()
    for _ in range(3):
        window.editing.undo()
    assert graph(window) is before


def test_initial_weights_show_only_what_their_method_reads(window: Window) -> None:
    window.canvas.select(["conv1"])
    weights = window.inspector.one.weights
    assert not weights.form.isVisible()
    QTest.mouseClick(weights.fold, LEFT)
    assert weights.form.isVisible()
    window.inspector.initial_changed.emit(("conv1",), "weight", "kaiming_normal")
    assert graph(window).nodes["conv1"].initial.weight == "kaiming_normal"
    assert {"weight", "a", "mode", "nonlinearity", "bias"} == set(weights.form._rows)
    window.inspector.initial_changed.emit(("conv1",), "weight", "constant")
    assert {"weight", "val", "bias"} == set(weights.form._rows)
    assert "nn.init.constant_(self.conv1.weight" in window.code.toPlainText()
    window.canvas.select(["relu1"])
    assert not weights.isVisible()


def test_a_ready_group_comes_from_the_palette_and_suits_its_place(window: Window) -> None:
    window.canvas.select(["relu1"])
    window.palette_view.chosen.emit("group/BasicBlock")
    (name,) = window.canvas.selection()
    assert group_of(window, name).class_name == "BasicBlock"
    assert window.document.report.ok
    assert window.document.report.blocks[name].outputs == ((24, 28, 28),)


def saved_files(window: Window) -> list[str]:
    return sorted(path.name for path in window.own_blocks.folder.iterdir())


def test_an_own_group_is_saved_renamed_used_and_deleted(window: Window, qtbot: QtBot) -> None:
    make_group(window)
    typed(window, "class_name", "Stem")
    window.canvas.select(["block1"])
    window.actions_by_key["save_group"].trigger()
    assert saved_files(window) == ["Stem.loom"]
    blocks = len(graph(window).nodes)
    assert "own/Stem" in window.palette_view.shown_kinds()
    rows = window.palette_view.findChild(QTreeView)
    assert rows is not None
    rows.setFocus()
    assert rows.currentIndex().data() == "Stem"
    QTest.keyClick(rows, Qt.Key.Key_F2)
    editor = rows.findChild(QLineEdit)
    assert editor is not None
    editor.setText("My stem")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: saved_files(window) == ["My stem.loom"])
    assert len(graph(window).nodes) == blocks  # Enter ended the typing and did nothing else
    assert rows.currentIndex().data() == "My stem"
    window.canvas.select(["relu3"])
    window.palette_view.chosen.emit("own/My stem")
    (name,) = window.canvas.selection()
    assert group_of(window, name).class_name == "Stem"
    window.palette_view.show_own("own/My stem")
    rows.setFocus()
    QTest.keyClick(rows, Qt.Key.Key_Delete)
    assert not [file for file in saved_files(window) if file.endswith(".loom")]
    assert "own/My stem" not in window.palette_view.shown_kinds()
    assert name in graph(window).nodes


def test_a_broken_file_of_an_own_group_is_named_and_skipped(window: Window) -> None:
    folder = window.own_blocks.folder
    folder.mkdir(parents=True)
    (folder / "bad.loom").write_text('{"format": "layerloom", "version": 2, "nodes": 3}')
    save_project(folder / "no group.loom", Project(Graph().add(Node("relu", BLOCKS["ReLU"]()))))
    save_project(folder / "good.loom", Project(Graph().add(Node("group1", Group(class_name="Good")))))
    told: list[str] = []
    window.own_blocks.said.connect(told.append)
    window.own_blocks.load()
    assert list(window.own_blocks.groups) == ["good"]
    (sentence,) = told
    assert "bad.loom" in sentence
    assert "1 more file" in sentence


@pytest.mark.parametrize("wish", ["", "../away", "a/b", "x" * 61, "good"])
def test_a_title_that_cannot_be_a_file_is_refused(window: Window, wish: str) -> None:
    folder = window.own_blocks.folder
    folder.mkdir(parents=True)
    for title in ("good", "other"):
        save_project(folder / f"{title}.loom", Project(Graph().add(Node("group1", Group()))))
    window.own_blocks.load()
    told: list[str] = []
    window.own_blocks.said.connect(told.append)
    window.own_blocks.rename("own/other", wish)
    assert told
    assert saved_files(window) == ["good.loom", "other.loom"]


def test_keys_draw_a_wire_from_the_second_of_several_outputs(window: Window) -> None:
    window.files.new_network()
    nodes = [
        Node("steps", BLOCKS["Input"].read({"shape": (16, 8)})),
        Node("lstm", BLOCKS["LSTM"].read({"hidden_size": 4}), (240.0, 0.0)),
        Node("answer", BLOCKS["Output"](), (480.0, 0.0)),
    ]
    window.document.edit("Start", Graph().add(*nodes))
    window.canvas.setFocus()
    window.canvas.select(["lstm"])
    key(window, Qt.Key.Key_W, Qt.Key.Key_W, Qt.Key.Key_Return)
    (wire,) = graph(window).wires
    assert (wire.source, wire.output, wire.target) == ("lstm", "hidden", "answer")


def test_a_group_in_itself_ends_in_a_sentence(window: Window) -> None:
    deep = Group()
    while deep.depth < DEEPEST:
        deep = Group(graph=deep.graph.add(Node("inner", deep)))
    window.document.edit("Deep", graph(window).add(Node("deep", deep), Node("shallow", Group())))
    before, told = graph(window), list[str]()
    window.level.said.connect(told.append)
    window.canvas.select(["deep"])
    window.editing.copy()
    window.level.enter("shallow")
    window.editing.paste()
    assert told == [f"That cannot be: groups lie inside each other more than {DEEPEST} deep."]
    assert graph(window) is before


def test_a_ready_group_is_dropped_on_a_wire_and_suits_what_flows_there(window: Window) -> None:
    canvas = window.canvas
    canvas.zoom_reset()
    canvas.center_on("relu1")
    wire = next(wire for wire in graph(window).wires if wire.source == "relu1")
    middle = canvas.mapFromScene(canvas.drawing.wires.pictures[wire].route.label + QPointF(0.0, 10.0))
    mime, viewport, copy = carried("group/SqueezeExcite"), canvas.viewport(), Qt.DropAction.CopyAction
    QApplication.sendEvent(viewport, QDragEnterEvent(middle, copy, mime, LEFT, PLAIN))
    QApplication.sendEvent(viewport, QDragMoveEvent(middle, copy, mime, LEFT, PLAIN))
    QApplication.sendEvent(viewport, QDropEvent(QPointF(middle), copy, mime, LEFT, PLAIN))
    (name,) = chosen(window)
    assert graph(window).feeds(name)["input"] == ("relu1", "output")
    assert window.document.report.ok
    assert group_of(window, name).graph.nodes["expand"].block.values()["out_channels"] == 24


def test_a_placeholder_inside_a_group_keeps_its_place(window: Window) -> None:
    unknown = Placeholder(known_as="FromTomorrow", kept='{"size": 3}', ports_in="input", ports_out="output")
    window.document.edit("Put", graph(window).add(replace(graph(window).nodes["relu1"], block=unknown)))
    make_group(window)
    window.level.enter("block1")
    assert window.canvas.drawing.cards["relu1"].face.placeholder
    window.editing.undo()
    assert window.canvas.drawing.cards["relu1"].face.placeholder
    assert path(window) == ()


def test_a_recipe_is_undone_without_leaving_the_group(window: Window) -> None:
    make_group(window)
    window.level.enter("block1")
    before = window.document.project.recipe
    window.editing.change_recipe(before.changed(epochs=7))
    window.editing.undo()
    assert window.document.project.recipe == before
    assert path(window) == ("block1",)


def test_another_drawing_opens_at_its_top(window: Window) -> None:
    make_group(window)
    window.level.enter("block1")
    window.files.open_template("mlp")
    assert path(window) == ()
    assert not window.showing.breadcrumb.isVisible()
    assert "hidden1" in window.canvas.graph.nodes
