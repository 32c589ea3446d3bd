"""Names at the ends of lines, moved apart just so far that none covers another."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF
from PySide6.QtGui import QBrush, QColor, QFont
from PySide6.QtWidgets import QGraphicsItem, QGraphicsSimpleTextItem


def spread(wanted: Sequence[float], height: float, top: float, bottom: float) -> list[float]:
    """The centres nearest to the wanted ones, each `height` from the next, between top and bottom if they fit."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed = [0.0] * len(wanted)
    edge = top + height / 2
    for index in order:
        placed[index] = max(wanted[index], edge)
        edge = placed[index] + height
    edge = bottom - height / 2
    for index in reversed(order):
        placed[index] = min(placed[index], edge)
        edge = placed[index] - height
    return placed


def chosen(wanted: Sequence[float], room: int, first: frozenset[int] = frozenset()) -> list[int]:
    """Which of the labels to show where there is room for some only: `first`, then evenly from top to bottom."""
    if len(wanted) <= room:
        return list(range(len(wanted)))
    others = sorted(set(range(len(wanted))) - first, key=lambda index: wanted[index])
    left = max(room - len(first), 0)
    picked = {others[round(place * (len(others) - 1) / max(left - 1, 1))] for place in range(left)}
    return sorted([*[*first][: max(room, 0)], *picked])


class EndLabel(QGraphicsSimpleTextItem):
    """A name at the end of a line; it belongs to the whole plot, so that the edge of the curves does not cut it."""

    def __init__(self, name: str, parent: QGraphicsItem) -> None:
        """Hidden until it has a place."""
        super().__init__(name, parent)
        self.name = name
        self.setZValue(10)
        self.hide()

    def dress(self, colour: QColor, font: QFont) -> None:
        """Take the colour of its line."""
        self.setBrush(QBrush(colour))
        self.setFont(font)

    def put(self, left: float, middle: float) -> None:
        """Stand right of a point, centred on its height."""
        self.setPos(QPointF(left, middle - self.boundingRect().height() / 2))
        self.show()
