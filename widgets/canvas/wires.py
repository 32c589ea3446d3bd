"""All wires in one item: each its own path, only those in view drawn, labels where there is room."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPainterPathStroker
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from engine.blocks.base import Shape, shape_text
from engine.graph import Wire
from widgets.canvas.detail import Detail, DetailInUse
from widgets.canvas.grid import SpatialGrid
from widgets.canvas.paints import Paints, paints
from widgets.canvas.routing import Route

MARGIN = 14.0
"""Room around a path for its width and its label."""
HIT = 7.0
PILL_MARGIN = 110.0
UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(slots=True, eq=False)
class WirePicture:
    """One wire as it is drawn."""

    wire: Wire
    route: Route
    shape: Shape | None
    fault: str | None
    """None for a sound wire; else what differs, or nothing if that cannot be said in few characters."""
    bounds: QRectF
    _stroke: QPainterPath | None = None

    def take(self, route: Route) -> None:
        """Run along another line."""
        self.route, self._stroke = route, None
        self.bounds = bounds_of(route)

    def hit(self, point: QPointF) -> bool:
        """Whether a point is on the wire, generously."""
        if not self.bounds.contains(point):
            return False
        if self._stroke is None:
            stroker = QPainterPathStroker()
            stroker.setWidth(2 * HIT)
            self._stroke = stroker.createStroke(self.route.path)
        return self._stroke.contains(point)

    @property
    def style(self) -> str:
        """Faulty, unknown or sound."""
        return "error" if self.fault is not None else "unknown" if self.shape is None else "sound"


def bounds_of(route: Route) -> QRectF:
    """What a wire may paint on, its label included."""
    return route.path.controlPointRect().adjusted(-MARGIN, -MARGIN - 6.0, MARGIN, MARGIN)


class WireLayer(QGraphicsRectItem):
    """Draws every wire."""

    def __init__(self, detail: DetailInUse) -> None:
        """Begin without wires."""
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.pictures: dict[Wire, WirePicture] = {}
        self.grid: SpatialGrid[Wire] = SpatialGrid()
        self.hovered: Wire | None = None
        self.lit: Wire | None = None
        """The wire on which something would land."""
        self.selected: set[Wire] = set()
        self.raised: frozenset[str] = frozenset()
        """Blocks whose wires are drawn thicker, because the pointer is on them."""
        self.hidden: Wire | None = None
        """A wire that is being drawn anew."""
        self._detail = detail

    def put(self, picture: WirePicture) -> None:
        """Add a wire, or tell that it runs elsewhere."""
        self.pictures[picture.wire] = picture
        self.grid.put(picture.wire, picture.bounds)
        self.update(picture.bounds)

    def drop(self, wire: Wire) -> None:
        """Take a wire away."""
        picture = self.pictures.pop(wire)
        self.grid.drop(wire)
        self.selected.discard(wire)
        self.hovered = None if self.hovered == wire else self.hovered
        self.lit = None if self.lit == wire else self.lit
        self.update(picture.bounds)

    def refresh(self, *wires: Wire | None) -> None:
        """Draw some wires again, with room for the pill of a hovered one."""
        for wire in wires:
            if wire is not None and (picture := self.pictures.get(wire)):
                self.update(picture.bounds.adjusted(-PILL_MARGIN, -MARGIN, PILL_MARGIN, MARGIN))

    def at(self, point: QPointF) -> Wire | None:
        """The wire under a point; of several the one drawn last."""
        near = self.grid.near(QRectF(point.x() - HIT, point.y() - HIT, 2 * HIT, 2 * HIT))
        return next((wire for wire in reversed(near) if self.pictures[wire].hit(point)), None)

    def shape(self) -> QPainterPath:
        """Nothing: wires are found by the grid."""
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, /, widget: QWidget | None = None) -> None:
        """Draw the wires in the exposed part."""
        exposed = option.exposedRect
        pictures, near = self.pictures, self.grid.near(exposed)
        shown = [p for wire in near if (p := pictures[wire]).bounds.intersects(exposed) and wire != self.hidden]
        if self._detail.level is Detail.BARS:
            _paint_hairlines(painter, shown, paints())
        else:
            self._paint_lines(painter, shown, paints())
            if self._detail.level is Detail.FULL:
                self._paint_labels(painter, shown, paints())

    def strong(self, picture: WirePicture) -> bool:
        """Whether a wire is drawn thicker."""
        wire = picture.wire
        chosen = wire in (self.hovered, self.lit) or wire in self.selected
        return chosen or wire.source in self.raised or wire.target in self.raised

    def _paint_lines(self, painter: QPainter, shown: list[WirePicture], tools: Paints) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        groups: dict[tuple[str, bool, bool], list[WirePicture]] = {}
        for picture in shown:
            key = picture.style, self.strong(picture), picture.wire in self.selected or picture.wire == self.lit
            groups.setdefault(key, []).append(picture)
        for (style, strong, selected), pictures in sorted(groups.items(), key=lambda group: group[0][1:]):
            token = "wire-error" if style == "error" else "accent" if selected else "wire-hover" if strong else "wire"
            painter.setPen(tools.pen(token, 3.0 if strong else 2.0, "dots" if style == "unknown" else ""))
            lines = [picture.route.lines[0] for picture in pictures if picture.route.straight]
            if lines:
                painter.drawLines(lines)
            for picture in pictures:
                if not picture.route.straight:
                    painter.drawPath(picture.route.path)

    def _paint_labels(self, painter: QPainter, shown: list[WirePicture], tools: Paints) -> None:
        for picture in shown:
            if picture.wire == self.hovered and picture.shape is not None and picture.fault is None:
                _paint_box(painter, picture, full_text(picture.shape), "text", "surface-overlay", tools)
            elif picture.fault:
                _paint_box(painter, picture, picture.fault, "danger", "danger-soft", tools)
            elif text := self.label(picture, tools):
                _paint_label(painter, picture, text, tools)

    def label(self, picture: WirePicture, tools: Paints) -> str:
        """What stands at a wire: its shape, without the batch where room is short, nothing where there is none."""
        if picture.shape is None:
            return "?"
        advance = tools.width("code-small", "×")
        shape = shape_text(picture.shape, batch=True)
        if len(shape) * advance <= picture.route.room or self.strong(picture):
            return shape
        shape = shape_text(picture.shape)
        return shape if len(shape) * advance <= picture.route.room else ""


def full_text(shape: Shape) -> str:
    """Shape, kind of number and size of one example: `N×16×28×28 · float32 · 50.2 kB`."""
    size = 4.0 * prod(shape)
    power = min(max(len(f"{size:.0f}") - 1, 0) // 3, len(UNITS) - 1)
    return f"{shape_text(shape, batch=True)} · float32 · {size / 1000**power:.3g} {UNITS[power]}"


def _paint_hairlines(painter: QPainter, shown: Iterable[WirePicture], tools: Paints) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for token, faulty in (("wire", False), ("wire-error", True)):
        lines = [line for picture in shown if (picture.fault is not None) == faulty for line in picture.route.lines]
        if lines:
            painter.setPen(tools.pen(token, 0.0))
            painter.drawLines(lines)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def _paint_label(painter: QPainter, picture: WirePicture, text: str, tools: Paints) -> None:
    size = tools.text("code-small", text).size()
    at = picture.route.label - QPointF(size.width() / 2, size.height() / 2)
    if not picture.route.above:
        room = QRectF(at.x() - 5.0, at.y(), size.width() + 10.0, size.height())
        painter.fillRect(room, tools.colour("canvas"))
    tools.write(painter, "code-small", "danger" if picture.fault is not None else "text-muted", at, text)


def _paint_box(painter: QPainter, picture: WirePicture, text: str, token: str, ground: str, tools: Paints) -> None:
    size = tools.text("code-small", text).size()
    middle = picture.route.label + QPointF(0.0, 10.0 if picture.route.above and token == "danger" else 0.0)
    middle -= QPointF(0.0, 8.0 if picture.route.above and token != "danger" else 0.0)
    box = QRectF(0.0, 0.0, size.width() + 14.0, size.height() + 4.0)
    box.moveCenter(middle)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(tools.brush(ground))
    painter.drawRoundedRect(box, box.height() / 2, box.height() / 2)
    tools.write(painter, "code-small", token, box.topLeft() + QPointF(7.0, 2.0), text)
