"""What a network is worth on the validation data, measured by torchmetrics from everything that it answered."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch

from engine.events import Floats
from engine.insight.scoring import guess
from engine.recipes.data_sets import DataSet
from engine.recipes.losses import Loss
from engine.recipes.metrics import CONFIDENCE, THRESHOLD, tops
from engine.scores import GRID, MOST_CONFUSED, MOST_POINTS, MOST_ROC, ClassScores, Counts, Coverage, Roc
from engine.torch_setup import torchmetrics_part

_classes = torchmetrics_part("functional.classification")
_values = torchmetrics_part("functional.regression")
_compute = torchmetrics_part("utilities.compute")

NAN = math.nan
"""What stands for 0 / 0 until it is told as None."""


@dataclass(frozen=True)
class Measured:
    """The metrics by name, None where one is undefined, and the table of classes where there are classes."""

    metrics: Mapping[str, float | None]
    scores: ClassScores | None = None


def measure(outputs: torch.Tensor, labels: torch.Tensor, loss: Loss, data: DataSet) -> Measured:
    """Measure outputs (n, width) against labels: class numbers (n,), or values as many as outputs.

    What has another shape, such as a class for every pixel, is not measured: there are no metrics then.
    """
    outputs, labels = outputs.detach().cpu(), labels.detach().cpu()
    if not len(labels) or not bool(torch.isfinite(outputs).all()):
        return Measured({})
    if data.classes is None:
        return Measured(_of_values(outputs, labels) if outputs.numel() == labels.numel() else {})
    if outputs.ndim != 2 or labels.ndim != 1 or data.classes < 2:
        return Measured({})
    guesses = guess(outputs, loss).to(torch.float32)
    if guesses.shape[1] == 1:  # a plain value that aims at 0 or 1
        guesses = torch.cat([1 - guesses, guesses], 1)
    if guesses.shape[1] != data.classes:
        return Measured({})
    probabilities = loss.wants != "values"
    return measure_classes(guesses.clamp(0, 1), labels, data.labels, probabilities)


def measure_classes(
    guesses: torch.Tensor,
    labels: torch.Tensor,
    names: tuple[str, ...],
    probabilities: bool = True,
    threshold: float = THRESHOLD,
) -> Measured:
    """Measure guesses (n, classes) in 0-1 against class numbers (n,)."""
    chosen = choose(guesses, threshold)
    scores = _class_scores(guesses, chosen, labels, names)
    if not probabilities:
        scores = replace(scores, coverage=None)
    two = len(names) == 2
    found: dict[str, float | None] = {"accuracy": float((chosen == labels).float().mean())}
    for k in tops(len(names)):
        options = {"top_k": k, "average": "micro", "validate_args": False}
        found[f"top_{k}"] = float(_classes.multiclass_accuracy(guesses, labels, len(names), **options))
    for name in ("precision", "recall", "f1"):
        each: Floats = getattr(scores, name)
        found[name] = defined(each[1]) if two else _mean(each)
    found["auc"] = _mean(np.array([NAN if roc.area is None else roc.area for roc in scores.roc.values()]))
    if scores.coverage:
        found["coverage"], found["sure_accuracy"] = scores.coverage.at(CONFIDENCE)
    return Measured(found, scores)


def choose(guesses: torch.Tensor, threshold: float = THRESHOLD) -> torch.Tensor:
    """The class of each row: the likeliest; of two the second one if its probability is greater than `threshold`."""
    return (guesses[:, 1] > threshold).to(torch.int64) if guesses.shape[1] == 2 else guesses.argmax(1)


def defined(value: float) -> float | None:
    """None in place of nan."""
    return None if math.isnan(value) else float(value)


def _mean(values: Floats) -> float | None:
    """Over those that are defined."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else None


def _class_scores(
    guesses: torch.Tensor, chosen: torch.Tensor, labels: torch.Tensor, names: tuple[str, ...]
) -> ClassScores:
    count, each = len(names), {"average": None, "validate_args": False, "zero_division": NAN}
    few = count <= MOST_CONFUSED
    confusion = _classes.multiclass_confusion_matrix(chosen, labels, count, validate_args=False) if few else None
    picked = (1,) if count == 2 else tuple(range(min(count, MOST_ROC)))
    return ClassScores(
        classes=names,
        counts=torch.bincount(labels, minlength=count).numpy(),
        precision=_classes.multiclass_precision(chosen, labels, count, **each).numpy(),
        recall=_classes.multiclass_recall(chosen, labels, count, **each).numpy(),
        f1=_classes.multiclass_f1_score(chosen, labels, count, **each).numpy(),
        confusion=np.zeros((0, 0), np.int64) if confusion is None else confusion.numpy(),
        roc={names[index]: _roc(guesses[:, index].contiguous(), labels == index) for index in picked},
        coverage=_coverage(guesses.amax(1), chosen == labels),
    )


def _roc(scores: torch.Tensor, of_class: torch.Tensor) -> Roc:
    """The curve and the answers at every hundredth. Without examples on both sides the curve is undefined."""
    positives = int(of_class.sum())
    negatives = len(scores) - positives
    hits = _beyond(scores[of_class]), _beyond(scores[~of_class])
    if not positives or not negatives:
        nothing = np.empty(0, np.float32)
        return Roc(nothing, nothing, None, *hits, positives, negatives)
    wrong, right, _ = _classes.binary_roc(scores, of_class.to(torch.int64), validate_args=False)
    area = float(_compute.auc(wrong.double(), right.double()))
    return Roc(*_thinned(wrong.numpy(), right.numpy()), area, *hits, positives, negatives)


def _beyond(scores: torch.Tensor) -> Counts:
    """(GRID + 1,) how many scores are greater than each hundredth."""
    return _from_each_place(torch.bucketize(scores, _grid()) - 1)


def _from_each_place(places: torch.Tensor) -> Counts:
    """(GRID + 1,) how many places are at or behind each one; -1 is at none."""
    found: Counts = torch.bincount(places + 1, minlength=GRID + 2).flip(0).cumsum(0).flip(0)[1:].numpy()
    return found


def _coverage(confidence: torch.Tensor, right: torch.Tensor) -> Coverage:
    places = torch.bucketize(confidence, _grid(), right=True) - 1
    return Coverage(_from_each_place(places), _from_each_place(places[right]), len(right))


def _grid() -> torch.Tensor:
    """Every hundredth, each the number that 0.37 is in single precision."""
    return torch.tensor([place / GRID for place in range(GRID + 1)])


def _thinned(wrong: Floats, right: Floats) -> tuple[Floats, Floats]:
    """The points of a curve that lie furthest from each other along it, both ends included."""
    if len(wrong) <= MOST_POINTS:
        return wrong, right
    walked = wrong.astype(float) + right
    places = np.searchsorted(walked, np.linspace(walked[0], walked[-1], MOST_POINTS))
    places[-1] = len(walked) - 1
    return wrong[places], right[places]


def _of_values(outputs: torch.Tensor, targets: torch.Tensor) -> dict[str, float | None]:
    """Mean squared and absolute error, and R², which is undefined where all targets are equal."""
    given, wanted = outputs.reshape(-1).double(), targets.reshape(-1).double()
    spread = bool((wanted != wanted[0]).any())
    return {
        "r2": float(_values.r2_score(given, wanted)) if spread else None,
        "mse": float(_values.mean_squared_error(given, wanted)),
        "mae": float(_values.mean_absolute_error(given, wanted)),
    }
