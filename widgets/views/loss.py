"""Loss and accuracy of the run, beside each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtWidgets import QHBoxLayout, QSplitter

from engine.events import EpochDone, Event, Started, Steps
from widgets.plots import AccuracyView, LossPlot
from widgets.views.base import Row, View


class LossView(View):
    """Loss of every step, and what the test set says after every epoch."""

    key, title, icon = "loss", "Loss", "chart-line"
    nothing_yet = "Press Train to see how the loss falls."

    def __init__(self) -> None:
        super().__init__()
        self.loss, self.accuracy = LossPlot(), AccuracyView()
        self._epochs: list[EpochDone] = []
        parts = QSplitter()
        for index, (part, share) in enumerate(((self.loss, 2), (self.accuracy, 1))):
            parts.addWidget(part)
            parts.setStretchFactor(index, share)
            parts.setCollapsible(index, False)
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(parts)

    def clear(self) -> None:
        """Forget the run."""
        super().clear()
        self._epochs = []
        self.loss.clear()
        self.accuracy.clear()

    def feed(self, events: Sequence[Event]) -> None:
        """Losses of steps, and scores of epochs."""
        for event in events:
            match event:
                case Started():
                    self.fill()
                    self.loss.begin(event.steps_per_epoch, event.epochs)
                case Steps():
                    self.loss.feed_steps(event.steps, event.losses)
                case EpochDone():
                    self._epochs.append(event)
                    self.loss.feed_epoch(event.step, event.loss)
                    self.accuracy.feed(event.epoch, event.accuracy, event.loss)

    def table(self) -> Iterable[Row]:
        """One row for each epoch."""
        if self._epochs:
            yield ("epoch", "step", "train_loss", "loss", "accuracy")
        for done in self._epochs:
            yield (done.epoch, done.step, done.train_loss, done.loss, done.accuracy)
