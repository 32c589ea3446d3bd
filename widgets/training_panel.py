"""The panel of a run: how far it is, and its views side by side, or as tabs where there is little room."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QSplitter, QTabBar, QVBoxLayout, QWidget

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
from engine.recipes.recipe import Recipe
from widgets.failure_box import FailureBox
from widgets.feature_maps import FeatureMapView
from widgets.plots import AccuracyView, GradientPlot, LossPlot
from widgets.theme import set_kind, themes
from widgets.training_progress import ProgressRow, clock

SIDE_BY_SIDE = 1100
"""From this width on all views are seen at once."""

STRETCH = (27, 29, 25, 19)
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
        self._recipe, self._state_text = Recipe(), ""
        self._views: dict[str, QWidget] = {
            "Loss": self.loss,
            "Gradients": self.gradients,
            "Feature maps": self.maps,
            "Accuracy": self.accuracy,
        }
        self.progress, self.failure = ProgressRow(), FailureBox()
        self._tabs, self._together = QTabBar(), QSplitter()
        self._shared = False
        self._build()
        self._tabs.currentChanged.connect(self._arrange)
        self.gradients.block_clicked.connect(self.block_clicked)
        self.maps.example_changed.connect(self.example_changed)
        self.clear()
        self._arrange()

    @property
    def state_text(self) -> str:
        """What the panel says about the run."""
        return self._state_text

    @property
    def side_by_side(self) -> bool:
        """Whether there is room for all views at once."""
        return self.width() >= SIDE_BY_SIDE

    def begin(self, recipe: Recipe, blocks: tuple[str, ...]) -> None:
        """A run with this recipe is about to start."""
        self.clear()
        self._recipe = recipe
        self.progress.begin(recipe.data.title, recipe.epochs)
        self._say("starting")

    def clear(self) -> None:
        """No run."""
        self.epoch = 0
        for view in (self.loss, self.gradients, self.maps, self.accuracy):
            view.clear()
        self.progress.clear()
        self.failure.clear()
        self._say("idle")

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
                    self.loss.feed_epoch(event.step, event.loss)
                    self.accuracy.feed(event.epoch, event.accuracy, event.loss)
                case Progress():
                    self.epoch = event.epoch
                    self.progress.show_progress(event)
                case _:
                    self._change_state(event)

    def _start(self, event: Started) -> None:
        self.loss.begin(event.steps_per_epoch, event.epochs)
        self.gradients.begin(event.blocks, event.steps_per_epoch, event.epochs)
        self.progress.start(event.epochs)
        self._say("training")

    def _change_state(self, event: Event) -> None:
        match event:
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
                self._end("failed", None)
                self._state_text = event.text
                self.failure.say(event.text, event.details)

    def _say(self, state: str) -> None:
        self.progress.show_state(state)
        self._state_text = self.progress.state.text()

    def _end(self, state: str, seconds: float | None) -> None:
        self.progress.show_end(state, seconds)
        self._state_text = self.progress.state.text()

    def _build(self) -> None:
        for title, view in self._views.items():
            self._tabs.addTab(title)
            self._together.addWidget(view)
        for index, share in enumerate(STRETCH):
            self._together.setStretchFactor(index, share)
            self._together.setCollapsible(index, False)
        self._tabs.setExpanding(False)
        self._tabs.setUsesScrollButtons(False)  # there is room for all four, also when one of them is bold
        self._tabs.setElideMode(Qt.TextElideMode.ElideNone)
        self._tabs.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self.progress.setMinimumWidth(1)  # rather cut off than keep the window from becoming narrow
        line = QFrame()
        set_kind(line, "separator")
        self._row = QHBoxLayout()
        self._row.setSpacing(16)
        self._row.addWidget(self._tabs)
        self._row.addWidget(self.progress, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._row)
        column.addWidget(line)
        column.addWidget(self.failure)
        column.addWidget(self._together, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Side by side or one at a time, by the width."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        wide = self.side_by_side
        self._tabs.setVisible(not wide)
        self.progress.set_short(not wide)
        self.progress.setFixedHeight(themes().current.size("tab"))
        self._row.setContentsMargins(12 if wide else 0, 0, 12, 0)
        for index, view in enumerate(self._views.values()):
            view.setVisible(wide or index == self._tabs.currentIndex())
        if wide and not self._shared:  # once: from then on the person decides where the borders lie
            self._together.setSizes([self.width() * share // sum(STRETCH) for share in STRETCH])
        self._shared = self._shared or wide
