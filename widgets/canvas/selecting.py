"""What is selected, pointed at and focused on the canvas."""

from collections.abc import Iterable

from PySide6.QtCore import QPointF, Signal
from PySide6.QtWidgets import QWidget

from engine.blocks.base import shape_text
from engine.check import Report
from engine.graph import Graph, Wire
from widgets.canvas import edits
from widgets.canvas.card import State
from widgets.canvas.viewing import ZOOM_BAR_ROOM, CanvasView


class SelectingView(CanvasView):
    """A view in which blocks or wires can be selected; each card knows its own state."""

    selection_changed = Signal(object)
    """The names of the selected blocks, in the order in which they were selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Nothing is selected."""
        super().__init__(parent)
        self._selection: dict[str, None] = {}
        self._by_keyboard, self._focused = False, ""
        self._lit: tuple[str, ...] = ()

    @property
    def graph(self) -> Graph:
        """The drawing that is shown."""
        return self._scene.graph

    @property
    def report(self) -> Report:
        """What is known about it."""
        return self._scene.report

    def selection(self) -> tuple[str, ...]:
        """The selected blocks in the order in which they were selected."""
        return tuple(self._selection)

    def selected_wires(self) -> tuple[Wire, ...]:
        """The selected wires."""
        return tuple(self._scene.wires.selected)

    def current(self) -> str:
        """The block that was selected last, or nothing."""
        return next(reversed(self._selection), "")

    def select(self, names: Iterable[str]) -> None:
        """Select these blocks and nothing else."""
        wanted = dict.fromkeys(name for name in names if name in self._scene.cards)
        self.select_wires((), quiet=True)
        if list(wanted) == list(self._selection):
            return
        for name in self._selection.keys() ^ wanted.keys():
            if card := self._scene.cards.get(name):
                card.mark(State.SELECTED, name in wanted)
        self._selection = wanted
        self._show_focus()
        self._scene.far.update()
        self.setAccessibleDescription(self._spoken())
        self.selection_changed.emit(self.selection())

    def make_current(self, name: str) -> None:
        """Let one of the selected blocks be the one that keys act on."""
        if name != self.current():
            self.select((*(other for other in self._selection if other != name), name))

    def select_wires(self, wires: Iterable[Wire], quiet: bool = False) -> None:
        """Select these wires; blocks are no longer selected then."""
        layer = self._scene.wires
        old, layer.selected = layer.selected, {wire for wire in wires if wire in layer.pictures}
        layer.refresh(*old, *layer.selected)
        if not quiet and layer.selected and self._selection:
            for name in self._selection:
                self._scene.cards[name].mark(State.SELECTED, False)
            self._selection = {}
            self._show_focus()
            self.selection_changed.emit(())

    def select_all(self) -> None:
        """Select every block."""
        self.select(self.graph.nodes)

    def walk_to(self, name: str) -> None:
        """Select a block by the keyboard: it gets a focus ring and comes into view."""
        self._by_keyboard = True
        self.select((name,))
        self._show_focus()
        self.show_place(name)

    def leave_keyboard(self) -> None:
        """The mouse has taken over: no focus ring."""
        self._by_keyboard = False
        self._show_focus()

    def light_up(self, names: Iterable[str]) -> None:
        """Mark blocks that something else points at, such as a line of a plot."""
        wanted = tuple(name for name in names if name in self._scene.cards)
        for name in {*self._lit, *wanted}:
            if card := self._scene.cards.get(name):
                card.mark(State.LIT, name in wanted)
        self._lit = wanted

    def light_wire(self, wire: Wire | None) -> None:
        """Mark the wire on which something would land."""
        layer = self._scene.wires
        old, layer.lit = layer.lit, wire
        layer.refresh(old, wire)

    def show_place(self, name: str) -> None:
        """Scroll just so far that a block is in view, above the bar at the foot of it."""
        body = self._scene.cards[name].body().adjusted(-24, -24, 24, ZOOM_BAR_ROOM / self.zoom())
        room = self.view_rect()
        if not room.contains(body):
            inside = room.adjusted(body.width() / 2, body.height() / 2, -body.width() / 2, -body.height() / 2)
            centre, wished = body.center(), QPointF()
            wished.setX(min(max(centre.x(), inside.left()), max(inside.right(), inside.left())))
            wished.setY(min(max(centre.y(), inside.top()), max(inside.bottom(), inside.top())))
            self.pan((wished - centre) * self.zoom())

    def _show_focus(self) -> None:
        """The ring is at the current block while keys are used, nowhere else."""
        old, self._focused = self._focused, self.current() if self._by_keyboard and self.hasFocus() else ""
        for name in {old, self._focused} - {""}:
            if card := self._scene.cards.get(name):
                card.mark(State.FOCUSED, name == self._focused)

    def _spoken(self) -> str:
        name = self.current()
        if not name:
            return f"{len(self.graph.nodes)} blocks, nothing selected"
        block, problem = self.report.blocks.get(name), self._scene.cards[name].problem
        inside = " and ".join(shape_text(shape) for shape in block.inputs) if block else ""
        outside = " and ".join(shape_text(shape) for shape in block.outputs) if block else ""
        return edits.spoken(self.graph, name, inside, outside, problem.text if problem else "")
