"""Where in the drawing one works: the whole of it, or the inside of one group."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.document import Document, Place
from engine.check import Report, check
from engine.graph import Graph
from engine.groups import Group
from engine.nesting import given_inside, inside, with_inside


class Level(QObject):
    """The open part of the document. The document keeps the whole drawing; the path to the part is known here alone."""

    changed = Signal(object, object)
    """The drawing of this level and the report on it: after every edit, and when another level is opened."""

    said = Signal(str)

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self._document = document
        self.path: Place = ()
        self.graph: Graph = document.graph
        self.report: Report = document.report
        self._known: tuple[Place, Report] = (), document.report
        document.changed.connect(self._follow)

    def edit(self, text: str, after: Graph, merge: str = "") -> None:
        """Take over another drawing of this level as one undo step of the document."""
        try:
            whole = with_inside(self._document.graph, self.path, after)
        except ValueError as error:  # groups too deep inside each other, or too many blocks
            self.said.emit(f"That cannot be: {error}.")
            return
        self._document.edit(text, whole, merge, self.path)

    def enter(self, name: str) -> bool:
        """Open the inside of a group; whether the block is one."""
        node = self.graph.nodes.get(name)
        if node is None or not isinstance(node.block, Group):
            return False
        self.go((*self.path, name))
        return True

    def leave(self) -> None:
        """Back to the drawing around this group."""
        self.go(self.path[:-1])

    def go(self, path: Place) -> None:
        """Open another part of the drawing."""
        if path != self.path:
            self.path = path
            self._look()

    def place_of(self, block: str) -> tuple[Place, str]:
        """Where a block lies that is named by its path from the whole drawing: `stage1/conv2`."""
        *groups, name = block.split("/")
        return tuple(groups), name

    def path_of(self, name: str) -> str:
        """A block of this level by its path from the whole drawing."""
        return "/".join((*self.path, name))

    def _follow(self) -> None:
        """The document is another one: show the part in which the step took place."""
        if self._document.inside is not None:
            self.path = self._document.inside
        self._look()

    def _look(self) -> None:
        whole, report = self._document.graph, self._document.report
        self.path = _standing(whole, self.path)
        same = self._known[0] == self.path and self._known[1] is report
        self._known = self.path, report
        if self.path:
            self.graph = inside(whole, self.path)
            if not same or self.report.problems:  # the document keeps its report while blocks are only moved about
                self.report = check(self.graph, None, given_inside(whole, self.path))
        else:
            self.graph, self.report = whole, self._document.report
        self.changed.emit(self.graph, self.report)


def _standing(graph: Graph, path: Place) -> Place:
    """As much of a path as the drawing still has."""
    for count, name in enumerate(path):
        node = graph.nodes.get(name)
        if node is None or not isinstance(node.block, Group):
            return path[:count]
        graph = node.block.graph
    return path
