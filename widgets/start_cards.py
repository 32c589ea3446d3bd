"""What the start page is made of: cards, rows and steps, each one button or picture that paints itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QEnterEvent, QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from engine.graph import Graph
from widgets.icons import pixmap
from widgets.palette_painting import LEFT, RIGHT, write
from widgets.theme import current
from widgets.thumbnail import thumbnail

RING = 4
"""Pixels around a card that are kept free for the focus ring."""
PICTURE_SHARE = 0.37
"""How high a card's picture is, measured by its width."""
RECENT_PICTURE = QSize(46, 30)
NARROW = 330
"""Cards narrower than this get a third line for their sentence."""
KEYS = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class Tile(QAbstractButton):
    """A button that paints itself: a click, Space or Enter presses it."""

    def __init__(self, name: str, meaning: str, parent: QWidget | None = None) -> None:
        """What it is called and what pressing it means, for people who cannot see it."""
        super().__init__(parent)
        self.setText(name)
        self.setAccessibleName(name)
        self.setAccessibleDescription(meaning)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._by_key = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses it as Space does."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer came."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer went."""
        super().leaveEvent(event)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The ring is for those who came by key; a window that comes back leaves it as it was."""
        if event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self._by_key = event.reason() in KEYS
        super().focusInEvent(event)

    @property
    def ringed(self) -> bool:
        """Whether the focus ring is to be seen."""
        return self.hasFocus() and self._by_key

    def paint_ring(self, painter: QPainter, place: QRectF, radius: float) -> None:
        """The ring around what has the focus."""
        if self.ringed:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(current().colour("focus"), current().stroke("focus")))
            painter.drawRoundedRect(place, radius, radius)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint with the theme in use."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.paint(painter)
        painter.end()

    def paint(self, painter: QPainter) -> None:
        """Draw the whole button."""
        raise NotImplementedError


class TemplateCard(Tile):
    """A network to start from: its drawing, title, sentence and size; without a drawing, an empty sheet."""

    def __init__(self, title: str, text: str, detail: str, graph: Graph | None) -> None:
        """Show these words and this drawing."""
        super().__init__(title, f"{text} {detail}")
        self._words, self._detail, self._graph = text, detail, graph

    def sizeHint(self) -> QSize:
        """As high as the width asks for."""
        return QSize(280, self.height_for(280))

    def height_for(self, width: int) -> int:
        """The height of a card of this width."""
        return round(width * PICTURE_SHARE) + self._words_height(width) + 2 * RING

    def fit_width(self, width: int) -> None:
        """Take this width and the height that goes with it."""
        self.setFixedSize(width, self.height_for(width))

    def paint(self, painter: QPainter) -> None:
        """Draw the picture above, the words below."""
        theme, radius = current(), current().radius("panel")
        card = QRectF(self.rect()).adjusted(RING + 0.5, RING + 0.5, -RING - 0.5, -RING - 0.5)
        picture = QRectF(card.left(), card.top(), card.width(), card.height() - self._words_height(self.width()))
        outline = QPainterPath()
        outline.addRoundedRect(card, radius, radius)
        painter.fillPath(outline, theme.colour("hover" if self.isDown() else "surface-raised"))
        painter.save()
        painter.setClipPath(outline)
        painter.fillRect(picture, theme.colour("hover" if self.underMouse() else "surface-sunken"))
        painter.fillRect(QRectF(card.left(), picture.bottom(), card.width(), 1), theme.colour("line"))
        painter.restore()
        self._paint_picture(painter, picture)
        self._paint_words(painter, picture.bottom(), card)
        lifted = self.underMouse() or self.ringed
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("line-strong" if lifted else "line"), theme.stroke("hairline")))
        painter.drawRoundedRect(card, radius, radius)
        self.paint_ring(painter, QRectF(self.rect()).adjusted(1, 1, -1, -1), radius + 3)

    def _words_height(self, width: int) -> int:
        theme = current()
        title, text, detail = (QFontMetrics(theme.font(kind)).height() for kind in ("strong", "small", "caption"))
        return 2 * theme.space(4) + title + _lines(width) * text + detail + 2 * theme.space(2)

    def _paint_picture(self, painter: QPainter, place: QRectF) -> None:
        if self._graph is not None:
            drawn = thumbnail(self._graph, round(place.width()), round(place.height()))
            painter.drawPixmap(place.topLeft(), drawn)
            return
        theme, middle = current(), place.center()
        outline = QRectF(middle.x() - 42, middle.y() - 22, 84, 44)
        pen = QPen(theme.colour("line-strong"), 1.25)
        pen.setDashPattern([4, 3])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(outline, theme.radius("block"), theme.radius("block"))
        painter.drawPixmap(QPointF(middle.x() - 10, middle.y() - 10), pixmap("plus", "text-muted", 20))

    def _paint_words(self, painter: QPainter, top: float, card: QRectF) -> None:
        theme, font = current(), current().font("small")
        side = theme.space(4)
        row = QRect(round(card.left()) + side, round(top) + side, round(card.width()) - 2 * side, 0)
        row.setHeight(QFontMetrics(theme.font("strong")).height())
        write(painter, theme.font("strong"), "text", row, self.text())
        text = QRect(row.left(), row.bottom() + 1 + theme.space(2), row.width(), 0)
        text.setHeight(_lines(self.width()) * QFontMetrics(font).height())
        painter.setFont(font)
        painter.setPen(theme.colour("text-muted"))
        painter.drawText(text, int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap), self._words)
        detail = QRect(text.left(), text.bottom() + 1 + theme.space(2), text.width(), 0)
        detail.setHeight(QFontMetrics(theme.font("caption")).height())
        write(painter, theme.font("caption"), "text-faint", detail, self._detail)


def _lines(width: int) -> int:
    return 3 if width < NARROW else 2


class RecentRow(Tile):
    """A drawing that was open before: its picture, its name, and where it lies."""

    def __init__(self, path: str, title: str, detail: str, graph: Graph | None) -> None:
        """Show these words; a drawing that cannot be read shows a plain sheet."""
        super().__init__(title, detail)
        self.setToolTip(path)
        self._detail, self._graph = detail, graph

    def sizeHint(self) -> QSize:
        """Two lines of text and some air."""
        return QSize(120, RECENT_PICTURE.height() + 2 * current().space(3))

    def paint(self, painter: QPainter) -> None:
        """Draw the picture at the left, the words beside it."""
        theme = current()
        row = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("hover"))
            painter.drawRoundedRect(row, theme.radius("control"), theme.radius("control"))
        place = QRectF(row.left() + theme.space(3), 0, RECENT_PICTURE.width(), RECENT_PICTURE.height())
        place.moveTop((self.height() - place.height()) / 2)
        painter.setPen(QPen(theme.colour("line"), theme.stroke("hairline")))
        painter.setBrush(theme.colour("surface-raised"))
        painter.drawRoundedRect(place, theme.radius("small"), theme.radius("small"))
        if self._graph is None:
            painter.drawPixmap(place.center() - QPointF(8, 8), pixmap("file", "text-faint", 16))
        else:
            painter.drawPixmap(place.topLeft(), thumbnail(self._graph, RECENT_PICTURE.width(), RECENT_PICTURE.height()))
        middle, left = round(place.center().y()), round(place.right()) + theme.space(4)
        words = QRect(left, middle - 17, self.width() - left - theme.space(3), 18)
        write(painter, theme.font("body", "medium"), "text", words, self.text())
        write(painter, theme.font("caption"), "text-faint", words.translated(0, 17), self._detail)
        self.paint_ring(painter, row, theme.radius("control"))


class CommandRow(Tile):
    """A command with its icon at the left and its key at the right; the first one is filled."""

    def __init__(self, text: str, key: str, icon: str, primary: bool, pressed: Callable[[], None]) -> None:
        """Call `pressed` when it is used."""
        super().__init__(text, key)
        self._key, self._icon, self._primary = key, icon, primary
        self.clicked.connect(lambda _checked: pressed())

    def sizeHint(self) -> QSize:
        """A little higher than a control, because it stands alone."""
        return QSize(120, current().size("control") + current().space(3))

    def paint(self, painter: QPainter) -> None:
        """Draw the row."""
        theme, row = current(), QRectF(self.rect()).adjusted(1, 1, -1, -1)
        radius = theme.radius("control")
        lit = self.underMouse() or self.isDown()
        ground = ("accent-fill-hover" if lit else "accent-fill") if self._primary else ("hover" if lit else "")
        if ground:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(ground))
            painter.drawRoundedRect(row, radius, radius)
        ink, quiet = ("on-accent", "on-accent") if self._primary else ("text", "text-faint")
        left = theme.space(4)
        painter.drawPixmap(QPointF(left, (self.height() - 16) / 2), pixmap(self._icon, ink, 16))
        words = self.rect().adjusted(left + 16 + theme.space(3), 0, -left, 0)
        write(painter, theme.font("caption"), quiet, words, self._key, RIGHT)
        write(painter, theme.font("label" if self._primary else "body", "semibold"), ink, words, self.text(), LEFT)
        if self._primary and self.ringed:  # a ring in its own colour would be lost on the filling
            painter.setPen(QPen(theme.colour("on-accent"), theme.stroke("focus")))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(row.adjusted(3, 3, -3, -3), radius - 2, radius - 2)
        else:
            self.paint_ring(painter, row, radius)


class Step(QWidget):
    """One step of how it goes: an icon in a soft square, two words and a sentence."""

    def __init__(self, icon: str, title: str, text: str) -> None:
        """Show these words."""
        super().__init__()
        self._icon, self._title, self._words = icon, title, text
        self.setAccessibleName(f"{title}: {text}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """A title and two lines."""
        return QSize(180, 60)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the square and the words."""
        theme, painter = current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("accent-soft"))
        painter.drawRoundedRect(QRectF(RING, 2, 36, 36), theme.radius("block"), theme.radius("block"))
        painter.drawPixmap(QPointF(RING + 8, 10), pixmap(self._icon, "accent", 20))
        words = QRect(RING + 48, 0, self.width() - RING - 52, 20)
        write(painter, theme.font("label"), "text", words, self._title)
        painter.setFont(theme.font("small"))
        painter.setPen(theme.colour("text-muted"))
        text = QRect(words.left(), 21, words.width(), self.height() - 20)
        painter.drawText(text, int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap), self._words)
        painter.end()
