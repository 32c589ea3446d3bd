"""The topmost layer of the scene: whatever a gesture draws while it lasts."""

from collections.abc import Callable

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget


class Sketch(QGraphicsRectItem):
    """What a gesture draws on top of everything, while it lasts."""

    def __init__(self) -> None:
        """Nothing to draw yet."""
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption)
        self.setZValue(10.0)
        self.draw: Callable[[QPainter, QRectF], None] | None = None

    def shape(self) -> QPainterPath:
        """Nothing that could be hit."""
        return QPainterPath()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, /, widget: QWidget | None = None) -> None:
        """Let the gesture draw."""
        if self.draw is not None:
            self.draw(painter, option.exposedRect)
