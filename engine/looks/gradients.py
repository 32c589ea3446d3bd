"""How the gradients of each layer are spread, by their size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.events import Floats
from engine.looks.base import Look, Sight

SMALLEST, LARGEST = -12.0, 4.0
"""Exponents of ten between which sizes are counted; what lies outside counts at the end."""
BINS = 48
"""Three to each power of ten."""
MOST_COUNTED = 32_768
"""Of a layer with more weights so many are counted, evenly spread over it."""


@dataclass(frozen=True)
class GradientsOf(Look):
    """The sizes of the gradients of every layer that learns, after the last step (and after any clipping)."""

    patience: ClassVar[float] = 4.0


@dataclass(frozen=True, eq=False)
class GradientSizes(Sight):
    """How many weights of each layer got a gradient of each size."""

    counts: Mapping[str, Floats]
    """For each block (`BINS`,) shares of its weights, which with those of size zero make 1."""
    zeros: Mapping[str, float]
    """For each block the share of its weights that got none at all."""
