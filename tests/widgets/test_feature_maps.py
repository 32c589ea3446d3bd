"""The view shows the maps of the chosen block, the example and the guess; hidden it keeps only the newest event."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from engine.looks.maps import Maps, MapsOf
from widgets import theme
from widgets.feature_maps import NOTHING_YET, FeatureMapView
from widgets.map_painting import fitted, picture_image

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
    assert view.words == "logits: 3 numbers, -1 … 3, 1 of them 0"
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
