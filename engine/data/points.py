"""The computed data sets: points on a plane and two small tables, drawn with numpy by a seed.

Each function returns inputs as (n, numbers) and class numbers as (n,).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from engine.recipes.data_sets import HALF_OF_POINTS, Circle, DataSet, Gauss, Playground, Spiral, Xor

Numbers = NDArray[np.float64]
Drawn = tuple[Numbers, NDArray[np.int64]]

POINTS = 2 * HALF_OF_POINTS
REACH = 5.0
"""Points lie between -5 and 5, as in the well-known playground."""
GAP = 0.3
"""How far the corners of the xor pattern stay away from the axes."""


def playground(data: Playground, seed: int) -> Drawn:
    """500 shuffled points, both classes equally often where the pattern has two halves."""
    chance = np.random.default_rng(seed)
    points, labels = _PATTERNS[type(data)](chance, data.noise)
    order = chance.permutation(POINTS)
    return points[order], labels[order]


def xor_points(seed: int) -> Drawn:
    """25 points at each corner of the unit square, shaken a little; class 1 where the coordinates differ."""
    corners = np.repeat(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), 25, axis=0)
    shaken = corners + 0.01 * np.random.default_rng(seed).standard_normal(corners.shape)
    return shaken, (corners[:, 0] != corners[:, 1]).astype(np.int64)


def box() -> Drawn:
    """The numbers from -20 to 19, with class 1 strictly between -4 and 4."""
    numbers = np.arange(-20.0, 20.0)[:, None]
    return numbers, (np.abs(numbers[:, 0]) < 4).astype(np.int64)


def _halves() -> NDArray[np.int64]:
    return np.repeat(np.array([1, 0]), HALF_OF_POINTS)


def _circle(chance: np.random.Generator, noise: float) -> Drawn:
    labels = _halves()
    inner, outer = chance.uniform(0, 2.5, HALF_OF_POINTS), chance.uniform(3.5, REACH, HALF_OF_POINTS)
    radius, angle = np.concatenate([inner, outer]), chance.uniform(0, 2 * np.pi, POINTS)
    points = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    return points + chance.uniform(-REACH, REACH, points.shape) * noise, labels


def _xor(chance: np.random.Generator, noise: float) -> Drawn:
    points = chance.uniform(-REACH, REACH, (POINTS, 2))
    points += GAP * np.sign(points)
    labels = (points[:, 0] * points[:, 1] >= 0).astype(np.int64)
    return points + chance.uniform(-REACH, REACH, points.shape) * noise, labels


def _gauss(chance: np.random.Generator, noise: float) -> Drawn:
    labels = _halves()
    centres = np.where(labels[:, None] == 1, 2.0, -2.0)
    spread = np.sqrt(0.5 + 7 * noise)
    return centres + spread * chance.standard_normal((POINTS, 2)), labels


def _spiral(chance: np.random.Generator, noise: float) -> Drawn:
    labels = _halves()
    along = np.tile(np.arange(HALF_OF_POINTS) / HALF_OF_POINTS, 2)
    angle = 3.5 * np.pi * along + np.where(labels == 1, 0.0, np.pi)
    points = REACH * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return points + chance.uniform(-1, 1, points.shape) * noise, labels


_PATTERNS: Mapping[type[DataSet], Callable[[np.random.Generator, float], Drawn]] = {
    Circle: _circle,
    Xor: _xor,
    Gauss: _gauss,
    Spiral: _spiral,
}
