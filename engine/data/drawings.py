"""The computed pictures, and noise; each function stands alone, since exported training programs hold its text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Labels = NDArray[np.int64]


def bars(count: int, kept: float, seed: int) -> tuple[Pixels, Labels]:
    """Pictures as (n, 1, 11, 11) with a standing bar, class 0, and then as many with a lying one."""
    chance = np.random.default_rng(seed)
    labels = np.repeat(np.array([0, 1]), [count // 2, count - count // 2])
    standing = np.zeros((count, 11, 11), np.float32)
    standing[:, 1:10, 4:7] = chance.random((count, 9, 3)) < kept
    first, lying = labels[:, None, None] == 0, standing.transpose(0, 2, 1)
    pictures = np.where(first, standing, lying)
    return pictures[:, None], labels


def shapes(count: int, noise: float, seed: int) -> tuple[Pixels, Labels, Labels]:
    """Pictures as (n, 1, 32, 32), class numbers, and where each shape lies.

    The boxes are (n, 4): the first column and row, and the last ones, both inside.
    """
    chance = np.random.default_rng(seed)
    labels = np.arange(count) % 5
    reach = chance.integers(4, 8, count)  # pixels from the middle to the border
    across = chance.integers(reach, 32 - reach)
    down = chance.integers(reach, 32 - reach)
    places = np.arange(32, dtype=np.int16)
    x, y = (places - middle[:, None].astype(np.int16) for middle in (across, down))
    x, y, r = x[:, None, :], y[:, :, None], reach[:, None, None].astype(np.int16)
    far = x**2 + y**2
    inside = np.maximum(abs(x), abs(y)) <= r
    drawn = [
        far <= r**2,  # disk
        inside,  # square
        inside & (2 * abs(x) <= y + r),  # triangle
        inside & (np.minimum(abs(x), abs(y)) <= 1),  # plus
        (far <= r**2) & (far > (r - 2) ** 2),  # ring
    ]
    pictures = np.choose(labels[:, None, None], drawn).astype(np.float32)
    pictures += noise * chance.standard_normal(pictures.shape, np.float32)
    corners = [across - reach, down - reach, across + reach, down + reach]
    boxes = np.stack(corners, axis=1)
    return pictures[:, None], labels, boxes


def noise(
    count: int, shape: tuple[int, ...], classes: int, ids: int, seed: int
) -> tuple[NDArray[np.float32] | NDArray[np.int64], Labels]:
    """Examples of any shape with random classes; whole numbers below `ids` if it is not 0."""
    chance = np.random.default_rng(seed)
    if ids:
        words = chance.integers(0, ids, (count, *shape))
        return words, chance.integers(0, classes, count)
    numbers = chance.standard_normal((count, *shape), np.float32)
    return numbers, chance.integers(0, classes, count)
