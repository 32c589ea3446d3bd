"""The canvas: shows a drawing and asks for another one. It changes nothing itself."""

from collections.abc import Mapping
from math import ceil

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from engine.check import Report
from engine.graph import Graph
from engine.problems import Fix
from widgets.canvas import edits
from widgets.canvas.card import Card
from widgets.canvas.dropping import Dropping
from widgets.canvas.gestures import Pointer
from widgets.canvas.hits import Hit
from widgets.canvas.keys import Keys
from widgets.canvas.live import LiveStrip
from widgets.canvas.mouse import Mouse
from widgets.canvas.overlays import Overlays
from widgets.canvas.repairs import RepairPopup
from widgets.canvas.selecting import SelectingView

CLEAR = 16
"""What a repair popup keeps free around itself and above its card, in pixels."""

LIVE_MS = 24
LIVE_SLICES = 5
"""Live pictures come in slices: each card gets a new one at most every LIVE_SLICES × LIVE_MS."""

LEAST_SLICE = 4
"""Fewer cards at a time are not worth a frame."""
"""Live pictures change at most twelve times a second."""


class Canvas(SelectingView):
    """Blocks and wires, drawn and edited by mouse and keyboard.

    Every edit is asked for by `edited`; what is shown changes only by `show_drawing`.
    """

    edited = Signal(str, object, str)
    """What it is called, the new graph, and a key under which repeated edits merge."""
    search_requested = Signal(object, object, object)
    """Screen position, scene position, and for what: None, a Wire, or ("output" | "input", block, port)."""
    activated = Signal(str)
    hint = Signal(str)
    layout_requested = Signal()
    templates_requested = Signal()
    """The empty canvas was asked for a template."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Begin with an empty drawing."""
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Drawing")
        self._live: dict[str, LiveStrip | None] = {}
        self._live_timer = QTimer(self, singleShot=True, interval=LIVE_MS)
        self._live_timer.timeout.connect(self._show_live)
        self._popup: RepairPopup | None = None
        self.mouse, self.keys, self._dropping = Mouse(self), Keys(self), Dropping(self)
        self.overlays = Overlays(self)

    def show(self, graph: Graph | None = None, report: Report | None = None) -> None:
        """Follow another drawing; without one, appear as every widget does."""
        if graph is None:
            super().show()
            return
        if graph is not self.graph:  # what a gesture has in hand may be gone
            self.mouse.cancel()
            self.keys.cancel()
        names = edits.renamed(self.graph, graph)
        gone = self._scene.show(graph, report or Report())
        self.close_repairs()
        if gone:
            self.mouse.forget(gone)
            self._live = {name: strip for name, strip in self._live.items() if name in graph.nodes}
            self.select(names.get(name, name) for name in self._selection)
        self.choose_detail()
        self.overlays.changed()

    # Asking

    def ask(self, text: str, graph: Graph, merge: str = "", select: tuple[str, ...] | None = None) -> None:
        """Ask for another drawing; select some of its blocks if the answer was yes."""
        self.edited.emit(text, graph, merge)
        if select is not None and all(name in self.graph.nodes for name in select):
            self.select(select)

    def delete_selection(self) -> None:
        """Ask for a drawing without what is selected."""
        names, wires = self.selection(), self.selected_wires()
        if names or wires:
            self.ask(*edits.removed(self.graph, names, wires))

    def ask_for_block(self) -> None:
        """Ask what to put at the pointer, or in the middle if the pointer is elsewhere."""
        pointer = self.middle_pointer()
        self.search_requested.emit(pointer.screen, pointer.scene, None)

    def repair(self, name: str) -> None:
        """Apply the first repair of a block's problem; without one, say what is wrong."""
        problem = self._scene.cards[name].problem
        if problem and problem.fixes:
            self._apply(problem.fixes[0])
        else:
            self.open_repairs(name)

    def open_repairs(self, name: str) -> None:
        """Show what is wrong with a block and how it can be mended."""
        self.close_repairs()
        card = self._scene.cards.get(name)
        if card is None or card.problem is None:
            return
        self.show_place(name)
        popup = RepairPopup(card.problem, self.viewport())
        popup.chosen.connect(self._apply)
        popup.closed.connect(self.close_repairs)
        self._make_room(card, popup.sizeHint().height() + CLEAR)
        popup.place(self._on_screen(card.body()), self.viewport().size())
        self._popup = popup
        popup.show()
        (popup.rows[0] if popup.rows else popup).setFocus()

    def _make_room(self, card: Card, height: int) -> None:
        """Scroll so that so much fits below a card, unless it fits above: the block itself stays in sight."""
        place, room = self._on_screen(card.body()), self.viewport().height()
        lacking = height - (room - place.bottom())
        if lacking > 0 and place.top() < height:
            self.pan(QPointF(0.0, -float(min(lacking, max(place.top() - CLEAR, 0)))))

    def close_repairs(self) -> bool:
        """Close the repair popup; returns whether it was open."""
        popup, self._popup = self._popup, None
        if popup is None:
            return False
        popup.hide()
        popup.deleteLater()
        self.setFocus()
        return True

    # Live

    def set_live(self, strips: Mapping[str, LiveStrip]) -> None:
        """Show what blocks see right now; many calls in a row are drawn as one."""
        self._live.update((name, strip) for name, strip in strips.items() if name in self._scene.cards)
        if self._live and not self._live_timer.isActive():
            self._live_timer.start()

    def clear_live(self) -> None:
        """Take all live pictures away."""
        self._live = dict.fromkeys(name for name, card in self._scene.cards.items() if card.live is not None)
        while self._live:
            self._show_live()
        self._live_timer.stop()

    # Where one looks

    def fit_selection(self) -> None:
        """Bring what is selected into view."""
        bodies = [self._scene.cards[name].body() for name in self._selection]
        if bodies:
            room = bodies[0]
            for body in bodies[1:]:
                room = room.united(body)
            self.look_at(room)

    def center_on(self, name: str) -> None:
        """Bring a block into the middle."""
        if card := self._scene.cards.get(name):
            self.pan((self.middle() - card.body().center()) * self.zoom())

    def hit(self, point: QPointF) -> Hit:
        """What lies at a point of the scene."""
        return self._scene.hit(point, self.zoom())

    def middle_pointer(self) -> Pointer:
        """The pointer if it is over the canvas, else as if it were in the middle."""
        at = self.viewport().mapFromGlobal(QCursor.pos())
        if not self.viewport().rect().contains(at):
            at = self.viewport().rect().center()
        return self.mouse.pointer(QPointF(at), self.viewport().mapToGlobal(at), Qt.KeyboardModifier.NoModifier)

    # Events

    def retheme(self) -> None:
        """Show everything in the theme in use."""
        super().retheme()
        self.overlays.retheme()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a gesture."""
        self.mouse.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with it."""
        self.mouse.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End it."""
        self.mouse.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open a block or the search."""
        self.mouse.double_click(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll or zoom."""
        self.mouse.wheel(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys that the canvas knows; others go on to the window."""
        if not self.keys.press(event):
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """The space bar."""
        if not self.keys.release(event):
            event.ignore()

    def focusNextPrevChild(self, next: bool) -> bool:
        """Tab goes from block to block, so it does not leave the canvas as long as there are some."""
        return False if self.graph.nodes else super().focusNextPrevChild(next)

    def leave_by_tab(self, forward: bool) -> None:
        """Ctrl+Tab goes on to the next widget."""
        super().focusNextPrevChild(forward)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Reached by Tab: show where the keyboard is."""
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._by_keyboard = True
        self._show_focus()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Let go of the space bar and of the ring."""
        super().focusOutEvent(event)
        self.mouse.space = False
        self._show_focus()

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self.mouse.hover(Hit("nothing"))

    def viewportEvent(self, event: QEvent) -> bool:
        """A pinch zooms at the pointer."""
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self.zoom_to(self.zoom() * (1.0 + event.value()), event.position())
            return True
        return super().viewportEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """A block from the palette comes in."""
        event.setAccepted(self._dropping.enter(event.mimeData(), self._place_of(event)))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """It follows the pointer."""
        self._dropping.over(self._place_of(event))
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """It has gone again."""
        self._dropping.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        """It stays."""
        if self._dropping.drop(event.mimeData(), self._place_of(event)):
            event.acceptProposedAction()

    def _place_of(self, event: QDropEvent) -> QPointF:
        return self.mouse.pointer(
            event.position(), self.mapToGlobal(event.position().toPoint()), event.modifiers()
        ).scene

    def _apply(self, fix: object) -> None:
        if isinstance(fix, Fix):
            self.close_repairs()
            self.ask(fix.label, fix.apply(self.graph))

    def _on_screen(self, rect: QRectF) -> QRect:
        return self.viewportTransform().mapRect(rect).toAlignedRect()

    def _show_live(self) -> None:
        """A few cards at a time, so that no single frame has to draw them all."""
        share = max(ceil(len(self._scene.cards) / LIVE_SLICES), LEAST_SLICE)
        strips = {name: self._live.pop(name) for name in list(self._live)[:share]}
        if self._live:
            self._live_timer.start()
        resized = [name for name, strip in strips.items() if self._scene.show_live(name, strip)]
        if resized:
            self._scene.settle(resized)
            self.overlays.changed()
