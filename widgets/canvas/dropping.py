"""Blocks that are dragged in from the palette: a ghost shows where they land, a wire lights up that would take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPointF

from engine.blocks.base import Block, Shape
from engine.graph import Graph, Node, Point, Wire
from engine.placing import STEP, make_room, place
from widgets.canvas.card import Card, State
from widgets.canvas.moving import GRID
from widgets.offers import Offers, on_offer

if TYPE_CHECKING:
    from widgets.canvas.canvas import Canvas

BLOCK_MIME = "application/x-layerloom-block"
"""The key of what is offered, such as Conv2d, in UTF-8."""

SOLID, SEEN_THROUGH = 0.85, 0.5
"""How much a ghost hides; over a wire that would take it, less."""


def block_of(mime: QMimeData, offers: Offers, shape: Shape | None = None) -> Block | None:
    """The block that is carried, if it is one that this program knows, made for what would reach it."""
    key = bytes(mime.data(BLOCK_MIME).data()).decode("utf-8", "replace")
    return offers[key].make(shape) if key in offers else None


class Dropping:
    """Shows what a drop would do, and asks for it."""

    def __init__(self, canvas: Canvas) -> None:
        """Nothing is being dragged yet."""
        self._canvas = canvas
        self.offers = on_offer()
        self._ghost: Card | None = None

    def enter(self, mime: QMimeData, at: QPointF) -> bool:
        """Something has come over the canvas; returns whether it can be dropped."""
        block = block_of(mime, self.offers)
        self.leave()
        if block is None:
            return False
        scene = self._canvas.drawing
        self._ghost = Card(Node(scene.graph.name_for(block), block), None, scene.detail)
        self._ghost.mark(State.GHOST | State.LIFTED, True)
        scene.addItem(self._ghost)
        self.over(at)
        return True

    def over(self, at: QPointF) -> None:
        """Follow the pointer."""
        if self._ghost is not None:
            self._ghost.setPos(*self._corner(self._ghost, at))
            wire = self._wire(self._ghost.node.block, at)
            self._ghost.setOpacity(SEEN_THROUGH if wire else SOLID)
            self._canvas.light_wire(wire)
            self._canvas.hint.emit(f"Drop to insert between {wire.source} and {wire.target}" if wire else "")

    def leave(self) -> None:
        """It has gone again."""
        if self._ghost is not None:
            self._canvas.drawing.removeItem(self._ghost)
            self._ghost = None
            self._canvas.light_wire(None)

    def drop(self, mime: QMimeData, at: QPointF) -> bool:
        """Put the block there, or on the wire there."""
        block = block_of(mime, self.offers)
        if block is None:
            return False
        graph, wire = self._canvas.drawing.graph, self._wire(block, at)
        if wire:
            block = block_of(mime, self.offers, self._canvas.report.wire_shape(wire)) or block
        card = self._ghost or Card(Node(graph.name_for(block), block), None, self._canvas.drawing.detail)
        corner = self._corner(card, at)
        self.leave()
        grown, name = on_wire(graph, block, corner, wire) if wire else place(graph, block, corner)
        self._canvas.ask(f"Insert {name}" if wire else f"Add {name}", grown, select=(name,))
        self._canvas.setFocus()
        return True

    def _wire(self, block: Block, at: QPointF) -> Wire | None:
        """The wire under the pointer, if the block could sit on it."""
        joins = block.input_ports() and block.output_ports()
        return self._canvas.drawing.wires.at(at) if joins else None

    def _corner(self, card: Card, at: QPointF) -> Point:
        corner = at - QPointF(card.face.width / 2, 22.0)
        return round(corner.x() / GRID) * GRID, round(corner.y() / GRID) * GRID


def on_wire(graph: Graph, block: Block, corner: Point, wire: Wire) -> tuple[Graph, str]:
    """With a block on a wire; between two neighbours of a row it takes its place in it, and the row makes room."""
    (x, y), (right, below) = graph.nodes[wire.source].at, graph.nodes[wire.target].at
    in_row = abs(y - below) < 40.0 and x < right < x + 2 * STEP
    if in_row:
        return place(make_room(graph, wire.source), block, (x + STEP, y), wire)
    return place(graph, block, corner, wire)
