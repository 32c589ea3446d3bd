"""The inspector shows a block, several or the whole drawing, and asks for changes without making them."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from engine.blocks.data import Input
from engine.blocks.merge import Add, Concatenate
from engine.blocks.placeholder import Placeholder
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.problems import Fix
from engine.templates import TEMPLATES
from widgets.editors import Field
from widgets.inspector import Inspector
from widgets.problem_box import FixButton
from widgets.shape_table import comparison
from widgets.theme import load_theme, themes

CNN = TEMPLATES["cnn"].project().graph.configure("conv1", out_channels=16).configure("conv2", out_channels=32)


@pytest.fixture
def inspector(qtbot: QtBot) -> Inspector:
    made = Inspector()
    qtbot.addWidget(made)
    made.resize(280, 640)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


def show(inspector: Inspector, graph: Graph, *names: str) -> None:
    inspector.show_blocks(graph, check(graph), names)


def faulty() -> Graph:
    """A skip wire around a block that doubles the channels."""
    wires = Wire("norm2", "output", "add", "input"), Wire("pool1", "output", "add", "other")
    return CNN.add(Node("add", Add())).connect(*wires)


def test_a_block_shows_shapes_and_cost(inspector: Inspector) -> None:
    show(inspector, CNN, "conv2")
    facts = inspector.one.facts
    assert facts.value("In") == "N×16×14×14"
    assert facts.value("Out") == "N×32×14×14"
    assert facts.value("Parameters") == "4,640"
    assert facts.value("Multiply-adds") == "903,168"
    assert facts.value("Memory, 64 examples") == "1.61\u2009MB"
    words = {label.text() for label in inspector.one.head.findChildren(QLabel)}
    assert "torch.nn.Conv2d" in words
    assert inspector.one.head.name.text() == "conv2"


def test_it_asks_for_settings_by_the_block_s_name(qtbot: QtBot, inspector: Inspector) -> None:
    show(inspector, CNN, "conv2")
    field = inspector.one.form.editor("out_channels")
    assert isinstance(field, Field)
    with qtbot.waitSignal(inspector.configured) as asked:
        field.stepBy(1)
    assert asked.args == ["conv2", "out_channels", 33]


def test_text_meant_for_one_block_never_reaches_another(qtbot: QtBot, inspector: Inspector) -> None:
    show(inspector, CNN, "conv1")
    field = inspector.one.form.editor("out_channels")
    assert isinstance(field, Field)
    field.setFocus()
    QTest.keyClicks(field, "99")
    show(inspector, CNN, "conv2")
    with qtbot.assertNotEmitted(inspector.configured):
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.text() == "32"


def test_nothing_selected_shows_the_totals(inspector: Inspector) -> None:
    show(inspector, CNN)
    facts = inspector.drawing.facts
    assert facts.value("Blocks") == str(len(CNN.nodes))
    assert facts.value("Parameters") == f"{check(CNN).parameters:,}"
    assert facts.value("Size of the weights").endswith("kB")
    assert inspector.drawing.isVisible()
    assert "Select a block" in inspector.drawing.hint.text()


def test_a_selected_block_that_is_gone_leaves_the_totals(inspector: Inspector) -> None:
    show(inspector, CNN, "conv2")
    show(inspector, CNN.remove(["conv2"]), "conv2")
    assert inspector.drawing.isVisible()


def test_several_blocks_are_set_together(qtbot: QtBot, inspector: Inspector) -> None:
    show(inspector, CNN, "conv1", "conv2")
    assert inspector.many.title.text() == "2 blocks"
    field = inspector.many.form.editor("kernel_size")
    assert isinstance(field, Field)
    with qtbot.waitSignal(inspector.configured_many) as asked:
        field.stepBy(2)
    assert asked.args == [("conv1", "conv2"), "kernel_size", 5]


def test_blocks_of_different_kinds_say_that_they_share_nothing(inspector: Inspector) -> None:
    show(inspector, CNN, "conv1", "relu1")
    assert not inspector.many.form.isVisible()
    assert inspector.many.facts.value("Parameters") == "160"


def test_unequal_inputs_are_compared_dimension_by_dimension(inspector: Inspector) -> None:
    show(inspector, faulty(), "add")
    assert inspector.one.table.isVisible()
    assert inspector.one.table.words() == "input 32 by 14 by 14; other 16 by 14 by 14. Different: dimension 1."
    assert inspector.one.facts.value("Out") == "unknown until fixed"
    show(inspector, CNN, "conv1")
    assert not inspector.one.table.isVisible()


@pytest.mark.parametrize(
    ("block", "shapes", "verdicts"),
    [
        (Add(), [(32, 14, 14), (16, 14, 14)], ["differs", "same", "same"]),
        (Add(), [(32, 14, 14), (32, 1, 1)], ["same", "same", "same"]),
        (Add(), [(32, 14, 14), (32,)], ["same", "differs", "differs"]),
        (Concatenate(dim=1), [(32, 14, 14), (16, 14, 7)], ["joins", "same", "differs"]),
    ],
)
def test_what_differs(block: Add | Concatenate, shapes: list[tuple[int, ...]], verdicts: list[str]) -> None:
    assert comparison(block, shapes) == verdicts


def test_repairs_are_buttons(qtbot: QtBot, inspector: Inspector) -> None:
    show(inspector, faulty(), "add")
    buttons = [button for button in inspector.one.findChildren(FixButton) if button.isVisible()]
    assert buttons
    qtbot.waitUntil(lambda: buttons[0].height() > 0)  # the new buttons are laid out
    with qtbot.waitSignal(inspector.fix_chosen) as chosen:
        QTest.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    assert chosen.args
    fix = chosen.args[0]
    assert isinstance(fix, Fix)
    assert check(fix.apply(faulty())).ok


def test_a_new_name_is_asked_for(qtbot: QtBot, inspector: Inspector) -> None:
    show(inspector, CNN, "conv2")
    inspector.start_rename("conv2")
    with qtbot.waitSignal(inspector.renamed) as asked:
        QTest.keyClicks(inspector.one.head.name, "stage2")
        QTest.keyClick(inspector.one.head.name, Qt.Key.Key_Return)
    assert asked.args == ["conv2", "stage2"]


@pytest.mark.parametrize(("wish", "reason"), [("conv1", "already a block"), ("2nd", "cannot be the name")])
def test_a_name_that_cannot_be_is_explained_and_esc_takes_it_back(
    qtbot: QtBot, inspector: Inspector, wish: str, reason: str
) -> None:
    show(inspector, CNN, "conv2")
    inspector.start_rename("conv2")
    name = inspector.one.head.name
    with qtbot.assertNotEmitted(inspector.renamed):
        QTest.keyClicks(name, wish)
        QTest.keyClick(name, Qt.Key.Key_Return)
    said = [label.text() for label in inspector.one.head.findChildren(QLabel) if label.isVisible()]
    assert any(reason in text for text in said)
    assert name.text() == wish
    QTest.keyClick(name, Qt.Key.Key_Escape)
    assert name.text() == "conv2"
    said = [label.text() for label in inspector.one.head.findChildren(QLabel) if label.isVisible()]
    assert not any(reason in text for text in said)


def test_a_name_being_typed_survives_an_edit_elsewhere(inspector: Inspector) -> None:
    show(inspector, CNN, "conv2")
    inspector.start_rename("conv2")
    QTest.keyClicks(inspector.one.head.name, "new")
    show(inspector, CNN.configure("conv1", out_channels=8), "conv2")
    assert inspector.one.head.name.text() == "new"


def test_a_block_from_a_newer_program_has_no_form(inspector: Inspector) -> None:
    graph = Graph().add(Node("mamba", Placeholder(known_as="Mamba", ports_in="input")))
    show(inspector, graph, "mamba")
    assert not inspector.one.form.isVisible()
    assert any(label.text() == "Mamba" for label in inspector.one.findChildren(QLabel))


def test_an_unconnected_block_says_what_is_unknown(inspector: Inspector) -> None:
    graph = Graph().add(Node("input1", Input()), Node("add1", Add()))
    graph = graph.connect(Wire("input1", "output", "add1", "input"))
    show(inspector, graph, "add1")
    assert inspector.one.facts.value("In") == "N×1×28×28\nunknown"


def test_it_fits_the_narrow_panel(inspector: Inspector) -> None:
    show(inspector, faulty(), "add")
    assert inspector.one.minimumSizeHint().width() <= 280
    assert not inspector.horizontalScrollBar().isVisible()
    assert inspector.one.width() <= 280


def test_it_follows_the_theme(inspector: Inspector) -> None:
    show(inspector, faulty(), "add")
    themes().show(load_theme("dark"))
    assert inspector.one.table.isVisible()
    themes().show(load_theme("light"))
