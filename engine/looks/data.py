"""Questions about data alone, which need no network: samples, how they are shared out, what augmentation does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.events import Floats
from engine.looks.base import Look, Sight
from engine.recipes.data_sets import DataSet
from engine.recipes.split import Split
from engine.recipes.transforms import Transform

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = ("train", "validation", "test")
MOST_SAMPLES = 200
"""The most samples that travel at once."""
PREVIEWED = 16
"""How many augmented samples are shown."""


@dataclass(frozen=True)
class DataLook(Look):
    """Base of every question that is answered without a network; `step` of the answer is 0."""

    data: DataSet
    split: Split


@dataclass(frozen=True)
class SamplesOf(DataLook):
    """Some examples of one part, in their order, perhaps of one class only."""

    part: Part = "train"
    start: int = 0
    count: int = 48
    label: int | None = None
    """Only examples of this class; None for all."""


@dataclass(frozen=True, eq=False)
class Samples(Sight):
    """The examples that were asked for."""

    numbers: tuple[int, ...]
    """Which examples of the part they are, from 0."""
    pictures: Floats
    """(n, *shape) as people look at them: pixels from 0 to 1, or plain numbers."""
    targets: Floats
    """(n, 1) class numbers, or (n, targets) values."""
    total: int
    """How many the part has, of this class where one was asked for."""


@dataclass(frozen=True)
class SummaryOf(DataLook):
    """How many examples each part and each class have, how columns lie, and what is there twice."""


@dataclass(frozen=True)
class Column:
    """How the numbers of one column, or of one channel, lie in the training part."""

    name: str
    low: float
    high: float
    mean: float
    spread: float
    """The standard deviation."""


@dataclass(frozen=True, eq=False)
class Summary(Sight):
    """What there is to know about a data set before anything learns from it."""

    counts: Mapping[Part, int]
    """Examples of each part; a part that is not there is left out."""
    classes: Mapping[Part, tuple[int, ...]]
    """For each part how many examples each class has; empty where targets are values."""
    copies: Mapping[Part, int]
    """For validation and test how many of their examples lie in the training part as well."""
    columns: tuple[Column, ...]
    """At most `MOST_COLUMNS`."""


MOST_COLUMNS = 100


@dataclass(frozen=True)
class AugmentedOf(DataLook):
    """What the network sees of some training pictures, each changed by chance."""

    augment: tuple[Transform, ...] = ()
    seed: int = 0
    count: int = PREVIEWED


@dataclass(frozen=True, eq=False)
class Augmented(Sight):
    """The pictures before and after."""

    plain: Floats
    """(n, channels, height, width) in 0-1."""
    changed: Floats
    """The same, perhaps of another size."""
