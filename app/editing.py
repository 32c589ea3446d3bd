"""Commands on the drawing: clipboard, deleting, arranging, searching, walking through problems."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Signal
from PySide6.QtWidgets import QApplication

from app.document import Document
from app.level import Level
from engine.blocks.base import Block
from engine.graph import Graph, Wire
from engine.placing import fit, free_spot, insert_behind, place, place_after, place_before, set_below
from engine.problems import Fix
from engine.project import ProjectError, graph_data, graph_from
from engine.recipes.recipe import Recipe
from widgets.canvas import Canvas
from widgets.offers import on_offer
from widgets.search_popup import SearchPopup

CLIPBOARD = "application/x-layerloom-drawing"


class Editing(QObject):
    """Turns what a person asks for into one edit of the document each."""

    rename_requested = Signal(str)
    help_requested = Signal(str)
    said = Signal(str)

    def __init__(self, document: Document, level: Level, canvas: Canvas, search: SearchPopup) -> None:
        super().__init__(canvas)
        self._document, self._level, self._canvas, self._search = document, level, canvas, search
        self.offers = on_offer()
        self._context: object = None
        self._spot = QPointF()
        canvas.search_requested.connect(self.open_search)
        search.chosen.connect(self._insert_chosen)

    def undo(self) -> None:
        self._document.history.undo()

    def redo(self) -> None:
        self._document.history.redo()

    def copy(self) -> None:
        """The selected blocks and the wires among them, as data that can be pasted anywhere."""
        part = self._level.graph.part(self._canvas.selection())
        data = QMimeData()
        text = json.dumps(graph_data(part))
        data.setData(CLIPBOARD, text.encode())
        data.setText(text)
        QApplication.clipboard().setMimeData(data)

    def cut(self) -> None:
        self.copy()
        self._delete(self._canvas.selection(), "Cut")

    def paste(self) -> None:
        """What the clipboard holds, below where it came from. Anything else on the clipboard is left alone."""
        data = QApplication.clipboard().mimeData()
        if not data.hasFormat(CLIPBOARD):
            self.said.emit("There are no blocks on the clipboard.")
            return
        try:
            content = json.loads(bytes(data.data(CLIPBOARD).data()).decode())
            part = graph_from(content["nodes"], content["wires"])
        except (ProjectError, ValueError, KeyError, TypeError):  # another program may write there too
            self.said.emit("What is on the clipboard cannot be read as blocks.")
            return
        self._add_copy(part, "Paste")

    def duplicate(self) -> None:
        """A copy of the selection below it, without touching the clipboard."""
        self._add_copy(self._level.graph.part(self._canvas.selection()), "Duplicate")

    def delete(self) -> None:
        """The selected blocks and wires."""
        self._canvas.delete_selection()

    def take_out(self) -> None:
        """Remove one block and close the wires around it."""
        for name in self._canvas.selection()[:1]:
            self._level.edit(f"Take out {name}", self._level.graph.bypass(name))

    def select_all(self) -> None:
        self._canvas.select_all()

    def rename(self) -> None:
        for name in self._canvas.selection()[:1]:
            self.rename_requested.emit(name)

    def help_on_selection(self) -> None:
        for name in self._canvas.selection()[:1]:
            self.help_requested.emit(name)

    def configure(self, name: str, setting: str, value: object) -> None:
        """Give a setting of one block another value."""
        self.configure_many((name,), setting, value)

    def configure_many(self, names: Sequence[str], setting: str, value: object) -> None:
        """Give a setting of several blocks the same value; a value that cannot be is said and changes nothing."""
        graph = self._level.graph
        try:
            for name in names:
                graph = graph.configure(name, **{setting: value})
        except ValueError as error:
            self.said.emit(f"{error}.")
            return
        which = names[0] if len(names) == 1 else f"{len(names)} blocks"
        self._level.edit(f"Set {setting} of {which}", graph, merge=f"{','.join(names)}.{setting}")

    def set_name(self, old: str, new: str) -> None:
        """Give a block another name; a name that cannot be is said and changes nothing."""
        try:
            graph = self._level.graph.rename(old, new)
        except ValueError as error:
            self.said.emit(f"{error}.")
            return
        self._level.edit(f"Rename {old}", graph)
        self._canvas.select([new])
        if QApplication.focusWidget() is None:  # Enter left the field; the keys go on working on the drawing
            self._canvas.setFocus()

    def apply_fix(self, fix: Fix) -> None:
        """Mend the drawing, in one step that can be undone."""
        self._level.edit(fix.label, fix.apply(self._level.graph))

    def change_recipe(self, recipe: Recipe) -> None:
        """Train with another recipe from now on."""
        self._document.edit("Change the recipe", recipe, merge="recipe")

    def open_repairs(self) -> None:
        for name in self._canvas.selection()[:1]:
            self._canvas.open_repairs(name)

    def next_problem(self) -> None:
        self._go_to_problem(1)

    def previous_problem(self) -> None:
        self._go_to_problem(-1)

    def insert_by_search(self) -> None:
        """Search for a block: behind the selected one, or in the middle of what is in view."""
        chosen = self._canvas.selection()
        spot = self._canvas.middle()
        context = ("behind", chosen[0]) if len(chosen) == 1 else None
        place = self._canvas.viewport().mapToGlobal(self._canvas.mapFromScene(spot))
        self.open_search(place, spot, context)

    def open_search(self, place: QPoint, spot: QPointF, context: object) -> None:
        """Open the search list; `context` says what a chosen block is wired to (see `Canvas.search_requested`)."""
        self._context, self._spot = context, spot
        source = self._source()
        self._search.open_at(place, self._describe if source else None, f"after {source[0]}" if source else "")

    def insert_kind(self, key: str) -> None:
        """A block or group chosen in the palette: behind the selection, or in the middle of what is in view."""
        chosen = self._canvas.selection()
        self._context = ("behind", chosen[0]) if len(chosen) == 1 else None
        self._spot = self._canvas.middle()
        self._insert_chosen(key)

    def _insert_chosen(self, key: str) -> None:
        graph, block = self._level.graph, self._made(key)
        at = free_spot(graph, (8 * round(self._spot.x() / 8), 8 * round(self._spot.y() / 8)))
        match self._context:
            case Wire() as wire:
                graph, name = place(graph, block, at, wire)
            case ("output", str(source), str(port)):
                graph, name = place_after(graph, block, at, (source, port))
            case ("input", str(target), str(port)):
                graph, name = place_before(graph, block, at, (target, port))
            case ("behind", str(before)):
                graph, name = insert_behind(graph, block, before)
            case _:
                graph, name = place(graph, block, at)
        self._level.edit(f"Add {name}", graph)
        self._canvas.select([name])
        self._canvas.show_place(name)
        self._canvas.setFocus()

    def _source(self) -> tuple[str, str] | None:
        graph = self._level.graph
        match self._context:
            case Wire() as wire:
                return wire.source, wire.output
            case ("output", str(source), str(port)):
                return source, port
            case ("behind", str(name)) if graph.nodes[name].block.output_ports():
                return name, graph.nodes[name].block.output_ports()[0]
        return None

    def _describe(self, key: str) -> tuple[str, str]:
        source = self._source()
        if source is None:
            return "", ""
        return fit(self._level.graph, self._level.report, self._made(key), source)

    def _made(self, key: str) -> Block:
        """The block of an offer, made for what would reach it."""
        source = self._source()
        return self.offers[key].make(self._level.report.shapes.get(source) if source else None)

    def _add_copy(self, part: Graph, text: str) -> None:
        """Below the blocks that lie there; in the middle of the view if its own place is out of sight."""
        if not part.nodes:
            return
        graph, names = self._level.graph.merged(part, self._way_into_view(part))
        self._level.edit(text, set_below(graph, set(names.values())))
        self._canvas.select(list(names.values()))
        for name in reversed(self._canvas.selection()):  # the first one surely
            self._canvas.show_place(name)

    def _way_into_view(self, part: Graph) -> tuple[float, float]:
        places = [node.at for node in part.nodes.values()]
        view = self._canvas.view_rect()
        if any(view.contains(QPointF(*at)) for at in places):
            return 0.0, 0.0
        (left, top), middle = places[0], view.center()
        return 8.0 * round((middle.x() - left) / 8), 8.0 * round((middle.y() - top) / 8)

    def _delete(self, names: Iterable[str], text: str) -> None:
        chosen = list(names)
        if chosen:
            self._level.edit(f"{text} {chosen[0] if len(chosen) == 1 else 'blocks'}", self._level.graph.remove(chosen))

    def _go_to_problem(self, step: int) -> None:
        blocks = list(dict.fromkeys(problem.block for problem in self._level.report.problems))
        if not blocks:  # inside a group that is sound, what is wrong lies outside
            self._level.go(())
            blocks = list(dict.fromkeys(problem.block for problem in self._level.report.problems))
        if not blocks:
            return
        current = next((name for name in self._canvas.selection() if name in blocks), None)
        index = (blocks.index(current) + step) % len(blocks) if current else 0
        self._canvas.select([blocks[index]])
        self._canvas.center_on(blocks[index])
