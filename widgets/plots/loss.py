"""The loss of a run: what each batch gave, its smoothed course, and the validation loss after each epoch."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from numpy.typing import ArrayLike
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.runs.curves import RunCurves
from engine.series import Series
from widgets.plots.common import Plot
from widgets.plots.course import Course
from widgets.plots.lines import Line, Look
from widgets.plots.log_button import log_button
from widgets.plots.overlay import losses_of, validation_of
from widgets.series import Smooth
from widgets.theme import themes

RAW = Look(style=0, width=1.0, alpha=0.22)
TRAIN = Look(style=0)
VALIDATION = Look(style=1, marks=True)
FIRST_OTHER = 2
"""The style of the first run that is laid over this one."""
SMOOTHINGS = {"Every batch": 0.0, "Smooth": 0.95, "Very smooth": 0.99}
"""How much of the past is in each value of the line."""
_USUAL = 1


class LossPlot(QWidget):
    """Loss over epochs. Whoever shows it places `log_button`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty, on a log scale: a loss falls by factors."""
        super().__init__(parent)
        self.plot, self.log_button = Plot(), log_button()
        self._raw, self._validation, self._none = Series(), Course(higher=False), Series()
        self._smooth = {weight: (Smooth(weight), Series()) for weight in SMOOTHINGS.values() if weight}
        self._batches = self.plot.add_line("one batch", self._raw, RAW)
        self._train = self.plot.add_line("train", self._raw, TRAIN, label=True)
        self.plot.add_line("validation", self._validation.series, VALIDATION, label=True)
        self._others: list[Line] = []
        self._best = pg.InfiniteLine(angle=90)
        self._best_words = pg.InfLineLabel(self._best, position=0.92)
        self.plot.getViewBox().addItem(self._best, ignoreBounds=True)
        self._unit = 1
        self.log_button.toggled.connect(self.plot.set_log)
        self.log_button.setChecked(True)
        self.set_smoothing(_USUAL)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self.setAccessibleName("Loss")
        themes().changed.connect(self._dress)
        self._dress()
        self.clear()

    @property
    def best_epoch(self) -> int:
        """Where the validation loss was lowest; 0 before the first epoch."""
        return self._validation.best_epoch

    def begin(self, steps_per_epoch: int, epochs: float) -> None:
        """A run starts: forget the one before."""
        self.clear()
        self._unit = max(steps_per_epoch, 1)
        self.plot.begin(steps_per_epoch, epochs)

    def feed_steps(self, steps: ArrayLike, losses: ArrayLike) -> None:
        """The losses of steps since the last call."""
        self._raw.append(steps, losses)
        for smoothing, series in self._smooth.values():
            series.append(steps, smoothing.feed(losses))
        self.plot.touch()

    def feed_epoch(self, step: int, validation_loss: float) -> None:
        """The loss on the validation data after this step."""
        self._validation.append(round(step / self._unit), step, validation_loss)
        self._mark_best()
        self.plot.touch()

    def set_smoothing(self, choice: int) -> None:
        """Draw the line as smooth as one of `SMOOTHINGS`, counted from 0."""
        weight = list(SMOOTHINGS.values())[choice]
        self._train.series = self._smooth[weight][1] if weight else self._raw
        self._batches.series = self._raw if weight else self._none
        self.plot.touch()

    def overlay(self, runs: Sequence[RunCurves]) -> None:
        """Lay other runs over this one: their loss thin, their validation loss with marks and their name."""
        for line in self._others:
            self.plot.remove_line(line)
        self._others = []
        for number, run in enumerate(runs, FIRST_OTHER):
            name = run.title or run.run
            loss = losses_of(run, self._unit, max(SMOOTHINGS.values()))
            thin, marked = Look(number, width=1.2, alpha=0.55), Look(number, marks=True)
            self._others.append(self.plot.add_line(f"{name}, train", loss, thin))
            self._others.append(self.plot.add_line(name, validation_of(run, self._unit, "loss"), marked, label=True))
        self.plot.follow()

    def clear(self) -> None:
        """Forget all points of the run; those laid over it stay."""
        for series in (self._raw, *(series for _, series in self._smooth.values())):
            series.clear()
        for smoothing, _ in self._smooth.values():
            smoothing.clear()
        self._validation.clear()
        self._mark_best()
        self.plot.point_at(None)
        self.plot.follow()

    def _mark_best(self) -> None:
        self._best.setVisible(self._validation.epochs > 1)
        self._best.setValue(self._validation.best_epoch)
        self._best_words.setFormat(f"best: {self._validation.best_epoch}")

    def _dress(self, _: object = None) -> None:
        theme = themes().current
        pen = QPen(theme.colour("ok", 0.7), 1, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self._best.setPen(pen)
        self._best_words.setColor(theme.colour("ok"))
        self._best_words.setFont(theme.font("caption"))
