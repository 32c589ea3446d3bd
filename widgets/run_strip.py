"""The strip under the canvas: how far the run is, and why it broke if it did."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from engine.events import Event, Failed, Finished, Note, Paused, Progress, Resumed, Started, Stopped
from engine.recipes.recipe import Recipe
from widgets.elided_label import ElidedLabel
from widgets.failure_box import FailureBox
from widgets.theme import set_kind, themes
from widgets.training_progress import ProgressRow, clock

SHORT = 700
"""Below this width only the state, the epochs and the time left are shown."""


class RunStrip(QWidget):
    """Hidden until the first run of a drawing."""

    batch_size_wanted = Signal(int)
    """Memory ran out, and somebody takes the batch size that fits."""

    def __init__(self) -> None:
        super().__init__()
        self.progress, self.failure, self.note = ProgressRow(), FailureBox(), ElidedLabel()
        self.epoch = 0
        """The epoch in progress, from 1; 0 before a run."""
        self._state_text = ""
        self.progress.setMinimumWidth(1)  # rather cut off than keep the window from becoming narrow
        set_kind(self.note, "warning")
        line = QFrame()
        set_kind(line, "separator")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(line)
        column.addWidget(self.failure)
        column.addWidget(self.note)
        row = QHBoxLayout()
        row.setContentsMargins(12, 0, 12, 0)
        row.addWidget(self.progress)
        column.addLayout(row)
        self.clear()

    @property
    def state_text(self) -> str:
        """What is said about the run."""
        return self._state_text

    def begin(self, recipe: Recipe) -> None:
        """A run with this recipe is about to start."""
        self.clear()
        self.progress.begin(recipe.data.title, recipe.epochs)
        self._say("starting")
        self.show()

    def clear(self) -> None:
        """No run."""
        self.epoch = 0
        self.progress.clear()
        self.failure.clear()
        self.note.hide()
        self._say("idle")
        self.hide()

    def feed(self, events: Sequence[Event]) -> None:
        """Events in the order in which they happened."""
        for event in events:
            match event:
                case Started():
                    self.progress.start(event.epochs)
                    self._say("training")
                case Progress():
                    self.epoch = event.epoch
                    self.progress.show_progress(event)
                case Note():
                    self.note.setText(event.text)
                    self.note.show()
                case Paused():
                    self._say("paused")
                case Resumed():
                    self._say("training")
                case Stopped():
                    self._end("stopped", event.seconds)
                case Finished():
                    self._end("finished", event.seconds)
                    right = f"{event.accuracy:.2%} right" if event.accuracy is not None else f"loss {event.loss:.3g}"
                    self._state_text = f"Finished: {right} in {clock(event.seconds)}"
                case Failed():
                    if not (self._ended and event.process_lost):  # what is over did not fail
                        self._end("failed", None)
                        self._state_text = event.text
                    self.failure.say(event.text, event.details)
                    if size := event.batch_size:
                        self.failure.offer(f"Use batch size {size:,}", partial(self.batch_size_wanted.emit, size))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fewer facts where there is little room."""
        super().resizeEvent(event)
        self.progress.set_short(self.width() < SHORT)
        self.progress.setFixedHeight(themes().current.size("tab"))

    def _say(self, state: str) -> None:
        self._ended = False
        self.progress.show_state(state)
        self._state_text = self.progress.state.text()

    def _end(self, state: str, seconds: float | None) -> None:
        self._ended = state != "failed"
        self.progress.show_end(state, seconds)
        self._state_text = self.progress.state.text()
