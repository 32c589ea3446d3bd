"""The one thing that changes: the project on the desk, its history and its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.check import Report, check
from engine.graph import Graph
from engine.moving import only_moved
from engine.project import SUFFIX, Project, open_project, save_project
from engine.recipes.recipe import Recipe

UNDO_STEPS = 1000

Place = tuple[str, ...]
"""A part of the drawing: the names of groups, each inside the one before; empty for the whole."""


class Document(QObject):
    """Holds one project. `edit` is the only way in and `changed` the only announcement."""

    changed = Signal(object, object)
    """The project and the report on it, after every edit, undo, redo and opening."""

    file_changed = Signal()
    """Path, title or saved mark differ."""

    def __init__(self, project: Project | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project = project or Project()
        self.report: Report = check(self.project.graph, self.project.recipe)
        self.path: Path | None = None
        self.history = QUndoStack(self)
        self.history.setUndoLimit(UNDO_STEPS)
        self.history.cleanChanged.connect(self.file_changed)
        self._strokes = 0
        self.inside: Place | None = None
        """The group in which the last step, undo or redo took place; None for a step that has no place."""

    @property
    def graph(self) -> Graph:
        """The drawing."""
        return self.project.graph

    @property
    def saved(self) -> bool:
        """Whether the file holds what is on the desk."""
        return self.history.isClean()

    def edit(self, text: str, after: Graph | Recipe, merge: str = "", inside: Place = ()) -> None:
        """Take over a new drawing or recipe as one undo step; the text names it ("Move conv1").

        Edits that share a merge key undo together until `end_merge`, such as the turns of one slider. `inside` is
        the path to the group in which one works, so that undo can show it again.
        """
        name = "graph" if isinstance(after, Graph) else "recipe"
        if after != getattr(self.project, name):
            key = f"{'/'.join(inside)}:{merge}#{self._strokes}" if merge else ""
            changes = {"graph": after} if isinstance(after, Graph) else {"recipe": after}
            place = inside if isinstance(after, Graph) else None
            self.history.push(_Edit(self, text, replace(self.project, **changes), key, place))

    def edit_all(self, text: str, graph: Graph, recipe: Recipe) -> None:
        """Take over a new drawing and a new recipe together, as one undo step."""
        after = replace(self.project, graph=graph, recipe=recipe)
        if after != self.project:
            self.history.push(_Edit(self, text, after, "", ()))

    def end_merge(self) -> None:
        """Let the next edit be an undo step of its own: the mouse was released, the field was left."""
        self._strokes += 1

    def show(self, project: Project, inside: Place | None = ()) -> None:
        """Put a project on the desk and say so. For the history; everybody else edits."""
        before, self.project, self.inside = self.project, project, inside
        moved = only_moved(project.graph, before.graph) and project.recipe == before.recipe
        if not moved or self.report.problems:  # repairs know where blocks lie; nothing else does
            self.report = check(project.graph, project.recipe)
        self.changed.emit(project, self.report)

    def start(self, project: Project) -> None:
        """Begin anew with a project that has no file yet."""
        self.path = None
        self._restart(project)

    def open(self, path: Path) -> None:
        """Open a file. Raises ProjectError, and then what was open stays."""
        project = open_project(path)
        self.path = path
        self._restart(replace(project, title=path.stem))

    def save(self, path: Path) -> None:
        """Write the file. Raises ProjectError, and then the project is still unsaved."""
        path = path if path.suffix else path.with_suffix(SUFFIX)
        saved = replace(self.project, title=path.stem)
        save_project(path, saved)
        self.path, self.project = path, saved
        self.history.setClean()
        self.file_changed.emit()

    def _restart(self, project: Project) -> None:
        self.history.clear()
        self.show(project)
        self.file_changed.emit()


class _Edit(QUndoCommand):
    """One step: the whole project before and after. Undo brings back the very same objects."""

    def __init__(self, document: Document, text: str, after: Project, merge: str, inside: Place | None) -> None:
        super().__init__(text)
        self._document, self._before, self._after, self._merge = document, document.project, after, merge
        self._inside = inside

    def redo(self) -> None:
        self._document.show(self._after, self._inside)

    def undo(self) -> None:
        self._document.show(self._before, self._inside)

    def id(self) -> int:
        return 1 if self._merge else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other._merge != self._merge:
            return False
        self._after = other._after
        return True
