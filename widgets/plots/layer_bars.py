"""The gradients of one step from the first layer to the last, as bars on a log scale."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import floor, isfinite, log10

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip

from widgets.map_painting import Painted
from widgets.plots.axes import log_ticks, number
from widgets.plots.gradient_words import vanishing_below
from widgets.theme import current
from widgets.verdict import EXPLODES, judged

_LEFT, _NAMES, _TOP = 44, 18, 28
_ROW = 26
_LEAST_DECADES = 2.0
_WIDEST = 64
_SHADE = 0.45


class LayerBars(Painted):
    """One bar per layer in forward order; a click tells which."""

    block_clicked = Signal(str)

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._norms: dict[str, float] = {}
        self._lit: frozenset[str] = frozenset()
        self.caption = ""
        """Which step is shown, in words."""
        self.setMouseTracking(True)
        self.setAccessibleName("Gradient norms from the first layer to the last")

    @property
    def norms(self) -> Mapping[str, float]:
        """What is shown."""
        return self._norms

    def show_norms(self, norms: Mapping[str, float], caption: str) -> None:
        """Norms by layer in forward order."""
        self._norms, self.caption = dict(norms), caption
        self.update()

    def light_up(self, names: Iterable[str]) -> None:
        """Pick these layers out."""
        self._lit = frozenset(names)
        self.update()

    def name_at(self, place: QPointF) -> str | None:
        """The layer whose column is there."""
        if not self._norms or place.x() < _LEFT:
            return None
        column = int((place.x() - _LEFT) // self._column())
        names = [*self._norms]
        return names[column] if column < len(names) else None

    def bar(self, name: str) -> QRectF:
        """Where a layer's bar stands."""
        column, area = self._column(), self._area()
        low, high = self._range()
        norm, place = self._norms[name], [*self._norms].index(name)
        exponent = high if not isfinite(norm) else log10(norm) if norm > 0 else low
        share = min(max((exponent - low) / (high - low), 0.0), 1.0)
        wide = min(column * 0.72, _WIDEST)
        left = _LEFT + column * place + (column - wide) / 2
        return QRectF(left, area.bottom() - share * area.height(), wide, share * area.height())

    def _area(self) -> QRectF:
        return QRectF(_LEFT, _TOP, max(self.width() - _LEFT, 1), max(self.height() - _TOP - _NAMES, 1))

    def _column(self) -> float:
        return self._area().width() / max(len(self._norms), 4)

    def _range(self) -> tuple[float, float]:
        """Exponents at the ends: whole halves, so that bars stand still while norms tremble."""
        known = [log10(norm) for norm in self._norms.values() if isfinite(norm) and norm > 0] or [0.0]
        high = floor(2 * max(known) + 1) / 2
        return min(floor(2 * min(known) - 1) / 2, high - _LEAST_DECADES), high

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bands, axis, bars and names."""
        if not self._norms:
            return
        painter = QPainter(self)
        painter.setFont(current().font("caption"))
        self._paint_bands(painter)
        self._paint_axis(painter)
        health = judged(self._norms)
        for place, name in enumerate(self._norms):
            colour = {"explodes": "danger", "vanishes": "warning"}.get(health[name], "")
            self._paint_bar(painter, name, current().colour(colour) if colour else current().plot(place).colour)
        painter.setPen(current().colour("text-muted"))
        painter.setFont(current().font("caption"))
        middle = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        painter.drawText(self.rect(), int(middle), self.caption)

    def _paint_bands(self, painter: QPainter) -> None:
        area, (low, high) = self._area(), self._range()
        unit = area.height() / (high - low)
        if high > log10(EXPLODES):
            bottom = area.top() + unit * (high - log10(EXPLODES))
            shade = QRectF(area.left(), area.top(), area.width(), bottom - area.top())
            painter.fillRect(shade, current().colour("danger-soft", _SHADE))
        limit = log10(vanishing_below(self._norms))
        if limit > low:
            top = area.top() + unit * (high - min(limit, high))
            shade = QRectF(area.left(), top, area.width(), area.bottom() - top)
            painter.fillRect(shade, current().colour("warning-soft", _SHADE))

    def _paint_axis(self, painter: QPainter) -> None:
        area, (low, high) = self._area(), self._range()
        for tick in log_ticks(low, high, max(int(area.height() / _ROW), 2)):
            y = area.bottom() - (tick - low) / (high - low) * area.height()
            painter.setPen(current().colour("line"))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(current().colour("text-muted"))
            place = QRectF(0, y - 8, _LEFT - 6, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number(10**tick))

    def _paint_bar(self, painter: QPainter, name: str, colour: QColor) -> None:
        theme, bar, column = current(), self.bar(name), self._column()
        lit = name in self._lit
        painter.fillRect(bar, colour)
        painter.setFont(theme.font("caption", "semibold" if lit else "regular"))
        painter.setPen(theme.colour("text" if lit else "text-muted"))
        centre = Qt.AlignmentFlag.AlignHCenter
        metrics, value = painter.fontMetrics(), _size(self._norms[name])
        around = QRectF(bar.center().x() - column / 2, bar.top() - 16, column, 16)
        if metrics.horizontalAdvance(value) <= column - 2:
            painter.drawText(around, int(centre | Qt.AlignmentFlag.AlignBottom), value)
        foot = QRectF(around.left(), self._area().bottom() + 2, column, _NAMES - 2)
        every = max(-(-14 // max(int(column), 1)), 1)
        if lit or column >= 14 or [*self._norms].index(name) % every == 0:
            short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, max(round(column) - 2, 12))
            painter.drawText(foot, int(centre | Qt.AlignmentFlag.AlignVCenter), short)
        if lit:
            painter.setPen(theme.colour("focus"))
            painter.drawRect(bar.adjusted(-2, -2, 1, 1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Name and number under the pointer."""
        name = self.name_at(event.position())
        if name:
            QToolTip.showText(event.globalPosition().toPoint(), f"{name}: {_size(self._norms[name])}", self)
        else:
            QToolTip.hideText()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell which layer was clicked."""
        if event.button() == Qt.MouseButton.LeftButton and (name := self.name_at(event.position())):
            self.block_clicked.emit(name)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is gone."""
        super().leaveEvent(event)
        QToolTip.hideText()


def _size(norm: float) -> str:
    return number(norm) if isfinite(norm) else "no number"
