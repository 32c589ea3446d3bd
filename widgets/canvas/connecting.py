"""Drawing a wire: what fits lights up and says so, what does not steps back and says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from engine.blocks.base import shape_text
from engine.check import refusal
from engine.graph import Wire
from widgets.canvas.card import Card
from widgets.canvas.gestures import Gesture, Pointer
from widgets.canvas.hits import NOTHING, Hit, nearest_port
from widgets.canvas.paints import Paints, paints
from widgets.canvas.routing import curve

if TYPE_CHECKING:
    from widgets.canvas.canvas import Canvas

SNAP = 24.0
MOST_REASONS = 40
"""With more cards in view only the one under the pointer gives its reason."""


class Candidates:
    """Which ports a loose end may go to, each judged once and only when it is looked at."""

    def __init__(self, canvas: Canvas, block: str, port: str, output: bool, moved: Wire | None = None) -> None:
        """The loose end starts at a port; `moved` is the wire that was taken off."""
        self.scene, self.block, self.port, self.output = canvas.drawing, block, port, output
        graph = self.scene.graph
        self.graph = graph.disconnect(moved) if moved else graph
        self._verdicts: dict[tuple[str, str], str] = {}

    def wire(self, name: str, port: str) -> Wire:
        """The wire that a port of another block would get."""
        return Wire(self.block, self.port, name, port) if self.output else Wire(name, port, self.block, self.port)

    def refusal(self, name: str, port: str) -> str:
        """Why a port does not suit; nothing if it does."""
        key = name, port
        if key not in self._verdicts:
            self._verdicts[key] = refusal(self.graph, self.scene.report, self.wire(name, port))
        return self._verdicts[key]

    def ports(self, name: str) -> tuple[str, ...]:
        """The ports of a block that a loose end could go to."""
        block = self.scene.graph.nodes[name].block
        return () if name == self.block else block.input_ports() if self.output else block.output_ports()

    def best(self, name: str) -> str:
        """The port for a wire that is dropped on the card itself: one that fits if there is one, free before used."""
        used = self.graph.feeds(name).keys() if self.output else ()
        ranked = sorted(self.ports(name), key=lambda port: (bool(self.refusal(name, port)), port in used))
        return ranked[0] if ranked else ""


class DrawWire(Gesture):
    """From a port to another; from a used input it takes the wire's end along."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: Canvas, start: Pointer, hit: Hit, moved: Wire | None = None) -> None:
        """Begin at a port, or at the end of a wire that is `moved` away from it."""
        super().__init__(canvas, start)
        self.moved = moved
        if moved:
            hit = Hit("output", moved.source, moved.output)
        self.candidates = Candidates(canvas, hit.name, hit.port, hit.place == "output", moved)
        self.origin = self.scene.cards[hit.name].port(hit.place == "output", hit.port)
        self.target = NOTHING
        self._end = self.origin
        self._painted = QRectF()
        self._started = False

    def move(self, pointer: Pointer) -> None:
        """Draw the line to the mouse, or to the port that it snaps to."""
        if not self._started:
            if not self.travelled(pointer):
                return
            self._begin()
        self._aim(pointer)
        if self.target.name:
            self.point_at(self.scene.cards[self.target.name].port(not self.candidates.output, self.target.port))
        else:
            self.point_at(pointer.scene)

    def show_target(self, target: Hit) -> None:
        """Aim at a port, as the keyboard does."""
        if not self._started:
            self._begin()
        self.target = target
        self.point_at(self.scene.cards[target.name].port(not self.candidates.output, target.port))
        self.scene.sketch.update(self.scene.cards[target.name].body().adjusted(-20, -20, 160, 60))
        self._tell()

    def point_at(self, end: QPointF) -> None:
        """Draw the loose end somewhere else."""
        self._end = end
        old, self._painted = self._painted, QRectF(self.origin, end).normalized().adjusted(-60, -40, 60, 40)
        self.scene.sketch.update(old)
        self.scene.sketch.update(self._painted)

    def release(self, pointer: Pointer) -> None:
        """Connect, replace, take away, or ask what to put at the loose end."""
        self._finish()
        made = self.candidates
        if not self._started:
            self._click()
        elif self.target.name:
            wire = made.wire(self.target.name, self.target.port)
            if wire not in self.scene.graph.wires:
                self.canvas.ask(f"Connect {wire.source} to {wire.target}", made.graph.connect(wire))
        elif self.moved:
            self.canvas.ask(f"Remove the wire from {self.moved.source} to {self.moved.target}", made.graph)
        else:
            context = ("output" if made.output else "input", made.block, made.port)
            self.canvas.search_requested.emit(pointer.screen, pointer.scene, context)
        self.canvas.hint.emit("")

    def cancel(self) -> None:
        """Leave the wires as they were."""
        self._finish()

    def _begin(self) -> None:
        self._started = True
        self.scene.sketch.draw = self._draw
        self.scene.wires.hidden = self.moved
        self.canvas.viewport().update()

    def _finish(self) -> None:
        self.scene.sketch.draw = None
        self.scene.wires.hidden = None
        self.canvas.viewport().update()

    def _click(self) -> None:
        """A press on a port without a drag selects the wire there, or the block."""
        if self.moved:
            self.canvas.select_wires((self.moved,))
        else:
            self.canvas.select((self.candidates.block,))

    def _aim(self, pointer: Pointer) -> None:
        made, old = self.candidates, self.target
        reach = SNAP / min(self.canvas.zoom(), 1.0)
        room = QRectF(pointer.scene.x() - reach, pointer.scene.y() - reach, 2 * reach, 2 * reach)
        names = [name for name in self.scene.within(room.adjusted(-8, -8, 8, 8)) if name != made.block]
        found = nearest_port(self.scene.cards, names, not made.output, pointer.scene, reach)
        if not found.name:
            over = [name for name in names if self.scene.cards[name].body().contains(pointer.scene)]
            port = made.best(over[0]) if over else ""
            found = Hit("input" if made.output else "output", over[0], port) if port else NOTHING
        self.target = found
        if found != old:
            for name in {old.name, found.name} - {""}:
                self.scene.sketch.update(self.scene.cards[name].body().adjusted(-20, -20, 160, 60))
            self._tell()

    def _tell(self) -> None:
        if not self.target.name:
            self.canvas.hint.emit("Drop on a port to connect, on the ground to choose a block. Esc cancels")
            return
        reason = self.candidates.refusal(self.target.name, self.target.port)
        self.canvas.hint.emit(f"{self.target.name} {reason}" if reason else f"{self.target.name} fits here")

    def _draw(self, painter: QPainter, exposed: QRectF) -> None:
        tools = paints()
        names = [name for name in self.scene.within(exposed) if name != self.candidates.block]
        for name in names:
            self._draw_candidate(painter, self.scene.cards[name], tools, len(names) <= MOST_REASONS)
        start, end = (self.origin, self._end) if self.candidates.output else (self._end, self.origin)
        line = curve(start, end)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(tools.pen("accent", 2.5))
        painter.drawPath(line.path)
        shape = self.scene.report.shapes.get((self.candidates.block, self.candidates.port))
        if self.candidates.output and shape is not None and line.room > 60.0:
            text = shape_text(shape, batch=True)
            at = line.path.pointAtPercent(0.5) - QPointF(tools.width("code-small", text) / 2, 20.0)
            tools.write(painter, "code-small", "accent", at, text)

    def _draw_candidate(self, painter: QPainter, card: Card, tools: Paints, wordy: bool) -> None:
        ports = self.candidates.ports(card.name)
        fitting = [port for port in ports if not self.candidates.refusal(card.name, port)]
        aimed = self.target.name == card.name
        if not fitting:
            self._step_back(painter, card, tools)
        for port in ports:
            at = card.port(not self.candidates.output, port)
            _draw_port(painter, at, port in fitting, aimed and port == self.target.port, tools)
        if aimed:
            self._draw_verdict(painter, card, self.target.port, tools)
        elif wordy and ports and not fitting:
            self._draw_verdict(painter, card, ports[0], tools)

    def _step_back(self, painter: QPainter, card: Card, tools: Paints) -> None:
        painter.setPen(tools.pen("line-strong", 1.0, "dashes"))
        painter.setBrush(tools.brush("canvas", 0.6))
        radius = float(tools.theme.radius("block"))
        painter.drawRoundedRect(card.body(), radius, radius)

    def _draw_verdict(self, painter: QPainter, card: Card, port: str, tools: Paints) -> None:
        """A small note that hangs below the card: tick and "fits", or cross and reason."""
        reason = self.candidates.refusal(card.name, port)
        token, icon = ("danger", "x") if reason else ("ok", "check")
        several = len(self.candidates.ports(card.name)) > 1
        text = reason or (f"{port} · fits" if several else "fits")
        body = card.body()
        note = QRectF(body.left(), body.bottom() + 4.0, tools.width("small", text) + 34.0, 22.0)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tools.brush(f"{token}-soft"))
        painter.drawRoundedRect(note, 6.0, 6.0)
        painter.drawPixmap(note.topLeft() + QPointF(6.0, 4.0), tools.icon(icon, token, 14))
        tools.write(painter, "small", token, note.topLeft() + QPointF(25.0, 3.0), text)
        if not reason and self.target.name == card.name:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(tools.pen("ok", 2.0))
            radius = float(tools.theme.radius("block"))
            painter.drawRoundedRect(body, radius, radius)


def _draw_port(painter: QPainter, at: QPointF, fits: bool, aimed: bool, tools: Paints) -> None:
    if not fits:
        painter.setPen(tools.pen("danger", 2.0))
        painter.setBrush(tools.brush("surface-raised"))
        painter.drawRect(QRectF(at.x() - 4.5, at.y() - 4.5, 9.0, 9.0))
        return
    if aimed:
        painter.setPen(tools.pen("ok", 2.0))
        painter.setBrush(tools.brush("ok-soft"))
        painter.drawEllipse(at, 10.0, 10.0)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tools.brush("ok"))
    painter.drawEllipse(at, 6.0, 6.0)
