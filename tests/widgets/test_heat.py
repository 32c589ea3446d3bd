"""Coloured pictures hold the right colour at the right place."""

import gc

import numpy as np
import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from widgets.heat import grid_image, grid_shape, map_image
from widgets.theme import current

TABLE = current().heat_table("sequential")


def at(image: QImage, x: int, y: int) -> tuple[int, int, int]:
    colour = image.pixelColor(x, y)
    return colour.red(), colour.green(), colour.blue()


def row(index: int) -> tuple[int, int, int]:
    red, green, blue = (int(part) for part in TABLE[index])
    return red, green, blue


def test_the_ends_of_the_scale_have_the_ends_of_the_table() -> None:
    image = map_image(np.array([[0.0, 5.0, 10.0], [-3.0, 2.0, 99.0]]), TABLE, 0.0, 10.0)
    assert (image.width(), image.height()) == (3, 2)
    assert at(image, 0, 0) == at(image, 0, 1) == row(0)
    assert at(image, 2, 0) == at(image, 2, 1) == row(255)
    assert at(image, 1, 0) == row(127)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_every_kind_of_float_is_taken(dtype: type[np.floating]) -> None:
    image = map_image(np.array([[0, 1]], dtype), TABLE, 0.0, 1.0)
    assert at(image, 1, 0) == row(255)


def test_what_is_no_number_is_clear() -> None:
    image = map_image(np.array([[np.nan, 1.0, np.inf]]), TABLE, 0.0, 1.0)
    assert [image.pixelColor(x, 0).alpha() for x in range(3)] == [0, 255, 0]


def test_equal_numbers_are_no_error() -> None:
    assert at(map_image(np.full((2, 2), 7.0), TABLE, 7.0, 7.0), 1, 1) == row(0)


def test_a_grid_lays_maps_in_rows_with_clear_gaps(qtbot: QtBot) -> None:
    maps = np.arange(3, dtype=np.float32).reshape(3, 1, 1) * np.ones((3, 4, 5), np.float32)
    image = grid_image(maps, columns=2, gap=1)
    assert (image.width(), image.height()) == (2 * 5 + 1, 2 * 4 + 1)
    assert (at(image, 0, 0), at(image, 6, 0), at(image, 0, 5)) == (row(0), row(127), row(255))
    assert image.pixelColor(5, 0).alpha() == image.pixelColor(6, 5).alpha() == 0


def test_each_map_may_have_a_scale_of_its_own() -> None:
    maps = np.array([[[0.0, 1.0]], [[0.0, 100.0]]])
    shared, own = grid_image(maps, 1, 0), grid_image(maps, 1, 0, per_map=True)
    assert at(shared, 1, 0) == row(2)
    assert at(own, 1, 0) == at(own, 1, 1) == row(255)


def test_nothing_to_show_is_one_clear_pixel() -> None:
    image = grid_image(np.zeros((0, 3, 3)), 4)
    assert (image.width(), image.height(), image.pixelColor(0, 0).alpha()) == (1, 1, 0)


def test_only_holes_are_no_error() -> None:
    assert grid_image(np.full((2, 2, 2), np.nan), 2).pixelColor(0, 0).alpha() == 0


def test_the_picture_outlives_its_numbers() -> None:
    image = map_image(np.ones((64, 64)), TABLE, 0.0, 1.0)
    gc.collect()
    np.zeros((64, 64), np.uint32)
    assert at(image, 63, 63) == row(255)


@pytest.mark.parametrize(
    ("count", "columns", "shape"), [(8, 4, (4, 2)), (3, 4, (3, 1)), (9, 4, (4, 3)), (0, 4, (1, 1))]
)
def test_a_grid_has_no_more_columns_than_maps(count: int, columns: int, shape: tuple[int, int]) -> None:
    assert grid_shape(count, columns) == shape
