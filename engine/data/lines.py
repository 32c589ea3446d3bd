"""The small computed sets on a line; each function stands alone, since exported training programs hold its text.

Each gives numbers as (n, 1) with class numbers as (n,), or with target values as (n, 1).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Classified = tuple[Numbers, NDArray[np.int64]]


def box() -> Classified:
    """The numbers from -20 to 19, with class 1 strictly between -4 and 4."""
    numbers = np.arange(-20.0, 20.0)
    return numbers[:, None], (np.abs(numbers) < 4).astype(np.int64)


def two_boxes() -> Classified:
    """100 numbers from -20 to 20, with class 1 between 5 and 10 on either side."""
    numbers = np.linspace(-20, 20, 100)
    inside = (np.abs(numbers) > 5) & (np.abs(numbers) < 10)
    return numbers[:, None], inside.astype(np.int64)


def threshold() -> Classified:
    """The numbers from -1 to 0.9 in steps of 0.1, with class 1 above 0.2."""
    tenths = np.arange(-10, 10)
    return tenths[:, None] / 10, (tenths > 2).astype(np.int64)


def three_parts() -> Classified:
    """The numbers from -2 to 1.9 in steps of 0.1, in three parts that meet at -1 and 1."""
    tenths = np.arange(-20, 20)
    return tenths[:, None] / 10, (tenths > -10).astype(np.int64) + (tenths >= 10)


def absolute_value() -> tuple[Numbers, Numbers]:
    """61 numbers from -3 to 3 with their distance from 0."""
    numbers = np.linspace(-3, 3, 61)[:, None]
    return numbers, np.abs(numbers)
