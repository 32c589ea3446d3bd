"""The loss of a run: what each batch gave, its smoothed course, and the validation loss after each epoch."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtWidgets import QWidget

from widgets.plots.common import Plot
from widgets.plots.lines import Look
from widgets.plots.panel import Key, PlotPanel
from widgets.series import Series, SmoothSeries

RAW = Look(style=0, width=1.0, alpha=0.22)
TRAIN = Look(style=0)
VALIDATION = Look(style=1, marks=True)
_WEIGHT = 0.95


class LossPlot(PlotPanel):
    """Loss over epochs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty, on a log scale: a loss falls by factors."""
        self._train, self._validation = SmoothSeries(_WEIGHT), Series()
        super().__init__("Loss", Plot(), (Key("train", TRAIN), Key("validation", VALIDATION)))
        self.setParent(parent)
        self.plot.add_line("one batch", self._train.raw, RAW)
        self.plot.add_line("train", self._train.smooth, TRAIN)
        self.plot.add_line("validation", self._validation, VALIDATION)
        self.log_button.setChecked(True)

    def begin(self, steps_per_epoch: int, epochs: int) -> None:
        """A run starts: forget the one before."""
        self.clear()
        self.plot.begin(steps_per_epoch, epochs)

    def feed_steps(self, steps: ArrayLike, losses: ArrayLike) -> None:
        """The losses of steps since the last call."""
        self._train.append(steps, losses)
        self.plot.touch()

    def feed_epoch(self, step: int, validation_loss: float) -> None:
        """The loss on the test set after this step."""
        self._validation.append([step], np.array([validation_loss]))
        self.plot.touch()

    def clear(self) -> None:
        """Forget all points."""
        self._train.clear()
        self._validation.clear()
        self.plot.point_at(None)
        self.plot.follow()
