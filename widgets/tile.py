"""The coloured square with a family's icon, at any size."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPixmap

from widgets.icons import pixmap
from widgets.theme import Theme, current

UNKNOWN_COLOUR, UNKNOWN_ICON = "line-strong", "database"
SCALE = 2.0
"""Tiles are drawn at twice their size, so that they are sharp on every screen."""


def tile(family: str, size: int = 20) -> QPixmap:
    """A family's square in the theme in use; grey for a block of no family."""
    return _tile(current(), family, size)


@lru_cache(maxsize=200)
def _tile(theme: Theme, family: str, size: int) -> QPixmap:
    drawn = QPixmap(round(size * SCALE), round(size * SCALE))
    drawn.setDevicePixelRatio(SCALE)
    drawn.fill(Qt.GlobalColor.transparent)
    glyph = max(round(size * 0.7), 10)
    name = theme.family(family).icon if family else UNKNOWN_ICON
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(theme.family(family).colour if family else theme.colour(UNKNOWN_COLOUR))
    radius = max(size * 0.2, 3.0)
    painter.drawRoundedRect(QRectF(0, 0, size, size), radius, radius)
    corner = (size - glyph) / 2
    painter.drawPixmap(QPointF(corner, corner), pixmap(name, "family-glyph", glyph, scale=SCALE))
    painter.end()
    return drawn
