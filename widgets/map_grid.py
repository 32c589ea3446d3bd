"""Feature maps side by side or one of them large, rows of numbers as bars or cells; each can be chosen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen

from engine.events import Floats
from widgets.heat import grid_image, grid_shape, map_image
from widgets.map_painting import Painted, cells, enlarged, fitted, fitted_once, paint_bars
from widgets.plots.axes import number
from widgets.theme import current

_GAP = 3
"""Pixels between maps on the screen."""
_EVEN_FROM = 4.0
"""From this enlargement on all pixels of maps are equally large; below, filling the room counts more."""
_BARS_UP_TO = 64
"""Up to so many numbers are bars; longer rows are a strip of coloured cells."""
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class MapGrid(Painted):
    """Maps at a whole multiple of their size. Arrows walk from unit to unit, Enter or a click opens one, Esc closes it.

    A unit is one map, one number of a row, or one row of a table.
    """

    opened = Signal(int)
    """This unit is wanted large, or picked out."""
    closed = Signal()
    """All units are wanted again."""
    pointed = Signal(str)
    """The number under the pointer in words; nothing when it leaves."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.low, self.high, self.per_map = 0.0, 1.0, True
        self.names: tuple[str, ...] = ()
        """What the units are called, where that is known."""
        self._values: Floats | None = None
        self._maps: NDArray[np.float32] | None = None
        self._bars: NDArray[np.float32] | None = None
        self._note = ""
        self._open: int | None = None
        self._at = 0
        self._image = QImage()
        self._made_for: tuple[int, float] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_values(self, values: Floats | None, per_map: bool, note: str, names: tuple[str, ...] = ()) -> None:
        """Maps (C, H, W), or any other numbers; None shows the note."""
        if values is not None and values.ndim > 3:  # the slices of a volume stand below each other
            values = values.reshape(len(values), -1, values.shape[-1])
        self._note, self._made_for, self._maps, self._bars = note, None, None, None
        self._values = values if values is not None and values.size else None
        self.per_map = per_map and values is not None and values.ndim == 3
        if self._values is not None:
            known = self._values[np.isfinite(self._values)]
            self.low, self.high = float(known.min(initial=np.inf)), float(known.max(initial=-np.inf))
            self._maps = self._values if self._values.ndim == 3 else cells(self._values)
            self._bars = self._values.ravel() if self._values.ndim < 2 and self._values.size <= _BARS_UP_TO else None
        self.names = names if len(names) == self.units else ()
        self._at = min(self._at, max(self.units - 1, 0))
        self.update()

    def open(self, unit: int | None) -> None:
        """Show one unit large or picked out; None shows all alike."""
        self._open = unit
        self._at = self._at if unit is None else unit
        self.update()

    @property
    def units(self) -> int:
        """How many there are."""
        if self._values is None:
            return 0
        return len(self._values) if self._values.ndim == 3 or self._is_table else self._values.size

    @property
    def coloured(self) -> bool:
        """Whether colours stand for numbers just now."""
        return self._maps is not None and self._bars is None

    @property
    def large(self) -> bool:
        """Whether one map takes all the room."""
        return self._open is not None and self._values is not None and self._values.ndim == 3

    @property
    def reach(self) -> tuple[float, float]:
        """From where to where colours go: of the map that is large, or of all."""
        return self._reach_of(self._open) if self.large and self._open is not None else (self.low, self.high)

    def columns(self) -> tuple[int, float]:
        """How many maps stand side by side so that all are as large as possible, and how often they are enlarged."""
        if self._maps is None:
            return 1, 1.0
        count, height, width = self._maps.shape
        sizes = []
        for columns in range(1, count + 1):
            _, rows = grid_shape(count, columns)
            across = (self.width() + _GAP) / columns - _GAP
            down = (self.height() + _GAP) / rows - _GAP
            sizes.append((min(across / width, down / height), -rows, columns))
        scale, _, columns = max(sizes)
        return columns, float(int(scale)) if scale >= _EVEN_FROM else max(scale, 0.05)

    # Places

    def area_of(self, unit: int) -> QRectF:
        """Where a unit is drawn."""
        if self._maps is None:
            return QRectF()
        if self._bars is not None and not self._is_table:
            wide = self.width() / max(len(self._bars), 1)
            return QRectF(unit * wide, 0, wide, self.height())
        if self.large:
            _, height, width = self._maps.shape
            return QRectF(fitted(QSize(width, height), self.rect()))
        tile = self._tile()
        if self._values is not None and self._values.ndim == 3:
            row, column = divmod(unit, self.columns()[0])
            return tile.translated(column * (tile.width() + _GAP), row * (tile.height() + _GAP))
        _, rows, columns = self._maps.shape
        if self._is_table:
            return QRectF(tile.left(), tile.top() + unit * tile.height() / rows, tile.width(), tile.height() / rows)
        row, column = divmod(unit, columns)
        wide, high = tile.width() / columns, tile.height() / rows
        return QRectF(tile.left() + column * wide, tile.top() + row * high, wide, high)

    def unit_at(self, place: QPointF) -> int | None:
        """The unit at a place of the widget."""
        if self.large:
            return self._open if self._open is not None and self.area_of(self._open).contains(place) else None
        return next((unit for unit in range(self.units) if self.area_of(unit).contains(place)), None)

    def words_at(self, place: QPointF) -> str:
        """The number at a place, in words; "" where there is none."""
        unit, values = self.unit_at(place), self._values
        if unit is None or values is None:
            return ""
        name = self.names[unit] if self.names else f"{unit + 1:,}"
        area = self.area_of(unit)
        across, down = (place.x() - area.left()) / area.width(), (place.y() - area.top()) / area.height()
        if values.ndim == 3:
            row, column = int(down * values.shape[1]), int(across * values.shape[2])
            which = "" if self.large else f"map {name}, "
            return f"{which}row {row + 1}, column {column + 1}: {number(float(values[unit, row, column]))}"
        if self._is_table:
            column = int(across * values.shape[1])
            return f"row {name}, column {column + 1}: {number(float(values[unit, column]))}"
        return f"{name if self.names else f'number {name}'}: {number(float(values.ravel()[unit]))}"

    @property
    def _is_table(self) -> bool:
        return self._values is not None and self._values.ndim == 2

    def _tile(self) -> QRectF:
        """The first map, or the only one."""
        assert self._maps is not None
        (count, height, width), (columns, scale) = self._maps.shape, self.columns()
        wide, high = max(int(width * scale), 1), max(int(height * scale), 1)
        used, rows = grid_shape(count, columns)
        whole = QSize(used * (wide + _GAP) - _GAP, rows * (high + _GAP) - _GAP)
        return QRectF(QPointF(fitted_once(whole, self.rect())), QSize(wide, high))

    def _reach_of(self, unit: int) -> tuple[float, float]:
        if self._values is None or not self.per_map:
            return self.low, self.high
        known = self._values[unit][np.isfinite(self._values[unit])]
        return float(known.min(initial=np.inf)), float(known.max(initial=-np.inf))

    # Mouse and keys

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell the number under the pointer."""
        words = self.words_at(event.position())
        self.setCursor(Qt.CursorShape.PointingHandCursor if words and not self.large else Qt.CursorShape.ArrowCursor)
        self.pointed.emit(words)

    def leaveEvent(self, event: object) -> None:
        """Nothing is pointed at."""
        self.pointed.emit("")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click opens a unit; on the one that is open it closes it."""
        unit = self.unit_at(event.position())
        if unit is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if unit == self._open:
            self.closed.emit()
        else:
            self.opened.emit(unit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk, Enter opens, Esc closes."""
        key = Qt.Key(event.key())
        step = self._steps().get(key)
        if self.units and step is not None:
            self._walk(step)
        elif self.units and key in ENTER and self._open is None:
            self.opened.emit(self._at)
        elif key == Qt.Key.Key_Escape and self._open is not None:
            self.closed.emit()
        else:
            super().keyPressEvent(event)

    def _steps(self) -> dict[Qt.Key, int]:
        folded = self._maps.shape[2] if self._maps is not None and self._values is not None else 1
        grid = self._values is not None and self._values.ndim == 3
        down = self.columns()[0] if grid else 1 if self._is_table or self._bars is not None else folded
        down = 1 if self.large else down
        return {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -down, Qt.Key.Key_Down: down}

    def _walk(self, step: int) -> None:
        self._at = min(max(self._at + step, 0), self.units - 1)
        if self._open is not None and self._at != self._open:
            self.opened.emit(self._at)
        self.pointed.emit(self.words_at(self.area_of(self._at).center()))
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys are."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keys are elsewhere."""
        super().focusOutEvent(event)
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The grid, one map, bars, or the note."""
        painter = QPainter(self)
        if self._maps is None:
            painter.setPen(current().colour("text-muted"))
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(middle), self._note)
            return
        if self._bars is not None:
            paint_bars(painter, self.size(), self._bars)
        elif self.large:
            self._paint_large(painter, self._maps)
        else:
            self._paint_grid(painter, self._maps)
        if self._open is not None and not self.large:
            self._outline(painter, self._open, current().colour("accent"), Qt.PenStyle.SolidLine)
        if self.hasFocus():
            self._outline(painter, self._at, current().colour("focus"), Qt.PenStyle.DashLine)

    def _outline(self, painter: QPainter, unit: int, colour: QColor, style: Qt.PenStyle) -> None:
        painter.setPen(QPen(colour, 2.0, style))
        area = self.area_of(unit).adjusted(-1, -1, 1, 1).intersected(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.drawRect(area)

    def _paint_large(self, painter: QPainter, maps: NDArray[np.float32]) -> None:
        assert self._open is not None
        unit = min(self._open, len(maps) - 1)
        low, high = self._reach_of(unit)
        picture = map_image(maps[unit], current().heat_table("sequential"), low, high)
        painter.drawImage(QRect(self.area_of(unit).toRect()), picture)

    def _paint_grid(self, painter: QPainter, maps: NDArray[np.float32]) -> None:
        """Maps are enlarged before they are laid out, so that gaps have the same width at every scale."""
        columns, scale = self.columns()
        if self._made_for != (columns, scale):
            self._image = grid_image(enlarged(maps, scale), columns, _GAP, per_map=self.per_map)
            self._made_for = (columns, scale)
        painter.drawImage(fitted_once(self._image.size(), self.rect()), self._image)
