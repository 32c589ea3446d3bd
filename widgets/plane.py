"""The plane, or the line, that data lie on: what the network answers there, with the examples on top."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.events import Floats
from engine.looks.surface import Surface
from widgets.heat import map_image
from widgets.plots.axes import number
from widgets.theme import Theme, current

Part = Literal["all", "training", "validation"]
_LEFT, _BOTTOM = 38, 20
"""Room for the numbers at the axes."""
_LARGEST_MARK = 3.2
"""Half the size of an example's mark where there is room."""
_WASH = 0.55
"""How strongly the colour of a class fills the plane where the network is sure of it."""


class Plane(QWidget):
    """Shows a surface, of the network's answer or of one unit, and reads it out under the pointer."""

    pointed = Signal(str)
    """What the network answers under the pointer, in words; nothing when it leaves."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._surface: Surface | None = None
        self._labels: tuple[str, ...] = ()
        self._unit: Floats | None = None
        self.part: Part = "all"
        self.hard = False
        """Whether the plane shows the class chosen, and not how sure the network is."""
        self._field: QImage | None = None
        self._marks: QImage | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Decision surface")

    def sizeHint(self) -> QSize:
        """As high as it is wide."""
        return QSize(320, 300)

    def show_surface(self, surface: Surface | None, labels: tuple[str, ...] = (), unit: Floats | None = None) -> None:
        """A surface with the names of its classes, and in its place what one unit gives."""
        moved = surface is None or self._surface is None or not np.array_equal(surface.points, self._surface.points)
        self._surface, self._labels, self._unit = surface, labels, unit
        self.redraw(marks=moved)

    def redraw(self, marks: bool = True) -> None:
        """The settings have changed; without `marks` the examples stay as they are drawn."""
        self._field = None
        if marks:
            self._marks = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The marks keep their size."""
        super().resizeEvent(event)
        self._marks = None

    def paintEvent(self, event: QPaintEvent) -> None:
        """The field, the examples, the frame with its numbers."""
        surface = self._surface
        if surface is None:
            return
        painter, theme, area = QPainter(self), current(), self.area()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if len(surface.low) == 2:
            self._field = self._field or self._coloured(surface, theme)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not self.hard)
            painter.drawImage(area, self._field)
        else:
            self._draw_curves(painter, surface, area, theme)
        self._marks = self._marks or self._drawn_marks(surface, area, theme)
        painter.drawImage(QPointF(0, 0), self._marks)
        self._draw_frame(painter, surface, area, theme)

    def area(self) -> QRectF:
        """Where the data lie on the widget: a square for a plane, everything for a line."""
        whole = QRectF(self.rect()).adjusted(_LEFT, 4, -8, -_BOTTOM)
        if self._surface is None or len(self._surface.low) == 1:
            return whole
        side = min(whole.width(), whole.height())
        return QRectF(whole.x() + (whole.width() - side) / 2, whole.y(), side, side)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the answer under the pointer."""
        self.pointed.emit(self.reading(event.position()))

    def leaveEvent(self, event: object) -> None:
        """The pointer is gone."""
        self.pointed.emit("")

    def reading(self, place: QPointF) -> str:
        """What the network answers at a place of the widget, in words."""
        surface, area = self._surface, self.area()
        if surface is None or not area.contains(place):
            return ""
        across = (place.x() - area.x()) / area.width()
        up = 1 - (place.y() - area.y()) / area.height()
        values = surface.answer
        column = min(int(across * values.shape[-1]), values.shape[-1] - 1)
        at = [surface.low[0] + across * (surface.high[0] - surface.low[0])]
        if len(surface.low) == 2:
            row = min(int(up * values.shape[1]), values.shape[1] - 1)
            at.append(surface.low[1] + up * (surface.high[1] - surface.low[1]))
            here = values[:, row, column]
        else:
            here = values[:, column]
        where = ", ".join(number(value) for value in at)
        if not surface.probabilities:
            return f"({where}): {', '.join(number(float(value)) for value in here)}"
        best = int(np.argmax(here))
        name = self._labels[best] if best < len(self._labels) else str(best)
        return f"({where}): {name}, {100 * float(here[best]):.0f} %"

    # The field

    def _coloured(self, surface: Surface, theme: Theme) -> QImage:
        """Rows upwards become rows downwards."""
        if self._unit is not None:
            top = float(np.abs(self._unit[np.isfinite(self._unit)]).max(initial=1e-9))
            return map_image(self._unit[::-1], theme.heat_table("diverging"), -top, top)
        answer = surface.answer[:, ::-1]
        if not surface.probabilities:
            known = answer[0][np.isfinite(answer[0])]
            low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
            return map_image(answer[0], theme.heat_table("sequential"), low, high)
        if self.hard:
            answer = np.eye(len(answer), dtype=np.float32)[answer.argmax(0)].transpose(2, 0, 1)
        return _washed(answer, class_colours(theme, len(answer)), theme)

    def _draw_curves(self, painter: QPainter, surface: Surface, area: QRectF, theme: Theme) -> None:
        """For data on a line: one curve for each number of the answer, or the one of the unit."""
        rows = surface.answer if self._unit is None else self._unit[None]
        low, high = self._heights(surface)
        colours = class_colours(theme, len(rows))
        for row, colour in zip(rows, colours, strict=False):
            xs = np.linspace(area.left(), area.right(), len(row))
            ys = area.bottom() - (row - low) / (high - low) * area.height()
            points = [QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True) if np.isfinite(y)]
            painter.setPen(QPen(colour if len(rows) > 1 else theme.colour("accent"), 2.0))
            painter.drawPolyline(QPolygonF(points))

    def _heights(self, surface: Surface) -> tuple[float, float]:
        """What the vertical axis of a line's picture shows."""
        shown = surface.answer if self._unit is None else self._unit
        values = np.concatenate([shown.ravel(), surface.targets if self._unit is None else np.zeros(0, np.float32)])
        known = values[np.isfinite(values)]
        low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
        margin = 0.06 * (high - low) or 0.5
        return low - margin, high + margin

    # The examples

    def _drawn_marks(self, surface: Surface, area: QRectF, theme: Theme) -> QImage:
        """All examples as one picture, drawn once: circles, squares, triangles ... for classes; rings are held out."""
        scale = self.devicePixelRatioF()
        image = QImage(self.size() * scale, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(scale)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        keep = np.ones(len(surface.points), bool)
        if self.part != "all":
            keep = surface.held_out == (self.part == "validation")
        xs = area.x() + _share(surface.points[:, 0], surface.low[0], surface.high[0]) * area.width()
        if len(surface.low) == 2:
            heights = _share(surface.points[:, 1], surface.low[1], surface.high[1])
        else:
            heights = _share(surface.targets, *self._heights(surface))
        ys = area.bottom() - heights * area.height()
        ink, size = theme.colour("surface"), min(max(area.width() / 90, 1.8), _LARGEST_MARK)
        colours = class_colours(theme, len(self._labels) or 1)
        for index in np.flatnonzero(keep):
            kind = int(surface.targets[index]) if self._labels else 0
            colour = colours[kind % len(colours)] if self._labels else theme.colour("text")
            _draw_mark(painter, QPointF(xs[index], ys[index]), kind, colour, bool(surface.held_out[index]), ink, size)
        painter.end()
        return image

    def _draw_frame(self, painter: QPainter, surface: Surface, area: QRectF, theme: Theme) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(theme.colour("line"))
        painter.drawRect(area)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text-muted"))
        metrics = painter.fontMetrics()
        below = area.bottom() + metrics.ascent() + 4
        right = number(surface.high[0])
        painter.drawText(QPointF(area.left(), below), number(surface.low[0]))
        painter.drawText(QPointF(area.right() - metrics.horizontalAdvance(right), below), right)
        low, high = (surface.low[1], surface.high[1]) if len(surface.low) == 2 else self._heights(surface)
        for value, y in ((low, area.bottom()), (high, area.top() + metrics.ascent())):
            text = number(value)
            painter.drawText(QPointF(area.left() - 5 - metrics.horizontalAdvance(text), y), text)


def class_colours(theme: Theme, count: int) -> list[QColor]:
    """The colours of classes, for their points and their parts of the plane: two are those of the cards' pictures."""
    if count <= 2:
        ends = theme.heat("diverging")
        return [QColor(ends[0]), QColor(ends[-1])]
    return [QColor(theme.plot(index).colour) for index in range(count)]


def _washed(shares: Floats, colours: list[QColor], theme: Theme) -> QImage:
    """Each class's colour by its share over the ground: (classes, rows, columns) in 0-1."""
    ground = _channels(theme.colour("surface"))
    inks = np.stack([_channels(colour) for colour in colours])
    even = 1.0 / max(len(shares), 1)
    sure = np.clip((np.nan_to_num(shares) - even) / max(1 - even, 1e-9), 0, 1)
    mixed = ground + np.tensordot(sure, inks - ground, axes=(0, 0)) * _WASH
    levels = np.ascontiguousarray(np.clip(mixed, 0, 255).astype(np.uint8))
    rows, columns, _ = levels.shape
    return QImage(levels.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888).copy()


def _channels(colour: QColor) -> NDArray[np.float64]:
    return np.array([colour.red(), colour.green(), colour.blue()], float)


def _share(values: Floats, low: float, high: float) -> NDArray[np.float64]:
    found: NDArray[np.float64] = (values.astype(float) - low) / ((high - low) or 1.0)
    return found


def _draw_mark(painter: QPainter, at: QPointF, kind: int, colour: QColor, ring: bool, ink: QColor, size: float) -> None:
    """A mark that can be told from others by its form as well as by its colour."""
    painter.setPen(QPen(colour if ring else ink, 1.4 if ring else 1.0))
    painter.setBrush(ink if ring else colour)
    if kind % 3 == 0:
        painter.drawEllipse(at, size, size)
    elif kind % 3 == 1:
        painter.drawRect(QRectF(at.x() - size + 0.4, at.y() - size + 0.4, 2 * size - 0.8, 2 * size - 0.8))
    else:
        below = at.y() + size
        corners = [QPointF(at.x(), at.y() - size), QPointF(at.x() + size, below), QPointF(at.x() - size, below)]
        painter.drawPolygon(QPolygonF(corners))
