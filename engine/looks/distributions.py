"""How the numbers in a network are spread, and which of its units never answer or always answer the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.events import Floats
from engine.looks.base import Look, Sight

PROBE = 128
"""So many examples of the validation data are looked at, the same ones each time."""
BINS = 48
MOST_COUNTED = 65_536
"""Of a tensor with more numbers so many are counted, evenly spread over it."""
NEAR_END = 0.02
"""Within this share of its range from an end, a unit's answer lies at the end."""
MOSTLY = 0.9
"""A unit is saturated where so many of its answers lie at an end."""


@dataclass(frozen=True)
class DistributionsOf(Look):
    """The health of all layers on the probe, and the histograms of the block with this path, "" for none."""

    patience: ClassVar[float] = 6.0

    block: str = ""


@dataclass(frozen=True, eq=False)
class Histogram:
    """How many numbers lie where between two ends."""

    low: float
    high: float
    counts: Floats
    """(`BINS`,) shares of the finite numbers."""
    zeros: float = 0.0
    """Share of numbers that are exactly 0."""
    mean: float = 0.0
    spread: float = 0.0
    """Standard deviation."""


@dataclass(frozen=True, eq=False)
class Layer:
    """What the probe says of one block."""

    path: str
    kind: str
    """PyTorch's name of the module."""
    units: int
    """Channels of a map, or numbers of a row; 0 where its answers are no tensor."""
    maps: bool
    """Whether its units are maps or sequences, not single numbers."""
    dead: NDArray[np.bool_] | None = None
    """(units,) where the unit is 0 for the whole probe; None for a block that does not cut off at zero."""
    saturated: NDArray[np.bool_] | None = None
    """(units,) where nearly all answers lie at an end of the range; None for a block that has no ends."""

    @property
    def worst(self) -> float:
        """The share of units that are of no use now, 0-1."""
        found = [float(kind.mean()) for kind in (self.dead, self.saturated) if kind is not None and kind.size]
        return max(found, default=0.0)


@dataclass(frozen=True, eq=False)
class Distributions(Sight):
    """What the probe says."""

    examples: int
    """How many examples were looked at."""
    layers: tuple[Layer, ...]
    """Every block with weights, and every one that may die or saturate, in the order of computation."""
    histograms: Mapping[str, Histogram]
    """Of the block that was asked for: "weight", "bias" and the others by PyTorch's names, and "activations"."""
