"""Numbers as coloured pictures: one table lookup for all pixels, no loop over them."""

from functools import lru_cache
from math import ceil

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from widgets.theme import current

Table = NDArray[np.uint8]
"""256 rows of red, green and blue; `Theme.heat_table` makes them."""
SOLID = np.uint32(0xFF000000)
GREY: Table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)
"""Black to white: a picture as it is, beside maps in colour."""


def map_image(values: NDArray[np.floating], table: Table, low: float, high: float) -> QImage:
    """One pixel for each number of a 2-D array, coloured between `low` and `high`; what is no number is clear."""
    return _image(_coloured(values, table, low, high))


def grid_image(
    maps: NDArray[np.floating], columns: int, gap: int = 1, heat: str = "sequential", per_map: bool = False
) -> QImage:
    """Maps (C, H, W) side by side in rows, the gaps between them clear, on one scale or each on its own."""
    return _image(_grid(maps, max(columns, 1), gap, current().heat_table(heat), per_map))


def tiles_image(
    maps: NDArray[np.floating], columns: int, side: int, gap: int, table: Table, signed: bool = False
) -> QImage:
    """Maps (C, H, W) as square tiles of `side` pixels, each on a scale of its own: one picture to draw for all.

    In signed ones 0 is the middle of the table.
    """
    height, width = maps.shape[1:]
    if signed:
        top = np.abs(maps).max(axis=(1, 2), keepdims=True, initial=1e-9, where=np.isfinite(maps))
        maps = 0.5 + maps / (2 * top)
    rows, across = np.arange(side) * height // side, np.arange(side) * width // side
    return _image(_grid(maps[:, rows[:, np.newaxis], across], columns, gap, table, per_map=None if signed else True))


def grid_shape(count: int, columns: int) -> tuple[int, int]:
    """How many columns and rows a grid of this many maps has."""
    used = max(min(columns, count), 1)
    return used, max(ceil(count / used), 1)


def _grid(maps: NDArray[np.floating], columns: int, gap: int, table: Table, per_map: bool | None) -> NDArray[np.uint32]:
    """Each map on a scale of its own, all on one, or (None) as they are, from 0 to 1."""
    count, height, width = maps.shape
    columns, rows = grid_shape(count, columns)
    if count == 0 or height == 0 or width == 0:
        return np.zeros((1, 1), np.uint32)
    scaled = maps if per_map is None else _unit(maps, axis=(1, 2) if per_map else None)
    cells = np.zeros((rows * columns, height + gap, width + gap), np.uint32)
    cells[:count, :height, :width] = _coloured(scaled, table, 0.0, 1.0)
    laid = cells.reshape(rows, columns, height + gap, width + gap).swapaxes(1, 2)
    whole = laid.reshape(rows * (height + gap), columns * (width + gap))
    return whole[: whole.shape[0] - gap, : whole.shape[1] - gap]


def _unit(values: NDArray[np.floating], axis: tuple[int, int] | None) -> NDArray[np.float64]:
    """Scaled so that the least finite number is 0 and the greatest is 1; the others stay as they are."""
    known = np.isfinite(values)
    low = np.min(values, axis=axis, keepdims=True, where=known, initial=np.inf)
    high = np.max(values, axis=axis, keepdims=True, where=known, initial=-np.inf)
    span = np.where(high > low, high - low, 1.0)
    scaled: NDArray[np.float64] = (values - np.where(np.isfinite(low), low, 0.0)) / span
    return scaled


def _coloured(values: NDArray[np.floating], table: Table, low: float, high: float) -> NDArray[np.uint32]:
    span = high - low if high > low else 1.0
    known = np.isfinite(values)
    index = np.clip((np.where(known, values, low) - low) * (255.0 / span), 0.0, 255.0).astype(np.uint8)
    return np.where(known, _packed(table.tobytes())[index], np.uint32(0))


@lru_cache(maxsize=16)
def _packed(table: bytes) -> NDArray[np.uint32]:
    """Rows of red, green and blue as the 32-bit numbers that QImage keeps; there are only a few tables."""
    colours = np.frombuffer(table, np.uint8).reshape(-1, 3)
    red, green, blue = (colours[:, channel].astype(np.uint32) for channel in range(3))
    return SOLID | (red << np.uint32(16)) | (green << np.uint32(8)) | blue


def _image(pixels: NDArray[np.uint32]) -> QImage:
    """A picture of its own: `copy` detaches it, so that nobody has to keep the array alive."""
    packed = np.ascontiguousarray(pixels)
    height, width = packed.shape
    return QImage(packed.data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied).copy()
