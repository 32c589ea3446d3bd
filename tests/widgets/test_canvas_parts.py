"""The parts of the canvas keep their promises: identity, detail, lines, places, numbers."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPointF, QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.blocks.base import BLOCKS
from engine.blocks.placeholder import Placeholder
from engine.check import check
from engine.graph import Graph, Node, Wire
from widgets.canvas import Canvas, LiveStrip, card_painting
from widgets.canvas.card import Card
from widgets.canvas.detail import Detail, choose
from widgets.canvas.dropping import on_wire
from widgets.canvas.edits import flow
from widgets.canvas.faces import SLIM, WIDTH, face_of
from widgets.canvas.grid import SpatialGrid
from widgets.canvas.hits import card_hit
from widgets.canvas.live import PICTURE, headline_font, meter_share, norm_text
from widgets.canvas.paints import Paints
from widgets.canvas.routing import Route, route
from widgets.canvas.wires import full_text
from widgets.theme import apply, load_theme

CARD = QRectF(0.0, 0.0, 168.0, 44.0)
places = st.floats(-2000.0, 2000.0).map(float)


def long_chain(count: int) -> Graph:
    nodes = [Node("picture", BLOCKS["Input"]())]
    for index in range(1, count):
        row, column = divmod(index, 30)
        nodes.append(Node(f"relu{index}", BLOCKS["ReLU"](), (240.0 * column, 120.0 * row)))
    wires = [Wire(nodes[i].name, "output", nodes[i + 1].name, "input") for i in range(count - 1)]
    return Graph().add(*nodes).connect(*wires)


@pytest.fixture
def canvas(qtbot: QtBot, qapp: QApplication) -> Iterator[Canvas]:
    apply(qapp, load_theme("light", reduced_motion=True))
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(1000, 700)
    canvas.show()
    qtbot.waitExposed(canvas)
    yield canvas
    canvas.close()


def paint(canvas: Canvas) -> None:
    QApplication.processEvents()
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.UpdateRequest))


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the cards that are painted, as they are painted."""
    names: list[str] = []
    real = card_painting.paint

    def counted(painter: QPainter, card: Card, tools: Paints) -> None:
        names.append(card.name)
        real(painter, card, tools)

    monkeypatch.setattr(card_painting, "paint", counted)
    return names


def test_only_what_an_edit_touches_is_painted_again(canvas: Canvas, painted: list[str]) -> None:
    graph = long_chain(8)
    canvas.show(graph, check(graph))
    canvas.look_at(canvas.drawing.bounds, largest=0.6, animated=False)
    cards = dict(canvas.drawing.cards)
    canvas.viewport().repaint()
    assert set(painted) == set(graph.nodes)
    paint(canvas)
    painted.clear()
    moved = graph.move({"relu3": (720.0, 300.0)})
    canvas.show(moved, check(moved))
    paint(canvas)
    assert "relu3" in painted and "relu7" not in painted
    assert all(canvas.drawing.cards[name] is card for name, card in cards.items())


def test_showing_the_same_again_paints_nothing(canvas: Canvas, painted: list[str]) -> None:
    graph = long_chain(20)
    canvas.show(graph, check(graph))
    canvas.viewport().repaint()
    paint(canvas)
    painted.clear()
    canvas.show(graph, check(graph))
    paint(canvas)
    assert painted == []


def test_far_away_no_card_is_painted_by_itself(canvas: Canvas, painted: list[str]) -> None:
    graph = long_chain(900)
    canvas.show(graph, check(graph))
    canvas.look_at(canvas.drawing.bounds, animated=False)
    paint(canvas)
    painted.clear()
    canvas.viewport().update()
    paint(canvas)
    assert canvas.drawing.detail.level is Detail.BARS and painted == []
    canvas.zoom_to(1.0)
    paint(canvas)
    assert 0 < len(painted) < 120


def test_far_away_a_dragged_block_is_drawn_where_it_is(canvas: Canvas) -> None:
    graph = long_chain(900)
    canvas.show(graph, check(graph))
    canvas.look_at(canvas.drawing.bounds, animated=False)
    canvas.grab()
    canvas.drawing.put_at("relu31", QPointF(-900.0, 40.0))
    assert canvas.drawing.far.bodies()["activation"]["relu31"].topLeft() == QPointF(-900.0, 40.0)


@pytest.mark.parametrize(
    ("scale", "visible", "moving", "expected"),
    [
        (1.0, 20, False, Detail.FULL),
        (0.44, 20, False, Detail.NAMES),
        (0.21, 20, False, Detail.BARS),
        (0.5, 225, False, Detail.NAMES),
        (0.5, 100, True, Detail.NAMES),
        (0.5, 900, False, Detail.BARS),
    ],
)
def test_detail_depends_on_scale_and_on_how_much_is_in_view(
    scale: float, visible: int, moving: bool, expected: Detail
) -> None:
    assert choose(scale, visible, moving) is expected


def test_a_removed_block_takes_its_wires_along(canvas: Canvas) -> None:
    graph = long_chain(5)
    canvas.show(graph, check(graph))
    canvas.select(("relu2", "relu3"))
    less = graph.remove(["relu2"])
    canvas.show(less, check(less))
    assert set(canvas.drawing.wires.pictures) == set(less.wires)
    assert canvas.selection() == ("relu3",)
    paint(canvas)


def test_a_wire_whose_source_waits_is_unknown_and_knows_its_shape_again(canvas: Canvas) -> None:
    graph = long_chain(4)
    cut = graph.disconnect(graph.wires[0])
    canvas.show(cut, check(cut))
    wire = graph.wires[2]
    assert canvas.drawing.wires.pictures[wire].style == "unknown"
    canvas.show(graph, check(graph))
    assert canvas.drawing.wires.pictures[wire].shape == (1, 28, 28)


def test_a_placeholder_says_that_nothing_is_lost(canvas: Canvas) -> None:
    unknown = Placeholder(known_as="MambaBlock", ports_in="a", ports_out="b")
    graph = Graph().add(Node("mamba1", unknown))
    canvas.show(graph, check(graph))
    face = canvas.drawing.cards["mamba1"].face
    assert face.placeholder and face.code == "MambaBlock" and face.fix_rect.isEmpty()
    canvas.grab()


# Faces


def test_blocks_with_nothing_to_set_are_slim() -> None:
    assert face_of(Node("relu1", BLOCKS["ReLU"]())).width == SLIM
    assert face_of(Node("conv1", BLOCKS["Conv2d"]())).width == WIDTH


@pytest.mark.parametrize("kind", sorted(BLOCKS))
def test_every_port_of_every_block_lies_on_its_edge_and_apart_from_the_others(kind: str) -> None:
    face = face_of(Node("some1", BLOCKS[kind]()))
    for side, x in (("input", 0.0), ("output", face.width)):
        points = [point for _, point in face.ports("input" if side == "input" else "output")]
        assert [name for name, _ in face.ports("input" if side == "input" else "output")] == list(
            face.inputs if side == "input" else face.outputs
        )
        assert all(point.x() == x and 0 < point.y() < face.height for point in points)
        heights = [point.y() for point in points]
        assert all(below - above >= 20.0 for above, below in pairwise(heights))


def test_a_port_is_hit_before_the_card_under_it(canvas: Canvas) -> None:
    graph = long_chain(2)
    canvas.show(graph, check(graph))
    cards = canvas.drawing.cards
    at = cards["relu1"].port(False, "input")
    assert card_hit(cards.values(), at + QPointF(4.0, 4.0))[:3] == ("input", "relu1", "input")
    assert card_hit(cards.values(), at + QPointF(40.0, 4.0)).place == "card"


# Lines


def ends(line: Route) -> tuple[QPointF, QPointF]:
    first = line.path.elementAt(0)
    return QPointF(first.x, first.y), line.path.currentPosition()


@given(x=places, y=places)
def test_every_wire_runs_from_port_to_port(x: float, y: float) -> None:
    start, end = QPointF(168.0, 22.0), QPointF(x, y)
    line = route(start, end, CARD, CARD.translated(x, y - 22.0))
    first, last = ends(line)
    assert (first - start).manhattanLength() < 1e-3 and (last - end).manhattanLength() < 1e-3
    assert line.lines[0].p1() == start and line.lines[-1].p2() == end


def test_a_wire_to_the_next_row_runs_back_between_the_rows() -> None:
    line = route(QPointF(968.0, 22.0), QPointF(0.0, 222.0), CARD.translated(800.0, 0.0), CARD.translated(0.0, 200.0))
    assert CARD.bottom() < line.label.y() < 200.0


def test_folded_wires_to_different_inputs_run_side_by_side() -> None:
    cards = CARD.translated(800.0, 0.0), CARD.translated(0.0, 200.0)
    first = route(QPointF(968.0, 22.0), QPointF(0.0, 222.0), *cards, rank=0)
    second = route(QPointF(968.0, 22.0), QPointF(0.0, 254.0), *cards, rank=1)
    assert abs(first.label.y() - second.label.y()) >= 8.0
    assert first.lines[1].x1() != second.lines[1].x1()


def test_a_skip_connection_goes_round_the_cards_between() -> None:
    between = CARD.translated(300.0, 0.0)
    line = route(QPointF(168.0, 22.0), QPointF(600.0, 22.0), CARD, CARD.translated(600.0, 0.0), [between])
    pieces = [QRectF(piece.p1(), piece.p2()).normalized().adjusted(-1, -1, 1, 1) for piece in line.lines]
    assert not any(piece.intersects(between) for piece in pieces)


def test_a_card_that_comes_into_the_way_is_gone_round(canvas: Canvas) -> None:
    graph = Graph().add(Node("picture", BLOCKS["Input"]()), Node("relu1", BLOCKS["ReLU"](), (720.0, 0.0)))
    wire = Wire("picture", "output", "relu1", "input")
    graph = graph.connect(wire)
    canvas.show(graph, check(graph))
    assert canvas.drawing.wires.pictures[wire].route.straight
    fuller = graph.add(Node("tanh1", BLOCKS["Tanh"](), (400.0, 0.0)))
    canvas.show(fuller, check(fuller))
    assert not canvas.drawing.wires.pictures[wire].route.straight
    canvas.show(graph, check(graph))
    assert canvas.drawing.wires.pictures[wire].route.straight


# Places and numbers


@given(st.lists(st.tuples(places, places), max_size=20), places, places)
def test_the_grid_finds_everything_near(corners: list[tuple[float, float]], x: float, y: float) -> None:
    grid: SpatialGrid[int] = SpatialGrid()
    rects = [QRectF(left, top, 300.0, 80.0) for left, top in corners]
    for number, rect in enumerate(rects):
        grid.put(number, QRectF(0.0, 0.0, 10.0, 10.0))
        grid.put(number, rect)
    wanted = QRectF(x, y, 400.0, 400.0)
    found = grid.near(wanted)
    assert {number for number, rect in enumerate(rects) if rect.intersects(wanted)} <= found.keys()
    for number in range(len(rects)):
        grid.drop(number)
    assert not grid.near(wanted)


def test_a_block_on_a_wire_between_rows_lies_where_it_was_dropped() -> None:
    graph = long_chain(40)
    wire = Wire("relu29", "output", "relu30", "input")
    grown, name = on_wire(graph, BLOCKS["Tanh"](), (80.0, 64.0), wire)
    assert grown.nodes[name].at == (80.0, 64.0)
    assert all(grown.nodes[other] is graph.nodes[other] for other in graph.nodes)


def test_blocks_of_a_loop_come_last_in_flow_order() -> None:
    graph = long_chain(3).add(Node("a", BLOCKS["ReLU"]()), Node("b", BLOCKS["ReLU"]()))
    graph = graph.connect(Wire("a", "output", "b", "input"), Wire("b", "output", "a", "input"))
    assert flow(graph) == ("picture", "relu1", "relu2", "a", "b")


@pytest.mark.parametrize(
    ("shape", "text"),
    [
        ((16, 28, 28), "N×16×28×28 · float32 · 50.2 kB"),
        ((10,), "N×10 · float32 · 40 B"),
        ((3, 1024, 1024), "N×3×1024×1024 · float32 · 12.6 MB"),
    ],
)
def test_the_pill_names_shape_kind_and_size(shape: tuple[int, ...], text: str) -> None:
    assert full_text(shape) == text


@pytest.mark.parametrize(
    ("norm", "text"),
    [(0.26412, "0.264"), (0.00001, "1.0e-5"), (3.2e-12, "3.2e-12"), (0.0, "0"), (12.345, "12.3"), (None, "")],
)
def test_norms_have_three_digits(norm: float | None, text: str) -> None:
    assert norm_text(norm) == text


def test_the_meter_is_logarithmic_and_bounded() -> None:
    assert meter_share(None) == meter_share(0.0) == meter_share(float("nan")) == meter_share(1e-9) == 0.0
    assert meter_share(1e-2) == pytest.approx(0.5)
    assert meter_share(1e9) == meter_share(float("inf")) == 1.0


def test_the_name_of_a_class_fits_in_its_box(canvas: Canvas) -> None:
    paints = Paints(load_theme("light"))
    assert headline_font(paints, "7") == "display"
    for name in ("apples", "versicolor"):
        kind = headline_font(paints, name)
        assert kind != "display" and (kind == "small" or paints.width(kind, name) <= PICTURE)


@pytest.mark.parametrize("shape", [(16, 5, 5), (1, 28, 28), (3, 7), (64,), (17,), (10,), (1,), (0,), (0, 4, 4)])
def test_every_kind_of_live_values_can_be_painted(canvas: Canvas, qtbot: QtBot, shape: tuple[int, ...]) -> None:
    graph = long_chain(2)
    canvas.show(graph, check(graph))
    canvas.look_at(canvas.drawing.bounds, animated=False)
    values = np.random.default_rng(0).normal(size=shape)
    values[..., :1] = np.nan
    canvas.set_live({"relu1": LiveStrip(values, 0.1, "vanishes"), "picture": LiveStrip(headline="7", lines=("91 %",))})
    qtbot.waitUntil(lambda: canvas.drawing.cards["relu1"].live is not None)
    canvas.grab()
    assert canvas.drawing.cards["relu1"].face.metered


def test_live_pictures_are_seen_from_further_away_too(canvas: Canvas, qtbot: QtBot) -> None:
    graph = long_chain(2)
    canvas.show(graph, check(graph))
    maps = np.random.default_rng(0).normal(size=(8, 14, 14))
    canvas.set_live({"relu1": LiveStrip(maps, 0.1)})
    card = canvas.drawing.cards["relu1"]
    qtbot.waitUntil(lambda: card.live is not None)
    canvas.scale(0.4 / canvas.zoom(), 0.4 / canvas.zoom())
    canvas.center_on("relu1")
    area = canvas.mapFromScene(card.mapRectToScene(card.face.strip_rect)).boundingRect()
    picture = canvas.viewport().grab().toImage()
    places = [(x, y) for x in range(area.left(), area.right()) for y in range(area.top(), area.bottom())]
    assert card.scene_detail_is_low()
    assert len({picture.pixel(x, y) for x, y in places if picture.rect().contains(x, y)}) > 20
