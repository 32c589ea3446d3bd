"""The keyboard on the canvas: everything that the mouse can do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from widgets.canvas import edits
from widgets.canvas.connecting import DrawWire
from widgets.canvas.hits import Hit

if TYPE_CHECKING:
    from widgets.canvas.canvas import Canvas

Key = Qt.Key
ARROWS = {Key.Key_Right: (1, 0), Key.Key_Left: (-1, 0), Key.Key_Up: (0, -1), Key.Key_Down: (0, 1)}
NUDGE, FAR_NUDGE = 8, 64
SHIFT, ALT, CTRL = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
)
MODIFIERS = SHIFT | ALT | CTRL | Qt.KeyboardModifier.MetaModifier
NOTHING_HELD = Qt.KeyboardModifier.NoModifier


class KeyboardWire:
    """A wire that is drawn by keys: arrows choose the port, W the next output, Enter connects, Esc gives up."""

    def __init__(self, canvas: Canvas, name: str) -> None:
        """Begin at the first output of a block; ports that fit and are near come first."""
        self._canvas, self._name = canvas, name
        self._outputs = canvas.graph.nodes[name].block.output_ports()
        self._begin(self._outputs[0])

    def _begin(self, output: str) -> None:
        canvas, scene = self._canvas, self._canvas.drawing
        self._output = output
        self._gesture = DrawWire(canvas, canvas.middle_pointer(), Hit("output", self._name, output))
        made, home = self._gesture.candidates, self._gesture.origin
        ends = [(other, port) for other in scene.graph.nodes for port in made.ports(other)]

        def rank(end: tuple[str, str]) -> tuple[bool, float]:
            gap = scene.cards[end[0]].port(False, end[1]) - home
            return bool(made.refusal(*end)), abs(gap.x()) + abs(gap.y()) + (2000.0 if gap.x() < 0 else 0.0)

        self._ends = sorted(ends, key=rank)
        self._index = 0
        if self._ends:
            self._show()

    def key(self, event: QKeyEvent) -> bool:
        """Returns whether the wire is still being drawn."""
        if event.key() in ARROWS and self._ends:
            self._index = (self._index + sum(ARROWS[Key(event.key())])) % len(self._ends)
            self._show()
            return True
        if event.key() == Key.Key_W and len(self._outputs) > 1:
            self._gesture.cancel()
            self._begin(self._outputs[(self._outputs.index(self._output) + 1) % len(self._outputs)])
            return True
        if event.key() in (Key.Key_Return, Key.Key_Enter) and self._ends:
            wire = self._gesture.candidates.wire(*self._ends[self._index])
            self._gesture.cancel()
            self._canvas.ask(f"Connect {wire.source} to {wire.target}", self._canvas.graph.connect(wire))
        else:
            self._gesture.cancel()
        self._canvas.hint.emit("")
        return False

    def cancel(self) -> None:
        """Give up."""
        self._gesture.cancel()

    def _show(self) -> None:
        name, port = self._ends[self._index]
        self._gesture.show_target(Hit("input", name, port))
        self._canvas.show_place(name)
        if len(self._outputs) > 1:
            verdict = self._gesture.candidates.refusal(name, port) or "fits"
            self._canvas.hint.emit(
                f"{self._output} to {name}.{port}: {verdict}. W takes the next output, Enter connects"
            )


class Keys:
    """Turns key presses into edits and movements."""

    def __init__(self, canvas: Canvas) -> None:
        """No wire is being drawn by keys."""
        self._canvas = canvas
        self.wire: KeyboardWire | None = None
        self.letters = True
        """Whether letters alone, such as W, act here."""

    def press(self, event: QKeyEvent) -> bool:
        """Returns whether the key meant something here."""
        if self.wire is not None:
            self.wire = self.wire if self.wire.key(event) else None
            return True
        canvas, key, held = self._canvas, Key(event.key()), event.modifiers() & MODIFIERS
        if key in ARROWS and held in (ALT, ALT | SHIFT):
            self._nudge(*ARROWS[key], FAR_NUDGE if held & SHIFT else NUDGE)
        elif key in ARROWS and held == NOTHING_HELD:
            self._walk(*ARROWS[key])
        elif key in (Key.Key_Tab, Key.Key_Backtab) and not held & (CTRL | ALT):
            self._step(-1 if key == Key.Key_Backtab or held & SHIFT else 1)
        elif key in (Key.Key_Tab, Key.Key_Backtab) and held & CTRL:
            canvas.leave_by_tab(key == Key.Key_Tab and not held & SHIFT)
        elif key in (Key.Key_Delete, Key.Key_Backspace) and held == NOTHING_HELD:
            self._delete(key)
        elif key == Key.Key_A and held == CTRL:
            canvas.select_all()
        elif key == Key.Key_A and held == SHIFT:
            canvas.ask_for_block()
        elif key in (Key.Key_Return, Key.Key_Enter) and held == ALT and canvas.current():
            canvas.open_repairs(canvas.current())
        elif key in (Key.Key_Return, Key.Key_Enter, Key.Key_F2) and held == NOTHING_HELD and canvas.current():
            canvas.activated.emit(canvas.current())
        elif key == Key.Key_W and held == NOTHING_HELD and self.letters:
            self._draw_wire()
        elif key == Key.Key_Escape:
            self._escape()
        elif key == Key.Key_Space and held == NOTHING_HELD:
            self._hold_space(event)
        else:
            return False
        return True

    def cancel(self) -> None:
        """Give up a wire that is being drawn."""
        wire, self.wire = self.wire, None
        if wire is not None:
            wire.cancel()

    def release(self, event: QKeyEvent) -> bool:
        """The space bar alone, let go without a drag, asks for a block."""
        mouse = self._canvas.mouse
        if event.key() != Key.Key_Space or event.isAutoRepeat() or not mouse.space:
            return False
        mouse.space = False
        mouse.set_cursor()
        if not mouse.space_used:
            self._canvas.ask_for_block()
        return True

    def _hold_space(self, event: QKeyEvent) -> None:
        mouse = self._canvas.mouse
        if not event.isAutoRepeat() and mouse.gesture is None:
            mouse.space, mouse.space_used = True, False
            mouse.set_cursor()

    def _delete(self, key: Key) -> None:
        """What is selected goes; Backspace with nothing selected goes back, as Esc does."""
        canvas = self._canvas
        if key == Key.Key_Backspace and not (canvas.selection() or canvas.selected_wires()):
            canvas.left.emit()
        else:
            canvas.delete_selection()

    def _escape(self) -> None:
        canvas = self._canvas
        if canvas.close_repairs() or canvas.mouse.cancel():
            return
        if canvas.selection() or canvas.selected_wires():
            canvas.select(())
        else:
            canvas.left.emit()

    def _nudge(self, across: int, down: int, step: int) -> None:
        names = self._canvas.selection()
        if names:
            graph = edits.nudged(self._canvas.graph, names, across * step, down * step)
            self._canvas.ask(f"Move {edits.named(names)}", graph, merge=f"nudge {' '.join(names)}")

    def _walk(self, across: int, down: int) -> None:
        name = self._canvas.current()
        if not name:
            self._step(1)
        elif found := edits.beside(self._canvas.graph, name, across, down):
            self._canvas.walk_to(found)

    def _step(self, step: int) -> None:
        order = edits.flow(self._canvas.graph)
        if not order:
            return
        name = self._canvas.current()
        index = order.index(name) + step if name else (0 if step > 0 else -1)
        self._canvas.walk_to(order[index % len(order)])

    def _draw_wire(self) -> None:
        name = self._canvas.current()
        if name and self._canvas.graph.nodes[name].block.output_ports():
            self.wire = KeyboardWire(self._canvas, name)
