"""What lies under the pointer: found by arithmetic on cards near it, never by asking every item."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from PySide6.QtCore import QPointF

from engine.graph import Wire
from widgets.canvas.card import Card

PORT_REACH = 12.0
"""Half of a port's target."""

Place = Literal["nothing", "card", "input", "output", "fix", "badge", "open", "wire"]


class Hit(NamedTuple):
    """A place on the canvas; `name` is the block, `port` the port, `wire` the wire that is there."""

    place: Place
    name: str = ""
    port: str = ""
    wire: Wire | None = None


NOTHING = Hit("nothing")


def card_hit(cards: Iterable[Card], point: QPointF, reach: float = PORT_REACH) -> Hit:
    """The port, button or card at a point; the topmost card wins, ports before bodies."""
    ranked = sorted(cards, key=lambda card: card.zValue(), reverse=True)
    for card in ranked:
        if found := _port_hit(card, point, reach):
            return found
    for card in ranked:
        local = point - card.pos()
        if card.face.rect.contains(local):
            if card.face.fix_rect.contains(local):
                return Hit("fix", card.name)
            if card.face.open_rect.contains(local):
                return Hit("open", card.name)
            return Hit("badge" if card.face.badge_rect.contains(local) else "card", card.name)
    return NOTHING


def _port_hit(card: Card, point: QPointF, reach: float) -> Hit | None:
    local = point - card.pos()
    room = card.face.rect.adjusted(-reach, -reach, reach, reach)
    if not room.contains(local):
        return None
    for name, at in card.face.ports("input"):
        if -reach <= local.x() - at.x() <= min(reach, 9.0) and abs(local.y() - at.y()) <= reach:
            return Hit("input", card.name, name)
    for name, at in card.face.ports("output"):
        if -min(reach, 9.0) <= local.x() - at.x() <= reach and abs(local.y() - at.y()) <= reach:
            return Hit("output", card.name, name)
    return None


def nearest_port(cards: Mapping[str, Card], names: Iterable[str], output: bool, point: QPointF, reach: float) -> Hit:
    """The port of one kind that is nearest to a point, within reach."""
    best, found = reach, NOTHING
    side: Literal["input", "output"] = "output" if output else "input"
    for name in names:
        card = cards[name]
        for port, at in card.face.ports(side):
            gap = card.pos() + at - point
            distance = (gap.x() ** 2 + gap.y() ** 2) ** 0.5
            if distance <= best:
                best, found = distance, Hit(side, name, port)
    return found
