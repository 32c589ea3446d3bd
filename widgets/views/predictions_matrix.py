"""What was taken for what: the confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QToolTip

from engine.looks.predictions import Predictions
from widgets.map_painting import Painted
from widgets.theme import Theme, current

WIDEST = 64
"""Pixels of a cell."""
LEAST_FOR_TEXT, LEAST_ACROSS, LEAST_FOR_GAPS = 11, 14, 5
"""Pixels that a count needs down and across, and that a cell needs to stand apart."""
MOST_HEAD, FEW = 40, 12
"""Pixels of the names above, of which some are left out where there are more classes than a few."""
MOST_NAME = 72
"""Pixels of the names at the left."""
STRONGEST = 0.75
"""How much of the colour the fullest cell has."""
ARROWS = {
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}


class ConfusionMatrix(Painted):
    """Rows are the true classes, columns the answers. Arrow keys move, Enter chooses."""

    chosen = Signal(int, int)
    """A cell: the true class and the answer."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._seen: Predictions | None = None
        self._counts = np.zeros((0, 0), np.int64)
        self._labels: tuple[str, ...] = ()
        self._cell = (0, 0)
        self._chosen: tuple[int, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAccessibleName("Confusion matrix")

    @property
    def cell(self) -> tuple[int, int]:
        """The cell that the keys are at: the true class and the answer."""
        return self._cell

    def show_predictions(self, seen: Predictions | None, labels: Sequence[str]) -> None:
        """Counts of every pair; None for nothing yet."""
        self._seen, self._labels = seen, tuple(labels)
        self._counts = seen.counts if seen else np.zeros((0, 0), np.int64)
        size = len(self._counts)
        self._cell = (min(self._cell[0], max(size - 1, 0)), min(self._cell[1], max(size - 1, 0)))
        self._describe()
        self.update()

    def forget(self) -> None:
        """No cell is chosen."""
        self._chosen = None
        self.update()

    def words(self, row: int, column: int) -> str:
        """A cell in a sentence."""
        count, total = int(self._counts[row, column]), int(self._counts[row].sum())
        share = f" ({100 * count / total:.1f} % of {total:,})" if total else ""
        if row == column:
            return f"{self._name(row)}: {count:,} right{share}"
        return f"{self._name(row)} taken for {self._name(column)}: {count:,}{share}"

    def rect_of(self, row: int, column: int) -> QRectF:
        """Where a cell lies."""
        left, top, across, down = self._grid()
        return QRectF(left + column * across, top + row * down, across, down)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cells with their counts, names at two sides."""
        painter, theme = QPainter(self), current()
        if not len(self._counts):
            painter.setPen(theme.colour("text-muted"))
            middle = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(self.rect(), middle, "Comes after this epoch. Look now asks at once.")
            return
        self._paint_cells(painter, theme)
        self._paint_names(painter, theme)
        for cell, token in ((self._chosen, "accent"), (self._cell if self.hasFocus() else None, "focus")):
            if cell:
                painter.setPen(QPen(theme.colour(token), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(self.rect_of(*cell).adjusted(0.5, 0.5, -1.5, -1.5))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the cell under the mouse."""
        if found := self._at(event.position()):
            self._choose(found)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move by arrows, choose by Enter or Space."""
        key, size = Qt.Key(event.key()), len(self._counts)
        if size and key in ARROWS:
            row, column = (place + step for place, step in zip(self._cell, ARROWS[key], strict=True))
            self._cell = min(max(row, 0), size - 1), min(max(column, 0), size - 1)
            self._describe()
            self.update()
        elif size and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._cell)
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """A tool tip for each cell."""
        if isinstance(event, QHelpEvent) and (found := self._at(QPointF(event.pos()))):
            QToolTip.showText(event.globalPos(), self.words(*found), self)
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The frame of the cell is shown."""
        super().focusInEvent(event)
        self.update()

    def _choose(self, cell: tuple[int, int]) -> None:
        self._cell = self._chosen = cell
        self._describe()
        self.update()
        self.chosen.emit(*cell)

    def _describe(self) -> None:
        self.setAccessibleDescription(self.words(*self._cell) if len(self._counts) else "")

    def _name(self, place: int) -> str:
        return self._labels[place] if place < len(self._labels) else str(place)

    def _at(self, place: QPointF) -> tuple[int, int] | None:
        left, top, across, down = self._grid()
        row, column = int((place.y() - top) // down), int((place.x() - left) // across)
        size = len(self._counts)
        return (row, column) if 0 <= row < size and 0 <= column < size else None

    def _grid(self) -> tuple[float, float, float, float]:
        """Left and top of the cells, width and height of one."""
        size = max(len(self._counts), 1)
        font = self.fontMetrics()
        widest = max((font.horizontalAdvance(self._name(place)) for place in range(size)), default=0)
        left, top = 22 + min(widest, MOST_NAME, self.width() // 4), 30
        down = max((self.height() - top - 1) / size, 1.0)
        return left, top, max(min((self.width() - left - 1) / size, WIDEST, 3 * down), 1.0), min(down, WIDEST)

    def _paint_cells(self, painter: QPainter, theme: Theme) -> None:
        """All cells as one picture, then lines between them and counts where there is room."""
        left, top, across, down = self._grid()
        counts, size = self._counts, len(self._counts)
        whole = QRectF(left, top, across * size, down * size)
        painter.drawImage(whole, _coloured(counts, theme))
        painter.setPen(theme.colour("surface"))
        if min(across, down) >= LEAST_FOR_GAPS:
            ways = [
                QLineF(left + place * across - 1, top, left + place * across - 1, whole.bottom())
                for place in range(size)
            ]
            ways += [
                QLineF(left, top + place * down - 1, whole.right(), top + place * down - 1) for place in range(size)
            ]
            painter.drawLines(ways)
        if down >= LEAST_FOR_TEXT and across >= LEAST_ACROSS:
            painter.setFont(theme.font("caption"))
            painter.setPen(theme.colour("text"))
            for row, column in np.argwhere(counts > 0).tolist():
                area = QRectF(left + column * across, top + row * down, across - 1, down - 1)
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, _short(int(counts[row, column]), across, painter))
        painter.setPen(theme.colour("line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(whole.adjusted(-1, -1, 0, 0))

    def _paint_names(self, painter: QPainter, theme: Theme) -> None:
        left, top, across, down = self._grid()
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text-muted"))
        size, metrics = len(self._counts), painter.fontMetrics()
        whole = self.rect_of(0, 0).united(self.rect_of(size - 1, size - 1))
        painter.drawText(QRectF(whole.left(), 0, whole.width(), 14), Qt.AlignmentFlag.AlignCenter, "answer")
        painter.save()
        painter.translate(0, whole.bottom())
        painter.rotate(-90)
        painter.drawText(QRectF(0, 0, whole.height(), 14), Qt.AlignmentFlag.AlignCenter, "label")
        painter.restore()
        widest = min(max(metrics.horizontalAdvance(self._name(place)) for place in range(size)), MOST_HEAD) + 4
        every = max(1, int(-(-LEAST_FOR_TEXT // down))), max(1, int(-(-widest // across)) if size > FEW else 1)
        for place in range(size):
            name = self._name(place)
            if place % every[0] == 0:
                row = QRectF(16, top + place * down, left - 20, max(down, LEAST_FOR_TEXT))
                short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(row.width()) + 1)
                painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, short)
            if place % every[1] == 0:
                column = QRectF(left + place * across, 14, across * every[1], 15)
                short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, int(column.width()) + 1)
                middle = Qt.AlignmentFlag.AlignCenter if every[1] == 1 else Qt.AlignmentFlag.AlignLeft
                painter.drawText(column, middle, short)


def _short(count: int, room: float, painter: QPainter) -> str:
    """A count that fits: in thousands where there is little room."""
    text = f"{count:,}" if painter.fontMetrics().horizontalAdvance(f"{count:,}") <= room else str(count)
    return text if painter.fontMetrics().horizontalAdvance(text) <= room else f"{count / 1000:.0f}k"


def _coloured(counts: NDArray[np.int64], theme: Theme) -> QImage:
    """One pixel for each cell: right answers in one colour by their share of the row, mistakes in another."""
    right = np.eye(len(counts), dtype=bool)
    worst = max(int(counts[~right].max(initial=0)), 1)
    share = np.where(right, counts / np.maximum(counts.sum(1, keepdims=True), 1), np.sqrt(counts / worst))
    alpha = np.where(counts > 0, 255 * STRONGEST * (0.15 + 0.5 * share), 0)
    tokens = (np.uint32(theme.colour(token).rgb() & 0xFFFFFF) for token in ("accent", "warning"))
    pixels = np.ascontiguousarray(np.where(right, *tokens) | alpha.astype(np.uint32) << np.uint32(24))
    return QImage(pixels.data, len(counts), len(counts), 4 * len(counts), QImage.Format.Format_ARGB32).copy()
