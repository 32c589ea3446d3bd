"""The weights of a block are seen as what they are, and useless units are named, the worst first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.blocks import BLOCKS
from engine.events import Started
from engine.graph import Graph, Node, Wire
from engine.looks.base import Unseen
from engine.looks.distributions import BINS, Distributions, DistributionsOf, Histogram, Layer
from engine.looks.weights import Tensor, Weights, WeightsOf
from engine.recipes.data_sets import Digits
from engine.recipes.recipe import Recipe
from widgets import theme
from widgets.unit_words import warn
from widgets.views.base import Subject
from widgets.views.weights import HISTOGRAMS, LAYERS, WeightsView
from widgets.weight_pictures import SheetArea
from widgets.weight_sheets import Sheet, heat_map, kernels, templates, why_no_templates

RECIPE = Recipe(data=Digits())
FLAT = Histogram(-1.0, 1.0, np.full(BINS, 1 / BINS, np.float32))


@pytest.fixture(autouse=True, params=["dark", "light"])
def dressed(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    theme.apply(qapp, theme.load_theme(request.param))
    yield
    theme.themes().show(theme.load_theme("light"))


def drawing(*kinds: str) -> Graph:
    """Blocks in a row, each called by its kind in small letters."""
    graph, before = Graph(), ""
    for kind in kinds:
        graph = graph.add(Node(kind.lower(), BLOCKS[kind].read({})))
        graph = graph.connect(Wire(before, "output", kind.lower(), "input")) if before else graph
        before = kind.lower()
    return graph


def tensor(*shape: int, name: str = "weight", parts: tuple[str, ...] = ()) -> Tensor:
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) - 3
    return Tensor(name, shape, values, parts)


@pytest.fixture
def view(qtbot: QtBot) -> WeightsView:
    made = WeightsView()
    qtbot.addWidget(made)
    made.resize(1042, 200)
    made.show()
    return made


def begin(
    view: WeightsView, block: str, *tensors: Tensor, kind: str = "Linear", layers: tuple[Layer, ...] = ()
) -> None:
    view.select((block,))
    view.begin(Subject(drawing("Input", "Flatten", "Linear", "ReLU", "Output"), recipe=RECIPE))
    view.feed([Started("cpu", 1, 100, (block,), 2, 10, 100, 100)])
    view.feed([Weights(1, WeightsOf(block), kind, tensors)])
    layers = layers or (Layer(block, kind, 10, False),)
    view.feed([Distributions(1, DistributionsOf(block), 128, layers, {"weight": FLAT, "activations": FLAT})])


def offered(view: WeightsView) -> list[str]:
    return [view.parts.itemText(place) for place in range(view.parts.count())]


def test_a_linear_classifier_shows_what_each_class_looks_for(view: WeightsView) -> None:
    begin(view, "linear", tensor(10, 64), tensor(10, name="bias"))
    assert offered(view) == ["Templates", "Heat map of weight", "Heat map of bias", HISTOGRAMS, LAYERS]
    shown = view.pictures.shown
    assert shown is not None and shown.cells.shape == (10, 8, 8) and shown.names == RECIPE.data.labels
    assert np.array_equal(shown.cells[3].ravel(), tensor(10, 64).values[3])
    assert WeightsOf("linear", whole_rows=True) in view.looks()


def test_a_block_of_another_drawing_is_forgotten(view: WeightsView) -> None:
    view.select(("conv2",))
    view.begin(Subject(drawing("Input", "Flatten", "Linear", "Output"), recipe=RECIPE))
    view.feed([Started("cpu", 1, 100, ("linear",), 2, 10, 100, 100)])
    assert view.block == "linear" and any(
        isinstance(look, WeightsOf) and look.block == "linear" for look in view.looks()
    )


def test_a_block_without_weights_says_so_beside_the_layers(view: WeightsView) -> None:
    begin(view, "linear", tensor(10, 64))
    view.select(("output",))
    view.feed([Unseen(2, WeightsOf("output"), "output has no weights.")])
    view.feed([Distributions(2, DistributionsOf("output"), 128, (Layer("linear", "Linear", 10, False),), {})])
    assert view.reason == "output has no weights."
    assert view.caption.isVisible(), "the pane that says it is in view"


def test_where_templates_make_no_sense_it_says_why() -> None:
    assert why_no_templates(drawing("Input", "Flatten", "Linear"), "linear") == ""
    assert why_no_templates(drawing("Input", "Conv2d", "Flatten", "Linear"), "linear") == (
        "No templates: linear weighs what conv2d makes of the picture, not the picture itself."
    )
    assert "outermost drawing" in why_no_templates(Graph(), "stage1/linear")


def test_a_linear_block_behind_others_says_so_in_its_caption(view: WeightsView) -> None:
    begin(view, "linear", tensor(10, 64))
    view.begin(Subject(drawing("Input", "Flatten", "ReLU", "Linear", "Output"), recipe=RECIPE))
    view.feed([Started("cpu", 1, 100, ("linear",), 2, 10, 100, 100)])
    view.feed([Weights(1, WeightsOf("linear"), "Linear", (tensor(10, 64),))])
    assert "Templates" not in offered(view) and "weighs what relu makes" in view.caption.text()


def test_kernels_in_grey_colour_and_as_a_grid() -> None:
    grey, colour, grid = (kernels(tensor(5, inputs, 3, 3), "Conv2d") for inputs in (1, 3, 4))
    assert grey and colour and grid
    assert grey.cells.shape == (5, 3, 3) and grey.per_row == 0
    assert colour.cells.shape == (5, 3, 3, 3) and "colour" in colour.caption
    assert np.array_equal(colour.cells[2, :, :, 1], tensor(5, 3, 3, 3).values[2, 1])
    assert grid.cells.shape == (20, 3, 3) and grid.per_row == 4
    assert np.array_equal(grid.cells[7], tensor(5, 4, 3, 3).values[1, 3])
    assert kernels(tensor(5, 4), "Linear") is None


def test_other_convolutions_are_filters_as_well() -> None:
    row, room = kernels(tensor(5, 4, 3), "Conv1d"), kernels(tensor(5, 4, 2, 3, 3), "Conv3d")
    back = kernels(tensor(4, 5, 3, 3), "ConvTranspose2d")
    assert row and row.cells.shape == (20, 1, 3)
    assert room and room.cells.shape == (40, 3, 3) and room.per_row == 8
    assert back and back.per_row == 4 and np.array_equal(back.cells[1], tensor(4, 5, 3, 3).values[1, 0])


def test_what_was_left_out_is_said() -> None:
    sample = Tensor("weight", (512, 256, 3, 3), np.zeros((64, 56, 3, 3), np.float32))
    found = kernels(sample, "Conv2d")
    assert found and found.caption == "the first 64 of 512 filters of 3 × 3 for the first 56 of 256 inputs"
    table = Tensor("weight", (3000, 64), np.zeros((512, 64), np.float32))
    assert heat_map(table).caption == "weight 3,000 × 64; a sample of 512 × 64"
    rows = templates(Tensor("weight", (900, 64), np.zeros((512, 64), np.float32)), (1, 8, 8), RECIPE.data.labels)
    assert rows and rows.caption.startswith("the first 512 of 900 units")


@pytest.mark.parametrize(
    "sheet",
    [
        Sheet(np.zeros((7, 3, 3), np.float32), "grey", names=tuple("abcdefg")),
        Sheet(np.zeros((200, 3, 3), np.float32), "grid", per_row=20, names=tuple(map(str, range(10)))),
        Sheet(np.zeros((4, 5, 5, 3), np.float32), "colour"),
        Sheet(np.full((2, 3, 3), np.nan, np.float32), "broken"),
        Sheet(np.zeros((1, 40, 700), np.float32), "wide"),
    ],
    ids=lambda sheet: sheet.caption,
)
@pytest.mark.parametrize("size", [(1000, 150), (200, 300), (40, 24)])
def test_all_pictures_lie_inside_and_apart(qtbot: QtBot, sheet: Sheet, size: tuple[int, int]) -> None:
    area = SheetArea()
    qtbot.addWidget(area)
    area.resize(*size)
    area.show_sheet(sheet)
    places = [area.place_of(cell) for cell in range(len(sheet.cells))]
    if size != (40, 24):  # there not even the gaps have room
        assert all(place.right() <= area.width() + 1 and place.bottom() <= area.height() + 1 for place in places)
    assert not any(one.intersects(other) for one, other in pairwise(places))
    assert not area.grab().isNull()


def test_a_click_shows_one_filter_alone_and_another_one_all(qtbot: QtBot) -> None:
    area, sheet = SheetArea(), kernels(tensor(5, 4, 3, 3), "Conv2d")
    qtbot.addWidget(area)
    area.resize(400, 160)
    area.show_sheet(sheet)
    area.show()
    zooms = []
    for click in (9, None, 0):
        place = QPoint(5, 5) if click is None else area.place_of(click).center().toPoint()
        QTest.mouseClick(area, Qt.MouseButton.LeftButton, pos=place)
        area.show_sheet(sheet)  # newer numbers come: whoever looks at one picture goes on looking
        zooms.append(area.zoomed)
        if click == 9:
            assert area.shown is not None and np.array_equal(area.shown.cells, tensor(5, 4, 3, 3).values[2])
    QTest.keyClick(area, Qt.Key.Key_Escape)
    assert [*zooms, area.zoomed] == [2, None, 0, None]


def test_the_number_under_the_pointer_is_told(view: WeightsView) -> None:
    begin(view, "conv", tensor(5, 4, 3, 3), kind="Conv2d")
    QApplication.processEvents()
    assert "5 filters of 3 × 3 for 4 inputs" in view.caption.text()
    place = view.pictures.place_of(6)
    words = view.pictures.words_at(place.topLeft() + QPoint(1, 1))
    assert words == f"filter 1, input 2, row 0, column 0: {6 * 9 - 3}"
    view.pictures.pointed.emit(words)
    assert view.caption.text() == words


def test_gates_stand_beside_their_rows(qtbot: QtBot) -> None:
    sheet = heat_map(tensor(20, 8, name="weight_ih_l0", parts=("input gate", "forget gate", "cell", "output gate")))
    area = SheetArea()
    qtbot.addWidget(area)
    area.resize(400, 160)
    area.show_sheet(sheet)
    assert area.place_of(0).left() > 60 and not area.grab().isNull()
    assert area.words_at(area.place_of(0).topLeft() + QPoint(1, 1)) == "row 0, column 0: −3"


def dead(path: str, count: int, of: int = 32, maps: bool = True) -> Layer:
    return Layer(path, "ReLU", of, maps, dead=np.arange(of) < count)


def test_dead_units_are_named_the_worst_first(view: WeightsView) -> None:
    layers = (dead("relu1", 3), dead("relu2", 12), Layer("logits", "Linear", 10, False))
    begin(view, "relu2", layers=layers)
    assert view.warning.text().startswith("12 of 32 maps of relu2 never answer. 1 more layer has such units.")
    first = view.layers.item(0, 0)
    share = view.layers.item(0, 2)
    assert first is not None and first.text() == "relu2" and share is not None and share.text() == "38 %"
    assert view.layers.isColumnHidden(3) and not view.layers.isColumnHidden(2)
    assert warn((dead("relu1", 30, maps=False),)) == (
        "30 of 32 units of relu1 never answer. Try a smaller learning rate, LeakyReLU or BatchNorm in front.",
        "danger",
    )
    assert warn((dead("relu1", 0), dead("relu2", 1))).text == ""


def test_saturated_units_are_named() -> None:
    found = warn((Layer("tanh1", "Tanh", 16, False, saturated=np.arange(16) < 4),))
    assert found.text.startswith("4 of 16 units of tanh1 always answer at the end of their range.")


def test_a_chosen_layer_is_looked_at_and_lights_up(view: WeightsView) -> None:
    begin(view, "conv1", tensor(5, 4, 3, 3), kind="Conv2d", layers=(dead("stage1 (2)/relu1", 9), dead("relu2", 1)))
    told: list[str] = []
    view.block_clicked.connect(told.append)
    item = view.layers.visualRect(view.layers.model().index(0, 0)).center()
    QTest.mouseClick(view.layers.viewport(), Qt.MouseButton.LeftButton, pos=item)
    assert view.block == "stage1 (2)/relu1" and told == ["stage1/relu1"]
    assert DistributionsOf("stage1 (2)/relu1") in view.looks()


def test_a_group_opens_at_its_first_block(view: WeightsView) -> None:
    begin(view, "conv1", tensor(5, 4, 3, 3), layers=(dead("stage1/conv1", 0), dead("stage1/relu1", 1)))
    view.select(("stage1",))
    assert view.block == "stage1/conv1" and view.blocks.currentText() == "stage1/conv1"


def test_a_block_without_weights_shows_its_answers(view: WeightsView) -> None:
    begin(view, "relu", kind="ReLU")
    view.feed([Unseen(2, WeightsOf("relu"), "relu has no weights: it only computes.")])
    assert offered(view) == [HISTOGRAMS, LAYERS] and not view.histograms.isHidden()
    assert view.reason == "relu has no weights: it only computes."


def test_a_narrow_view_shows_one_thing_at_a_time(view: WeightsView) -> None:
    begin(view, "conv1", tensor(5, 4, 3, 3), kind="Conv2d")
    assert not view.layers.isHidden() and not view.histograms.isHidden()
    view.resize(400, 250)
    assert view.layers.isHidden() and view.histograms.isHidden() and not view.pictures.isHidden()
    for part, shown in ((HISTOGRAMS, view.histograms), (LAYERS, view.layers)):
        view.parts.setCurrentText(part)
        view.parts.textActivated.emit(part)
        assert not shown.isHidden() and not view.pictures.isVisible()
        assert len(list(view.table())) > 1
