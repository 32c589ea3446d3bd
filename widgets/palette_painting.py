"""How the rows of the palette are drawn, and the little card that is dragged out of it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QTreeView

from widgets.icons import pixmap
from widgets.offers import Offer
from widgets.theme import current
from widgets.tile import tile

KIND = Qt.ItemDataRole.UserRole + 1
"""The key of what a row offers; nothing for a family."""
FAMILY = Qt.ItemDataRole.UserRole + 2
ACCEPTS = Qt.ItemDataRole.UserRole + 6
"""The shape that it takes, in shorthand."""

CHEVRON, TILE = 14, 20
BAR_AT, BAR_WIDTH = 24, 3
NAME_AT = 35
GHOST_TILE, GHOST_HEIGHT = 22, 44
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

Index = QModelIndex | QPersistentModelIndex


def write(painter: QPainter, font: QFont, token: str, place: QRect, text: str, align: Qt.AlignmentFlag = LEFT) -> None:
    """One line of text in a token's colour, shortened with … where it is too long."""
    painter.setFont(font)
    painter.setPen(current().colour(token))
    painter.drawText(
        place, align, QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, max(place.width(), 0))
    )


class RowPainter(QStyledItemDelegate):
    """Draws families with tile and count, blocks with bar and what they accept."""

    def __init__(self, view: QTreeView) -> None:
        """For the rows of one list, whose folding is shown."""
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Every row is as high as the density says."""
        return QSize(120, current().size("row"))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        place: QRect = option.rect
        state: QStyle.StateFlag = option.state
        self._paint_ground(painter, place, state, bool(index.data(KIND)))
        if index.data(KIND):
            self._paint_block(painter, place, index)
        elif index.model().hasChildren(index):
            self._paint_family(painter, place, index)
        else:
            write(painter, current().font("small"), "text-muted", place.adjusted(12, 0, -4, 0), index.data())
        painter.restore()

    def _paint_ground(self, painter: QPainter, place: QRect, state: QStyle.StateFlag, block: bool) -> None:
        selected = bool(state & QStyle.StateFlag.State_Selected) and (block or self._view.hasFocus())
        hovered = bool(state & QStyle.StateFlag.State_MouseOver)
        if not (selected or hovered):
            return
        theme, inner = current(), QRectF(place).adjusted(4, 1, -4, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent-soft" if selected else "hover"))
        if selected and self._view.hasFocus():
            painter.setPen(QPen(theme.colour("focus"), theme.stroke("focus")))
            inner.adjust(1, 1, -1, -1)
        painter.drawRoundedRect(inner, theme.radius("small"), theme.radius("small"))

    def _paint_family(self, painter: QPainter, place: QRect, index: Index) -> None:
        middle, left = place.center().y() + 1, place.left()
        sign = pixmap("chevron-down" if self._view.isExpanded(index) else "chevron-right", "text-muted", CHEVRON)
        painter.drawPixmap(QPointF(left + 6, middle - CHEVRON / 2), sign)
        family = str(index.data(FAMILY))
        picture = tile(family, TILE) if family else pixmap("star", "text-muted", 16)
        side = picture.deviceIndependentSize().height()
        painter.drawPixmap(QPointF(left + 26 + (TILE - side) / 2, middle - side / 2), picture)
        theme, title = current(), str(index.data())
        row = QRect(place).adjusted(54, 0, -10, 0)
        spare = row.width() - QFontMetrics(theme.font("label")).horizontalAdvance(title)
        if spare >= theme.space(5):  # the title goes before the count
            write(painter, theme.font("caption"), "text-faint", row, str(index.model().rowCount(index)), RIGHT)
        write(painter, theme.font("label"), "text", row.adjusted(0, 0, theme.space(3), 0), title)

    def _paint_block(self, painter: QPainter, place: QRect, index: Index) -> None:
        theme, title, accepts = current(), str(index.data()), str(index.data(ACCEPTS))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.family(str(index.data(FAMILY))).colour)
        bar = QRectF(place.left() + BAR_AT, place.center().y() - 6, BAR_WIDTH, 14)
        painter.drawRoundedRect(bar, BAR_WIDTH / 2, BAR_WIDTH / 2)
        row = QRect(place).adjusted(NAME_AT, 0, -10, 0)
        name, shape = theme.font("body"), theme.font("code-small")
        taken = QFontMetrics(name).horizontalAdvance(title) + theme.space(3)
        if taken + QFontMetrics(shape).horizontalAdvance(accepts) <= row.width():
            write(painter, shape, "text-faint", row, accepts, RIGHT)
        write(painter, name, "text", row, title)


def ghost(offer: Offer, scale: float = 1.0) -> QPixmap:
    """A card of a new block, as large as the canvas shows its cards, to be seen while it is dragged."""
    theme, block = current(), offer.make(None)
    font, code = theme.font("label"), theme.font("code-small")
    name, kind = block.short_name or offer.title.lower(), offer.title
    words = max(QFontMetrics(font).horizontalAdvance(name), QFontMetrics(code).horizontalAdvance(kind))
    width = max(words + GHOST_TILE + 36, theme.size("block-width-slim"))
    picture = QPixmap(round(2 * scale * width), round(2 * scale * GHOST_HEIGHT))
    picture.setDevicePixelRatio(2.0)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(scale, scale)
    painter.setOpacity(0.85)
    painter.setPen(QPen(theme.colour("accent"), theme.stroke("hairline")))
    painter.setBrush(theme.colour("surface-raised"))
    painter.drawRoundedRect(QRectF(0.5, 0.5, width - 1, GHOST_HEIGHT - 1), theme.radius("block"), theme.radius("block"))
    painter.drawPixmap(QPointF(11, 11), tile(block.family, GHOST_TILE))
    words_at = QRect(GHOST_TILE + 20, 6, width - GHOST_TILE - 28, 16)
    write(painter, font, "text", words_at, name)
    write(painter, code, "text-muted", words_at.translated(0, 16), kind)
    painter.end()
    return picture
