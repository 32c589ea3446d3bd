"""The canvas: shows a drawing and asks for another one. It changes nothing itself."""

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from engine.check import Report
from engine.graph import Graph
from widgets.canvas import edits
from widgets.canvas.dropping import Dropping
from widgets.canvas.gestures import Pointer
from widgets.canvas.hits import Hit
from widgets.canvas.keys import Keys
from widgets.canvas.live import LiveStrip
from widgets.canvas.live_feed import LiveFeed
from widgets.canvas.mouse import Mouse
from widgets.canvas.overlays import Overlays
from widgets.canvas.repairing import Repairing
from widgets.canvas.selecting import SelectingView


class Canvas(SelectingView):
    """Blocks and wires, drawn and edited by mouse and keyboard.

    Every edit is asked for by `edited`; what is shown changes only by `show_drawing`.
    """

    edited = Signal(str, object, str)
    """What it is called, the new graph, and a key under which repeated edits merge."""
    search_requested = Signal(object, object, object)
    """Screen position, scene position, and for what: None, a Wire, or ("output" | "input", block, port)."""
    activated = Signal(str)
    """A block was opened by a double click or Enter."""
    left = Signal()
    """Esc or Backspace with nothing selected: back to what lies around this drawing."""
    menu_requested = Signal(str, object, object, object)
    """The right button: on a "card", a "wire" or "nothing"; screen position, scene position, and the wire or None."""
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
        self._live, self._repairing = LiveFeed(self), Repairing(self)
        self._above: QWidget | None = None
        self.mouse, self.keys, self.dropping = Mouse(self), Keys(self), Dropping(self)
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
            self._live.forget(gone)
            self.select(names.get(name, name) for name in self._selection)
        self.mouse.look_again()
        self.choose_detail()
        self.overlays.changed()

    def show_other(self, graph: Graph, report: Report) -> None:
        """Show a drawing that has nothing to do with the one before, even where names are the same."""
        self.select(())
        self.light_up(())
        self.show(Graph(), Report())
        self.show(graph, report)

    def put_above(self, widget: QWidget) -> None:
        """Keep a widget in a row above the drawing, as long as it is not hidden."""
        widget.setParent(self)
        widget.hide()
        widget.installEventFilter(self)
        self._above = widget
        self._make_row()

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
        self._repairing.repair(name)

    def open_repairs(self, name: str) -> None:
        """Show what is wrong with a block and how it can be mended."""
        self._repairing.open(name)

    def close_repairs(self) -> bool:
        """Close the repair popup; returns whether it was open."""
        return self._repairing.close()

    # Live

    def set_live(self, strips: Mapping[str, LiveStrip]) -> None:
        """Show what blocks see right now; many calls in a row are drawn as one."""
        self._live.take(strips)

    def clear_live(self) -> None:
        """Take all live pictures away."""
        self._live.clear()

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

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The row above comes and goes with what is in it."""
        if watched is self._above and event.type() in (QEvent.Type.ShowToParent, QEvent.Type.HideToParent):
            self._make_row()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What is in the row above is as wide as the drawing."""
        super().resizeEvent(event)
        self._make_row()

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

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with what lies there; that is selected first, unless it is part of the selection."""
        self.mouse.ask_for_menu(event)

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
        event.setAccepted(self.dropping.enter(event.mimeData(), self._place_of(event)))

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """It follows the pointer."""
        self.dropping.over(self._place_of(event))
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """It has gone again."""
        self.dropping.leave()

    def dropEvent(self, event: QDropEvent) -> None:
        """It stays."""
        if self.dropping.drop(event.mimeData(), self._place_of(event)):
            event.acceptProposedAction()

    def _make_row(self) -> None:
        above = self._above
        if above is not None:
            height = 0 if above.isHidden() else above.height()
            self.setViewportMargins(0, height, 0, 0)
            above.setGeometry(0, 0, self.width(), above.height())

    def _place_of(self, event: QDropEvent) -> QPointF:
        return self.mouse.pointer(
            event.position(), self.mapToGlobal(event.position().toPoint()), event.modifiers()
        ).scene
