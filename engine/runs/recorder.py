"""Listens to a run and keeps what it tells in the run's folder, in little memory however long it takes."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np

from engine.events import EpochDone, Event, Failed, Finished, Paused, Resumed, Started, Steps, Stopped
from engine.project import Project, ProjectError, write_atomically
from engine.runs.curves import MOST_EPOCHS, RunCurves, as_npz
from engine.runs.record import LONGEST_TEXT, Run, as_json
from engine.runs.store import CURVES, RUN
from engine.series import Series


def begun(place: Path, project: Project, again: str = "") -> Run:
    """A run that begins now in this folder."""
    return Run(place.name, project, datetime.now().isoformat(timespec="seconds"), again=again)


def machine() -> str:
    """What computes: system and processor, as far as they decide about bits."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count() or 1} cores"


class Recorder:
    """The facts and curves of one run while it goes on."""

    def __init__(self, place: Path, run: Run, curves: RunCurves | None = None) -> None:
        """Record into this folder; with the curves so far for a run that goes on."""
        self.place, self.run = place, run
        self._series, self._epochs = Series(), list[EpochDone]()
        self._least = float("inf")
        if curves:
            self._series.append(curves.steps, curves.losses)
            self._epochs = list(curves.epochs)
            self._least = min((done.loss for done in self._epochs), default=self._least)

    @property
    def curves(self) -> RunCurves:
        """The curves so far."""
        steps, losses = self._series.steps.copy(), self._series.values.copy()
        return RunCurves(self.run.id, self.run.title, steps, losses, tuple(self._epochs))

    def feed(self, events: Iterable[Event]) -> bool:
        """Take notice of what was told, however often; whether the run began or came to a halt."""
        halted = False
        for event in events:
            self._take(event)
            halted |= isinstance(event, Started | Paused | Stopped | Finished | Failed)
        return halted

    def keep(self) -> None:
        """Write the facts and the curves. Raises ProjectError when the disk refuses."""
        try:
            write_atomically(self.place / CURVES, as_npz(self.curves))
            write_atomically(self.place / RUN, as_json(self.run))
        except ProjectError as error:
            raise ProjectError(f"The run could not be kept: {reason(error)}.") from error

    def _take(self, event: Event) -> None:
        match event:
            case Started():
                self.run = replace(
                    self.run,
                    state="training",
                    text="",
                    parameters=event.parameters,
                    device=event.device,
                    threads=event.threads,
                )
            case Steps() if int(event.steps[-1]) > self.run.steps:
                self._series.append(event.steps, np.asarray(event.losses, float))
                self.run = replace(self.run, steps=int(event.steps[-1]))
            case EpochDone() if event.epoch > self.run.epochs:
                self._take_epoch(event)
            case Paused():
                self.run = replace(self.run, state="paused")
            case Resumed():
                self.run = replace(self.run, state="training")
            case Stopped():
                self.run = replace(self.run, state="stopped", seconds=event.seconds)
            case Finished():
                self.run = replace(self.run, state="finished", seconds=event.seconds)
            case Failed():
                self.run = replace(self.run, state="failed", text=event.text[:LONGEST_TEXT])

    def _take_epoch(self, event: EpochDone) -> None:
        if len(self._epochs) < MOST_EPOCHS:
            self._epochs.append(event)
        best = event.epoch if event.loss < self._least else self.run.best_epoch
        self._least = min(self._least, event.loss)
        self.run = replace(
            self.run,
            epochs=event.epoch,
            best_epoch=best,
            loss=event.loss,
            accuracy=event.accuracy,
        )


def reason(error: Exception) -> str:
    """Why something could not be written, in the system's own words without the sentence around them."""
    cause = error.__cause__
    while cause is not None and not isinstance(cause, OSError):
        cause = cause.__cause__
    return (cause.strerror or str(cause)) if isinstance(cause, OSError) else str(error).rstrip(".")
