"""Predicted against true values, for data without classes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF

from engine.looks.predictions import Predictions
from widgets.map_painting import Painted
from widgets.plots.axes import number
from widgets.theme import current

MOST_POINTS = 2_000
NEAR = 8
"""Pixels from a point within which a click means it."""


class ValueScatter(Painted):
    """Predicted against true values; what lies on the line is right. A click chooses the nearest point."""

    chosen = Signal(int)
    """An example."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._points = np.zeros((0, 2))
        self._range = (0.0, 1.0)
        self._picked: int | None = None
        self.setAccessibleName("Predicted against true values")

    def show_predictions(self, seen: Predictions | None) -> None:
        """The first points, or nothing."""
        if seen is None:
            self._points = np.zeros((0, 2))
        else:
            pairs = np.stack([seen.labels, seen.answers], axis=1)[:MOST_POINTS].astype(float)
            self._points = pairs
            known = pairs[np.isfinite(pairs)]
            low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
            self._range = (low, high if high > low else low + 1)
            self.setAccessibleDescription(f"{len(pairs):,} points from {number(low)} to {number(high)}")
        self.update()

    def pick(self, example: int | None) -> None:
        """Show one point larger."""
        self._picked = example
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The diagonal, the points and the ends of the axes."""
        theme, painter, area = current(), QPainter(self), self._area()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("line"), 1))
        painter.drawRect(area)
        painter.drawLine(area.bottomLeft(), area.topRight())
        painter.setPen(QPen(theme.plot(0).colour, 4, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        places = self._places()
        painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in places[np.isfinite(places).all(1)].tolist()]))
        if self._picked is not None and self._picked < len(places):
            painter.setPen(QPen(theme.colour("focus"), 2))
            painter.drawEllipse(self.place_of(self._picked), 6, 6)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text-muted"))
        low, high = self._range
        under = QRectF(area.left(), area.bottom() + 2, area.width(), 14)
        painter.drawText(under, Qt.AlignmentFlag.AlignLeft, number(low))
        painter.drawText(under, Qt.AlignmentFlag.AlignRight, number(high))
        painter.drawText(under, Qt.AlignmentFlag.AlignHCenter, "true value")
        painter.translate(0, area.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, area.height(), 14), Qt.AlignmentFlag.AlignCenter, "predicted")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The nearest point, if there is one near."""
        places = self._places()
        if len(places):
            at = event.position()
            far = np.hypot(places[:, 0] - at.x(), places[:, 1] - at.y())
            nearest = int(np.nanargmin(np.where(np.isfinite(far), far, np.inf)))
            if far[nearest] <= NEAR:
                self.pick(nearest)
                self.chosen.emit(nearest)

    def place_of(self, example: int) -> QPointF:
        """Where a point lies."""
        return QPointF(*self._places()[example].tolist())

    def _area(self) -> QRectF:
        return QRectF(20, 4, max(self.width() - 26, 1), max(self.height() - 24, 1))

    def _places(self) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        """(n, 2) pixels."""
        area, (low, high) = self._area(), self._range
        unit = (self._points - low) / (high - low)
        return np.stack([area.left() + unit[:, 0] * area.width(), area.bottom() - unit[:, 1] * area.height()], axis=1)
