"""What shows the drawing follows it: canvas, inspector, code, problems and counts, at the level that is open."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QPointF, QTimer, Signal

from app.document import Document, Place
from app.level import Level
from app.session import Session
from app.status import Status
from engine.blocks.data import Output
from engine.check import Report
from engine.graph import Graph
from engine.groups import Group
from engine.lower import Source, sketch, write
from engine.moving import only_moved
from engine.project import Project
from widgets.breadcrumb import Breadcrumb
from widgets.canvas import Canvas
from widgets.code_panel import CodePanel
from widgets.inspector import Inspector
from widgets.problem_list import ProblemList
from widgets.training_bar import TrainingBar
from widgets.views.base import View

WRITTEN_AT_ONCE = 300
"""Drawings with more blocks show their code a moment after an edit, so that the edit itself is not held up."""

CODE_DELAY = 150
"""How many milliseconds that is."""


@dataclass(frozen=True)
class Pieces:
    """The widgets that show the drawing."""

    canvas: Canvas
    inspector: Inspector
    code: CodePanel
    problems: ProblemList
    status: Status
    training_bar: TrainingBar
    views: tuple[View, ...]


class Showing(QObject):
    """Hands every change of the document and of the selection to the views; they update only what differs."""

    changed = Signal()
    """Something else is shown or selected, so other commands may be possible."""

    settings_wanted = Signal()
    """A block was opened that has no inside."""

    def __init__(self, document: Document, level: Level, session: Session, pieces: Pieces) -> None:
        super().__init__(level)
        self._document, self._level, self._session, self._pieces = document, level, session, pieces
        self.source: Source | None = None
        self._code_later = QTimer(self, singleShot=True, interval=CODE_DELAY)
        self._code_later.timeout.connect(self._write_code)
        self._written: Graph | None = None
        """The drawing that the source was written for."""
        self.breadcrumb = Breadcrumb()
        self._shown: Place = ()
        self._places: dict[Place, tuple[float, QPointF]] = {}
        pieces.canvas.put_above(self.breadcrumb)
        self.breadcrumb.chosen.connect(self._go)
        level.changed.connect(self._show_level)
        document.changed.connect(self._show_project)
        pieces.canvas.selection_changed.connect(self._show_selection)
        pieces.canvas.activated.connect(self._open)
        pieces.canvas.left.connect(level.leave)
        pieces.canvas.edited.connect(level.edit)
        pieces.problems.block_selected.connect(lambda name: self.select(level.path_of(name)))
        pieces.code.view.block_clicked.connect(self.select_line)
        for view in pieces.views:
            view.block_clicked.connect(self.select)
        session.blamed.connect(self.select)

    def select(self, block: str) -> None:
        """Select a block that is named by its path, at its own level."""
        place, name = self._level.place_of(block)
        self._level.go(place)
        if self._level.path == place and name in self._level.graph.nodes:
            self._pieces.canvas.select([name])
            self._pieces.canvas.show_place(name)

    def select_line(self, block: str) -> None:
        """Select the block of a line of code; in a group that is built like the one of the line, stay there."""
        *groups, name = block.split("/")
        here, homes = "/".join(self._level.path), self.source.homes if self.source else {}
        stay = here and homes.get(here, here) == "/".join(groups)
        self.select(self._level.path_of(name) if stay else block)

    def forget_places(self) -> None:
        """Another drawing was opened: nobody has looked around in it yet."""
        self._places.clear()

    def _open(self, name: str) -> None:
        if not self._level.enter(name):
            self.settings_wanted.emit()

    def _go(self, path: object) -> None:
        if isinstance(path, tuple):
            self._level.go(path)
            self._pieces.canvas.setFocus()

    def _show_level(self, graph: Graph, report: Report) -> None:
        canvas, level = self._pieces.canvas, self._level
        canvas.overlays.legend.count_for(self._document.project.recipe.batch_size)
        if level.path == self._shown:
            canvas.show(graph, report)
        else:
            self._turn_to(graph, report)
        self._show_path()
        self._pieces.problems.show_report(graph, report, self._problems_outside())
        self._show_block()
        self.changed.emit()

    def _turn_to(self, graph: Graph, report: Report) -> None:
        """Show another level as one left it; from inside, the group that one comes out of is selected."""
        canvas, before = self._pieces.canvas, self._shown
        self._places[before] = canvas.zoom(), canvas.middle()
        self._shown = path = self._level.path
        canvas.show_other(graph, report)
        self.breadcrumb.show_path(path)
        if path in self._places:
            canvas.look_from(*self._places[path])
        else:
            canvas.fit_at_once()
        if before[: len(path)] == path and len(before) > len(path):
            canvas.select([before[len(path)]])
            for name in canvas.selection():
                canvas.show_place(name)
        self._watch(canvas.selection())
        self._session.cards.show()

    def _show_project(self, project: Project, report: Report) -> None:
        self._pieces.training_bar.set_recipe(project.recipe)
        ends = (name for name, node in project.graph.nodes.items() if isinstance(node.block, Output))
        self._pieces.training_bar.set_outputs(tuple(ends))
        self._pieces.training_bar.set_problems(len(report.errors), empty=not project.graph.nodes)
        self._pieces.status.show_report(project.graph, report, project.recipe)
        if self._written is None or not only_moved(project.graph, self._written):
            if len(project.graph.nodes) > WRITTEN_AT_ONCE:
                self._code_later.start()
            else:
                self._write_code()
        self._written = project.graph
        self._light_code()
        self.changed.emit()

    def _write_code(self) -> None:
        self._code_later.stop()
        self.source = write(sketch(self._document.project.graph, self._document.report))
        self._pieces.code.show_source(self.source)
        self._light_code()

    def _show_selection(self, names: tuple[str, ...]) -> None:
        self._show_block()
        self._light_code()
        self._pieces.problems.light_up(names)
        self._watch(names)
        self.changed.emit()

    def _watch(self, names: tuple[str, ...]) -> None:
        """Look inside what is selected; in a group without a selection, inside the group."""
        paths = tuple(map(self._level.path_of, names))
        whole = ("/".join(self._level.path),) if self._level.path else ()
        self._session.watch(paths or whole)

    def _show_block(self) -> None:
        level, names, recipe = self._level, self._pieces.canvas.selection(), self._document.project.recipe
        inside = level.path[-1] if level.path else ""
        self._pieces.inspector.show_blocks(level.graph, level.report, names, recipe, inside)
        known = [name for name in names if name in level.graph.nodes]
        sharing = {other for name in known if level.graph.sharers(name)[1:] for other in level.graph.sharers(name)}
        self._pieces.canvas.light_up(sharing.difference(names))

    def _light_code(self) -> None:
        self._pieces.code.view.light_up(map(self._level.path_of, self._pieces.canvas.selection()))

    def _show_path(self) -> None:
        """The breadcrumb says what holds for the whole group: how often it is repeated, and who else has its inside."""
        path, graph, notes = self._level.path, self._document.graph, list[str]()
        for depth, name in enumerate(path, 1):
            block, sharers = graph.nodes[name].block, graph.sharers(name)
            assert isinstance(block, Group)
            if depth == len(path):
                notes += [f"{block.repeat} copies, each with weights of its own"] if block.repeat > 1 else []
                notes += [f"Also the inside of {', '.join(n for n in sharers if n != name)}"] if sharers[1:] else []
            graph = block.graph
        self.breadcrumb.show_path(path, " · ".join(notes))

    def _problems_outside(self) -> int:
        return len(self._document.report.errors) if self._level.path and not self._level.report.errors else 0
