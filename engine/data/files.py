"""The bundled files read; each function stands alone, since exported training programs hold its text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

Pixels = NDArray[np.float32]
Numbers = NDArray[np.float32]
Labels = NDArray[np.int64]


def read_mnist(path: Path | str, part: str, count: int) -> tuple[Pixels, Labels]:
    """The first pictures of a part as (n, 1, 28, 28), pixels from 0 to 1, and class numbers."""
    with np.load(path) as file:
        pixels, labels = file[f"x_{part}"][:count], file[f"y_{part}"][:count]
    pictures = pixels[:, None].astype(np.float32)
    pictures /= 255
    return pictures, labels.astype(np.int64)


def read_digits(path: Path | str) -> tuple[Pixels, Labels]:
    """Pictures as (n, 1, 8, 8), pixels from 0 to 1, and class numbers.

    Shuffled by a fixed seed, so that the test set is the same for everybody.
    """
    with np.load(path) as file:
        pixels, labels = file["x"], file["y"]
    order = np.random.RandomState(0).permutation(len(labels))
    pictures = pixels[order][:, None].astype(np.float32) / 16  # pixels count to 16
    return pictures, labels[order].astype(np.int64)


def enlarge(pictures: Pixels, size: int) -> Pixels:
    """The same pictures with more pixels, smoothly."""
    given = torch.from_numpy(pictures)
    sides = (size, size)
    return torch.nn.functional.interpolate(given, size=sides, mode="bilinear").numpy()


def read_emoji(path: Path | str) -> tuple[Pixels, Labels]:
    """Pictures as (n, 3, 64, 64), pixels from 0 to 1, and class numbers."""
    with np.load(path) as file:
        pixels, labels = file["x"], file["y"]
    pictures = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), np.float32)
    return pictures / np.float32(255), labels.astype(np.int64)


def read_table(path: Path | str) -> tuple[Numbers, Labels | Numbers]:
    """Rows as (n, columns), and class numbers as (n,) or target values as (n, 1)."""
    with np.load(path) as file:
        rows, targets = file["x"], file["y"]
    if targets.dtype == np.float32:
        return rows, targets[:, None]
    return rows, targets.astype(np.int64)


def read_penguins(path: Path | str, sex: bool, keep_missing: bool) -> tuple[Numbers, Labels]:
    """Rows as (n, columns) and class numbers; a sex that is not known is NaN, or left out."""
    with np.load(path) as file:
        rows, labels = file["x"], file["y"].astype(np.int64)
        known = np.where(file["sex"] == "NA", np.nan, file["sex"] == "male")
    if sex:
        rows = np.concatenate([rows, known[:, None].astype(np.float32)], axis=1)
    kept = np.full(len(rows), True) if keep_missing else ~np.isnan(rows).any(axis=1)
    return rows[kept], labels[kept]
