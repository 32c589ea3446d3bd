"""Tidy: all blocks in flow order and in view; undo brings back the places, and the view on them as it was."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF

from app.level import Level
from engine.graph import Graph
from engine.layout import arrange
from widgets.canvas import Canvas

MOST_KEPT = 20
"""How many views are remembered for undo."""


class Tidying(QObject):
    """Arranges the open level. Made after the canvas follows the level, so that it looks at what is shown."""

    def __init__(self, level: Level, canvas: Canvas) -> None:
        super().__init__(canvas)
        self._level, self._canvas = level, canvas
        self._shown = level.graph
        self._views: dict[tuple[Graph, Graph], tuple[float, QPointF]] = {}
        """How one looked at a drawing before it was tidied, by the tidy one and the one before."""
        level.changed.connect(self._follow)

    def tidy(self) -> None:
        """Arrange all blocks, or the selected ones, in flow order."""
        graph = self._level.graph
        tidied = graph.move(self._places(graph))
        if tidied != graph:
            self._views[tidied, graph] = self._canvas.zoom(), self._canvas.middle()
            for old in list(self._views)[:-MOST_KEPT]:
                del self._views[old]
            self._level.edit("Tidy", tidied)
        self._canvas.fit()

    def _places(self, graph: Graph) -> dict[str, tuple[float, float]]:
        chosen = self._canvas.selection()
        if len(chosen) < 2:
            return dict(arrange(graph))
        places = arrange(graph.part(chosen))
        left = min(graph.nodes[name].at[0] for name in chosen)
        top = min(graph.nodes[name].at[1] for name in chosen)
        x, y = min(at[0] for at in places.values()), min(at[1] for at in places.values())
        return {name: (at[0] - x + left, at[1] - y + top) for name, at in places.items()}

    def _follow(self, graph: Graph, _report: object) -> None:
        before, self._shown = self._shown, graph
        if view := self._views.get((before, graph)):
            self._canvas.look_from(*view)
