"""A drawing as a tiny picture: one bar in its family's colour for each block, thin wires between them."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap

from engine.graph import Graph
from widgets.theme import current

SCALE = 2.0
"""Thumbnails are drawn at twice their size, so that they are sharp on every screen."""
BLOCK = QSize(152, 96)
"""The size of every block's bar in the drawing's own measure; gaps stay visible at any scale."""
LARGEST = 0.22
"""Small networks do not grow to fill the picture."""
MANY, MOST_LINES = 60, 2000
"""With more blocks than this each is only a coloured bar; and so many wires are drawn at most."""
FAR = 320.0
"""From this distance within a row a wire passes over blocks and is drawn as an arc."""

RETURN = 0.25
"""How far a wire to the next row leaves its block, measured by the bar's width."""


def thumbnail(graph: Graph, width: int, height: int) -> QPixmap:
    """The drawing, fitted into a see-through picture of this size in the theme in use."""
    picture = QPixmap(round(width * SCALE), round(height * SCALE))
    picture.setDevicePixelRatio(SCALE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    draw_thumbnail(painter, graph, width, height)
    painter.end()
    return picture


def draw_thumbnail(painter: QPainter, graph: Graph, width: int, height: int) -> None:
    """The same with a painter, its top left corner at the painter's origin."""
    if not graph.nodes:
        return
    places = _places(graph, width, height)
    if len(places) > MANY:
        _draw_crowd(painter, graph, places)
    else:
        _draw_wires(painter, graph, places)
        _draw_blocks(painter, graph, places)


def _places(graph: Graph, width: int, height: int) -> dict[str, QRectF]:
    """Where each block's bar lies in the picture; rows may move closer together than columns."""
    margin = max(3.0, min(width, height) * 0.12)
    columns = [node.at[0] for node in graph.nodes.values()]
    rows = [node.at[1] for node in graph.nodes.values()]
    room = 2 * RETURN * BLOCK.width()  # wires to the next row leave at the right and come in at the left
    first, highest = min(columns), min(rows)
    across, down = max(columns) - first + BLOCK.width(), max(rows) - highest + BLOCK.height()
    x_scale = min(LARGEST, (width - 2 * margin) / (across + room))
    y_scale = min(LARGEST, 1.4 * x_scale, (height - 2 * margin) / down)
    left, top = (width - across * x_scale) / 2, (height - down * y_scale) / 2
    bar = max(BLOCK.width() * x_scale, 2.0), max(min(BLOCK.height() * y_scale, BLOCK.width() * x_scale), 2.0)
    return {
        name: QRectF(left + (node.at[0] - first) * x_scale, top + (node.at[1] - highest) * y_scale, *bar)
        for name, node in graph.nodes.items()
    }


def _draw_crowd(painter: QPainter, graph: Graph, places: dict[str, QRectF]) -> None:
    """So many blocks that nobody could follow a wire: straight lines, and one call for each colour."""
    theme, bars = current(), dict[str, list[QRectF]]()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(theme.colour("wire"), 0.0))
    wires = graph.wires[:MOST_LINES]
    painter.drawLines([QLineF(places[w.source].center(), places[w.target].center()) for w in wires])
    painter.setPen(Qt.PenStyle.NoPen)
    for name, node in graph.nodes.items():
        bars.setdefault(node.block.family, []).append(places[name])
    for family, rects in bars.items():
        painter.setBrush(theme.family(family).colour if family else theme.colour("line-strong"))
        painter.drawRects(rects)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _draw_blocks(painter: QPainter, graph: Graph, places: dict[str, QRectF]) -> None:
    theme = current()
    painter.setPen(Qt.PenStyle.NoPen)
    for name, node in graph.nodes.items():
        family = node.block.family
        painter.setBrush(theme.family(family).colour if family else theme.colour("line-strong"))
        round_off = min(4.0, places[name].height() * 0.25)
        painter.drawRoundedRect(places[name], round_off, round_off)


def _draw_wires(painter: QPainter, graph: Graph, places: dict[str, QRectF]) -> None:
    widest = next(iter(places.values())).width()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(current().colour("wire"), 1.5 if widest > 12 else 1.0))
    for wire in graph.wires:
        source, target = graph.nodes[wire.source].at, graph.nodes[wire.target].at
        far = source[1] == target[1] and target[0] - source[0] > FAR
        painter.drawPath(_path(places[wire.source], places[wire.target], far))


def _path(source: QRectF, target: QRectF, far: bool) -> QPainterPath:
    start = QPointF(source.right(), source.center().y())
    end = QPointF(target.left(), target.center().y())
    if far:  # over the blocks in between
        start, end = QPointF(source.center().x(), source.top()), QPointF(target.center().x(), target.top())
        lift = QPointF(0.0, -1.2 * source.height())
        return _curve(start, start + lift, end + lift, end)
    if end.x() > start.x():
        middle = (start.x() + end.x()) / 2
        return _curve(start, QPointF(middle, start.y()), QPointF(middle, end.y()), end)
    return _return(source, target, start, end)


def _curve(start: QPointF, first: QPointF, second: QPointF, end: QPointF) -> QPainterPath:
    path = QPainterPath(start)
    path.cubicTo(first, second, end)
    return path


def _return(source: QRectF, target: QRectF, start: QPointF, end: QPointF) -> QPainterPath:
    """From the end of a row back to the start of the next one, between the two."""
    out, between = source.width() * RETURN, (source.center().y() + target.center().y()) / 2
    corners = (
        QPointF(start.x() + out, start.y()),
        QPointF(start.x() + out, between),
        QPointF(end.x() - out, between),
        QPointF(end.x() - out, end.y()),
    )
    path = QPainterPath(start)
    for corner in (*corners, end):
        path.lineTo(corner)
    return path
