"""A pad to draw on with mouse, finger or keys, or to drop a picture file on."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)

from widgets.map_painting import Painted
from widgets.own_picture import NoPicture, read_picture
from widgets.theme import current

SIDE = 256
"""Pixels of the picture that is taken from the pad."""
BRUSH = 0.085
"""Width of the brush, of the pad's side: as thick as MNIST's pens."""
KEY_STEP = 1 / 28
"""How far one press of an arrow key moves the pen, of the pad's side."""
ARROWS = {
    Qt.Key.Key_Left: QPointF(-KEY_STEP, 0),
    Qt.Key.Key_Right: QPointF(KEY_STEP, 0),
    Qt.Key.Key_Up: QPointF(0, -KEY_STEP),
    Qt.Key.Key_Down: QPointF(0, KEY_STEP),
}
HINT = "Draw here, or drop a picture"


class DrawingPad(Painted):
    """White lines on black. Places count from 0 to 1 along both sides.

    Keys: arrows move the pen, Space puts it down and lifts it, Ctrl+Z takes a line back, Delete clears.
    """

    changed = Signal()
    """There is something else on the pad."""
    refused = Signal(str)
    """A file could not be shown; the text says why."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._lines: list[list[QPointF]] = []
        self._picture, self._ink = QImage(), _clear_sheet()
        self._pen, self._pen_down = QPointF(0.5, 0.5), False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAcceptDrops(True)
        self.setAccessibleName("Drawing pad")
        self.setAccessibleDescription(
            "Arrow keys move the pen, Space puts it down and lifts it, Ctrl+Z takes a line back, Delete clears."
        )
        self.setToolTip("Draw with the mouse or a finger. Keys: arrows, Space for the pen, Ctrl+Z, Delete.")

    @property
    def is_empty(self) -> bool:
        """Whether nothing was drawn or opened."""
        return not self._lines and self._picture.isNull()

    @property
    def is_file(self) -> bool:
        """Whether a picture file lies on the pad."""
        return not self._picture.isNull()

    def undo(self) -> None:
        """Take the last line back, or the picture under them."""
        if self._lines:
            self._lines.pop()
            self._draw_anew()
        else:
            self._picture = QImage()
        self._pen_down = False
        self._tell()

    def clear(self) -> None:
        """Begin anew."""
        if not self.is_empty:
            self._lines, self._picture, self._pen_down = [], QImage(), False
            self._draw_anew()
            self._tell()

    def open(self, path: Path) -> None:
        """Show a picture file; one that cannot be read is refused in words."""
        try:
            picture = read_picture(path)
        except NoPicture as error:
            self.refused.emit(str(error))
            return
        self._lines, self._picture = [], picture
        self._draw_anew()
        self._tell()

    def image(self) -> QImage:
        """What is on the pad: a drawing white on black, or the picture file with what was drawn on it."""
        image = QImage(self._picture.size() if self.is_file else self._ink.size(), QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.black)
        painter = QPainter(image)
        painter.drawImage(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(image.rect(), self._ink)
        painter.end()
        return image

    def area(self) -> QRectF:
        """The square that is drawn on, in the middle."""
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)

    # Mouse and finger: Qt makes mouse events of a finger's

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A line begins."""
        if event.button() == Qt.MouseButton.LeftButton and self.area().contains(event.position()):
            self._pen = self._place(event.position())
            self._begin_line()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """The line goes on."""
        if event.buttons() & Qt.MouseButton.LeftButton and self._lines:
            self._draw_to(self._place(event.position()))

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The pen by keys."""
        key = Qt.Key(event.key())
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        elif key == Qt.Key.Key_Space:
            self._pen_down = not self._pen_down
            if self._pen_down:
                self._begin_line()
        elif key in ARROWS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._move(ARROWS[key])
        else:
            super().keyPressEvent(event)
            return
        self.update()

    def _move(self, step: QPointF) -> None:
        place = self._pen + step
        place = QPointF(min(max(place.x(), 0.0), 1.0), min(max(place.y(), 0.0), 1.0))
        if self._pen_down:
            self._draw_to(place)
        self._pen = place

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The pen is shown."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The pen is lifted."""
        super().focusOutEvent(event)
        self._pen_down = False
        self.update()

    # Files

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files of this machine may be dropped."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """The first file counts."""
        files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.open(files[0])

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Black, whatever the theme: the data are white on black too."""
        theme, painter, area = current(), QPainter(self), self.area()
        painter.fillRect(area, QColor("black"))
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        painter.drawImage(area, self._picture)
        painter.drawImage(area, self._ink)
        if self.is_empty:
            painter.setPen(QColor("#B0B8C6"))
            painter.setFont(theme.font("small"))
            middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area.adjusted(8, 8, -8, -8), int(middle), HINT)
        if self.hasFocus():
            self._paint_pen(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(theme.colour("focus" if self.hasFocus() else "line-strong"))
        painter.drawRect(area.adjusted(0, 0, -1, -1))

    def _paint_pen(self, painter: QPainter, area: QRectF) -> None:
        at = QPointF(area.x() + self._pen.x() * area.width(), area.y() + self._pen.y() * area.height())
        painter.setPen(QPen(current().colour("accent"), 1.5))
        painter.setBrush(current().colour("accent") if self._pen_down else Qt.BrushStyle.NoBrush)
        painter.drawEllipse(at, 4, 4)

    def _draw_to(self, place: QPointF) -> None:
        self._pen = place
        self._lines[-1].append(place)
        self._draw(self._lines[-1][-2:])
        self._tell()

    def _begin_line(self) -> None:
        self._lines.append([self._pen])
        self._draw([self._pen])
        self._tell()

    def _draw(self, places: list[QPointF]) -> None:
        """A line through these places; a long drawing is not made anew for each of them."""
        painter = QPainter(self._ink)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ends = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        painter.setPen(QPen(QColor("white"), BRUSH * SIDE, Qt.PenStyle.SolidLine, *ends))
        if len(places) == 1:
            painter.drawPoint(places[0] * SIDE)
        else:
            painter.drawPolyline(QPolygonF([place * SIDE for place in places]))
        painter.end()

    def _draw_anew(self) -> None:
        self._ink = _clear_sheet()
        for line in self._lines:
            self._draw(line[:1])
            for pair in pairwise(line):
                self._draw(list(pair))

    def _place(self, at: QPointF) -> QPointF:
        area = self.area()
        across, down = (at.x() - area.x()) / area.width(), (at.y() - area.y()) / area.height()
        return QPointF(min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0))

    def _tell(self) -> None:
        self.update()
        self.changed.emit()


def _clear_sheet() -> QImage:
    sheet = QImage(SIDE, SIDE, QImage.Format.Format_ARGB32_Premultiplied)
    sheet.fill(Qt.GlobalColor.transparent)
    return sheet
