"""Runs for other programs: CSV, JSON and TensorBoard logs."""

from __future__ import annotations

import csv
import io
import json
import math
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.events import EpochDone, plain
from engine.project import ProjectError, dumps, write_atomically
from engine.runs.curves import RunCurves
from engine.runs.record import Run

FORMATS = {"csv": "CSV tables", "json": "JSON", "tensorboard": "TensorBoard logs"}
FIGURES = ("epoch", "step", "train_loss", "loss", "accuracy")


@dataclass(frozen=True, eq=False)
class Kept:
    """A run with its curves."""

    run: Run
    curves: RunCurves


def as_csv(runs: Sequence[Kept]) -> str:
    """One row for each epoch of each run, headed by names; an undefined figure is empty."""
    names = _metric_names(runs)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("run", "name", *FIGURES, *names))
    for kept in runs:
        for done in kept.curves.epochs:
            figures = [getattr(done, name) for name in FIGURES]
            metrics = [done.metrics.get(name) for name in names]
            writer.writerow((kept.run.id, kept.run.title, *map(_known, (*figures, *metrics))))
    return text.getvalue()


def as_json(runs: Sequence[Kept]) -> str:
    """Everything that is known about runs: facts, recipe, drawing, epochs and the thinned losses of steps."""
    data = [_run_data(kept) for kept in runs]
    return json.dumps({"format": "layerloom runs", "runs": data}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def export(runs: Sequence[Kept], format: str, target: Path) -> None:
    """Write runs to a file, or for TensorBoard into a folder with one folder for each run. Raises ProjectError."""
    if format == "tensorboard":
        try:
            for kept in runs:
                write_tensorboard(kept, target / _folder_name(kept.run))
        except OSError as error:
            raise ProjectError(f"The logs could not be written to {target}: {error.strerror or error}.") from error
        return
    text = as_csv(runs) if format == "csv" else as_json(runs)
    write_atomically(target, text.encode())


def write_tensorboard(kept: Kept, folder: Path) -> None:
    """Write a run's losses, figures and settings as logs that `tensorboard --logdir` shows. Raises OSError.

    Logs of an export before are replaced, so that curves are not shown twice.
    """
    from tensorboardX import SummaryWriter  # only here: it loads much that nothing else needs

    if folder.is_dir() and any(folder.glob("events.out.tfevents.*")):
        shutil.rmtree(folder)
    with SummaryWriter(logdir=str(folder)) as writer:
        for step, loss in zip(kept.curves.steps.tolist(), kept.curves.losses.tolist(), strict=True):
            writer.add_scalar("loss/step", loss, int(step))
        for done in kept.curves.epochs:
            for name, value in _scalars(done):
                writer.add_scalar(name, value, done.step)
        facts = "\n".join(f"    {line}" for line in dumps(kept.run.project).splitlines())
        writer.add_text("project", facts, kept.run.steps)


def _scalars(done: EpochDone) -> Iterator[tuple[str, float]]:
    figures = {"loss/train": done.train_loss, "loss/test": done.loss, "accuracy/test": done.accuracy}
    for name, value in (*figures.items(), *((f"metric/{name}", value) for name, value in done.metrics.items())):
        if value is not None:
            yield name, value


def _run_data(kept: Kept) -> dict[str, Any]:
    run, curves = kept.run, kept.curves
    facts = {name: _known(value) for name, value in vars(run).items() if name not in ("project", "versions")}
    return {
        **facts,
        "title": run.title,
        "versions": dict(run.versions),
        "epochs_told": [_epoch_data(done) for done in curves.epochs],
        "steps_told": [int(step) for step in curves.steps],
        "losses": [_known(float(loss)) for loss in curves.losses],
        "project": json.loads(dumps(run.project)),
    }


def _epoch_data(done: EpochDone) -> dict[str, Any]:
    data = {name: _known(value) for name, value in plain(done).items() if name not in ("event", "metrics")}
    return {**data, "metrics": {name: _known(value) for name, value in done.metrics.items()}}


def _known(value: Any) -> Any:
    """Nothing in the place of what is no number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _metric_names(runs: Sequence[Kept]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for kept in runs for done in kept.curves.epochs for name in done.metrics))


def _folder_name(run: Run) -> str:
    """The id and the name as one folder's name that every system allows."""
    words = "".join(letter if letter.isalnum() or letter in " ._-" else "_" for letter in f"{run.id} {run.name}")
    return words.strip(" .")[:120]
