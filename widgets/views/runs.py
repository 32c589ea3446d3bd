"""The runs that were made with this drawing: to sort, name, compare, lay over each other and go on with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton, QVBoxLayout

from engine.events import EpochDone, Event, Failed, Finished, Kept, Paused, Resumed, Started, Stopped
from engine.project import Project
from engine.runs.record import Run
from engine.runs.recorder import Recorder
from engine.runs.store import Listing
from widgets.icons import icon
from widgets.runs_table import COLUMNS, RunsTable
from widgets.theme import set_kind, themes
from widgets.views.base import Row, Subject, View

EXPORTS = {"csv": "CSV table of all epochs…", "json": "JSON with everything…", "tensorboard": "TensorBoard logs…"}
Deed = Callable[[], object]
TELLING = (Started, EpochDone, Paused, Resumed, Stopped, Finished, Failed)


class RunsView(View):
    """A row for each run, the one under way among them. It asks; the program reads and writes the folders."""

    key, title, icon = "runs", "Runs", "history"
    nothing_yet = "Press Train: every run is kept here with its drawing, settings, curves and weights."

    overlaid = Signal(list)
    """Ids of the runs that are ticked, to be laid over the plots."""
    renamed = Signal(str, str)
    annotated = Signal(str, str)
    deleted = Signal(list)
    undo_requested = Signal()
    """Bring back what was deleted last."""
    compare_requested = Signal(str, str)
    """Two ids: what differs between them is to be said with `tell`."""
    open_requested = Signal(str)
    repeat_requested = Signal(str)
    go_on_requested = Signal(str)
    export_requested = Signal(list, str)
    """Ids and one of EXPORTS."""

    def __init__(self) -> None:
        super().__init__()
        self.runs, self.listing = RunsTable(), Listing(Path())
        self._live: Recorder | None = None
        self._offered = self._refused = ""
        self.offer, self.message = _Line(), _Line()
        self._fill_head()
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        for part in (self.offer, self.runs, self.message):
            column.addWidget(part)
        self.runs.runs.ticked.connect(lambda: self.overlaid.emit(list(self.runs.runs.ticks)))
        self.runs.runs.renamed.connect(self.renamed)
        self.runs.runs.annotated.connect(self.annotated)
        self.runs.selectionModel().selectionChanged.connect(self._allow_buttons)
        self.runs.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.runs.customContextMenuRequested.connect(self._open_menu)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.runs, self._delete).setContext(
            Qt.ShortcutContext.WidgetShortcut
        )
        self._allow_buttons()

    # What happens

    def begin(self, subject: Subject) -> None:
        """A run is about to start; those of before stay."""
        self.subject = subject
        self.offer.hide()
        self.message.hide()
        project = Project(subject.graph, subject.recipe)
        began = datetime.now().isoformat(timespec="seconds")
        self._live = Recorder(Path(), Run("", project, began))

    def feed(self, events: Sequence[Event]) -> None:
        """The run under way changes its row."""
        for event in events:
            if isinstance(event, Kept) and self._live:
                self._live.run = replace(self._live.run, id=Path(event.folder).name)
        told = [event for event in events if isinstance(event, TELLING)]
        if told and self._live:
            self._live.feed(told)
            self._show()

    def clear(self) -> None:
        """Another drawing, whose runs are not known yet."""
        super().clear()
        self._live, self.listing = None, Listing(Path())
        self._offered = ""
        self.offer.hide()
        self.message.hide()
        self.runs.show_runs((), {})

    def show_listing(self, listing: Listing, waiting: Run | None = None) -> None:
        """These runs lie in the folder; `waiting` can go on and is offered."""
        self.listing = listing
        if listing.damaged:
            more = f" So are {len(listing.damaged) - 1} more." if listing.damaged[1:] else ""
            self.tell(f"{listing.damaged[0]}{more}")
        if waiting and waiting.id != self._refused and self._live is None:
            self._offered = waiting.id
            text = f"Go on with the run of {waiting.clock}? It {_ended(listing.state(waiting))} after {_done(waiting)}."
            self.offer.say(text, "Go on", self._go_on_offered, "Not now", self._refuse)
        else:
            self.offer.hide()
        self._show()

    def tell(self, text: str, button: str = "") -> None:
        """Say something below the table; the button undoes it."""
        self.fill()
        self.message.say(text, button, self._undo, "Close", self.message.hide)

    def table(self) -> Iterable[Row]:
        """What stands in the table, with all figures of results."""
        shown = self.runs.shown()
        if shown:
            yield ("run", *(column.lower() for column in COLUMNS), "loss", "accuracy")
        for run in shown:
            words = (self.runs.runs.words(run, column) for column in range(len(COLUMNS)))
            yield (run.id, *words, run.loss, run.accuracy)

    def run_of(self, id: str) -> Run | None:
        """The run with this id."""
        return self.listing.find(id)

    # What a person does

    def _show(self) -> None:
        runs = {run.id: run for run in self.listing.runs}
        states = {run.id: self.listing.state(run) for run in self.listing.runs}
        if self._live:
            live = self._live.run
            kept = runs.get(live.id)
            if kept:
                live = replace(live, name=kept.name, note=kept.note, began=kept.began)
            if kept is None or live.state in ("training", "paused"):
                runs[live.id] = live
                states[live.id] = live.state
        if not runs:
            self.say(self.nothing_yet)
            return
        self.runs.show_runs(tuple(runs.values()), states)
        self.fill()
        self._allow_buttons()

    def _undo(self) -> None:
        self.message.hide()
        self.undo_requested.emit()

    def _refuse(self) -> None:
        self._refused = self._offered
        self.offer.hide()

    def _go_on_offered(self) -> None:
        self.offer.hide()
        self.go_on_requested.emit(self._offered)

    def _chosen(self) -> tuple[str, ...]:
        return tuple(id for id in self.runs.selected() if self.listing.find(id))

    def _delete(self) -> None:
        if chosen := self._chosen():
            self.deleted.emit(list(chosen))

    def _compare(self) -> None:
        if len(chosen := self._chosen()) == 2:
            second, first = (run.id for run in self.listing.runs if run.id in chosen)  # the newest stands first
            self.compare_requested.emit(first, second)

    def _with_one(self, signal: str) -> None:
        if len(chosen := self._chosen()) == 1:
            getattr(self, signal).emit(chosen[0])

    def _export(self, format: str) -> None:
        everything = [run.id for run in self.listing.runs]
        self.export_requested.emit(list(self._chosen()) or everything, format)

    def _fill_head(self) -> None:
        self.buttons: dict[str, QToolButton] = {}
        deeds = {
            "compare": ("git-compare", "What differs between the two selected runs", self._compare),
            "open": ("folder-open", "Open the drawing and the settings of the selected run", "open_requested"),
            "repeat": ("refresh", "Run the selected run again, to the same bits", "repeat_requested"),
            "go_on": ("player-play", "Go on with the selected run", "go_on_requested"),
            "delete": ("trash", "Delete the selected runs", self._delete),
        }
        self._pictures = {name: picture for name, (picture, _, _) in deeds.items()} | {"export": "file-export"}
        for name, (_, help, deed) in deeds.items():
            button = self._button(name, help)
            button.clicked.connect(partial(self._with_one, deed) if isinstance(deed, str) else deed)
        export = self._button("export", "Export the selected runs, or all")
        export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(export)
        for format, text in EXPORTS.items():
            menu.addAction(text).triggered.connect(partial(self._export, format))
        export.setMenu(menu)
        themes().changed.connect(self._dress)
        self._dress()

    def _button(self, name: str, help: str) -> QToolButton:
        button = self.buttons[name] = QToolButton()
        button.setToolTip(help)
        button.setAccessibleName(help)
        self.head.addWidget(button)
        return button

    def _dress(self) -> None:
        for name, button in self.buttons.items():
            button.setIcon(icon(self._pictures[name]))

    def _allow_buttons(self) -> None:
        chosen = self._chosen()
        run = self.listing.find(chosen[0]) if len(chosen) == 1 else None
        active = bool(set(chosen) & self.listing.active)
        allowed = {
            "compare": len(chosen) == 2,
            "open": run is not None,
            "repeat": run is not None,
            "go_on": run is not None and not active and self.listing.state(run) != "finished",
            "delete": bool(chosen) and not active,
            "export": bool(self.listing.runs),
        }
        for name, button in self.buttons.items():
            button.setEnabled(allowed[name])

    def _open_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for button in self.buttons.values():
            if button.menu() is None:
                action = menu.addAction(button.icon(), button.toolTip(), button.click)
                action.setEnabled(button.isEnabled())
        menu.popup(self.runs.viewport().mapToGlobal(at))


class _Line(QFrame):
    """A sentence with one or two buttons, hidden until there is something to say."""

    def __init__(self) -> None:
        super().__init__()
        set_kind(self, "sunken")
        self.text, self._row = QLabel(), QHBoxLayout(self)
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.first, self.second = QPushButton(), QPushButton()
        self._row.setContentsMargins(8, 4, 4, 4)
        self._row.addWidget(self.text, 1)
        for button in (self.first, self.second):
            set_kind(button, "ghost")
            self._row.addWidget(button)
        self._deeds: list[Deed] = []
        self.first.clicked.connect(lambda: self._do(0))
        self.second.clicked.connect(lambda: self._do(1))
        self.hide()

    def say(self, text: str, first: str, do_first: Deed, second: str, do_second: Deed) -> None:
        """Show a sentence; a button without words is not there."""
        self.text.setText(text)
        self._deeds = [do_first, do_second]
        for button, words in ((self.first, first), (self.second, second)):
            button.setText(words)
            button.setVisible(bool(words))
        self.show()

    def _do(self, which: int) -> None:
        self._deeds[which]()


def _ended(state: str) -> str:
    return "waits" if state == "paused" else "was interrupted"


def _done(run: Run) -> str:
    if run.epochs:
        return f"epoch {run.epochs:,} of {run.project.recipe.epochs:,}"
    return f"step {run.steps:,}"
