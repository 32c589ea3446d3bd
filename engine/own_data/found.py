"""What lies in somebody's files, as arrays or as names of picture files, in a part to learn from and one to test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.blocks.base import Shape
from engine.own_data.findings import Array, Findings

Targets = NDArray[np.int64] | NDArray[np.float32]


@dataclass(frozen=True)
class PictureFiles:
    """Pictures that still lie in files, all read in the same way."""

    paths: tuple[Path, ...]
    height: int
    width: int
    mode: str
    """ "RGB" or "L", as Pillow names it."""
    fit: str

    @property
    def shape(self) -> Shape:
        """Channels, height and width of each picture."""
        return (3 if self.mode == "RGB" else 1, self.height, self.width)

    def __len__(self) -> int:
        return len(self.paths)

    def picked(self, places: NDArray[np.int64]) -> PictureFiles:
        """Some of them, in this order."""
        return replace(self, paths=tuple(self.paths[place] for place in places.tolist()))


@dataclass(frozen=True, eq=False)
class Part:
    """Inputs (n, *shape), and targets: class numbers (n,) as int64, or values (n, k) as float32."""

    inputs: Array | PictureFiles
    targets: Targets

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, eq=False)
class Found:
    """Everything that reading gave. `labels` is empty where targets are values, `test` is None where none is given."""

    input_shape: Shape
    labels: tuple[str, ...]
    train: Part
    test: Part | None
    findings: Findings
    facts: dict[str, object]
    """What else the settings of this kind keep."""
