"""Decision surfaces: what the network answers everywhere on the plane, or along the line, that its data lie on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.events import Floats
from engine.looks.base import Look, Sight

MOST_UNITS = 16
"""The most units of one block whose own surfaces travel."""
MOST_POINTS = 2000
"""The most examples that travel along."""


@dataclass(frozen=True)
class SurfaceOf(Look):
    """The answer on a grid over the data, and what the units of these blocks give there."""

    blocks: tuple[str, ...] = ()
    resolution: int = 64
    """Places along each axis for the answer."""
    unit_resolution: int = 24
    """Places along each axis for the units."""


@dataclass(frozen=True, eq=False)
class Surface(Sight):
    """What the network answers everywhere its data lie. Rows of a grid count upwards, from `low` to `high`."""

    low: tuple[float, ...]
    """Where the grid begins on each axis, in the numbers of the data before normalising; one or two axes."""
    high: tuple[float, ...]
    points: Floats
    """(n, axes) examples."""
    targets: Floats
    """(n,) class numbers, or the values to be met."""
    held_out: NDArray[np.bool_]
    """(n,) whether the example is for validation."""
    answer: Floats
    """(classes or outputs, rows, columns) or, for one axis, (classes or outputs, columns)."""
    probabilities: bool
    """Whether the answer is a probability for each class."""
    units: Mapping[str, Floats]
    """For each block what its first units give: (units, rows, columns) or (units, columns)."""
