"""The line of a wire: a curve that leaves and arrives level, or a folded line with rounded corners."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainterPath

REACH = 20.0
"""How far a folded wire runs on before it turns."""
RADIUS = 10.0
CLEAR = 14.0
"""Distance that a detour keeps from the cards that it goes round."""
LEVEL = 0.5
BESIDE = 12.0
"""Distance between wires that run the same way to different inputs."""


@dataclass(frozen=True)
class Route:
    """Where a wire runs and where its label may stand."""

    path: QPainterPath
    lines: tuple[QLineF, ...]
    label: QPointF
    room: float
    above: bool

    @property
    def straight(self) -> bool:
        """Whether one line is all."""
        return self.above


def route(
    start: QPointF, end: QPointF, source: QRectF, target: QRectF, others: Sequence[QRectF] = (), rank: int = 0
) -> Route:
    """From an output port to an input port; `others` are cards that may lie in the way.

    `rank` counts the inputs of a block: folded wires of different rank run side by side.
    """
    if end.x() - start.x() < REACH * 0.8:
        return _folded(start, end, _lane(start, end, source, target, others) - rank * BESIDE, rank)
    blocked = [rect for rect in others if _in_the_way(rect, start, end)]
    if blocked:
        below = end.y() >= start.y()
        edge = max(rect.bottom() for rect in blocked) if below else min(rect.top() for rect in blocked)
        clear = CLEAR + rank * BESIDE
        return _folded(start, end, edge + clear if below else edge - clear, rank)
    if abs(end.y() - start.y()) < LEVEL:
        return _straight(start, end)
    return curve(start, end)


def curve(start: QPointF, end: QPointF) -> Route:
    """The plain curve, whatever lies in its way."""
    reach = max(abs(end.x() - start.x()) / 2, 32.0)
    path = QPainterPath(start)
    path.cubicTo(start.x() + reach, start.y(), end.x() - reach, end.y(), end.x(), end.y())
    middle = QPointF((start.x() + end.x()) / 2, (start.y() + end.y()) / 2)
    return Route(path, (QLineF(start, end),), middle, abs(end.x() - start.x()) - 16.0, above=False)


def _straight(start: QPointF, end: QPointF) -> Route:
    path = QPainterPath(start)
    path.lineTo(end)
    middle = QPointF((start.x() + end.x()) / 2, start.y() - 10.0)
    return Route(path, (QLineF(start, end),), middle, end.x() - start.x(), above=True)


def _in_the_way(rect: QRectF, start: QPointF, end: QPointF) -> bool:
    """Whether a card lies on the line between two ports, seen as a straight one."""
    left, right = max(rect.left(), start.x() + 1.0), min(rect.right(), end.x() - 1.0)
    if left >= right:
        return False
    slope = (end.y() - start.y()) / (end.x() - start.x())
    heights = [start.y() + slope * (x - start.x()) for x in (left, right)]
    return max(heights) > rect.top() and min(heights) < rect.bottom()


def _lane(start: QPointF, end: QPointF, source: QRectF, target: QRectF, others: Sequence[QRectF]) -> float:
    """The height at which a wire runs back: between the two rows, or below both if they overlap."""
    if target.top() >= source.bottom():
        upper, lower = source.bottom(), target.top()
    elif target.bottom() <= source.top():
        upper, lower = target.bottom(), source.top()
    else:
        return max(source.bottom(), target.bottom()) + REACH
    left, right = min(start.x(), end.x()) - REACH, max(start.x(), end.x()) + REACH
    middle = (upper + lower) / 2
    for rect in others:
        if rect.right() < left or rect.left() > right:
            continue
        if upper < rect.bottom() <= middle + REACH:
            upper = rect.bottom()
        elif lower > rect.top() > middle:
            lower = rect.top()
    return (upper + lower) / 2 if lower > upper else middle


def _folded(start: QPointF, end: QPointF, lane: float, rank: int) -> Route:
    out, back = start.x() + REACH - min(rank * BESIDE, REACH / 2), end.x() - REACH
    points = [
        start,
        QPointF(out, start.y()),
        QPointF(out, lane),
        QPointF(back, lane),
        QPointF(back, end.y()),
        end,
    ]
    lines = tuple(QLineF(one, two) for one, two in pairwise(points))
    label = QPointF((out + back) / 2, lane)
    return Route(_rounded(points), lines, label, abs(out - back) - 2 * RADIUS, above=False)


def _rounded(points: list[QPointF]) -> QPainterPath:
    path = QPainterPath(points[0])
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out_of = QLineF(corner, before), QLineF(corner, after)
        if into.length() < 1e-6 or out_of.length() < 1e-6:
            continue
        into.setLength(min(RADIUS, into.length() / 2))
        out_of.setLength(min(RADIUS, out_of.length() / 2))
        path.lineTo(into.p2())
        path.quadTo(corner, out_of.p2())
    path.lineTo(points[-1])
    return path
