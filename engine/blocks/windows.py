"""What blocks share that treat sequences, pictures and volumes alike, and the arithmetic of sliding windows.

A block for all three is written once, as a subclass of `Spatial`; `class Conv2d(Conv, OfPictures)` makes it a block.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from math import prod
from typing import Any, ClassVar

from engine.blocks.base import Block, Reach, SetValues, Shape, ShapeError
from engine.blocks.normalisation import PLACES
from engine.settings import Param

Size = Any
"""One number for all dimensions, or one for each of them."""

SIDES = ("depth", "height", "width")
"""What the dimensions of a volume are called; a picture has the last two."""

ACCEPTS = {1: "C×L", 2: "C×H×W", 3: "C×D×H×W"}
WORDS = {1: ("sequence", "signal"), 2: (), 3: ("volume", "video")}

MOST_NUMBERS = 2**59
"""More numbers than this have no place in any address space, for a few examples of four bytes each."""


class Spatial(Block):
    """Base of blocks that exist for sequences, pictures and volumes; `dimensions` says for which.

    Their settings are declared once: `dims=1` says "a number for each dimension", `dims=2` "two for each".
    """

    kin: ClassVar[str] = ""
    """The family of the blocks."""
    dimensions: ClassVar[int] = 0
    order: ClassVar[tuple[str, ...]] = ()
    """The settings that PyTorch has first, in its order, where bases declare them in another one."""
    unit: ClassVar[str] = "places"
    """What a window is measured in, for messages."""

    def __init_subclass__(cls) -> None:
        if cls.kin and cls.dimensions:
            suffix = f"{cls.dimensions}d"
            cls.family, cls.torch_name = cls.kin, f"nn.{cls.__name__}"
            cls.title, cls.accepts = f"{cls.title} {suffix}", ACCEPTS[cls.dimensions]
            cls.keywords = cls.keywords + WORDS[cls.dimensions]
            cls.functional = cls.functional and cls.functional + suffix
        super().__init_subclass__()

    @classmethod
    @cache
    def params(cls) -> tuple[Param, ...]:
        """The rows in PyTorch's order, with as many numbers in a size as there are dimensions."""
        place = {name: number for number, name in enumerate(cls.order)}
        rows = sorted(super().params(), key=lambda row: place.get(row.name, len(place)))
        return tuple(replace(row, dims=row.dims * cls.dimensions) for row in rows)

    @property
    def sides(self) -> tuple[str, ...]:
        """What its dimensions are called."""
        return ("length",) if self.dimensions == 1 else SIDES[-self.dimensions :]

    def each(self, size: Size) -> tuple[Any, ...]:
        """A size as one entry for each dimension."""
        return size if isinstance(size, tuple) else (size,) * self.dimensions

    def places(self, input: Shape) -> Shape:
        """The size without the channels."""
        return input[-self.dimensions :]

    def check_rank(self, input: Shape, *others: int) -> None:
        """Refuse what is no sequence, picture or volume; `others` are further ranks that suit. Raises ShapeError."""
        rank = self.dimensions + 1
        if len(input) not in (rank, *others):
            raise ShapeError(f"needs {PLACES[(rank,)]}")


class OfSequences(Spatial):
    """Base of blocks for sequences.

    In: A sequence: channels × length.
    """

    dimensions = 1


class OfPictures(Spatial):
    """Base of blocks for pictures.

    In: A picture: channels × height × width.
    """

    dimensions = 2
    unit = "pixels"


class OfVolumes(Spatial):
    """Base of blocks for volumes.

    In: A volume, or a film with time as its depth: channels × depth × height × width.
    """

    dimensions = 3


def span(kernel_size: int, dilation: int = 1) -> int:
    """How many places a window covers from its first to its last."""
    return dilation * (kernel_size - 1) + 1


def slide(length: int, window: int, stride: int, padding: int, ceil_mode: bool = False) -> int:
    """How many places a window of this span has on a side of this length; below 1 it does not fit.

    From the "Shape" sections of torch.nn.Conv2d and torch.nn.MaxPool2d. With `ceil_mode` a last window may hang over
    the edge, but must start inside the picture or its left padding.
    """
    room = length + 2 * padding - window
    places = (-(-room // stride) if ceil_mode else room // stride) + 1
    if ceil_mode and (places - 1) * stride >= length + padding:
        places -= 1
    return places


def reaches(spans: tuple[int, ...], strides: tuple[int, ...]) -> tuple[Reach, ...]:
    """How windows of these spans look at their input."""
    return tuple(map(Reach, spans, strides))


def check_numbers(shape: Shape, *repairs: SetValues) -> Shape:
    """The shape, unless it holds more numbers than any computer can address. Raises ShapeError."""
    if prod(shape) > MOST_NUMBERS:
        raise ShapeError("needs more numbers than any computer can hold", *repairs)
    return shape
