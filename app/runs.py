"""The runs of the open drawing: read, named, deleted, compared and exported beside the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QThreadPool, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from app.document import Document
from app.run_folders import move_runs
from app.session import Session
from engine.events import Event, Kept
from engine.project import ProjectError
from engine.runs.curves import RunCurves
from engine.runs.difference import in_words
from engine.runs.exporting import Kept as KeptRun
from engine.runs.exporting import export
from engine.runs.record import Run
from engine.runs.store import Listing, delete, describe, listed, read_curves, read_run, restore
from widgets.views.loss import LossView
from widgets.views.runs import RunsView

REFRESH_MS = 150
"""Several runs or epochs that are kept in quick succession are read once."""


class _Job(QRunnable):
    """Something slow, such as reading a folder; its outcome is handed over by a signal."""

    def __init__(self, work: Callable[[], object], take: Callable[..., None], done: Callable[..., None]) -> None:
        super().__init__()
        self._work, self._take, self._done = work, take, done

    def run(self) -> None:
        """In a thread of the pool."""
        try:
            outcome = self._work()
        except ProjectError as error:
            outcome = error
        with suppress(RuntimeError):  # the window was closed in the meantime
            self._done(self._take, outcome)


class Runs(QObject):
    """Stands between the view of runs and their folders. Every failure is said in a sentence."""

    said = Signal(str)
    waiting_changed = Signal(object)
    """The run that can go on, or None."""
    _finished = Signal(object, object)

    def __init__(self, document: Document, session: Session, view: RunsView, loss: LossView, window: QWidget) -> None:
        super().__init__(window)
        self._document, self._session, self._view, self._loss, self._window = document, session, view, loss, window
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)  # what is asked first is done first
        self._trash: list[Path] = []
        self.waiting: Run | None = None
        self.choose_save: Callable[[str, str], str] = self._ask_save
        """How the person is asked for a place, by its kind; tests answer in their place."""
        self._soon = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._soon.timeout.connect(self.refresh)
        self._finished.connect(self._hand_over)
        document.file_changed.connect(self._follow_file)
        session.told.connect(self._hear)
        view.renamed.connect(lambda id, name: self._write(partial(describe, self._place(id), name=name)))
        view.annotated.connect(lambda id, note: self._write(partial(describe, self._place(id), note=note)))
        view.deleted.connect(self._delete)
        view.undo_requested.connect(self._restore)
        view.overlaid.connect(self._overlay)
        view.compare_requested.connect(self._compare)
        view.open_requested.connect(self.open_drawing)
        view.repeat_requested.connect(self.repeat)
        view.go_on_requested.connect(self.go_on)
        view.export_requested.connect(self._export)

    @property
    def folder(self) -> Path:
        """Where the runs of the open drawing are kept."""
        return self._session.folders.folder

    def show_project(self) -> None:
        """Another drawing was opened."""
        self._trash.clear()
        self._set_waiting(None)
        self.refresh()

    def refresh(self) -> None:
        """Read the folder anew."""
        folder = self.folder
        self._start(lambda: (folder, listed(folder), self._waits_in(folder)), self._show)

    def open_drawing(self, id: str) -> None:
        """Take over the drawing and the settings of a run, as one undo step."""
        if run := self._view.run_of(id):
            if self._adopt(run):
                self.said.emit(
                    f"The drawing and the settings are those of the run of {run.clock}. Undo brings yours back."
                )
            else:
                self.said.emit(f"The drawing and the settings are those of the run of {run.clock} already.")

    def repeat(self, id: str) -> None:
        """Make a run again, to the same bits where that can be."""
        if run := self._view.run_of(id):
            self._adopt(run)
            self._session.repeat(run)

    def go_on(self, id: str = "") -> None:
        """Go on with a run that was kept; without an id with the one that waits."""
        run = self._view.run_of(id) if id else self.waiting
        if run is None:
            return
        if self._document.graph != run.project.graph or self._document.project.recipe.data != run.project.recipe.data:
            self._adopt(run)
        self._set_waiting(None)
        self._session.go_on_with(self._place(run.id))

    def _adopt(self, run: Run) -> bool:
        """Put the drawing and the recipe of a run on the desk; whether anything had to change."""
        before, history = self._document.project, self._document.history
        if before.graph == run.project.graph and before.recipe == run.project.recipe:
            return False
        history.beginMacro(f"Open the run of {run.clock}")
        self._document.edit("Drawing of the run", run.project.graph)
        self._document.edit("Recipe of the run", run.project.recipe)
        history.endMacro()
        return True

    def _hear(self, events: list[Event]) -> None:
        if any(isinstance(event, Kept) for event in events):
            self._set_waiting(None)
            self._soon.start()

    def _follow_file(self) -> None:
        move = self._session.folders.to_move()
        if move:
            self._start(partial(move_runs, *move), self._moved)

    def _moved(self, all_of_them: bool) -> None:
        if all_of_them:
            self._session.folders.forget()
            self._session.find_weights(self.folder)
        self.refresh()

    def _show(self, found: tuple[Path, Listing, Run | None]) -> None:
        folder, listing, waiting = found
        if folder != self.folder:  # another drawing was opened in the meantime
            return
        if self._session.running or self._session.source is not None:
            waiting = None
        self._set_waiting(waiting)
        self._view.show_listing(listing, waiting)

    def _waits_in(self, folder: Path) -> Run | None:
        return listed(folder).open_ended()

    def _set_waiting(self, run: Run | None) -> None:
        if run != self.waiting:
            self.waiting = run
            self.waiting_changed.emit(run)

    def _delete(self, ids: Sequence[str]) -> None:
        places = [self._place(id) for id in ids]
        self._start(lambda: [delete(place) for place in places], self._deleted)

    def _deleted(self, trash: list[Path]) -> None:
        self._trash = trash
        self.refresh()
        what = f"{len(trash)} runs are" if len(trash) > 1 else "The run is"
        self._start(lambda: None, lambda _: self._view.tell(f"{what} in the trash for 30 days.", "Undo"))

    def _restore(self) -> None:
        trash, self._trash = self._trash, []
        self._write(lambda: [restore(place) for place in trash])

    def _overlay(self, ids: Sequence[str]) -> None:
        places = [(self._place(id), run.title) for id in ids if (run := self._view.run_of(id))]
        self._start(lambda: _all_curves(places), self._loss.overlay)

    def _compare(self, first: str, second: str) -> None:
        runs = self._view.run_of(first), self._view.run_of(second)
        if runs[0] and runs[1]:
            one, two = runs[0], runs[1]
            head = f"From {one.title} ({one.clock}) to {two.title} ({two.clock}): "
            self._start(lambda: head + in_words(one.project, two.project), self._view.tell)

    def _export(self, ids: Sequence[str], format: str) -> None:
        if name := self.choose_save(format, self._document.project.title):
            places = [self._place(id) for id in ids]
            self._start(partial(_exported, places, format, Path(name)), self.said.emit)

    def _place(self, id: str) -> Path:
        return self._view.listing.folder / id

    def _write(self, work: Callable[[], object]) -> None:
        self._start(work, lambda _: self.refresh())

    def _start(self, work: Callable[[], object], take: Callable[..., None]) -> None:
        self._pool.start(_Job(work, take, self._finished.emit))

    def _hand_over(self, take: Callable[[object], None], outcome: object) -> None:
        if isinstance(outcome, ProjectError):
            self.said.emit(str(outcome))
            self._view.tell(str(outcome))
            self._soon.start()
        else:
            take(outcome)

    def _ask_save(self, format: str, title: str) -> str:
        if format == "tensorboard":
            return QFileDialog.getExistingDirectory(self._window, "Folder for TensorBoard logs", str(Path.home()))
        name = str(Path.home() / f"{title} runs.{format}")
        return QFileDialog.getSaveFileName(self._window, "Export runs", name, f"{format.upper()} (*.{format})")[0]


def _all_curves(places: Sequence[tuple[Path, str]]) -> tuple[RunCurves, ...]:
    return tuple(read_curves(place, title) for place, title in places)


def _exported(places: Sequence[Path], format: str, target: Path) -> str:
    runs = []
    for place in places:
        run = read_run(place)
        runs.append(KeptRun(run, read_curves(place, run.title)))
    export(runs, format, target)
    how = " Show them with: tensorboard --logdir " + str(target) if format == "tensorboard" else ""
    return f"Exported {len(runs)} run{'s' * (len(runs) != 1)} to {target.name}.{how}"
