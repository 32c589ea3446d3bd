"""What the network answers: to every validation example, and to a picture that somebody draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.events import Floats
from engine.looks.base import Look, Sight

MOST_EXAMPLES = 20_000
"""Of so many validation examples, the first ones, it is told what the network answers."""
MOST_PICTURES = 64
"""So many examples travel at once."""
MOST_PIXELS = 64
"""Thumbnails have at most so many pixels along each side; rows of numbers travel up to 4,096 long."""
MOST_CARD_MAPS = 8
"""So many maps of each block travel while somebody draws: those that a card has room for."""


@dataclass(frozen=True)
class OwnPicture:
    """A picture that somebody drew or opened, as people look at it: bytes from 0 to 255, channel by channel."""

    pixels: bytes
    shape: tuple[int, int, int]
    """Channels, height and width."""

    @classmethod
    def of(cls, values: NDArray[np.floating]) -> OwnPicture:
        """From (channels, height, width) numbers in 0-1."""
        channels, height, width = values.shape
        levels = np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)
        return cls(levels.tobytes(), (channels, height, width))

    @property
    def values(self) -> Floats:
        """(channels, height, width) in 0-1. Raises ValueError if pixels and shape do not suit each other."""
        levels = np.frombuffer(self.pixels, np.uint8).reshape(self.shape)
        values: Floats = levels.astype(np.float32) / np.float32(255)
        return values


@dataclass(frozen=True)
class PredictionsOf(Look):
    """What the network answers to the validation examples: told after each epoch, out of the pass made anyway."""

    after_epochs: ClassVar[bool] = True

    now: bool = False
    """Whether a pass of its own is to be made with the weights of the moment."""


@dataclass(frozen=True, eq=False)
class Predictions(Sight):
    """For each of the first `MOST_EXAMPLES` examples what is right and what the network says."""

    labels: NDArray[np.int64] | Floats
    """(n,) class numbers, or the right values where there are no classes."""
    answers: NDArray[np.int64] | Floats
    """(n,) the class chosen, or the value given."""
    confidence: Floats
    """(n,) the probability of the chosen class, 0-1; without probabilities the distance between label and answer."""
    examples: int
    """How many examples there are in all."""
    classes: int
    """How many classes there are; 0 where labels are values."""
    probabilities: bool
    """Whether `confidence` are probabilities."""

    @property
    def counts(self) -> NDArray[np.int64]:
        """(classes, classes): how many examples of each class (row) were taken for each class (column)."""
        pairs = self.labels.astype(np.int64) * self.classes + self.answers.astype(np.int64)
        return np.bincount(pairs, minlength=self.classes**2).reshape(self.classes, self.classes)

    @property
    def wrong(self) -> NDArray[np.int64]:
        """The examples answered wrongly, surest first; without classes all of them, worst first."""
        found = np.flatnonzero(self.labels != self.answers) if self.classes else np.arange(len(self.labels))
        return found[np.argsort(-self.confidence[found], kind="stable")]

    def cell(self, label: int, answer: int) -> NDArray[np.int64]:
        """The examples of one class that were taken for one class, surest first."""
        found = np.flatnonzero((self.labels == label) & (self.answers == answer))
        return found[np.argsort(-self.confidence[found], kind="stable")]


@dataclass(frozen=True)
class PicturesOf(Look):
    """How these validation examples look; at most `MOST_PICTURES` of them are told."""

    examples: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Pictures(Sight):
    """Thumbnails, before normalising."""

    pictures: Mapping[int, Floats]
    """For each example (channels, height, width) in 0-1 for pictures, else its numbers in a row."""


@dataclass(frozen=True)
class AnswerTo(Look):
    """What the network, block by block, makes of a picture of one's own."""

    picture: OwnPicture
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Answer(Sight):
    """The answer to a picture of one's own."""

    picture: Floats
    """(channels, height, width) in 0-1."""
    guess: Floats
    """(classes,) probabilities, or values as they are."""
    maps: Mapping[str, Floats]
    """For each block its output without the batch dimension, at most `MOST_CARD_MAPS` maps of
    `MOST_PIXELS` × `MOST_PIXELS`, or a row of numbers."""
    probabilities: bool = True
    label: int = -1
    """Nobody knows what is right."""
