"""A plot whose axes both run from 0 to 100 %, for curves that are told once after an epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from widgets.plots.lines import Look
from widgets.theme import themes

_LEFT, _BOTTOM, _TOP, _RIGHT = 40, 32, 8, 14
_ROW = 40
"""Pixels that one number on an axis needs."""


@dataclass(frozen=True, eq=False)
class Curve:
    """Points of shares between 0 and 1, rising along the axis; nan is a gap."""

    name: str
    across: NDArray[np.floating]
    up: NDArray[np.floating]
    look: Look


class SharePlot(QWidget):
    """Curves in a square of shares. Pressing and dragging chooses a place along the lower axis."""

    chosen = Signal(float)
    """A share along the lower axis."""

    def __init__(self, across: str, up: str, diagonal: bool = False) -> None:
        """Named axes; `diagonal` draws what guessing would give."""
        super().__init__()
        self._across, self._up, self._diagonal = across, up, diagonal
        self.curves: tuple[Curve, ...] = ()
        self._marks: tuple[tuple[float, float], ...] = ()
        self._line: float | None = None
        self._pointer: float | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        themes().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Room for a curve."""
        return QSize(260, 200)

    def minimumSizeHint(self) -> QSize:
        """Still a curve."""
        return QSize(120, 80)

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """Draw these from now on."""
        self.curves = tuple(curves)
        self.update()

    def mark(self, points: Sequence[tuple[float, float]], line: float | None = None) -> None:
        """Set marks at these points, and a line at a place of the lower axis."""
        self._marks, self._line = tuple(points), line
        self.update()

    @property
    def marks(self) -> tuple[tuple[float, float], ...]:
        """The points that are marked now."""
        return self._marks

    @property
    def reading(self) -> str:
        """What the curves have under the pointer; empty while it is elsewhere."""
        place = self._pointer
        if place is None or not self.curves:
            return ""
        rows = [f"{self._across} {place:.0%}".replace("%", " %")]
        for curve in self.curves:
            value = float(np.interp(place, curve.across, curve.up))
            rows.append(f"{curve.name} " + ("undefined" if np.isnan(value) else f"{100 * value:.1f} %"))
        return "\n".join(rows)

    def area(self) -> QRectF:
        """The square of the curves in pixels."""
        return QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)

    def place(self, across: float, up: float) -> QPointF:
        """Where a point lies in pixels."""
        area = self.area()
        return QPointF(area.left() + across * area.width(), area.bottom() - up * area.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Axes, curves, marks and the reading."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axes(painter)
        self._paint_curves(painter)
        self._paint_reading(painter)

    def _paint_axes(self, painter: QPainter) -> None:
        theme, area = themes().current, self.area()
        painter.setFont(theme.font("caption"))
        grid, words = QPen(theme.colour("line"), 1), QPen(theme.colour("text-muted"))
        for share in _places(area.height()):
            at = self.place(0, share)
            painter.setPen(grid)
            painter.drawLine(at, self.place(1, share))
            painter.setPen(words)
            room = QRectF(0, at.y() - 8, _LEFT - 6, 16)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{100 * share:.0f}")
        for share in _places(area.width() / 2):
            at = self.place(share, 0)
            room = QRectF(at.x() - 20, at.y() + 3, 40, 14)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, f"{100 * share:.0f}")
        below = QRectF(area.left(), area.bottom() + 15, area.width(), 16)
        caption = f"{self._up} over {self._across}, %" if self._up else f"{self._across}, %"
        painter.drawText(below, Qt.AlignmentFlag.AlignCenter, caption)
        if self._diagonal:
            painter.setPen(QPen(theme.colour("text-faint"), 1, Qt.PenStyle.DashLine))
            painter.drawLine(self.place(0, 0), self.place(1, 1))

    def _paint_curves(self, painter: QPainter) -> None:
        theme = themes().current
        if self._line is not None:
            painter.setPen(QPen(theme.colour("text-faint"), 1))
            painter.drawLine(self.place(self._line, 0), self.place(self._line, 1))
        for curve in self.curves:
            painter.setPen(curve.look.pen(theme))
            known = np.isfinite(curve.up)
            pairs = zip(curve.across[known].tolist(), curve.up[known].tolist(), strict=True)
            painter.drawPolyline(QPolygonF([self.place(across, up) for across, up in pairs]))
        self._paint_names(painter)
        for mark in self._marks:
            painter.setPen(QPen(theme.colour("surface"), 1.5))
            painter.setBrush(theme.colour("accent"))
            painter.drawEllipse(self.place(*mark), 5, 5)

    def _paint_names(self, painter: QPainter) -> None:
        """In the corner that falling curves leave free; a single curve needs no name."""
        theme, area = themes().current, self.area()
        painter.setFont(theme.font("small"))
        for row, curve in enumerate(reversed(self.curves) if len(self.curves) > 1 else ()):
            painter.setPen(curve.look.colour(theme))
            room = QRectF(area.left() + 8, area.bottom() - 18 * (row + 1), area.width(), 16)
            painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, curve.name)

    def _paint_reading(self, painter: QPainter) -> None:
        text, theme = self.reading, themes().current
        if not text or self._pointer is None:
            return
        painter.setFont(theme.font("small"))
        painter.setPen(QPen(theme.colour("text-faint"), 1, Qt.PenStyle.DotLine))
        painter.drawLine(self.place(self._pointer, 0), self.place(self._pointer, 1))
        size = painter.fontMetrics().boundingRect(self.rect(), Qt.AlignmentFlag.AlignLeft, text).size()
        box = QRectF(0, 0, size.width() + 12, size.height() + 8)
        at = self.place(self._pointer, 1) + QPointF(8, 2)
        box.moveTopLeft(at if at.x() + box.width() <= self.width() else at - QPointF(box.width() + 16, 0))
        painter.setPen(QPen(theme.colour("line")))
        painter.setBrush(theme.colour("surface-overlay"))
        painter.drawRoundedRect(box, theme.radius("control"), theme.radius("control"))
        painter.setPen(theme.colour("text"))
        painter.drawText(box.adjusted(6, 4, -6, -4), Qt.AlignmentFlag.AlignLeft, text)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the curves; while pressed, choose."""
        self._point(event)
        if event.buttons() & Qt.MouseButton.LeftButton and self._pointer is not None:
            self.chosen.emit(self._pointer)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose this place."""
        self._point(event)
        if event.button() == Qt.MouseButton.LeftButton and self._pointer is not None:
            self.chosen.emit(self._pointer)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is read any more."""
        self._pointer = None
        self.update()

    def _point(self, event: QMouseEvent) -> None:
        area = self.area()
        across = (event.position().x() - area.left()) / max(area.width(), 1)
        self._pointer = min(max(across, 0.0), 1.0) if -0.05 <= across <= 1.05 else None
        self.update()


def _places(length: float) -> list[float]:
    """Round shares that have room beside each other."""
    steps = 4 if length >= 4 * _ROW else 2
    return [step / steps for step in range(steps + 1)]
