"""The whole drawing on a stamp, with a frame round what is in view."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QWidget

from widgets.canvas.paints import paints
from widgets.canvas.viewing import CanvasView

SIZE = QSize(150, 94)
INSET = 8.0
LEAST = 2.0
"""Smaller blocks are drawn this large, or they would vanish."""


class Minimap(QWidget):
    """Press or drag to look somewhere else."""

    def __init__(self, view: CanvasView) -> None:
        """Lie over a view."""
        super().__init__(view.viewport())
        self._view = view
        self._picture: QPixmap | None = None
        self.setFixedSize(SIZE)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # so that cards under it need no paint
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setAccessibleName("Map of the drawing")
        self.setToolTip("Drag to look somewhere else")

    def forget(self) -> None:
        """The drawing or the theme is another one."""
        self._picture = None
        self.update()

    def needed(self) -> bool:
        """Whether a part of the drawing is out of view."""
        scene = self._view.drawing
        return bool(scene.cards) and not self._view.view_rect().contains(scene.bounds)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the kept picture and the frame."""
        if self._picture is None:
            self._picture = self._drawn()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        frame = QRectF(
            self._to_map(self._view.view_rect().topLeft()), self._to_map(self._view.view_rect().bottomRight())
        )
        painter.setPen(paints().pen("accent", 1.5))
        painter.setBrush(paints().brush("accent", 0.1))
        painter.drawRoundedRect(frame.intersected(QRectF(self.rect()).adjusted(1, 1, -1, -1)), 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Look there."""
        scene_point = self._to_scene(event.position())
        self._view.pan((self._view.middle() - scene_point) * self._view.zoom())
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Look there, as long as the button is down."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Keep the canvas from hearing of it."""
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """As a press."""
        self.mousePressEvent(event)

    def _scale(self) -> float:
        bounds = self._view.drawing.bounds
        across, down = SIZE.width() - 2 * INSET, SIZE.height() - 2 * INSET
        return min(across / max(bounds.width(), 1.0), down / max(bounds.height(), 1.0), 0.12)

    def _offset(self) -> QPointF:
        return QPointF(SIZE.width() / 2, SIZE.height() / 2) - self._view.drawing.bounds.center() * self._scale()

    def _to_map(self, point: QPointF) -> QPointF:
        return point * self._scale() + self._offset()

    def _to_scene(self, point: QPointF) -> QPointF:
        return (point - self._offset()) / self._scale()

    def _drawn(self) -> QPixmap:
        ratio, tools = self.devicePixelRatioF(), paints()
        picture = QPixmap(SIZE * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(tools.colour("canvas"))
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(tools.pen("line", 1.0))
        painter.setBrush(tools.brush("surface"))
        painter.drawRoundedRect(QRectF(0.5, 0.5, SIZE.width() - 1, SIZE.height() - 1), 6, 6)
        scale, offset = self._scale(), self._offset()
        painter.setPen(Qt.PenStyle.NoPen)
        for filling, bodies in self._view.drawing.far.bodies().items():
            painter.setBrush(tools.filling(filling))
            painter.drawRects([_stamp(body, scale, offset) for body in bodies.values()])
        for card in self._view.drawing.cards.values():
            if card.face.level == "error":
                at = self._to_map(card.body().center())
                painter.drawPixmap(at - QPointF(5, 5), tools.icon("alert-triangle", "danger", 10, filled=True))
        painter.end()
        return picture


def _stamp(body: QRectF, scale: float, offset: QPointF) -> QRectF:
    width, height = max(body.width() * scale, LEAST), max(body.height() * scale, LEAST)
    return QRectF(body.x() * scale + offset.x(), body.y() * scale + offset.y(), width, height)
