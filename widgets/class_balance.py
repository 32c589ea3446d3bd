"""How many examples each class has, part by part: a class with few of them is easily overlooked."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.looks.data import Part
from widgets.theme import current, themes

_ROW, _NAME = 17.0, 74.0


class ClassBalance(QWidget):
    """One bar for each class; a click shows this class only, another one all."""

    chosen = Signal(int)

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._counts: tuple[int, ...] = ()
        self._labels: tuple[str, ...] = ()
        self._marked: int | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Examples of each class")
        self.setToolTip("Click a class to see its examples only")
        themes().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """All classes, if there are not too many."""
        return QSize(190, int(_ROW * max(1, min(len(self._counts), 12))))

    def show_counts(
        self, classes: Mapping[Part, tuple[int, ...]], labels: tuple[str, ...], part: Part, marked: int | None
    ) -> None:
        """The classes of one part."""
        self._counts, self._labels, self._marked = classes.get(part, ()), labels, marked
        words = (f"{label} {count:,}" for label, count in zip(labels, self._counts, strict=False))
        self.setAccessibleDescription(", ".join(words))
        self.updateGeometry()
        self.update()

    def row_at(self, y: float) -> int | None:
        """The class whose bar lies at this height."""
        row = int(y / self._row())
        return row if 0 <= row < self._shown() else None

    def paintEvent(self, event: QPaintEvent) -> None:
        """Name, bar, number; the last row says how many are left out."""
        if not self._counts:
            return
        painter, theme, row = QPainter(self), current(), self._row()
        painter.setFont(theme.font("caption"))
        metrics = painter.fontMetrics()
        most = max(self._counts) or 1
        room = self.width() - _NAME - metrics.horizontalAdvance(f"{most:,}") - 10
        for index in range(self._shown()):
            top, count = index * row, self._counts[index]
            name = self._labels[index] if index < len(self._labels) else str(index)
            painter.setPen(theme.colour("text" if index == self._marked else "text-muted"))
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, round(_NAME) - 8)
            area = QRectF(0, top, _NAME - 6, row)
            painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, short)
            bar = QRectF(_NAME, top + 2, max(room * count / most, 1.0), row - 4)
            painter.fillRect(bar, theme.colour("accent" if index == self._marked else "line-strong"))
            painter.drawText(QPointF(bar.right() + 4, top + row / 2 + metrics.ascent() / 2 - 2), f"{count:,}")
        if self._shown() < len(self._counts):
            left = len(self._counts) - self._shown()
            painter.drawText(QPointF(_NAME, self.height() - 4), f"and {left:,} more classes")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the class under the pointer."""
        row = self.row_at(event.position().y())
        if row is not None:
            self.chosen.emit(row)

    def _row(self) -> float:
        return min(_ROW, max(11.0, self.height() / max(1, len(self._counts))))

    def _shown(self) -> int:
        room = int(self.height() / self._row())
        return len(self._counts) if len(self._counts) <= room else max(1, room - 1)
