"""Dragging blocks: they snap to the grid and to each other, and may be dropped on a wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from engine.graph import Wire
from widgets.canvas.card import State
from widgets.canvas.gestures import Gesture, Pointer
from widgets.canvas.paints import paints

if TYPE_CHECKING:
    from widgets.canvas.canvas import Canvas

GRID = 8.0
ALIGN = 5.0
"""Within so many scene units an edge snaps to that of another card."""
MOST_FOLLOWED = 300
"""With more blocks in hand their wires wait for the release."""


class MoveBlocks(Gesture):
    """Moves all selected blocks by one edit on release; Alt copies, Shift keeps the axis, Esc returns."""

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, canvas: Canvas, start: Pointer, name: str) -> None:
        """Take hold of a block; nothing moves before the mouse has travelled."""
        super().__init__(canvas, start)
        self.name = name
        self._names: tuple[str, ...] = ()
        self._offset = QPointF()
        self._guides: list[QLineF] = []
        self._wire: Wire | None = None
        self._was_selected = name in canvas.selection()
        if not self._was_selected:
            canvas.select((*canvas.selection(), name) if start.adds else (name,))
        elif not start.adds:
            canvas.make_current(name)

    def move(self, pointer: Pointer) -> None:
        """Carry the blocks along."""
        if not self._names and not self.travelled(pointer):
            return
        if not self._names:
            self._lift()
        offset = self._snapped(pointer)
        if offset != self._offset:
            self._offset = offset
            for name in self._names:
                self.scene.put_at(name, self._home(name) + offset)
            if len(self._names) <= MOST_FOLLOWED:
                self.scene.follow(self._names)
            self._light_wire()

    def release(self, pointer: Pointer) -> None:
        """Ask for the edit; a mere click changes the selection instead."""
        self.move(pointer)
        if not self._names:
            self._click()
            return
        self._lower()
        graph, offset = self.scene.graph, (self._offset.x(), self._offset.y())
        places = {name: (self._home(name) + self._offset).toTuple() for name in self._names}
        what = self._names[0] if len(self._names) == 1 else f"{len(self._names)} blocks"
        if offset == (0.0, 0.0):
            self.scene.restore(self._names)
        elif pointer.holds(Qt.KeyboardModifier.AltModifier):
            self.scene.restore(self._names)
            copied, names = graph.merged(graph.part(self._names), offset)
            self.canvas.ask(f"Copy {what}", copied, select=tuple(names.values()))
        elif self._wire is not None:
            moved = graph.move(places)
            self.canvas.ask(f"Insert {what}", moved.insert_on_wire(self._wire, moved.nodes[self.name]))
        else:
            self.canvas.ask(f"Move {what}", graph.move(places))
        self.scene.restore(self._names)  # nobody may have agreed; where they did, this changes nothing

    def cancel(self) -> None:
        """Put everything back."""
        if self._names:
            self._lower()
            self.scene.restore(self._names)

    def _click(self) -> None:
        if self._was_selected:
            rest = tuple(name for name in self.canvas.selection() if name != self.name)
            self.canvas.select(rest if self.start.adds else (self.name,))

    def _lift(self) -> None:
        selected = self.canvas.selection()
        self._names = selected if self.name in selected else (self.name,)
        for name in self._names:
            self.scene.cards[name].mark(State.LIFTED, True)
        held = set(self._names)
        near = [name for name in self.scene.within(self.canvas.view_rect()) if name not in held]
        self._others = near
        self._corners = np.array([self.scene.graph.nodes[name].at for name in near], float).reshape(-1, 2)
        block = self.scene.graph.nodes[self.name].block
        loose = not self.scene.graph.into(self.name) and not self.scene.graph.out_of(self.name)
        self._insertable = bool(len(self._names) == 1 and loose and block.input_ports() and block.output_ports())
        self.scene.sketch.draw = self._draw

    def _lower(self) -> None:
        for name in self._names:
            self.scene.cards[name].mark(State.LIFTED, False)
        self._set_guides([])
        self.scene.sketch.draw = None
        self.canvas.light_wire(None)

    def _home(self, name: str) -> QPointF:
        return QPointF(*self.scene.graph.nodes[name].at)

    def _snapped(self, pointer: Pointer) -> QPointF:
        """How far to move so that the block in hand lies on the grid, or in line with another card."""
        offset = pointer.scene - self.start.scene
        if pointer.holds(Qt.KeyboardModifier.ShiftModifier):
            across = abs(offset.x()) >= abs(offset.y())
            offset = QPointF(offset.x(), 0.0) if across else QPointF(0.0, offset.y())
        home = self._home(self.name)
        wished = home + offset
        guides: list[QLineF] = []
        x = self._aligned(0, wished.x())
        y = self._aligned(1, wished.y())
        place = QPointF(*(round(w / GRID) * GRID if a is None else a for w, a in ((wished.x(), x), (wished.y(), y))))
        if x is not None:
            guides.append(self._guide(0, place))
        if y is not None:
            guides.append(self._guide(1, place))
        self._set_guides(guides)
        return place - home

    def _aligned(self, axis: int, wished: float) -> float | None:
        if not len(self._corners):
            return None
        gaps = np.abs(self._corners[:, axis] - wished)
        nearest = int(gaps.argmin())
        return float(self._corners[nearest, axis]) if gaps[nearest] <= ALIGN else None

    def _guide(self, axis: int, place: QPointF) -> QLineF:
        """The line through the edges that agree, from the first card to the last."""
        value = place.x() if axis == 0 else place.y()
        along = self._corners[np.abs(self._corners[:, axis] - value) < 0.5, 1 - axis]
        here = place.y() if axis == 0 else place.x()
        low, high = min(float(along.min()), here) - 16.0, max(float(along.max()), here) + 60.0
        edge = value - 4.0
        return QLineF(edge, low, edge, high) if axis == 0 else QLineF(low, edge, high, edge)

    def _set_guides(self, guides: list[QLineF]) -> None:
        for line in (*self._guides, *guides):
            self.scene.sketch.update(QRectF(line.p1(), line.p2()).normalized().adjusted(-3, -3, 3, 3))
        self._guides = guides

    def _light_wire(self) -> None:
        if self._insertable:
            self._wire = self.scene.wires.at(self.scene.cards[self.name].body().center())
            self.canvas.light_wire(self._wire)

    def _draw(self, painter: QPainter, exposed: QRectF) -> None:
        painter.setPen(paints().pen("accent", 1.0 / max(self.canvas.zoom(), 0.1), "dashes"))
        painter.drawLines(self._guides)
