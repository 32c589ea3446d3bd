"""The drawing from far away: every block one small rectangle, all of a colour in one call."""

from collections.abc import Callable, Iterable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from widgets.canvas.card import Card, State
from widgets.canvas.card_painting import paint_far_badge
from widgets.canvas.paints import paints

MARKED = State.SELECTED | State.FOCUSED | State.LIT


class FarLayer(QGraphicsRectItem):
    """Stands in for all cards below the scale where names can be read."""

    def __init__(self, cards: Callable[[], Iterable[Card]]) -> None:
        """Hidden until it is needed; `cards` tells what there is to draw."""
        super().__init__()
        self.setVisible(False)
        self.setZValue(2.0)
        self._cards = cards
        self._bodies: dict[str, dict[str, QRectF]] | None = None

    def forget(self) -> None:
        """Collect the rectangles anew when they are next drawn."""
        self._bodies = None
        if self.isVisible():
            self.update()

    def move(self, card: Card) -> None:
        """Follow one card that is being moved."""
        if self._bodies is not None and (body := self._bodies.get(card.face.filling, {}).get(card.name)):
            self.update(body.adjusted(-40, -40, 40, 40))
            body.moveTo(card.pos())
            self.update(body.adjusted(-40, -40, 40, 40))

    def shape(self) -> QPainterPath:
        """Nothing: cards are found by the grid."""
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, /, widget: QWidget | None = None) -> None:
        """Draw one batch of rectangles for each colour, then what is marked and what is wrong."""
        tools = paints()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        for filling, bodies in self.bodies().items():
            painter.setBrush(tools.filling(filling))
            painter.drawRects(list(bodies.values()))  # Qt clips them faster than Python could choose
        unit = 1.0 / max(painter.worldTransform().m11(), 1e-3)
        for card in self._cards():
            if card.state & MARKED:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(tools.pen("accent", 2.0 * unit))
                painter.drawRect(card.body().adjusted(-3 * unit, -3 * unit, 3 * unit, 3 * unit))
            if card.face.level:
                at = card.body().topRight() + QPointF(7.0 * unit, 0.0)
                paint_far_badge(painter, card.face, at, unit, tools)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def bodies(self) -> dict[str, dict[str, QRectF]]:
        """The rectangles by family, or by heat where the canvas is coloured by cost, and by name."""
        if self._bodies is None:
            self._bodies = {}
            for card in self._cards():
                self._bodies.setdefault(card.face.filling, {})[card.name] = card.body()
        return self._bodies
