"""Examples worth a look: those that drive one unit of a block most, and the next one that the network gets wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.events import Floats
from engine.looks.base import Look, Sight

MOST_EXAMINED = 1000
"""So many validation examples are gone through, the first ones."""
MOST_DRIVERS = 24
"""So many of them are told at most."""
LONGEST = 0.5
"""Seconds that one answer may take, since the training waits for it; then fewer examples are gone through."""

Reading = Literal["greatest", "mean"]
"""What counts of a map: its greatest number, or the mean of all."""


@dataclass(frozen=True)
class DriversOf(Look):
    """Which validation examples drive one unit of a block most."""

    block: str
    """Named by path: `stage1/conv2`."""
    unit: int
    """Which map or number, counted from 0."""
    count: int = 12
    """How many examples to tell, at most `MOST_DRIVERS`."""
    reading: Reading = "greatest"


@dataclass(frozen=True, eq=False)
class Drivers(Sight):
    """The examples, those that drive the unit most first."""

    examples: NDArray[np.int64]
    """(n,) their numbers, counted from 0."""
    activations: Floats
    """(n,) what the unit gives for each."""
    labels: NDArray[np.int64] | Floats
    """(n,) class numbers, or the right values where there are no classes."""
    pictures: Mapping[int, Floats]
    """For each example a thumbnail before normalising: (channels, height, width) in 0-1, or a row of numbers."""
    examined: int
    """How many examples were gone through."""


@dataclass(frozen=True)
class NextMistake(Look):
    """The first validation example after this one, counted from 0, that the network takes for a wrong class."""

    after: int


@dataclass(frozen=True, eq=False)
class Mistake(Sight):
    """How far was looked, and what was found."""

    example: int | None
    """The example, or None if there was no mistake so far."""
    reached: int
    """The last example that was looked at. Behind the last one of all comes the first."""
    examined: int
    """How many examples were looked at."""
