"""The mouse on the canvas: what is under it lights up, a press begins a gesture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QWheelEvent

from engine.blocks.base import shape_text
from engine.graph import Wire
from widgets.canvas.card import State
from widgets.canvas.connecting import SNAP, DrawWire
from widgets.canvas.gestures import Band, Gesture, Pan, Pointer, PressButton
from widgets.canvas.hits import NOTHING, Hit
from widgets.canvas.moving import MoveBlocks
from widgets.canvas.viewing import STEP
from widgets.canvas.wires import full_text

if TYPE_CHECKING:
    from widgets.canvas.canvas import Canvas

CURSORS = {
    "input": Qt.CursorShape.CrossCursor,
    "output": Qt.CursorShape.CrossCursor,
    "fix": Qt.CursorShape.PointingHandCursor,
    "badge": Qt.CursorShape.PointingHandCursor,
    "open": Qt.CursorShape.PointingHandCursor,
}
NOTCH = 120.0


class Mouse:
    """Turns mouse events into gestures."""

    def __init__(self, canvas: Canvas) -> None:
        """No button is down."""
        self._canvas = canvas
        self.gesture: Gesture | None = None
        self.hit = NOTHING
        self.space = False
        """Whether the space bar is held: then a press moves the view."""
        self.space_used = False
        self._said = ""

    def pointer(self, view: QPointF, screen: QPoint, modifiers: Qt.KeyboardModifier) -> Pointer:
        """The place of an event in all coordinates."""
        inverse, _ = self._canvas.viewportTransform().inverted()
        return Pointer(view, inverse.map(view), screen, modifiers)

    def press(self, event: QMouseEvent) -> None:
        """Begin a gesture."""
        if self.gesture is not None:
            return
        pointer = self._of(event)
        self._canvas.close_repairs()
        self._canvas.leave_keyboard()
        if event.button() == Qt.MouseButton.MiddleButton or (
            event.button() == Qt.MouseButton.LeftButton and self.space
        ):
            self.space_used = self.space
            self._begin(Pan(self._canvas, pointer))
        elif event.button() == Qt.MouseButton.LeftButton:
            self._begin(self._chosen(self._canvas.hit(pointer.scene), pointer))

    def move(self, event: QMouseEvent) -> None:
        """Carry the gesture on, or light up what is under the pointer."""
        pointer = self._of(event)
        if self.gesture is not None:
            self.gesture.move(pointer)
        else:
            self.hover(self._canvas.hit(pointer.scene))

    def release(self, event: QMouseEvent) -> None:
        """End the gesture."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.release(self._of(event))
            self.set_cursor()

    def double_click(self, event: QMouseEvent) -> None:
        """Open a block, or ask for a new one where nothing is."""
        pointer = self._of(event)
        hit = self._canvas.hit(pointer.scene)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if hit.place in ("card", "open"):
            self._canvas.activated.emit(hit.name)
        elif hit.place in ("nothing", "wire"):
            self._canvas.search_requested.emit(pointer.screen, pointer.scene, hit.wire)
        else:
            self.press(event)

    def ask_for_menu(self, event: QContextMenuEvent) -> None:
        """Select what is under the pointer and ask for its menu; the menu key asks for that of the selection."""
        canvas, at = self._canvas, event.pos()
        if self.gesture is not None:
            return
        if event.reason() is QContextMenuEvent.Reason.Keyboard and canvas.current():
            body = canvas.drawing.cards[canvas.current()].body()
            canvas.show_place(canvas.current())
            at = canvas.mapFromScene(body.center())
        pointer = self.pointer(QPointF(at), canvas.viewport().mapToGlobal(at), event.modifiers())
        hit = canvas.hit(pointer.scene)
        if hit.wire is not None:
            canvas.select_wires((hit.wire,))
        elif hit.name not in canvas.selection():
            canvas.select((hit.name,) if hit.name else ())
        place = "wire" if hit.wire is not None else "card" if hit.name else "nothing"
        canvas.menu_requested.emit(place, pointer.screen, pointer.scene, hit.wire)

    def cancel(self) -> bool:
        """Give up the gesture; returns whether there was one."""
        gesture, self.gesture = self.gesture, None
        if gesture is not None:
            gesture.cancel()
            self.set_cursor()
        return gesture is not None

    def forget(self, names: set[str]) -> None:
        """Some blocks are gone."""
        if self.hit.name in names or self.hit.wire is not None:
            self.hit = NOTHING

    def wheel(self, event: QWheelEvent) -> None:
        """Scroll; with Shift sideways, with Ctrl zoom at the pointer."""
        pixels, turned = event.pixelDelta(), event.angleDelta()
        amount = QPointF(turned) / 2 if pixels.isNull() else QPointF(pixels)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            notches = (turned.y() or turned.x()) / NOTCH
            self._canvas.zoom_to(self._canvas.zoom() * STEP**notches, event.position())
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not turned.x():
            self._canvas.pan(QPointF(amount.y(), 0.0))
        else:
            self._canvas.pan(amount)
        event.accept()

    def hover(self, hit: Hit) -> None:
        """Light up what is under the pointer."""
        if hit == self.hit:
            return
        old, self.hit = self.hit, hit
        scene = self._canvas.drawing
        for name, on in ((old.name, False), (hit.name, True)):
            if card := scene.cards.get(name):
                card.mark(State.HOVERED, on)
                card.hover_fix(on and hit.place == "fix")
        if old.name != hit.name:
            ends = [*scene.graph.into(old.name), *scene.graph.out_of(old.name)]
            ends += [*scene.graph.into(hit.name), *scene.graph.out_of(hit.name)]
            scene.wires.raised = frozenset({hit.name} - {""})
            scene.wires.refresh(*ends)
        scene.wires.hovered = hit.wire
        scene.wires.refresh(old.wire, hit.wire)
        self.set_cursor()
        self._say(self._words(hit))

    def look_again(self) -> None:
        """The drawing is another one: what was said about the place under the pointer may hold no more."""
        if self.hit.wire is not None and self.hit.wire not in self._canvas.graph.wires:
            self.hit = NOTHING
        if self._said and self.gesture is None and self._words(self.hit) != self._said:
            self._say(self._words(self.hit))

    def _say(self, words: str) -> None:
        self._said = words
        self._canvas.hint.emit(words)

    def set_cursor(self) -> None:
        """The cursor for what would happen now."""
        if self.gesture is not None:
            shape = self.gesture.cursor
        else:
            shape = (
                Qt.CursorShape.OpenHandCursor if self.space else CURSORS.get(self.hit.place, Qt.CursorShape.ArrowCursor)
            )
        self._canvas.viewport().setCursor(shape)

    def _of(self, event: QMouseEvent) -> Pointer:
        return self.pointer(event.position(), event.globalPosition().toPoint(), event.modifiers())

    def _begin(self, gesture: Gesture) -> None:
        self.gesture = gesture
        self.set_cursor()

    def _chosen(self, hit: Hit, pointer: Pointer) -> Gesture:
        canvas = self._canvas
        if hit.place == "card":
            return MoveBlocks(canvas, pointer, hit.name)
        if hit.place in ("fix", "badge", "open"):
            return PressButton(canvas, pointer, hit)
        if hit.place == "output":
            return DrawWire(canvas, pointer, hit)
        if hit.place == "input":
            feed = canvas.drawing.graph.feeds(hit.name).get(hit.port)
            return DrawWire(canvas, pointer, hit, Wire(*feed, hit.name, hit.port) if feed else None)
        if hit.wire is not None:
            end = canvas.drawing.cards[hit.wire.target].port(False, hit.wire.input)
            if (end - pointer.scene).manhattanLength() <= SNAP:
                return DrawWire(canvas, pointer, hit, hit.wire)
            canvas.select_wires((*canvas.selected_wires(), hit.wire) if pointer.adds else (hit.wire,))
            return Gesture(canvas, pointer)
        return Band(canvas, pointer)

    def _words(self, hit: Hit) -> str:
        """One line for the status bar."""
        scene = self._canvas.drawing
        if hit.wire is not None:
            shape = scene.report.wire_shape(hit.wire)
            text = f"{full_text(shape)} for one example" if shape is not None else "shape not known yet"
            return f"{hit.wire.source} to {hit.wire.target}: {text}"
        if hit.place == "output":
            shape = scene.report.shapes.get((hit.name, hit.port))
            gives = f" gives {shape_text(shape, batch=True)}" if shape is not None else ""
            return f"{hit.name}.{hit.port}{gives}. Drag to connect"
        if hit.place == "input":
            return f"{hit.name}.{hit.port} takes {scene.graph.nodes[hit.name].block.accepts}. Drag to connect"
        if hit.place == "open":
            return f"Open {hit.name} (Enter, or Ctrl+Down)"
        card = scene.cards.get(hit.name)
        return card.problem.text if card and card.problem else ""
