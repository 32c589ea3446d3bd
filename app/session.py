"""Training from the window's side: what Train means, and where the events of a run go."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QEventLoop, QObject, QTimer, Signal
from PySide6.QtWidgets import QMessageBox

from app.document import Document
from app.level import Level
from app.live_cards import LiveCards
from app.run_folders import RunFolders
from app.runner import Runner
from app.wanted import wanted
from engine.check import Report
from engine.events import Changed, Event, Failed, Finished, Kept, Note, Ready, Started, Stopped
from engine.looks.base import Look, Sight
from engine.looks.data import DataLook
from engine.lower import NotReady, Source, lower, write
from engine.project import Project, dumps
from engine.recipes.recipe import Recipe
from engine.requests import GoOn, Train
from engine.runs.record import Run
from engine.runs.store import LAST
from widgets.canvas import Canvas
from widgets.run_strip import RunStrip
from widgets.training_bar import TrainingBar
from widgets.views.base import Subject, View

BUSY = ("training", "paused")
PATIENCE_MS = 3000
"""How long closing waits for a run to be kept."""


class Session(QObject):
    """Sends the drawing to the training process and shows what it tells."""

    said = Signal(str)
    state_changed = Signal()
    train_shown = Signal()
    """A run begins, so its views should be seen."""
    device_told = Signal(str)

    told = Signal(list)
    """Events of the run of this drawing, after everything has taken notice of them."""

    blamed = Signal(str)
    """A block made the run fail; it is named by its path: `stage1/conv2`."""

    def __init__(
        self,
        document: Document,
        level: Level,
        runner: Runner,
        views: Sequence[View],
        strip: RunStrip,
        bar: TrainingBar,
        canvas: Canvas,
    ) -> None:
        super().__init__(canvas)
        self._document, self._runner = document, runner
        self._views, self._strip, self._bar, self._canvas = views, strip, bar, canvas
        self.cards, self.folders = LiveCards(document, level, canvas), RunFolders(document)
        self.state = "starting"
        self.source: Source | None = None
        self.weights: Path | None = None
        self._kept: Path | None = None
        self._recipe: Recipe | None = None
        """What the present run was last told to train with."""
        self._looks: tuple[Look, ...] = ()
        runner.events.connect(self._take)
        runner.state_changed.connect(self._take_state)
        bar.train.connect(self.train_or_pause)
        bar.pause.connect(self.train_or_pause)
        bar.resume.connect(self.train_or_pause)
        bar.step.connect(self.step)
        bar.epoch.connect(self.epoch)
        bar.stop.connect(self.stop)
        for view in views:
            view.looks_changed.connect(self._send_looks)
            view.asked.connect(runner.see)
        strip.batch_size_wanted.connect(self._use_batch_size)
        document.changed.connect(self._follow_document)
        self._data = document.project.recipe.data

    @property
    def running(self) -> bool:
        """Whether a run is under way or paused."""
        return self.state in BUSY

    @property
    def has_weights(self) -> bool:
        """Whether a run of this session left weights behind."""
        return self.weights is not None and self.weights.is_file()

    def train_or_pause(self) -> None:
        """Train, pause or go on, whichever comes next."""
        if self.state == "training":
            self._runner.pause()
        elif self.state == "paused" and not self._changed():
            self._take_recipe_over()
            self._runner.resume()
        else:
            self._begin()

    def step(self) -> None:
        """One batch, then wait."""
        if self.running and not self._changed():
            self._take_recipe_over()
            self._runner.step()
        else:
            self._begin(stop_at=1)

    def epoch(self) -> None:
        """To the end of the epoch, then wait."""
        if ((self.running or self.state == "finished") and not self._changed()) or self._begin():
            self._take_recipe_over()
            self._runner.epoch()

    def stop(self) -> None:
        """End the run; what it learned is saved."""
        self._runner.stop()

    def repeat(self, run: Run) -> None:
        """Make a run of before again, with the device and the threads that it had."""
        recipe = self._document.project.recipe
        with suppress(ValueError):  # the run was made where there is more; what differs will be said
            recipe = recipe.changed(device=run.device or recipe.device, threads=run.threads or recipe.threads)
        self._begin(recipe=recipe, again=run.id)

    def go_on_with(self, place: Path) -> None:
        """Go on with a run of this drawing that was kept, with the recipe as it is now as far as that can be."""
        recipe = self._document.project.recipe
        if self._prepare(recipe):
            self._kept = place
            self._runner.go_on(GoOn(place, self._looks, recipe))
            self.train_shown.emit()

    def find_weights(self, folder: Path) -> None:
        """The runs of this drawing lie in another folder now."""
        if self._kept:
            self._kept = folder / self._kept.name
            self.weights = self._kept / LAST if self.weights else None

    def watch(self, selected: tuple[str, ...]) -> None:
        """Look inside these blocks first; the others follow on their cards."""
        self.cards.selected = selected
        for view in self._views:
            view.select(selected)
        self._send_looks()

    def clear(self) -> None:
        """Another drawing was opened: its views start empty."""
        if self.running:
            self._runner.leave()
        self.folders.forget()
        self._kept = None
        self.source, self.weights, self._looks = None, None, ()
        self._strip.clear()
        for view in self._views:
            view.clear()
        self.cards.clear()
        self._runner.prepare(self._document.project.recipe.data)

    def may_close(self) -> bool:
        """Ask before a run in progress is ended."""
        if self.state != "training":
            return True
        box = QMessageBox(
            QMessageBox.Icon.NoIcon, "Training", "The network is still learning.", parent=self._canvas.window()
        )
        box.setInformativeText("Stopping now keeps what it has learned so far.")
        stop = box.addButton("Stop and close", QMessageBox.ButtonRole.AcceptRole)
        box.setDefaultButton(box.addButton("Keep training", QMessageBox.ButtonRole.RejectRole))
        box.exec()
        return box.clickedButton() is stop

    def shutdown(self) -> None:
        """Keep the run that goes on, then end process and thread."""
        if self.state == "training":
            loop = QEventLoop()
            self._runner.state_changed.connect(loop.quit)
            QTimer.singleShot(PATIENCE_MS, loop.quit)
            self._runner.leave()
            loop.exec()
        self.source = None  # views that go away one by one must not ask for anything any more
        self._runner.shutdown()
        self._runner.wait(2000)

    def _begin(self, stop_at: int | None = None, recipe: Recipe | None = None, again: str = "") -> bool:
        project = self._document.project
        if not self._prepare(project.recipe):
            return False
        assert self.source is not None
        self._kept = None
        place = self.folders.folder
        job = Train(self.source, recipe or project.recipe, self._looks, None, stop_at, place, dumps(project), again)
        self._runner.train(job)
        self.train_shown.emit()
        return True

    def _take_recipe_over(self) -> None:
        """A run that waited goes on with the recipe as it is now, as far as that may change in between."""
        recipe = self._document.project.recipe
        if self._recipe is not None and recipe != self._recipe:
            self._recipe = recipe
            self._runner.change(recipe)

    def _use_batch_size(self, size: int) -> None:
        """Take over the batch size that fits into memory."""
        recipe = self._document.project.recipe.changed(batch_size=size)
        self._document.edit(f"Set the batch size to {size}", recipe)

    def _prepare(self, recipe: Recipe) -> bool:
        """Let everything know that a run begins; whether the drawing can be trained."""
        project, report = self._document.project, self._document.report
        try:
            self.source = self._source_of(project, report)
        except NotReady as error:
            self.said.emit(str(error))
            return False
        self.weights, self._recipe = None, project.recipe
        self._strip.begin(recipe)
        for view in self._views:
            view.begin(self._subject())
        self.cards.clear()
        self._looks = wanted(self.cards, self._views)
        return True

    def _changed(self) -> bool:
        """Whether the drawing is another than the one that trains, so that going on would mislead."""
        try:
            return self.source != self._source_of(self._document.project, self._document.report)
        except NotReady:
            return True

    def _source_of(self, project: Project, report: Report) -> Source:
        return write(lower(project.graph, report))

    def _order(self) -> tuple[str, ...]:
        return self._document.graph.order

    def _subject(self) -> Subject:
        document = self._document
        return Subject(document.graph, document.report, document.project.recipe)

    def _send_looks(self) -> None:
        if self.source is not None and (looks := wanted(self.cards, self._views)) != self._looks:
            self._looks = looks
            self._runner.watch(looks)

    def _take(self, events: list[Event]) -> None:
        if self.source is None:  # the last words of a run whose drawing is no longer here
            events = [event for event in events if isinstance(event, Ready) or _is_about_data(event)]
        self._strip.feed(events)
        for view in self._views:
            view.feed(events)
        for event in events:
            self.cards.take(event)
            match event:
                case Ready():
                    self._runner.prepare(self._document.project.recipe.data)
                case Started():
                    self.device_told.emit(f"{event.device.upper()} · {event.threads} thread{'s' * (event.threads > 1)}")
                case Kept():
                    self._kept = Path(event.folder)
                case Note():
                    self.said.emit(event.text)
                case Finished() | Stopped():
                    kept = self._kept / LAST if self._kept else None
                    self.weights = kept if kept and kept.is_file() else None
                case Changed():
                    self.said.emit(event.text)
                case Failed():
                    self._show_failure(event)
        self.told.emit(events)

    def _show_failure(self, event: Failed) -> None:
        self.said.emit(event.text)
        if event.block:
            self.blamed.emit(event.block)

    def _take_state(self, state: str) -> None:
        self.state = state
        self._bar.set_state(state)
        self.state_changed.emit()

    def _follow_document(self) -> None:
        """The views know what is edited, and a data set is read ahead as soon as it is chosen."""
        for view in self._views:
            view.follow(self._subject())
        data = self._document.project.recipe.data
        if data != self._data and not self.running:
            self._data = data
            self._runner.prepare(data)


def _is_about_data(event: Event) -> bool:
    """Whether it answers a question that needs no network, and so no run."""
    return isinstance(event, Sight) and isinstance(event.look, DataLook)
