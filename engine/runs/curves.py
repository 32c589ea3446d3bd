"""The curves of one run as numbers, and the small file that they are kept in."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from engine.events import EpochDone
from engine.series import Numbers

MOST_EPOCHS = 100_000
PER_EPOCH = tuple(field.name for field in fields(EpochDone) if field.name != "metrics")
NEEDED, COUNTS = ("epoch", "step", "train_loss", "loss"), ("epoch", "step")
METRIC = "metric:"


def _none() -> Numbers:
    return np.empty(0)


@dataclass(frozen=True, eq=False)
class RunCurves:
    """What a run has told about its loss, ready to be drawn. Compared by identity."""

    run: str = ""
    """The run's id, the name of its folder."""
    title: str = ""
    steps: Numbers = field(default_factory=_none)
    """(n,) steps, rising, thinned to a few thousand: the least and the greatest of each stretch stay."""
    losses: Numbers = field(default_factory=_none)
    """(n,) mean loss of each of these steps' batches."""
    epochs: tuple[EpochDone, ...] = ()
    """What was told after each epoch, rising."""


def as_npz(curves: RunCurves) -> bytes:
    """The numbers as a compressed npz file of plain arrays: `steps`, `losses` and a column for each figure."""
    columns: dict[str, Any] = {}
    for name in PER_EPOCH:
        columns[name] = np.array([_number(getattr(done, name)) for done in curves.epochs], float)
    for name in _metric_names(curves.epochs):
        columns[METRIC + name] = np.array([_number(done.metrics.get(name)) for done in curves.epochs], float)
    content = io.BytesIO()
    np.savez_compressed(content, steps=curves.steps, losses=curves.losses, **columns)
    return content.getvalue()


def from_npz(content: bytes, run: str = "", title: str = "") -> RunCurves:
    """Read what `as_npz` wrote. Raises ValueError for anything else; nothing in it is executed."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name], float) for name in file.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        raise ValueError(f"the curves are damaged: {error}") from error
    steps, losses = arrays.get("steps"), arrays.get("losses")
    if steps is None or losses is None or steps.ndim != 1 or steps.shape != losses.shape:
        raise ValueError("the curves are damaged: steps and losses do not belong together")
    return RunCurves(run, title, steps, losses, _epochs(arrays))


def _epochs(arrays: Mapping[str, Numbers]) -> tuple[EpochDone, ...]:
    known = {name: arrays[name] for name in PER_EPOCH if name in arrays}
    metrics = {name.removeprefix(METRIC): column for name, column in arrays.items() if name.startswith(METRIC)}
    if not set(NEEDED) <= known.keys():
        raise ValueError("the curves are damaged: figures of epochs are missing")
    shapes = {column.shape for column in (*known.values(), *metrics.values())}
    if len(shapes) != 1 or len(known["epoch"].shape) != 1 or len(known["epoch"]) > MOST_EPOCHS:
        raise ValueError("the curves are damaged: figures of epochs do not belong together")
    return tuple(
        _epoch({name: float(column[row]) for name, column in known.items()}, {n: c[row] for n, c in metrics.items()})
        for row in range(len(known["epoch"]))
    )


def _epoch(values: Mapping[str, float], metrics: Mapping[str, float]) -> EpochDone:
    """One row; a gap is nothing where nothing can be, which is not so for counts and losses."""
    if not all(math.isfinite(values[name]) for name in COUNTS):
        raise ValueError("the curves are damaged: an epoch has no number")
    read: dict[str, Any] = {}
    for name, value in values.items():
        gap = math.isnan(value) and name not in NEEDED
        read[name] = int(value) if name in COUNTS else None if gap else value
    return EpochDone(**{"accuracy": None, **read}, metrics=_told(metrics))


def _told(metrics: Mapping[str, float]) -> dict[str, float | None]:
    """Metrics of one epoch: a gap is undefined, and nothing but gaps an epoch that was not measured."""
    if all(math.isnan(value) for value in metrics.values()):
        return {}
    return {name: None if math.isnan(value) else float(value) for name, value in metrics.items()}


def _metric_names(epochs: tuple[EpochDone, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for done in epochs for name in done.metrics))


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
