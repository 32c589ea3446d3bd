"""How far a run is, in one row: its state, a segment for each epoch, the batch, the speed and the time left."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from engine.events import Progress
from widgets.epoch_bar import EpochBar
from widgets.theme import current, set_kind, themes

STATES = {
    "idle": ("Not trained yet", "text-faint"),
    "starting": ("Preparing", "text-faint"),
    "training": ("Training", "ok"),
    "paused": ("Paused", "warning"),
    "stopped": ("Stopped", "text-faint"),
    "finished": ("Finished", "accent"),
    "failed": ("Failed", "danger"),
}
"""For each state of a run its word and the colour of its dot."""

MUCH, MANY_SECONDS = 1.25, 15.0
"""A guess of the time left was wrong, and not merely noisy, when it grows by this factor and so many seconds."""


class TimeLeft:
    """Seconds that are left, rounded, and never creeping up: a guess that grows a little leaves the old one."""

    def __init__(self) -> None:
        self._shown: float | None = None

    def update(self, seconds: float | None) -> str:
        """The text for a new guess; "measuring" while there is none."""
        if seconds is None:
            return "measuring"
        rounded = _rounded(max(seconds, 0.0))
        if self._shown is None or rounded < self._shown or rounded > self._shown * MUCH + MANY_SECONDS:
            self._shown = rounded
        return f"{clock(self._shown)} left"


def _rounded(seconds: float) -> float:
    """To one second in the last minute, to five in the last ten, then to whole minutes."""
    size = 1 if seconds < 60 else 5 if seconds < 600 else 60
    return float(round(seconds / size) * size)


def clock(seconds: float) -> str:
    """A duration as minutes and seconds, with hours where there are any: `0:14`, `1:02:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def rate_text(rate: float) -> str:
    """A speed with at most three figures that count: `1,180`, `12.4`."""
    if rate >= 99.95:
        size = 10 ** max(len(str(round(rate))) - 3, 0)
        return f"{round(rate / size) * size:,}"
    return f"{rate:.1f}" if rate >= 9.995 else f"{rate:.2f}"


class Dot(QWidget):
    """A round mark in the colour of a token, beside a word that says the same."""

    def __init__(self) -> None:
        super().__init__()
        self._token = "text-faint"
        self.setFixedSize(8, 8)
        themes().changed.connect(self.update)

    def show_colour(self, token: str) -> None:
        """Take the colour of another token."""
        self._token = token
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A filled circle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(current().colour(self._token))
        painter.drawEllipse(self.rect())
        painter.end()


class SteadyLabel(QLabel):
    """A label that does not shrink between two resets, so that nothing beside it jumps while numbers change."""

    def __init__(self, kind: str = "") -> None:
        super().__init__()
        self._widest = 0
        if kind:
            set_kind(self, kind)
        themes().changed.connect(self._measure_anew)

    def reset(self) -> None:
        """Empty and narrow again."""
        self._widest = 0
        self.setText("")

    def sizeHint(self) -> QSize:
        """As wide as the widest text so far."""
        hint = super().sizeHint()
        self._widest = max(self._widest, hint.width())
        return QSize(self._widest, hint.height())

    def minimumSizeHint(self) -> QSize:
        """The same: half a number says nothing."""
        return self.sizeHint()

    def _measure_anew(self) -> None:
        self._widest = 0
        self.updateGeometry()


class ProgressRow(QWidget):
    """The row itself; everything in it changes in place."""

    def __init__(self) -> None:
        super().__init__()
        self._time_left, self._short = TimeLeft(), False
        self.dot, self.bar = Dot(), EpochBar()
        self.state, self.left = SteadyLabel("label"), SteadyLabel("label")
        self.epoch, self.batch, self.speed = SteadyLabel(), SteadyLabel("muted"), SteadyLabel("muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        for widget in (self.dot, self.state, self.epoch):
            row.addWidget(widget)
        row.addWidget(self.bar, 3)
        row.addWidget(self.batch)
        row.addStretch(1)
        row.addWidget(self.speed)
        row.addWidget(self.left)
        self.clear()

    def clear(self) -> None:
        """As before the first run."""
        for label in (self.state, self.epoch, self.batch, self.speed, self.left):
            label.reset()
        self.show_state("idle")
        self.epoch.setText("Press Train, or F5")
        self.bar.begin(0)

    def begin(self, data: str, epochs: int) -> None:
        """A run of so many epochs on some data is about to start."""
        self.clear()
        self._time_left = TimeLeft()
        self.show_state("starting")
        self.epoch.reset()
        self.epoch.setText(f"{data}, {epochs:,} epoch{'s' * (epochs != 1)}")
        self.bar.begin(epochs)

    def start(self, epochs: int) -> None:
        """The first step comes next; more epochs than planned are those that were added to a finished run."""
        self.epoch.reset()
        self._show_epoch(1, epochs)
        self.bar.begin(epochs)
        self.show_state("training")

    def show_state(self, state: str) -> None:
        """One of `STATES`."""
        word, colour = STATES[state]
        self.state.setText(word)
        self.dot.show_colour(colour)

    def show_progress(self, progress: Progress) -> None:
        """How far it is and how fast."""
        self._show_epoch(progress.epoch, progress.epochs)
        if progress.steps_per_epoch:
            self.bar.show_progress(progress.epoch - 1 + progress.step_in_epoch / progress.steps_per_epoch)
        batch = f"batch {progress.step_in_epoch:,} of {progress.steps_per_epoch:,}"
        self.batch.setText("looking at the test set" if progress.validating else batch)
        examples, steps = rate_text(progress.examples_per_second), rate_text(progress.steps_per_second)
        self.speed.setText(f"{examples} examples/s · {steps} steps/s")
        self.left.setText(self._time_left.update(progress.seconds_left))

    def show_end(self, state: str, seconds: float | None = None) -> None:
        """The run is over: how long it took, if that is known."""
        self.show_state(state)
        self.batch.reset()
        self.left.reset()
        self.left.setText(f"took {clock(seconds)}" if seconds is not None else "")

    def set_short(self, short: bool) -> None:
        """Leave out batch and speed where there is little room."""
        for label in (self.batch, self.speed):
            label.setVisible(not short)

    def _show_epoch(self, epoch: int, epochs: int) -> None:
        if epochs != self.bar.epochs:
            self.bar.begin(epochs)
        self.epoch.setText(f"Epoch <b>{epoch:,}</b> of {epochs:,}")
