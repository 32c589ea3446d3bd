"""The computed tables; each function stands alone, since exported training programs hold its text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def cab_fares(count: int, noise: float, seed: int) -> tuple[Numbers, Numbers]:
    """Rides as (n, 3): distance, whether it is night, minutes of waiting; and their fares as (n, 1)."""
    chance = np.random.default_rng(seed)
    distance, waiting = chance.uniform(0, 20, count), chance.uniform(0, 30, count)
    night = chance.integers(0, 2, count)
    fares = 3 + 1.8 * distance + 5 * night + 0.4 * waiting
    fares += noise * chance.standard_normal(count)
    return np.stack([distance, night, waiting], axis=1), fares[:, None]
