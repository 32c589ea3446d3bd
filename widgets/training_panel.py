"""The panel of a run: how far it is, and its views side by side, or as tabs where there is little room."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QTabWidget, QVBoxLayout, QWidget

from engine.events import (
    EpochDone,
    Event,
    Failed,
    Finished,
    Gradients,
    Maps,
    Paused,
    Progress,
    Resumed,
    Started,
    Steps,
    Stopped,
)
from engine.recipes import Recipe
from widgets.epoch_bar import EpochBar
from widgets.feature_maps import FeatureMapView
from widgets.plots import AccuracyView, GradientPlot, LossPlot
from widgets.theme import set_kind

SIDE_BY_SIDE = 1100
"""From this width on all views are seen at once."""

STRETCH = (10, 10, 9, 6)
"""How the width is shared: loss, gradients, feature maps, accuracy."""


class TrainingPanel(QWidget):
    """Takes the events of a run and hands each to the views that show it."""

    block_clicked = Signal(str)
    example_changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.loss, self.gradients = LossPlot(), GradientPlot()
        self.maps, self.accuracy = FeatureMapView(), AccuracyView()
        self.epoch = 0
        """The epoch in progress, from 1; 0 before a run."""
        self._recipe = Recipe()
        self._views = (
            ("Loss", self.loss),
            ("Gradients", self.gradients),
            ("Feature maps", self.maps),
            ("Accuracy", self.accuracy),
        )
        self._state, self._epoch, self._batch, self._speed, self._left = (QLabel() for _ in range(5))
        self._dot = QLabel("●")
        self._bar = EpochBar()
        self._wide, self._tabs = QSplitter(), QTabWidget()
        self._tabs.setDocumentMode(True)
        self._build()
        self.gradients.block_clicked.connect(self.block_clicked)
        self.maps.example_changed.connect(self.example_changed)
        self.clear()

    @property
    def state_text(self) -> str:
        """What the panel says about the run."""
        return self._state.text()

    def begin(self, recipe: Recipe, blocks: tuple[str, ...]) -> None:
        """A run with this recipe is about to start."""
        self.clear()
        self._recipe = recipe
        self._bar.begin(recipe.epochs)
        self._say("Preparing", "muted")
        self._epoch.setText(f"{recipe.data.title}, {recipe.epochs} epoch{'s' * (recipe.epochs != 1)}")

    def clear(self) -> None:
        """No run."""
        for _, view in self._views:
            view.clear()
        self.epoch = 0
        self._bar.begin(0)
        self._say("Not trained yet", "muted")
        self._epoch.setText("Press Train, or F5")
        for label in (self._batch, self._speed, self._left):
            label.clear()

    def show_block(self, name: str) -> None:
        """The block whose feature maps are shown."""
        self.maps.show_block(name)

    def light_up(self, names: tuple[str, ...]) -> None:
        """Draw the lines of these blocks thick."""
        self.gradients.light_up(names)

    def feed(self, events: list[Event]) -> None:
        """Events in the order in which they happened."""
        for event in events:
            match event:
                case Started():
                    self._start(event)
                case Steps():
                    self.loss.feed_steps(event.steps, event.losses)
                case Gradients():
                    self.gradients.feed(event.step, event.norms)
                case Maps():
                    self.maps.feed(event, self._recipe.data.labels)
                case EpochDone():
                    self._end_epoch(event)
                case Progress():
                    self._progress(event)
                case _:
                    self._change_state(event)

    def _start(self, event: Started) -> None:
        self.loss.begin(event.steps_per_epoch, event.epochs)
        self.gradients.begin(event.blocks, event.steps_per_epoch, event.epochs)
        self._say("Training", "ok")

    def _end_epoch(self, event: EpochDone) -> None:
        self.loss.feed_epoch(event.step, event.loss)
        self.accuracy.feed(event.epoch, event.accuracy, event.loss)
        self._bar.show_progress(event.epoch)

    def _progress(self, event: Progress) -> None:
        self.epoch = event.epoch
        whole = max(event.steps_per_epoch, 1)
        if event.epochs > self._bar.epochs:
            self._bar.begin(event.epochs)
        self._bar.show_progress(event.epoch - 1 + event.step_in_epoch / whole)
        self._epoch.setText(f"Epoch <b>{event.epoch}</b> of {event.epochs}")
        self._batch.setText(
            "looking at the test set" if event.validating else f"batch {event.step_in_epoch:,} of {whole:,}"
        )
        self._speed.setText(
            f"{_short(event.steps_per_second)} steps/s   {_short(event.examples_per_second)} examples/s"
        )
        left = "measuring" if event.seconds_left is None else f"<b>{_clock(event.seconds_left)}</b> left"
        self._left.setText(left)

    def _change_state(self, event: Event) -> None:
        match event:
            case Paused():
                self._say("Paused", "warning")
            case Resumed():
                self._say("Training", "ok")
            case Stopped():
                self._say("Stopped", "muted")
                self._left.clear()
            case Finished():
                reached = f"{event.accuracy:.2%} right" if event.accuracy is not None else f"loss {event.loss:.3g}"
                self._say(f"Finished: {reached} in {_clock(event.seconds)}", "ok")
                self._left.clear()
            case Failed():
                self._say(event.text, "danger")
                self._state.setToolTip(event.details)
                self._left.clear()

    def _say(self, text: str, kind: str) -> None:
        self._state.setText(text)
        self._state.setToolTip("")
        set_kind(self._state, "danger" if kind == "danger" else "label")
        set_kind(self._dot, kind)

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(12)
        for label in (self._batch, self._speed):
            set_kind(label, "muted")
        for widget in (self._dot, self._state, self._epoch):
            row.addWidget(widget)
        row.addWidget(self._bar, 1)
        for widget in (self._batch, self._speed, self._left):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._wide, 1)
        column.addWidget(self._tabs, 1)
        self._wide.setChildrenCollapsible(False)
        self._arrange(wide=True)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side or as tabs, by the width."""
        super().resizeEvent(event)
        wide = self.width() >= SIDE_BY_SIDE
        if wide != (self._wide.count() > 0):
            self._arrange(wide)
        for label in (self._batch, self._speed):
            label.setVisible(self.width() >= 620)

    def _arrange(self, wide: bool) -> None:
        for index, (title, view) in enumerate(self._views):
            if wide:
                self._wide.addWidget(view)
                self._wide.setStretchFactor(index, STRETCH[index])
            else:
                self._tabs.addTab(view, title)
            view.show()
        if wide:
            whole = sum(STRETCH)
            self._wide.setSizes([self.width() * share // whole for share in STRETCH])
        self._wide.setVisible(wide)
        self._tabs.setVisible(not wide)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _clock(seconds: float) -> str:
    """Seconds as people read them: 0:14, 1:02:03; long times are rounded to 5 seconds."""
    whole = round(seconds)
    if whole > 60:
        whole = 5 * round(whole / 5)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"
