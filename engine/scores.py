"""How a network does on every class: what a run tells after an epoch beside its metrics. No PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.events import Event, Floats

Counts = NDArray[np.int64]

GRID = 100
"""Thresholds and confidences are looked at in hundredths: 0, 0.01 ... 1, which are `GRID + 1` places."""
MOST_CONFUSED = 200
"""The most classes whose confusion matrix is told."""
MOST_ROC = 50
"""The most classes whose ROC curve is told: the first ones."""
MOST_POINTS = 200
"""Points of a ROC curve."""


@dataclass(frozen=True)
class Hits:
    """How the answers fall at a threshold: "yes" for one class, "no" for all others."""

    tp: int
    """Rightly yes."""
    fp: int
    """Wrongly yes."""
    fn: int
    """Wrongly no."""
    tn: int
    """Rightly no."""

    @property
    def accuracy(self) -> float | None:
        """Right answers of all."""
        return _share(self.tp + self.tn, self.tp + self.fp + self.fn + self.tn)

    @property
    def precision(self) -> float | None:
        """Of those answered with yes; None where there are none."""
        return _share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float | None:
        """Of those that should be yes; None where there are none."""
        return _share(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; None where nothing is and nothing was answered yes."""
        return _share(2 * self.tp, 2 * self.tp + self.fp + self.fn)


@dataclass(frozen=True, eq=False)
class Roc:
    """One class against the rest, by how high its score is."""

    false_share: Floats
    """(points,) share of the others that is taken for the class, rising from 0 to 1."""
    true_share: Floats
    """(points,) share of the class that is found, rising from 0 to 1."""
    area: float | None
    """Under the curve; None where the class or all others do not occur, and then there are no points."""
    tp: Counts
    """(GRID + 1,) examples of the class whose score is greater than each threshold."""
    fp: Counts
    """(GRID + 1,) other examples whose score is greater."""
    positives: int
    negatives: int

    def at(self, threshold: float) -> Hits:
        """The answers at a threshold, rounded to hundredths."""
        place = min(max(round(threshold * GRID), 0), GRID)
        tp, fp = int(self.tp[place]), int(self.fp[place])
        return Hits(tp, fp, self.positives - tp, self.negatives - fp)


@dataclass(frozen=True, eq=False)
class Coverage:
    """What happens if only sure answers are given."""

    answered: Counts
    """(GRID + 1,) examples with at least this confidence."""
    right: Counts
    """(GRID + 1,) those among them that are answered rightly."""
    examples: int

    def at(self, confidence: float) -> tuple[float | None, float | None]:
        """The share that is answered, and the share of it that is right, at a confidence rounded to hundredths."""
        place = min(max(round(confidence * GRID), 0), GRID)
        answered = int(self.answered[place])
        return _share(answered, self.examples), _share(int(self.right[place]), answered)


@dataclass(frozen=True, eq=False)
class ClassScores(Event):
    """What the validation data say about each class after an epoch."""

    classes: tuple[str, ...]
    counts: Counts
    """(classes,) how many examples there are of each."""
    precision: Floats
    """(classes,) and nan where it is undefined: nothing was answered with the class."""
    recall: Floats
    """(classes,) and nan where no example is of the class."""
    f1: Floats
    """(classes,) and nan where a class neither occurs nor was answered."""
    confusion: Counts
    """(classes, classes): how many of each row's class were answered with each column's. (0, 0) for very many."""
    roc: Mapping[str, Roc]
    """By the name of the class; with two classes of the second one only."""
    coverage: Coverage | None
    """None where the network gives no probabilities."""
    epoch: int = 0
    step: int = 0


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
