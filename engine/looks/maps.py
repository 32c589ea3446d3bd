"""Feature maps: what blocks make of one example."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.events import Floats
from engine.looks.base import Look, Sight

MOST_MAPS = 64
"""The most feature maps of one block that travel; rows of numbers travel up to 4,096 long."""
MOST_NUMBERS = 4096


@dataclass(frozen=True)
class MapsOf(Look):
    """What these blocks make of an example of the validation data, counted from 0."""

    blocks: tuple[str, ...] = ()
    """Named by path: `stage1/conv2`. Of the copies of a repeated group the last one is seen."""
    example: int = 0


@dataclass(frozen=True, eq=False)
class Maps(Sight):
    """What the blocks make of the example, and what the network thinks it is."""

    example: int
    """Which example of the validation data, counted from 0."""
    picture: Floats
    """The example as stored, before normalising: (channels, height, width) in 0–1 for pictures, else its numbers."""
    label: int
    """Its true class."""
    guess: Floats
    """(classes,) probabilities; for a network that gives plain values the values as they are."""
    maps: Mapping[str, Floats]
    """For each block its output without the batch dimension, at most `MOST_MAPS` entries long:
    (channels, height, width), (features,) or any other shape; one number has the shape (1,)."""
    probabilities: bool = True
    """Whether `guess` are probabilities."""
