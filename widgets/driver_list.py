"""The examples that drive a unit most: small pictures with their label and what the unit gives for each."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip

from engine.looks.drivers import Drivers
from widgets.map_grid import ENTER
from widgets.map_painting import Painted, picture_image
from widgets.plots.axes import number
from widgets.theme import current

_TITLE, _LEAST, _GAP = 18, 46, 10
"""Pixels of the title, of the narrowest picture, and between them."""


class DriverList(Painted):
    """Pictures in rows, the strongest first. A click or Enter chooses an example."""

    chosen = Signal(int)

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._drivers: Drivers | None = None
        self._words = ""
        self._labels: tuple[str, ...] = ()
        self._at = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Examples that drive this most")
        self.setMouseTracking(True)

    def show_drivers(self, drivers: Drivers | None, labels: tuple[str, ...], words: str = "") -> None:
        """The examples; None with the words that say why there are none."""
        self._drivers, self._labels, self._words = drivers, labels, words
        self._at = min(self._at, max(self.count - 1, 0))
        spoken = (self.words_of(place) for place in range(self.count))
        self.setAccessibleDescription("; ".join(spoken) or words)
        self.update()

    @property
    def count(self) -> int:
        """How many examples are told; there may be room for fewer."""
        return 0 if self._drivers is None else len(self._drivers.examples)

    def words_of(self, place: int) -> str:
        """One example in words."""
        assert self._drivers is not None
        example, value = int(self._drivers.examples[place]), float(self._drivers.activations[place])
        return f"example {example + 1:,}, {self._label(place)}: {number(value)}"

    def area_of(self, place: int) -> QRectF:
        """Where an example is drawn with its words; empty where there is no room for it."""
        columns, rows, side, line = self._grid()
        row, column = divmod(place, columns)
        if row >= rows:
            return QRectF()
        return QRectF(column * (side + _GAP), _TITLE + row * (side + line + _GAP), side, side + line)

    def paintEvent(self, event: QPaintEvent) -> None:
        """How many were examined, then the pictures."""
        theme, painter = current(), QPainter(self)
        painter.setFont(theme.font("caption"))
        painter.setPen(theme.colour("text-muted"))
        if self._drivers is None:
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), int(middle), self._words)
            return
        title = f"Driven most by (of {self._drivers.examined:,})"
        short = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, self.width())
        painter.drawText(QRectF(0, 0, self.width(), _TITLE), Qt.AlignmentFlag.AlignTop, short)
        for place in range(self.count):
            area = self.area_of(place)
            if not area.isEmpty():
                self._paint_one(painter, place, area)

    def _paint_one(self, painter: QPainter, place: int, area: QRectF) -> None:
        assert self._drivers is not None
        theme, line = current(), painter.fontMetrics().height()
        image = picture_image(self._drivers.pictures[int(self._drivers.examples[place])])
        room = QRect(int(area.left()), int(area.top()), int(area.width()), int(area.height() - line))
        size = (
            image.size().scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio) if image.height() > 1 else room.size()
        )
        left, top = room.x() + (room.width() - size.width()) // 2, room.y() + (room.height() - size.height()) // 2
        painter.drawImage(QRect(QPoint(left, top), size), image)
        words = QRectF(area.left(), area.bottom() - line, area.width(), line)
        value = number(float(self._drivers.activations[place]))
        metrics = painter.fontMetrics()
        wide = metrics.horizontalAdvance(value) + 4
        label = metrics.elidedText(self._label(place), Qt.TextElideMode.ElideRight, int(area.width() - wide))
        words.setLeft(words.left() + max(0.0, (words.width() - wide - metrics.horizontalAdvance(label)) / 2))
        painter.setPen(theme.colour("text"))
        painter.drawText(words, Qt.AlignmentFlag.AlignLeft, label)
        painter.setPen(theme.colour("text-muted"))
        painter.drawText(words.translated(metrics.horizontalAdvance(label) + 4, 0), Qt.AlignmentFlag.AlignLeft, value)
        if self.hasFocus() and place == self._at:
            painter.setPen(QPen(theme.colour("focus"), 1.0, Qt.PenStyle.DashLine))
            painter.drawRect(area.adjusted(0, 0, -1, -1))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Choose the example under the pointer."""
        place = self._place_at(event.position())
        if place is not None:
            self._choose(place)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows walk, Enter and Space choose."""
        columns, key = self._grid()[0], Qt.Key(event.key())
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}
        if self.count and key in steps:
            shown = sum(not self.area_of(place).isEmpty() for place in range(self.count))
            self._at = min(max(self._at + steps[key], 0), max(shown - 1, 0))
            self.update()
        elif self.count and key in ENTER:
            self._choose(self._at)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys are."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The keys are elsewhere."""
        super().focusOutEvent(event)
        self.update()

    def event(self, event: QEvent) -> bool:
        """The tool tip says number, label and value of the example under the pointer."""
        if isinstance(event, QHelpEvent):
            place = self._place_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if place is None else self.words_of(place), self)
            return True
        return super().event(event)

    def sizeHint(self) -> QSize:
        """Two in a row."""
        return QSize(2 * _LEAST + _GAP, 120)

    def _choose(self, place: int) -> None:
        assert self._drivers is not None
        self._at = place
        self.chosen.emit(int(self._drivers.examples[place]))

    def _place_at(self, place: QPointF) -> int | None:
        return next((index for index in range(self.count) if self.area_of(index).contains(place)), None)

    def _label(self, place: int) -> str:
        assert self._drivers is not None
        value = self._drivers.labels[place]
        if self._labels and value.ndim == 0 and int(value) < len(self._labels):
            return self._labels[int(value)]
        return number(float(value.ravel()[0]))

    def _grid(self) -> tuple[int, int, float, int]:
        """Columns and rows that fit, the side of a picture, and the height of the words below it."""
        line = self.fontMetrics().height()
        columns = max(1, int((self.width() + _GAP) // (_LEAST + _GAP)))
        side = min((self.width() + _GAP) / columns - _GAP, 72.0)
        rows = max(1, int((self.height() - _TITLE + _GAP) // (side + line + _GAP)))
        return columns, rows, side, line
