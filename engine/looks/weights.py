"""The weights of one block as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.events import Floats
from engine.looks.base import Look, Sight

MOST_NUMBERS = 32_768
"""Of one tensor so many numbers travel."""
MOST_FILTERS = 64
"""Of a convolution so many filters travel."""
MOST_CELLS = 256
"""Of a table so many rows or columns travel, evenly spread over it."""


@dataclass(frozen=True)
class WeightsOf(Look):
    """The weights of the block with this path, such as `stage1/conv2`."""

    patience: ClassVar[float] = 4.0

    block: str
    whole_rows: bool = False
    """Whether rows of a table must stay whole, to be read as pictures; there may be fewer of them then."""


@dataclass(frozen=True, eq=False)
class Tensor:
    """One tensor of weights, or a sample of it."""

    name: str
    """PyTorch's own within the block: "weight", "bias", "weight_ih_l0"."""
    shape: tuple[int, ...]
    """Of the whole tensor."""
    values: Floats
    """What travels: all of it, or the first filters, or rows and columns evenly spread; as many axes as `shape`."""
    parts: tuple[str, ...] = ()
    """Names of the equally high parts from top to bottom, such as the gates of an LSTM."""

    @property
    def whole(self) -> bool:
        """Whether nothing was left out."""
        return self.values.shape == self.shape


@dataclass(frozen=True, eq=False)
class Weights(Sight):
    """The tensors of one block."""

    kind: str
    """PyTorch's name of the module, "Conv2d"."""
    tensors: tuple[Tensor, ...]
