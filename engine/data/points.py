"""The computed points on a plane, drawn with numpy by a seed.

Each function gives points as (n, 2) and class numbers as (n,). It stands alone, since exported training programs hold
its text: only numpy is known as `np`, and no line is longer than 88 characters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Points = tuple[Numbers, NDArray[np.int64]]


def circle(count: int, noise: float, seed: int) -> Points:
    """Shuffled points: class 1 in the middle, class 0 in a ring around it."""
    chance = np.random.default_rng(seed)
    half = count // 2
    labels = np.repeat(np.array([1, 0]), [half, count - half])
    inner, outer = chance.uniform(0, 2.5, half), chance.uniform(3.5, 5, count - half)
    radius, angle = np.concatenate([inner, outer]), chance.uniform(0, 2 * np.pi, count)
    points = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    points += noise * chance.uniform(-5, 5, points.shape)
    order = chance.permutation(count)
    return points[order], labels[order]


def xor(count: int, noise: float, seed: int) -> Points:
    """Shuffled points in four corners, with a gap along the axes; class 1 where the signs are the same."""
    chance = np.random.default_rng(seed)
    points = chance.uniform(-5, 5, (count, 2))
    points += 0.3 * np.sign(points)
    labels = (points[:, 0] * points[:, 1] >= 0).astype(np.int64)
    points += noise * chance.uniform(-5, 5, points.shape)
    order = chance.permutation(count)
    return points[order], labels[order]


def gauss(count: int, noise: float, seed: int) -> Points:
    """Shuffled points in two round clouds around (2, 2), class 1, and (-2, -2), class 0."""
    chance = np.random.default_rng(seed)
    half = count // 2
    labels = np.repeat(np.array([1, 0]), [half, count - half])
    centres = np.where(labels[:, None] == 1, 2.0, -2.0)
    spread = np.sqrt(0.5 + 7 * noise)
    points = centres + spread * chance.standard_normal((count, 2))
    order = chance.permutation(count)
    return points[order], labels[order]


def spiral(count: int, noise: float, seed: int) -> Points:
    """Shuffled points along two spirals that wind around each other, one for each class."""
    chance = np.random.default_rng(seed)
    half = count // 2
    labels = np.repeat(np.array([1, 0]), [half, count - half])
    along = np.concatenate([np.arange(n) / n for n in (half, count - half)])
    angle = 3.5 * np.pi * along + np.where(labels == 1, 0.0, np.pi)
    points = 5 * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    points += noise * chance.uniform(-1, 1, points.shape)
    order = chance.permutation(count)
    return points[order], labels[order]


def features(points: Numbers, names: tuple[str, ...]) -> Numbers:
    """What the network is told about points: one column for each name."""
    x1, x2 = points[:, 0], points[:, 1]
    known = {
        "x1": x1,
        "x2": x2,
        "x1_squared": x1**2,
        "x2_squared": x2**2,
        "x1_x2": x1 * x2,
        "sin_x1": np.sin(x1),
        "sin_x2": np.sin(x2),
        "radius": np.sqrt(x1**2 + x2**2),
    }
    return np.stack([known[name] for name in names], axis=1)


def xor_points(count: int, noise: float, seed: int) -> Points:
    """Points close to the corners of the unit square; class 1 where the coordinates differ."""
    square = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    corners = square[np.arange(count) * 4 // count]
    shaken = noise * np.random.default_rng(seed).standard_normal(corners.shape)
    return corners + shaken, (corners[:, 0] != corners[:, 1]).astype(np.int64)


def three_spirals(count: int, noise: float, seed: int) -> Points:
    """Points along three spirals, `count` for each class, one class after the other."""
    chance = np.random.default_rng(seed)
    arms = []
    for arm in range(3):
        radius = np.linspace(0, 1, count)
        angle = np.linspace(4 * arm, 4 * (arm + 1), count)
        angle += noise * chance.standard_normal(count)
        arms.append(np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1))
    return np.concatenate(arms), np.repeat(np.arange(3), count)


def poly(count: int, noise: float, shaken: int, seed: int) -> Points:
    """Points on the unit square with a curved border; they are shaken after they get their class."""
    chance = np.random.RandomState(seed)
    points = chance.random_sample((count, 2))
    x1, x2 = points[:, 0], points[:, 1]
    labels = (-1 + x1 + 2 * x2 + x1 * x2 - 3 * x1**2 + x2**2 > 0).astype(np.int64)
    for _ in range(shaken):
        points = points + noise * chance.standard_normal(points.shape)
    return points, labels
