"""One block on the canvas: a rectangle that paints itself whole, ports and buttons included."""

from enum import Flag, auto

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from engine.graph import Node
from engine.problems import Problem
from widgets.canvas import card_painting
from widgets.canvas.detail import Detail, DetailInUse
from widgets.canvas.faces import Face, face_of
from widgets.canvas.live import LiveStrip
from widgets.canvas.paints import paints

MARGIN = 16.0
"""Room around the card for ports, halo and shadow."""


class State(Flag):
    """What may be true of a card beside what it shows."""

    NONE = 0
    HOVERED = auto()
    SELECTED = auto()
    FOCUSED = auto()
    LIT = auto()
    LIFTED = auto()
    GHOST = auto()


class Card(QGraphicsRectItem):
    """Shows one block; the scene tells it what, gestures tell it where."""

    def __init__(self, node: Node, face: Face | None, detail: DetailInUse) -> None:
        """A card at the node's place, drawn in the detail that its scene has chosen."""
        super().__init__()
        self.detail = detail
        self.node = node
        self.face = face or face_of(node)
        self.problem: Problem | None = None
        self.state = State.NONE
        self.live: LiveStrip | None = None
        self.fix_hovered = False
        self._image: QImage | None = None
        self._imaged = False
        self.setPos(*node.at)
        self.setRect(self._room())
        self.setZValue(1.0)

    @property
    def name(self) -> str:
        """The block's name."""
        return self.node.name

    def show_face(self, face: Face, problem: Problem | None) -> bool:
        """Take another face; returns whether ports or size changed, so that wires must follow."""
        self.problem = problem
        if face == self.face:
            if face.level:  # the repair on the button may be another one
                self.update()
            return False
        old, self.face = self.face, face
        if (old.width, old.height) != (face.width, face.height):
            self.setRect(self._room())
        self.update()
        return (old.width, old.inputs, old.outputs) != (face.width, face.inputs, face.outputs)

    def mark(self, state: State, on: bool) -> None:
        """Put the card into a state or out of it."""
        changed = self.state | state if on else self.state & ~state
        if changed != self.state:
            self.state = changed
            self.setZValue(3.0 if State.LIFTED in changed else 2.0 if State.SELECTED in changed else 1.0)
            self.update()

    def show_live(self, strip: LiveStrip | None) -> None:
        """Take another live picture; the image is made when it is painted, so unseen cards cost nothing."""
        self.live, self._imaged = strip, False
        self.update(self.face.strip_rect.united(self.face.meter_rect))

    def image(self) -> QImage | None:
        """The live maps as one image, made once for each strip."""
        if not self._imaged:
            table = paints().theme.heat_table("diverging" if self.live and self.live.signed else "sequential")
            self._image = self.live.image(table, self.face.strip_rect.width()) if self.live else None
            self._imaged = True
        return self._image

    def fix_label(self) -> str:
        """What the button says: the first repair, which is worked out only now that it is looked at."""
        fixes = self.problem.fixes if self.problem else ()
        return fixes[0].label if fixes else "What is wrong?"

    def hover_fix(self, on: bool) -> None:
        """Whether the pointer is on the button."""
        if on != self.fix_hovered:
            self.fix_hovered = on
            self.update(self.face.fix_rect.adjusted(-2, -2, 2, 2))

    def scene_detail_is_low(self) -> bool:
        """Whether only the name is wanted."""
        return self.detail.level < Detail.FULL

    def forget_image(self) -> None:
        """Colour the live maps anew, for another theme."""
        self._imaged = False

    def body(self) -> QRectF:
        """The card's rectangle in the scene."""
        return self.face.rect.translated(self.pos())

    def port(self, output: bool, name: str) -> QPointF:
        """Where a port lies in the scene."""
        return self.pos() + self.face.port_at("output" if output else "input", name)

    def shape(self) -> QPainterPath:
        """The card itself, without the room around it."""
        path = QPainterPath()
        path.addRect(self.face.rect)
        return path

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, /, widget: QWidget | None = None) -> None:
        """Draw in as much detail as the scene asks for."""
        card_painting.paint(painter, self, paints())

    def _room(self) -> QRectF:
        return self.face.rect.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
