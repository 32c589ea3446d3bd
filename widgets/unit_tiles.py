"""The units of one block as small pictures of what each gives everywhere on the data's plane or line."""

from __future__ import annotations

from math import ceil

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.events import Floats
from widgets.heat import map_image
from widgets.theme import current

_GAP, _TITLE, _LARGEST = 6, 20, 96


class UnitTiles(QWidget):
    """A grid of units; a click or Enter chooses one."""

    chosen = Signal(int)

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._name = ""
        self._units: Floats | None = None
        self._marked: int | None = None
        self._at = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Units of the selected block")
        self.setToolTip("What each unit gives: blue below 0, orange above. Click one to see it large.")

    def sizeHint(self) -> QSize:
        """Four in a row."""
        return QSize(240, 200)

    def show_units(self, name: str, units: Floats | None, marked: int | None) -> None:
        """Units (n, rows, columns) or (n, columns) of a block; one of them may be marked."""
        self._name, self._units, self._marked = name, units, marked
        self._at = min(self._at, max(0, (0 if units is None else len(units)) - 1))
        self.update()

    def tile(self, index: int) -> QRectF:
        """Where a unit is drawn."""
        columns, side = self._grid()
        row, column = divmod(index, columns)
        return QRectF(column * (side + _GAP), _TITLE + row * (side + _GAP), side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The block's name, then a picture for each unit on one scale for all."""
        if self._units is None:
            return
        painter, theme = QPainter(self), current()
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("text-muted"))
        count = len(self._units)
        painter.drawText(QPointF(0, 13), f"{self._name}: {count} unit{'s' * (count != 1)}")
        top = float(np.abs(self._units[np.isfinite(self._units)]).max(initial=1e-9))
        for index, unit in enumerate(self._units):
            tile = self.tile(index)
            if unit.ndim == 2:
                painter.drawImage(tile, map_image(unit[::-1], theme.heat_table("diverging"), -top, top))
            else:
                self._draw_curve(painter, tile, unit / top)
            marked = index == self._marked
            painter.setPen(QPen(theme.colour("accent" if marked else "line"), 2.0 if marked else 1.0))
            painter.drawRect(tile)
            if self.hasFocus() and index == self._at:
                painter.setPen(QPen(theme.colour("focus"), 1.0, Qt.PenStyle.DashLine))
                painter.drawRect(tile.adjusted(-2, -2, 2, 2))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the unit under the pointer."""
        for index in range(0 if self._units is None else len(self._units)):
            if self.tile(index).contains(event.position()):
                self._at = index
                self.chosen.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk, Enter and Space choose."""
        count = 0 if self._units is None else len(self._units)
        columns, _ = self._grid()
        steps = {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -columns,
            Qt.Key.Key_Down: columns,
        }
        key = Qt.Key(event.key())
        if count and key in steps:
            self._at = min(max(self._at + steps[key], 0), count - 1)
            self.update()
        elif count and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self._at)
        else:
            super().keyPressEvent(event)

    def _grid(self) -> tuple[int, float]:
        """How many columns give the largest tiles that all fit, and how large those are."""
        count = 1 if self._units is None else max(1, len(self._units))
        width, height = self.width(), max(1, self.height() - _TITLE)
        best = 1, 8.0
        for columns in range(1, count + 1):
            rows = ceil(count / columns)
            side = min((width - (columns - 1) * _GAP) / columns, (height - (rows - 1) * _GAP) / rows - 2, _LARGEST)
            if side > best[1]:
                best = columns, side
        return best

    def _draw_curve(self, painter: QPainter, tile: QRectF, unit: Floats) -> None:
        theme = current()
        painter.setPen(theme.colour("line"))
        painter.drawLine(QPointF(tile.left(), tile.center().y()), QPointF(tile.right(), tile.center().y()))
        xs = np.linspace(tile.left(), tile.right(), len(unit))
        ys = tile.center().y() - np.nan_to_num(unit) * (tile.height() / 2 - 3)
        painter.setPen(QPen(theme.colour("accent"), 1.5))
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)]))
