"""The view shows the maps of the chosen block, the example and the guess; hidden it keeps only the newest event."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.events import Started
from engine.looks.base import Unseen
from engine.looks.drivers import Drivers, DriversOf, Mistake, NextMistake
from engine.looks.maps import Maps, MapsOf
from engine.recipes.data_sets import Digits
from engine.recipes.recipe import Recipe
from widgets import theme
from widgets.feature_maps import NOTHING_YET, FeatureMapView
from widgets.map_painting import fitted, picture_image
from widgets.views.base import Subject
from widgets.views.maps import MapsView

LABELS = tuple("0123456789")


@pytest.fixture(autouse=True, params=["dark", "light"])
def dressed(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    theme.apply(qapp, theme.load_theme(request.param))
    yield
    theme.themes().show(theme.load_theme("light"))


@pytest.fixture
def view(qtbot: QtBot) -> FeatureMapView:
    made = FeatureMapView()
    qtbot.addWidget(made)
    made.resize(330, 270)
    made.show()
    return made


def told(example: int = 0) -> Maps:
    rng = np.random.default_rng(0)
    guess = np.full(10, 0.02, np.float32)
    guess[3] = 0.82
    maps = {
        "conv2": np.stack([np.full((14, 14), height, np.float32) for height in range(32)]),
        "logits": np.array([-1.0, 3.0, 0.0], np.float32),
        "flatten": rng.normal(size=1568).astype(np.float32),
        "tokens": rng.normal(size=(8, 16)).astype(np.float32),
        "broken": np.full((2, 3, 3), np.nan, np.float32),
    }
    return Maps(5, MapsOf(tuple(maps), example), example, rng.random((1, 28, 28)).astype(np.float32), 3, guess, maps)


def words(view: FeatureMapView) -> list[str]:
    return [label.text() for label in view.findChildren(QLabel) if label.isVisible()]


def test_empty_it_says_what_would_fill_it(view: FeatureMapView) -> None:
    assert view.note == NOTHING_YET
    view.show_block("conv2")
    view.feed(told(), LABELS)
    assert view.note == ""
    view.clear()
    assert view.note == NOTHING_YET


def test_the_chosen_block_is_named_and_its_maps_are_counted(view: FeatureMapView) -> None:
    view.feed(told(), LABELS)
    view.show_block("conv2")
    assert view.words == "conv2: 32 maps of 14 × 14" and "3" in words(view)
    assert (view.grid.low, view.grid.high) == (0.0, 31.0)
    view.show_block("logits")
    assert view.words == "logits: 3 numbers, −1 … 3, 1 of them 0"
    assert not view.one_scale.isVisible() and not view.scale.isVisible()


def test_one_scale_makes_maps_comparable(view: FeatureMapView) -> None:
    view.show_block("conv2")
    view.feed(told())
    view.grab()
    assert view.scale.words == ("low", "high")
    assert len(grid_colours(view)) == 1  # each map is even in itself, so that each is at its own low end
    view.one_scale.click()
    assert view.scale.words == ("0", "31")
    assert len(grid_colours(view)) == 32


def grid_colours(view: FeatureMapView) -> set[int]:
    """The colours in the middles of the maps."""
    columns, scale = view.grid.columns()
    size = int(14 * scale)
    rows = -(-32 // columns)
    left = (view.grid.width() - columns * (size + 3) + 3) // 2
    top = (view.grid.height() - rows * (size + 3) + 3) // 2
    image = view.grid.grab().toImage()
    places = [divmod(number, columns) for number in range(32)]
    return {image.pixel(left + x * (size + 3) + size // 2, top + y * (size + 3) + size // 2) for y, x in places}


@pytest.mark.parametrize("size", [(330, 270), (800, 180), (160, 120)])
@pytest.mark.parametrize("block", ["conv2", "logits", "flatten", "tokens", "broken", "absent", ""])
def test_every_shape_in_every_size_is_painted(view: FeatureMapView, block: str, size: tuple[int, int]) -> None:
    view.resize(*size)
    view.show_block(block)
    view.feed(told(), LABELS)
    assert not view.grab().isNull()
    if block == "conv2" and size != (160, 120):
        columns, scale = view.grid.columns()
        assert columns * (int(14 * scale) + 3) - 3 <= view.grid.width()
        assert -(-32 // columns) * (int(14 * scale) + 3) - 3 <= view.grid.height()


def test_hidden_it_works_only_when_shown_again(view: FeatureMapView) -> None:
    view.show_block("conv2")
    view.hide()
    view.feed(told(), LABELS)
    assert view.note == NOTHING_YET or not view.grid.coloured
    view.show()
    assert view.grid.coloured


def test_the_best_guesses_are_shown_where_there_is_no_room_for_all(view: FeatureMapView) -> None:
    guess = np.linspace(0, 0.02, 100, dtype=np.float32)
    guess[70] = 0.5
    view.feed(replace(told(), guess=guess), ())
    shown = view.guess.shown()
    assert len(shown) < 100 and {70, 99} <= set(shown) and shown == sorted(shown)


def test_plain_values_are_no_classes(view: FeatureMapView) -> None:
    view.feed(replace(told(), guess=np.array([2.5], np.float32), label=0, probabilities=False), LABELS)
    assert "no. 1" in words(view)
    assert not view.grab().isNull()


def test_pictures_keep_their_colours() -> None:
    red = np.zeros((3, 2, 4), np.float32)
    red[0] = 1
    image = picture_image(red)
    assert (image.width(), image.height(), image.pixelColor(3, 1).name()) == (4, 2, "#ff0000")
    grey = picture_image(np.full((1, 2, 2), 0.5, np.float32))
    assert grey.pixelColor(0, 0).name() == "#7f7f7f"
    assert picture_image(np.array([1.0, -1.0], np.float32)).size() == QSize(2, 1)


def test_pictures_are_enlarged_evenly() -> None:
    assert fitted(QSize(28, 28), QRect(0, 0, 100, 60)) == QRect(22, 2, 56, 56)
    assert fitted(QSize(200, 100), QRect(0, 0, 100, 60)) == QRect(0, 5, 100, 50)


# One unit, the examples that drive it, and the pointer


def drivers(count: int = 12) -> Drivers:
    values = np.linspace(3, 1, count, dtype=np.float32)
    pictures = {number: np.full((1, 8, 8), 0.5, np.float32) for number in range(100, 100 + count)}
    look = DriversOf("conv2", 4)
    return Drivers(7, look, np.arange(100, 100 + count), values, np.arange(count) % 10, pictures, 1000)


def test_a_click_opens_a_map_arrows_walk_on_and_escape_goes_back(view: FeatureMapView) -> None:
    view.resize(900, 270)
    view.show_block("conv2")
    view.feed(told(), LABELS)
    opened: list[int | None] = []
    view.unit_opened.connect(opened.append)
    QTest.mouseClick(view.grid, Qt.MouseButton.LeftButton, pos=view.grid.area_of(4).center().toPoint())
    assert opened == [4] and view.grid.large and view.drivers.isVisible() and view.words == "conv2: map 5 of 32"
    QTest.keyClick(view.grid, Qt.Key.Key_Right)
    QTest.keyClick(view.grid, Qt.Key.Key_Right)
    QTest.keyClick(view.grid, Qt.Key.Key_Left)
    assert opened == [4, 5, 6, 5]
    QTest.keyClick(view.grid, Qt.Key.Key_Escape)
    assert opened == [4, 5, 6, 5, None]
    assert view.grid.area_of(0) != view.grid.area_of(1)
    QTest.keyClick(view.grid, Qt.Key.Key_Return)
    assert opened == [4, 5, 6, 5, None, 5]
    view.show_block("logits")
    assert view.unit is None


def test_the_number_under_the_pointer_is_told(view: FeatureMapView) -> None:
    view.show_block("conv2")
    view.feed(told(), LABELS)
    assert view.grid.words_at(view.grid.area_of(6).center()) == "map 7, row 8, column 8: 6"
    view.open_unit(6)
    area = view.grid.area_of(6)
    assert view.grid.words_at(area.topLeft() + QPointF(1, 1)) == "row 1, column 1: 6"
    view.show_block("logits", ("cat", "dog", "bird"))
    assert view.grid.words_at(view.grid.area_of(1).center()) == "dog: 3"
    view.show_block("tokens")
    values = told().maps["tokens"]
    spot = view.grid.area_of(2).center()
    assert view.grid.words_at(spot).startswith("row 3, column 9: ") and view.grid.units == len(values)
    view.show_block("flatten")
    for unit in (0, 70, 1567):
        assert view.grid.unit_at(view.grid.area_of(unit).center()) == unit


def test_examples_that_drive_a_unit_are_chosen_by_mouse_and_keys(view: FeatureMapView) -> None:
    view.resize(1000, 300)
    view.show_block("conv2")
    view.feed(told(), LABELS)
    view.open_unit(4)
    view.show_drivers(drivers())
    chosen: list[int] = []
    view.drivers.chosen.connect(chosen.append)
    QTest.mouseClick(view.drivers, Qt.MouseButton.LeftButton, pos=view.drivers.area_of(2).center().toPoint())
    QTest.keyClick(view.drivers, Qt.Key.Key_Right)
    QTest.keyClick(view.drivers, Qt.Key.Key_Return)
    assert chosen == [102, 103]
    assert view.drivers.words_of(0) == "example 101, 0: 3" and not view.grab().isNull()
    view.show_drivers(None, "nothing to compare")
    assert view.drivers.count == 0 and not view.grab().isNull()


def test_numbers_of_an_example_are_named(view: FeatureMapView) -> None:
    table = replace(told(), picture=np.array([5.1, 3.5], np.float32))
    view.feed(table, LABELS, ("sepal length", "sepal width"))
    assert view.example.accessibleDescription() == "sepal length 5.1, sepal width 3.5"
    assert not view.grab().isNull()


@pytest.fixture
def whole(qtbot: QtBot) -> MapsView:
    made = MapsView()
    qtbot.addWidget(made)
    made.resize(700, 300)
    made.show()
    made.select(("conv2",))
    made.begin(Subject(recipe=Recipe(data=Digits())))
    made.feed([Started("cpu", 1, 1, ("conv2",), 1, 1, 1, 1), told()])
    return made


def test_examples_are_chosen_by_number_beside_and_by_chance(whole: MapsView) -> None:
    count = whole.subject.recipe.counts.checking
    assert not whole.choice.previous.isEnabled()
    whole.choice.next.click()
    assert whole.example == 1 and whole.looks() == (MapsOf(("conv2",), 1),)
    whole.choice.number.setValue(12)
    assert whole.example == 11
    whole.choice.previous.click()
    assert whole.example == 10
    for _ in range(20):
        before = whole.example
        whole.choice.random.click()
        assert whole.example != before and 0 <= whole.example < count


def test_the_search_for_a_mistake_goes_on_where_an_answer_stopped(whole: MapsView) -> None:
    asked: list[object] = []
    whole.asked.connect(asked.append)
    whole.choice.mistake.click()
    assert asked == [NextMistake(0)]
    whole.feed([Mistake(5, NextMistake(0), None, 40, 40)])
    assert asked == [NextMistake(0), NextMistake(40)] and whole.example == 0
    whole.feed([Mistake(5, NextMistake(40), 57, 57, 17)])
    assert whole.example == 57 and whole.choice.number.value() == 58
    asked.clear()
    whole.choice.mistake.click()
    whole.feed([Mistake(5, NextMistake(57), None, 57, whole.subject.recipe.counts.checking)])
    assert asked == [NextMistake(57)] and "every example right" in whole.choice.mistake.toolTip()


def test_drivers_are_asked_for_once_the_walk_has_settled(whole: MapsView, qtbot: QtBot) -> None:
    asked: list[object] = []
    whole.asked.connect(asked.append)
    whole.maps.grid.setFocus()
    QTest.keyClick(whole.maps.grid, Qt.Key.Key_Return)
    for _ in range(4):
        QTest.keyClick(whole.maps.grid, Qt.Key.Key_Right)
    assert asked == []
    qtbot.waitUntil(lambda: bool(asked), timeout=5000)
    assert asked == [DriversOf("conv2", 4)]
    whole.feed([replace(drivers(), look=DriversOf("conv2", 3)), drivers()])
    assert whole.maps.drivers.count == 12
    whole.readings.setCurrentIndex(1)
    assert asked[-1] == DriversOf("conv2", 4, reading="mean") and whole.maps.drivers.count == 0
    whole.feed([Unseen(7, DriversOf("conv2", 4, reading="mean"), "It cannot be.")])
    assert whole.maps.drivers.accessibleDescription() == "It cannot be."
    whole.maps.drivers.chosen.emit(42)
    assert whole.example == 42
