"""What blocks cost is shown: in the inspector, in the colours and figures of the canvas, in its legend."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.actions import COMMANDS
from engine.blocks.linear import Linear
from engine.check import check
from engine.cost.counting import cost
from engine.graph import Graph, Node
from engine.recipes.recipe import Recipe
from engine.templates import TEMPLATES
from widgets.canvas import Canvas
from widgets.canvas.cost_colours import MEASURES
from widgets.canvas.detail import Detail
from widgets.canvas.paints import ink_on, paints
from widgets.cost_facts import facts_in_total, facts_of, facts_together
from widgets.theme import load_theme, theme_names, themes

CNN = TEMPLATES["cnn"].project().graph
REPORT = check(CNN)


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    made = Canvas()
    qtbot.addWidget(made)
    made.resize(1000, 500)
    made.show(CNN, REPORT)
    made.show()
    made.fit()
    return made


def figure(canvas: Canvas, name: str) -> tuple[str, float | None]:
    face = canvas.drawing.cards[name].face
    return face.figure.text, face.figure.heat


def test_a_block_says_memory_and_how_far_it_sees() -> None:
    facts = dict(facts_of(CNN, REPORT, CNN.nodes["conv2"], 64))
    assert facts["Memory, 64 examples"] == "2.41\u2009MB"
    assert facts["Kept in training"] == "2.41\u2009MB"
    assert facts["Receptive field"] == "8×8"
    assert facts["Effective stride"] == "2×2"


def test_behind_linear_a_block_sees_everything() -> None:
    facts = dict(facts_of(CNN, REPORT, CNN.nodes["relu3"], 1))
    assert facts["Receptive field"] == "everything"
    assert "Effective stride" not in facts


def test_frozen_parameters_are_told_apart() -> None:
    graph = CNN.add(replace(CNN.nodes["conv1"], frozen=True))
    report = check(graph)
    count = f"{report.blocks['conv1'].parameters:,}"
    assert dict(facts_of(graph, report, graph.nodes["conv1"], 1))["Parameters"] == f"{count}, all frozen"
    assert dict(facts_together(graph, report, ("conv1", "conv2"), 1))["Parameters"].endswith(f", {count} frozen")


def test_the_totals_grow_with_the_batch() -> None:
    small = dict(facts_in_total(CNN, REPORT, Recipe(batch_size=1)))
    large = dict(facts_in_total(CNN, REPORT, Recipe(batch_size=256)))
    assert small["Size of the weights"] == large["Size of the weights"]
    assert small["In use, 1 example"].endswith("MB") and "In use, 256 examples" in large
    assert small["In training"] != large["In training"]


def test_unknown_blocks_have_no_cost() -> None:
    graph = Graph().add(Node("alone", Linear()))
    assert [heading for heading, _ in facts_of(graph, check(graph), graph.nodes["alone"], 1)] == ["In", "Out"]


def test_at_first_cards_show_parameters_in_their_families_colours(canvas: Canvas) -> None:
    assert figure(canvas, "conv1") == (f"{REPORT.blocks['conv1'].parameters:,}", None)
    assert figure(canvas, "relu1") == ("", None)
    assert canvas.overlays.legend.isHidden()


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_gives_figures_heats_and_a_legend(canvas: Canvas, measure: str) -> None:
    legend = canvas.overlays.legend
    getattr(legend, f"by_{measure}")()
    heats = [figure(canvas, name)[1] for name in CNN.nodes]
    assert max(heat for heat in heats if heat is not None) == 1.0
    assert all(text for text, heat in (figure(canvas, name) for name in CNN.nodes) if heat)
    assert legend.isVisible() and legend.title.text().startswith(MEASURES[measure].title)
    name, text = (label.text() for label in legend.rows[0])
    assert figure(canvas, name) == (text, 1.0)


def test_the_costliest_block_is_the_hottest(canvas: Canvas) -> None:
    canvas.overlays.legend.by_macs()
    assert figure(canvas, "conv2") == (f"{REPORT.blocks['conv2'].macs:,}", 1.0)
    assert (figure(canvas, "conv1")[1] or 0.0) < 0.2
    assert figure(canvas, "relu1") == ("", 0.0)


def test_memory_is_counted_for_the_batch(canvas: Canvas) -> None:
    legend = canvas.overlays.legend
    legend.by_memory()
    legend.count_for(64)
    canvas.show(CNN, REPORT)
    assert figure(canvas, "conv2")[0] == "2.41\u2009MB"
    assert legend.title.text() == "Memory in use, 64 examples"
    assert cost(CNN, REPORT, 64).blocks["conv2"].memory == 64 * 48 * 14 * 14 * 4


def test_figures_follow_an_edit(canvas: Canvas) -> None:
    canvas.overlays.legend.by_parameters()
    wider = CNN.configure("hidden", out_features=1000)
    canvas.show(wider, check(wider))
    assert figure(canvas, "hidden") == (f"{check(wider).blocks['hidden'].parameters:,}", 1.0)


def test_the_button_of_the_legend_ends_it(canvas: Canvas) -> None:
    canvas.overlays.legend.by_macs()
    QTest.mouseClick(canvas.overlays.legend.close_button, Qt.MouseButton.LeftButton)
    assert canvas.overlays.legend.isHidden()
    assert figure(canvas, "conv2")[1] is None


@pytest.mark.parametrize("theme", theme_names())
@pytest.mark.parametrize("zoom", (0.15, 0.35, 1.0))
def test_heat_is_painted_at_every_distance(canvas: Canvas, theme: str, zoom: float) -> None:
    with themes().lend(load_theme(theme)):
        canvas.retheme()
        canvas.overlays.legend.by_macs()
        canvas.center_on("conv2")
        canvas.zoom_to(zoom, QPointF(500.0, 250.0))
        canvas.center_on("conv2")
        assert canvas.drawing.detail.level is {0.15: Detail.BARS, 0.35: Detail.NAMES, 1.0: Detail.FULL}[zoom]
        picture = canvas.viewport().grab().toImage()
        body = canvas.viewportTransform().mapRect(canvas.drawing.cards["conv2"].body()).toRect()
        assert colours_in(picture.copy(body.adjusted(-2, -2, 2, 12)), paints().heat(1.0)) >= 8


def colours_in(picture: QImage, wanted: QColor) -> int:
    """How many pixels have this colour."""
    points = ((x, y) for x in range(picture.width()) for y in range(picture.height()))
    return sum(picture.pixelColor(x, y).rgb() == wanted.rgb() for x, y in points)


@pytest.mark.parametrize("theme", theme_names())
def test_figures_can_be_read_on_every_heat(theme: str) -> None:
    with themes().lend(load_theme(theme)):
        for step in range(1, 25):
            back = paints().heat(step / 24)
            assert contrast(ink_on(back), back) >= 4.5


def contrast(one: QColor, other: QColor) -> float:
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: QColor) -> float:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_measure_is_in_the_menu() -> None:
    wanted = {f"canvas.overlays.legend.by_{measure}" for measure in (*MEASURES, "family")}
    assert wanted <= {command.run for command in COMMANDS if command.menu == "View"}
