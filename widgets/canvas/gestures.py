"""What a gesture is, and the simple ones: move the view, draw a band, press a button."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from widgets.canvas.hits import Hit
from widgets.canvas.paints import paints

if TYPE_CHECKING:
    from widgets.canvas.canvas import Canvas
    from widgets.canvas.scene import CanvasScene


@dataclass(frozen=True)
class Pointer:
    """Where the mouse is, in the view, in the scene and on the screen, and which modifiers are held."""

    view: QPointF
    scene: QPointF
    screen: QPoint
    modifiers: Qt.KeyboardModifier

    def holds(self, modifier: Qt.KeyboardModifier) -> bool:
        """Whether a modifier is held."""
        return bool(self.modifiers & modifier)

    @property
    def adds(self) -> bool:
        """Whether what is chosen joins the selection."""
        return self.holds(Qt.KeyboardModifier.ControlModifier) or self.holds(Qt.KeyboardModifier.ShiftModifier)


class Gesture:
    """A mouse button held down, from press to release. One is going on at a time."""

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, canvas: Canvas, start: Pointer) -> None:
        """Begin where the button went down."""
        self.canvas, self.start = canvas, start

    @property
    def scene(self) -> CanvasScene:
        """The scene under the canvas."""
        return self.canvas.drawing

    def move(self, pointer: Pointer) -> None:
        """The mouse has moved."""

    def release(self, pointer: Pointer) -> None:
        """The button went up: do it."""

    def cancel(self) -> None:
        """Esc: leave everything as it was."""

    def travelled(self, pointer: Pointer) -> bool:
        """Whether the mouse has moved far enough to mean it."""
        return (pointer.view - self.start.view).manhattanLength() >= 4.0


class Pan(Gesture):
    """Moves the view: middle button, or space held."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, canvas: Canvas, start: Pointer) -> None:
        """Remember the last place."""
        super().__init__(canvas, start)
        self._last = start.view

    def move(self, pointer: Pointer) -> None:
        """Follow the mouse."""
        self.canvas.pan(pointer.view - self._last)
        self._last = pointer.view


class Band(Gesture):
    """Draws a rectangle; the blocks that it touches are selected while it grows."""

    def __init__(self, canvas: Canvas, start: Pointer) -> None:
        """With Ctrl or Shift what was selected stays so."""
        super().__init__(canvas, start)
        self._before = canvas.selection() if start.adds else ()
        self._rect = QRectF()
        self.scene.sketch.draw = self._draw

    def move(self, pointer: Pointer) -> None:
        """Grow to the mouse."""
        old, self._rect = self._rect, QRectF(self.start.scene, pointer.scene).normalized()
        edge = 3.0 / self.canvas.zoom()
        for rect in (old, self._rect):
            self.scene.sketch.update(rect.adjusted(-edge, -edge, edge, edge))
        inside = sorted(self.scene.within(self._rect), key=lambda name: self.scene.graph.nodes[name].at)
        self.canvas.select((*self._before, *inside))

    def release(self, pointer: Pointer) -> None:
        """Keep the selection; a mere click on the ground selects nothing."""
        self._end()
        if not self.travelled(pointer) and not self.start.adds:
            self.canvas.select(())

    def cancel(self) -> None:
        """Select what was selected before."""
        self._end()
        self.canvas.select(self._before)

    def _end(self) -> None:
        self.scene.sketch.draw = None
        self.scene.sketch.update()

    def _draw(self, painter: QPainter, exposed: QRectF) -> None:
        painter.setPen(paints().pen("accent", 1.0 / self.canvas.zoom()))
        painter.setBrush(paints().brush("accent", 0.12))
        painter.drawRect(self._rect)


class PressButton(Gesture):
    """The repair button or the triangle of a card: acts when the mouse is still on it at release."""

    cursor = Qt.CursorShape.PointingHandCursor

    def __init__(self, canvas: Canvas, start: Pointer, hit: Hit) -> None:
        """Remember what was pressed."""
        super().__init__(canvas, start)
        self._hit = hit

    def release(self, pointer: Pointer) -> None:
        """Apply the first repair, or show all of them."""
        if self.canvas.hit(pointer.scene) != self._hit:
            return
        if self._hit.place == "open":
            self.canvas.activated.emit(self._hit.name)
        elif self._hit.place == "fix":
            self.canvas.repair(self._hit.name)
        else:
            self.canvas.open_repairs(self._hit.name)
