"""What is possible now, by the words that the table of commands uses."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from engine.check import check
from engine.graph import Graph

if TYPE_CHECKING:
    from app.window import Window


def states(window: Window) -> dict[str, bool]:
    """Each state in which some command is possible, and whether it is now."""
    drawing = window.pages.currentWidget() is window.desk
    return {name: drawing and state for name, state in _of_the_drawing(window).items()} | {
        "drawing": drawing,
        "chosen": drawing,
        "running": window.session.running,
        "weights": window.session.has_weights,
    }


def _of_the_drawing(window: Window) -> dict[str, bool]:
    history, report, graph = window.document.history, window.document.report, window.document.graph
    chosen, structure = window.canvas.selection(), window.structure
    return {
        "sound": report.ok and bool(graph.nodes),
        "whole": bool(graph.nodes) and (report.ok or _whole(graph)),
        "selection": bool(chosen),
        "one": len(chosen) == 1,
        "faulty": any(problem.block in chosen[:1] for problem in window.level.report.problems),
        "undo": history.canUndo(),
        "redo": history.canRedo(),
        "problems": bool(report.problems),
        "group": bool(structure.chosen_groups()),
        "inside": bool(window.level.path),
        "weighty": structure.can_freeze(),
        "shareable": bool(structure.possible_owners()),
        "shared": bool(structure.sharing()),
    }


@lru_cache(maxsize=1)
def _whole(graph: Graph) -> bool:
    """Whether the network itself can compute, whatever its data and its loss ask for.

    An imported network seldom fits the data of a new recipe; its code and its file can be had all the same.
    """
    return check(graph).ok
