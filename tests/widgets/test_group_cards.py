"""What cards show of groups, shared and frozen weights, and of ports with names."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS
from engine.check import check
from engine.composites import COMPOSITES
from engine.graph import Graph, Node, Wire
from engine.groups import Group
from engine.project import Project
from widgets.canvas import Canvas
from widgets.canvas.card import Card
from widgets.canvas.faces import face_of
from widgets.canvas.live import LiveStrip
from widgets.canvas.paints import paints
from widgets.canvas.picture import draw_picture
from widgets.theme import apply, load_theme
from widgets.thumbnail import MANY, thumbnail


@pytest.fixture
def canvas(qtbot: QtBot, qapp: QApplication) -> Canvas:
    apply(qapp, load_theme("light"))
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(1000, 600)
    made.show()
    return made


def show(canvas: Canvas, graph: Graph) -> dict[str, Card]:
    canvas.show(graph, check(graph))
    QApplication.processEvents()
    return canvas.drawing.cards


def composite(name: str, repeat: int = 1) -> Group:
    return replace(COMPOSITES[name].group, repeat=repeat)


def picture(canvas: Canvas, card: Card) -> QImage:
    """The card as it is painted."""
    canvas.zoom_reset()
    canvas.center_on(card.name)
    QApplication.processEvents()
    place = canvas.mapFromScene(card.body().adjusted(-16, -16, 16, 16)).boundingRect()
    return canvas.viewport().grab(place).toImage()


def test_a_group_says_its_class_and_its_copies(canvas: Canvas) -> None:
    cards = show(canvas, Graph().add(Node("stage1", composite("BasicBlock", repeat=3))))
    assert cards["stage1"].face.code == "BasicBlock × 3"
    assert show(canvas, Graph().add(Node("stage1", composite("BasicBlock"))))["stage1"].face.code == "BasicBlock"


def test_every_port_of_a_group_with_several_has_its_name_and_its_row(canvas: Canvas) -> None:
    up, down = Node("up", composite("UNetUp"), (400.0, 0.0)), Node("down", composite("UNetDown"))
    graph = Graph().add(up, down).connect(Wire("down", "skip", "up", "skip"), Wire("down", "down", "up", "input"))
    cards = show(canvas, graph)
    assert [name for name, _ in cards["up"].face.labelled("input")] == ["input", "skip"]
    assert [name for name, _ in cards["down"].face.labelled("output")] == ["down", "skip"]
    assert cards["down"].face.labelled("input") == ()
    rows = [point.y() for _, point in cards["up"].face.labelled("input")]
    assert len(set(rows)) == 2
    wire = canvas.drawing.wires.pictures[graph.wires[0]]
    assert wire.route.path.currentPosition() == cards["up"].port(False, "skip")


def test_labels_at_both_sides_of_a_row_leave_each_other_room() -> None:
    lstm, attention = (face_of(Node("it", BLOCKS[kind]())) for kind in ("LSTM", "MultiheadAttention"))
    (_, hidden) = lstm.labelled("output")[1]
    assert lstm.label_room(hidden) > lstm.width - 40.0
    (_, key) = attention.labelled("input")[0]
    assert attention.label_room(key) < attention.width / 2


def test_a_picture_of_what_is_inside_gives_way_to_live_maps(canvas: Canvas) -> None:
    cards = show(canvas, Graph().add(Node("stage1", composite("BasicBlock"))))
    card = cards["stage1"]
    assert not card.face.picture_rect.isEmpty()
    canvas.drawing.show_live("stage1", LiveStrip(headline="7", lines=("91 %",)))
    assert card.face.picture_rect.isEmpty()
    canvas.drawing.show_live("stage1", None)
    assert not card.face.picture_rect.isEmpty()


def test_another_inside_is_another_picture(canvas: Canvas) -> None:
    node = Node("stage1", composite("BasicBlock"))
    graph = Graph().add(node)
    before = picture(canvas, show(canvas, graph)["stage1"])
    group = node.block
    assert isinstance(group, Group)
    other = graph.put(replace(node, block=replace(group, graph=group.graph.remove(["relu1", "norm2"]))))
    after = picture(canvas, show(canvas, other)["stage1"])
    assert before != after
    assert picture(canvas, show(canvas, graph)["stage1"]) == before


def test_frozen_and_shared_weights_have_signs_that_follow_their_owner(canvas: Canvas) -> None:
    block = BLOCKS["Linear"]()
    graph = Graph().add(Node("one", block), Node("two", block, (300.0, 0.0))).share("two", "one")
    cards = show(canvas, graph)
    plain = face_of(Node("one", block))
    assert cards["one"].face.signs == cards["two"].face.signs == ("link",)
    assert (cards["one"].face.owner, cards["two"].face.owner) == ("", "one")
    assert cards["two"].face.height > plain.height
    cards = show(canvas, graph.add(replace(graph.nodes["one"], frozen=True)))
    assert cards["one"].face.signs == cards["two"].face.signs == ("snowflake", "link")
    cards = show(canvas, graph.unshare("two"))
    assert cards["one"].face.signs == cards["two"].face.signs == ()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_frozen_card_can_be_told_from_another(canvas: Canvas, qapp: QApplication, theme: str) -> None:
    apply(qapp, load_theme("dark" if theme == "dark" else "light"))
    graph = Graph().add(Node("norm", BLOCKS["BatchNorm2d"]()))
    before = picture(canvas, show(canvas, graph)["norm"])
    after = picture(canvas, show(canvas, graph.add(replace(graph.nodes["norm"], frozen=True)))["norm"])
    assert before != after


def test_the_sign_at_the_right_opens_a_group(canvas: Canvas) -> None:
    card = show(canvas, Graph().add(Node("stage1", composite("BasicBlock"))))["stage1"]
    assert canvas.hit(card.pos() + card.face.open_rect.center()).place == "open"
    assert canvas.hit(card.pos() + QPointF(60.0, 14.0)).place == "card"


def test_another_level_keeps_nothing_of_the_one_before(canvas: Canvas) -> None:
    graph = Graph().add(Node("conv", BLOCKS["Conv2d"]()))
    card = show(canvas, graph)["conv"]
    canvas.select(["conv"])
    canvas.drawing.show_live("conv", LiveStrip(headline="7"))
    canvas.show_other(graph, check(graph))
    assert canvas.drawing.cards["conv"] is not card
    assert canvas.drawing.cards["conv"].live is None
    assert canvas.selection() == ()


@pytest.mark.parametrize("count", [MANY - 1, MANY + 1, 500])
def test_a_crowd_is_a_picture_too(qapp: QApplication, count: int) -> None:
    apply(qapp, load_theme("light"))
    nodes = [Node(f"relu{n}", BLOCKS["ReLU"](), (240.0 * (n % 20), 120.0 * (n // 20))) for n in range(count)]
    image = thumbnail(Graph().add(*nodes), 148, 36).toImage()
    assert {image.pixel(x, y) for x in range(0, 296, 3) for y in range(0, 72, 3)} - {0}


def test_equal_drawings_share_one_prepared_picture(qapp: QApplication) -> None:
    apply(qapp, load_theme("light"))
    image = QImage(200, 60, QImage.Format.Format_ARGB32)
    painter, tools = QPainter(image), paints()
    card = face_of(Node("stage1", composite("BasicBlock")))
    counts = []
    for _ in range(2):
        tools.draw_inside(painter, card.picture_rect, COMPOSITES["BasicBlock"].group.graph)
        counts.append(len(tools._pictures))
    painter.end()
    assert counts[0] == counts[1] > 0


def test_in_a_vector_file_the_inside_is_drawn_as_shapes(qapp: QApplication) -> None:
    graph = Graph().add(Node("stage1", composite("BasicBlock", 3), frozen=True))
    assert b"<image" not in draw_picture(Project(graph), "svg")


def test_an_input_inside_a_group_shows_what_enters(canvas: Canvas) -> None:
    inner = COMPOSITES["BasicBlock"].group.graph
    texts = []
    for given in ((64, 8, 8), (64, 16, 16), (64, 32, 32)):
        canvas.show(inner, check(inner, None, {"input": given}))
        texts.append(canvas.drawing.cards["input"].face.settings)
    assert texts == ["64×8×8", "64×16×16", "64×32×32"]


def test_what_the_signs_say_is_spoken_too(canvas: Canvas) -> None:
    block = BLOCKS["Linear"]()
    graph = Graph().add(Node("one", block, frozen=True), Node("two", block, (300.0, 0.0))).share("two", "one")
    show(canvas, graph.add(Node("stage1", composite("BasicBlock", 3), (600.0, 0.0))))
    canvas.select(["two"])
    assert "Uses the weights of one. Frozen." in canvas.accessibleDescription()
    canvas.select(["stage1"])
    assert "stage1, Group BasicBlock, 3×" in canvas.accessibleDescription()
    assert "11 blocks inside, Enter opens it" in canvas.accessibleDescription()
