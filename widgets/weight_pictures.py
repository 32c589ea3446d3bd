"""Sheets of weights, painted: as large as there is room, with zoom by a click and the number under the pointer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent

from engine.events import Floats
from widgets.heat import map_image
from widgets.map_painting import Painted
from widgets.plots.axes import number
from widgets.theme import current
from widgets.weight_sheets import Sheet

_GAP = 2
_NAME = 14
"""Pixels of the name under a picture, which stands there where it is wide enough."""
_NAMED_FROM = 26
_LARGEST = 24
"""Pixels of one number at most."""
_PARTS = 84
"""Pixels left of a heat map for the names of its parts."""


Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Layout:
    """Where pictures stand: so many columns, screen pixels for each number, and pixels from one to the next."""

    columns: int
    scale: float
    wide: float
    high: float
    named: bool


class SheetArea(Painted):
    """Pictures side by side. A click shows one filter or class alone, another click all of them again."""

    pointed = Signal(str)
    """What is under the pointer, in words; "" for nothing."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._sheet: Sheet | None = None
        self._zoomed: int | None = None
        self._image: QImage | None = None
        self._made_for: Layout | None = None
        self._layout: tuple[object, Layout] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setToolTip("Click a picture to see it alone")

    @property
    def zoomed(self) -> int | None:
        """The number of the picture, or of the row of pictures, that is shown alone."""
        return self._zoomed

    def show_sheet(self, sheet: Sheet | None, keep_zoom: bool = True) -> None:
        """Other numbers; whoever looks at one picture goes on looking at it."""
        if not keep_zoom or sheet is None or (self._zoomed or 0) >= _groups(sheet):
            self._zoomed = None
        self._sheet, self._image = sheet, None
        self.update()

    @property
    def shown(self) -> Sheet | None:
        """What is painted: all of the sheet, or the picture or row that was clicked."""
        sheet, chosen = self._sheet, self._zoomed
        if sheet is None or chosen is None:
            return sheet
        size = max(sheet.per_row, 1)
        names = tuple(f"input {place}" for place in range(size)) if sheet.per_row else sheet.names[chosen : chosen + 1]
        return replace(sheet, cells=sheet.cells[chosen * size : (chosen + 1) * size], names=names, per_row=0)

    def layout_of(self, sheet: Sheet) -> Layout:
        """The columns with which pictures become as large as possible; remembered until something changes."""
        key = (sheet.cells.shape, sheet.per_row, bool(sheet.names), self.width(), self.height())
        if self._layout is None or self._layout[0] != key:
            self._layout = key, self._best_layout(sheet)
        return self._layout[1]

    def _best_layout(self, sheet: Sheet) -> Layout:
        count, high, wide = sheet.cells.shape[:3]
        choices = {sheet.per_row, max(count // sheet.per_row, 1)} if sheet.per_row else set(range(1, count + 1))
        best = Layout(1, 0.0, 1.0, 1.0, False)
        for named in (True, False) if sheet.names and not sheet.per_row else (False,):
            if best.scale * high > 4 * _NAME:
                break  # names cost little where pictures are large
            for columns in sorted(choices):
                rows = -(-count // columns)
                across = (self.width() + _GAP) / columns - _GAP
                down = (self.height() + _GAP) / rows - _GAP - (_NAME if named else 0)
                scale = max(min(across / wide, down / high, float(_LARGEST)), 0.05)
                scale = float(int(scale)) if scale >= 2 else scale
                if scale > best.scale and not (named and scale * wide < _NAMED_FROM):
                    pitch = scale * wide + _GAP, scale * high + _GAP + (_NAME if named else 0)
                    best = Layout(columns, scale, *pitch, named)
        return best

    def _turned(self, sheet: Sheet, layout: Layout) -> bool:
        """Whether filters stand across and inputs down, because that fits better."""
        return bool(sheet.per_row) and layout.columns != sheet.per_row

    def place_of(self, cell: int) -> QRectF:
        """Where a picture stands in what is shown."""
        sheet = self.shown
        assert sheet is not None
        if sheet.stretched:
            return QRectF(self._heat_area(sheet))
        layout = self.layout_of(sheet)
        row, column = divmod(cell, sheet.per_row or layout.columns)
        if self._turned(sheet, layout):
            row, column = column, row
        _, high, wide = sheet.cells.shape[:3]
        return QRectF(column * layout.wide, row * layout.high, wide * layout.scale, high * layout.scale)

    def _heat_area(self, sheet: Sheet) -> QRect:
        """A heat map fills the room, but no number becomes larger than it can be read."""
        left = _PARTS if sheet.parts and sheet.cells.shape[1] > 1 else 0
        _, high, wide = sheet.cells.shape[:3]
        return QRect(left, 0, min(self.width() - left, wide * _LARGEST), min(self.height(), high * _LARGEST))

    def paintEvent(self, event: QPaintEvent) -> None:
        """All pictures in one, and their names."""
        sheet = self.shown
        if sheet is None or not sheet.cells.size:
            return
        painter = QPainter(self)
        if sheet.stretched:
            painter.drawImage(self._heat_area(sheet), _coloured(sheet.cells[0], sheet.limit))
            self._paint_parts(painter, sheet)
            return
        layout = self.layout_of(sheet)
        painter.setFont(current().font("caption"))
        painter.setPen(current().colour("text-muted"))
        if self._image is None or self._made_for != layout:
            self._image, self._made_for = self._picture(sheet, layout), layout
        painter.drawImage(0, 0, self._image)
        if layout.named:
            self._paint_names(painter, sheet)

    def _paint_names(self, painter: QPainter, sheet: Sheet) -> None:
        for cell, name in enumerate(sheet.names[: len(sheet.cells)]):
            place = self.place_of(cell)
            below = QRectF(place.left(), place.bottom(), place.width() + _GAP, _NAME)
            if painter.fontMetrics().horizontalAdvance(name) > below.width():
                name = name.rpartition(" ")[2]
            centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(below, int(centre), name)

    def _picture(self, sheet: Sheet, layout: Layout) -> QImage:
        """All pictures as one, pixel by pixel of the screen, clear in between."""
        cells, columns = sheet.cells, sheet.per_row or layout.columns
        count, high, wide = cells.shape[:3]
        rows = -(-count // columns)
        grid = np.full((rows * columns, *cells.shape[1:]), np.nan, np.float32)
        grid[:count] = cells
        grid = grid.reshape(rows, columns, *cells.shape[1:])
        if self._turned(sheet, layout):
            grid = grid.swapaxes(0, 1)
        down, row = _places(len(grid), layout.high, high, layout.scale)
        across, column = _places(grid.shape[1], layout.wide, wide, layout.scale)
        pixels = grid[down[:, None], across[None, :], row[:, None].clip(0), column[None, :].clip(0)]
        pixels[row < 0] = np.nan
        pixels[:, column < 0] = np.nan
        return _coloured(pixels, (self._sheet or sheet).limit)

    def _paint_parts(self, painter: QPainter, sheet: Sheet) -> None:
        area, theme = self._heat_area(sheet), current()
        if not area.left():
            return
        painter.setFont(theme.font("caption"))
        high = area.height() / len(sheet.parts)
        for place, name in enumerate(sheet.parts):
            top = area.top() + place * high
            painter.setPen(theme.colour("text-muted"))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, top, _PARTS - 6, high), int(right), name)
            painter.setPen(theme.colour("line-strong"))
            painter.drawLine(QPointF(0, top), QPointF(area.right(), top))

    def cell_at(self, place: QPointF) -> int | None:
        """The picture there."""
        sheet = self.shown
        if sheet is None:
            return None
        return next((cell for cell in range(len(sheet.cells)) if self.place_of(cell).contains(place)), None)

    def words_at(self, place: QPointF) -> str:
        """Which number is there, and how large it is."""
        sheet, cell = self.shown, self.cell_at(place)
        if sheet is None or cell is None:
            return ""
        area = self.place_of(cell)
        high, wide = sheet.cells.shape[1:3]
        row = min(int((place.y() - area.top()) / area.height() * high), high - 1)
        column = min(int((place.x() - area.left()) / area.width() * wide), wide - 1)
        value = sheet.cells[cell, row, column]
        amount = number(float(value)) if value.ndim == 0 else " ".join(number(float(one)) for one in value)
        amount = amount.replace("-", "−")
        if sheet.stretched:
            return f"row {row}, column {column}: {amount}"
        group, part = divmod(cell, max(sheet.per_row, 1))
        name = sheet.names[group] if group < len(sheet.names) else str(group)
        name = f"{name}, input {part}" if sheet.per_row else name
        return f"{name}, row {row}, column {column}: {amount}"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell what is there."""
        self.pointed.emit(self.words_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is gone."""
        super().leaveEvent(event)
        self.pointed.emit("")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Zoom to what was clicked, or back."""
        sheet, cell = self.shown, self.cell_at(event.position())
        if event.button() != Qt.MouseButton.LeftButton or sheet is None or sheet.stretched:
            return
        if self._zoomed is not None:
            self._zoom(None)
        elif cell is not None and _groups(sheet) > 1:
            self._zoom(cell // max(sheet.per_row, 1))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape shows all again."""
        if event.key() == Qt.Key.Key_Escape and self._zoomed is not None:
            self._zoom(None)
        else:
            super().keyPressEvent(event)

    def _zoom(self, chosen: int | None) -> None:
        self._zoomed, self._image = chosen, None
        self.setToolTip("Click to see all again" if chosen is not None else "Click a picture to see it alone")
        self.update()

    def _restyle(self, _: object) -> None:
        self._image = None
        self.update()


def _groups(sheet: Sheet) -> int:
    return len(sheet.cells) // max(sheet.per_row, 1)


def _places(count: int, pitch: float, size: int, scale: float) -> tuple[Indices, Indices]:
    """For each pixel of the screen which picture it belongs to, and which of its numbers; -1 between pictures."""
    pixels = np.arange(max(round(count * pitch - _GAP), 1)) + 0.5
    picture = np.minimum(pixels // pitch, count - 1).astype(np.intp)
    inner = ((pixels - picture * pitch) / scale).astype(np.intp)
    return picture, np.where(inner < size, inner, -1)


def _coloured(values: Floats, limit: float) -> QImage:
    """Numbers around 0 in the colours of the theme, or three of them as a colour around grey."""
    if values.ndim == 2:
        return map_image(values, current().heat_table("diverging"), -limit, limit)
    known = np.isfinite(values).all(axis=-1, keepdims=True)
    levels = (np.nan_to_num(0.5 + values / (2 * limit)).clip(0, 1) * 255).astype(np.uint8)
    solid = np.concatenate([np.where(known, levels, 0), np.where(known, 255, 0)], axis=-1).astype(np.uint8)
    height, width = solid.shape[:2]
    return QImage(np.ascontiguousarray(solid).data, width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
