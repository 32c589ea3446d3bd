"""The list that opens where a block is wanted: type, see what fits, press Enter."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import (
    QFontMetrics,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QStandardItem,
    QStandardItemModel,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from widgets.block_search import matched, ranked
from widgets.offers import on_offer
from widgets.palette_painting import FAMILY, KIND, RIGHT, write
from widgets.search_field import SearchField
from widgets.theme import current, set_kind, themes
from widgets.tile import tile

WIDTH, MOST_ROWS = 252, 9
TILE = 20
TEXT = Qt.ItemDataRole.UserRole + 3
MEANING = Qt.ItemDataRole.UserRole + 4
TYPED = Qt.ItemDataRole.UserRole + 5

COLOURS = {"fits": "ok", "partly": "text-muted", "repair": "warning", "refuses": "text-faint"}
"""The token for each meaning; the order is that of the list while nothing is typed."""
ORDER = ("fits", "", "partly", "repair", "refuses")

Index = QModelIndex | QPersistentModelIndex
Describe = Callable[[str], tuple[str, str]]


class FoundPainter(QStyledItemDelegate):
    """Draws one kind: its family, its name with the typed letters bold, and what it would give."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """Every row is as high as the density says."""
        return QSize(120, current().size("row"))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Draw one row."""
        theme, title, place = current(), str(index.data()), QRect(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("accent-soft"))
            painter.drawRoundedRect(place, theme.radius("small"), theme.radius("small"))
        top = place.center().y() + 1 - TILE / 2
        painter.drawPixmap(QPointF(place.left() + theme.space(3), top), tile(str(index.data(FAMILY)), TILE))
        row = place.adjusted(2 * theme.space(3) + TILE, 0, -theme.space(3), 0)
        name_end = _write_name(painter, row, title, matched(str(index.data(TYPED)), title), index.data(MEANING))
        row.setLeft(name_end + theme.space(3))
        token = COLOURS.get(str(index.data(MEANING)), "text-faint")
        write(painter, theme.font("code-small"), token, row, str(index.data(TEXT)), RIGHT)
        painter.restore()


def _write_name(painter: QPainter, place: QRect, name: str, bold: tuple[int, ...], meaning: str) -> int:
    """Write a name letter by letter where some are bold; returns where it ends."""
    theme = current()
    token = "text-muted" if meaning == "refuses" else "text"
    runs: list[tuple[bool, str]] = []
    for number, letter in enumerate(name):
        heavy = number in bold
        if runs and runs[-1][0] == heavy:
            runs[-1] = heavy, runs[-1][1] + letter
        else:
            runs.append((heavy, letter))
    left = place.left()
    for heavy, letters in runs:
        font = theme.font("body", "bold") if heavy else theme.font("body")
        write(painter, font, token, QRect(left, place.top(), place.width(), place.height()), letters)
        left += QFontMetrics(font).horizontalAdvance(letters)
    return left


class SearchPopup(QFrame):
    """Finds one kind of block and goes away."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        """Hidden until `open_at`."""
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setFixedWidth(WIDTH)
        self.offers = on_offer()
        self._described: dict[str, tuple[str, str]] = {}
        self._describe: Describe | None = None
        self._later = QTimer(self, singleShot=True, interval=0)
        self._later.timeout.connect(self._say_more)
        self._anchor = QPoint()
        self._model = QStandardItemModel(self)
        self._field = SearchField("Search blocks")
        self._title = QLabel(self._field)
        self._rows = QListView()
        self._nothing = QLabel("No block is called so. Try another word.")
        self._build()

    def open_at(self, at: QPoint, describe: Describe | None = None, title: str = "") -> None:
        """Open with the top left corner at a place of the screen; `describe` says what a kind would give there."""
        self._describe, self._anchor = describe, at
        self._described.clear()
        self._title.setText(title)
        self._field.clear()
        self._fill()
        self.show()
        self._field.setFocus(Qt.FocusReason.PopupFocusReason)

    def shown_kinds(self) -> list[str]:
        """The kinds from top to bottom."""
        return [self._model.item(row).data(KIND) for row in range(self._model.rowCount())]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The caret stays in the field; these keys act on the list."""
        if watched is self._field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(event.key())
        return super().eventFilter(watched, event)

    def focusNextPrevChild(self, onwards: bool) -> bool:
        """Tab walks through the list like the arrows."""
        self._step(1 if onwards else -1)
        return True

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ground with its round corners: style sheets leave see-through windows bare."""
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.colour("line-strong"), theme.stroke("hairline")))
        painter.setBrush(theme.colour("surface-overlay"))
        ground = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(ground, theme.radius("panel"), theme.radius("panel"))

    def hideEvent(self, event: QHideEvent) -> None:
        """Say so, however it was closed."""
        super().hideEvent(event)
        self.closed.emit()

    def _build(self) -> None:
        theme = current()
        column = QVBoxLayout(self)
        column.setContentsMargins(*4 * (theme.space(2) + 1,))
        column.setSpacing(theme.space(2))
        set_kind(self._title, "caption")
        self._rows.setModel(self._model)
        self._rows.setItemDelegate(FoundPainter(self._rows))
        self._rows.setUniformItemSizes(True)
        self._rows.setStyleSheet("background: transparent")
        self._rows.setMouseTracking(True)
        self._rows.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._rows.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._rows.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows.setAccessibleName("Blocks that were found")
        set_kind(self._nothing, "small")
        self._nothing.setContentsMargins(theme.space(3), theme.space(2), 0, theme.space(2))
        foot = QHBoxLayout()
        foot.setContentsMargins(theme.space(3), 0, theme.space(3), theme.space(1))
        for text in ("Enter adds it", "Esc closes"):
            label = QLabel(text)
            set_kind(label, "caption")
            foot.addWidget(label)
        foot.insertStretch(1)
        for widget in (self._field, self._rows, self._nothing):
            column.addWidget(widget)
        column.addLayout(foot)
        self._field.installEventFilter(self)
        self._field.textChanged.connect(self._fill)
        self._rows.clicked.connect(self._choose)
        self._rows.entered.connect(self._rows.setCurrentIndex)
        themes().changed.connect(self._rows.doItemsLayout)

    def _fill(self) -> None:
        typed = self._field.text().strip()
        kinds = ranked(typed, self.offers)
        if not typed:
            kinds.sort(key=lambda kind: (ORDER.index(self._said(kind)[1]), self.offers[kind].family == "data"))
        self._model.clear()
        for kind in kinds:
            self._model.appendRow(self._item(kind, typed))
        self._rows.setCurrentIndex(self._model.index(0, 0))
        self._rows.scrollToTop()
        self._rows.setFixedHeight(min(len(kinds), MOST_ROWS) * current().size("row"))
        self._rows.setVisible(bool(kinds))
        self._nothing.setVisible(not kinds)
        self._later.start()
        self._place()

    def _said(self, kind: str) -> tuple[str, str]:
        """What is said about a kind; worked out once for each opening, for groups only after the list is there."""
        if self._describe is None or (kind not in self._described and self.offers[kind].slow):
            return "", ""
        if kind not in self._described:
            self._described[kind] = self._describe(kind)
        return self._described[kind]

    def _item(self, kind: str, typed: str) -> QStandardItem:
        text, meaning = self._said(kind)
        offer = self.offers[kind]
        item = QStandardItem(offer.title)
        roles = ((KIND, kind), (FAMILY, offer.family), (TEXT, text), (MEANING, meaning), (TYPED, typed))
        for role, value in roles:
            item.setData(value, role)
        item.setToolTip(offer.summary)
        item.setAccessibleText(f"{offer.title} {text}".strip())
        return item

    def _say_more(self) -> None:
        """What is said about the next group: looking into one takes too long to do so with all of them at once."""
        if self._describe is None or self.isHidden():
            return
        items = (self._model.item(row) for row in range(self._model.rowCount()))
        unsaid = (i for i in items if self.offers[i.data(KIND)].slow and i.data(KIND) not in self._described)
        if item := next(unsaid, None):
            said = self._described[item.data(KIND)] = self._describe(item.data(KIND))
            for role, value in zip((TEXT, MEANING), said, strict=True):
                item.setData(value, role)
            self._later.start()

    def _place(self) -> None:
        """Fit the height to the list, and the whole onto the screen; a long title gives way to the typed text."""
        self.adjustSize()
        wanted = self._title.sizeHint().width()
        room = self._field.width() - QFontMetrics(self._field.font()).horizontalAdvance(self._field.text()) - 56
        self._title.setVisible(bool(self._title.text()) and (wanted <= room))
        self._title.resize(self._title.sizeHint())
        margin = current().space(3)
        self._title.move(self._field.width() - wanted - margin, (self._field.height() - self._title.height()) // 2)
        screen = QGuiApplication.screenAt(self._anchor) or QGuiApplication.primaryScreen()
        area = screen.availableGeometry()
        x = max(area.left(), min(self._anchor.x(), area.right() + 1 - self.width()))
        y = max(area.top(), min(self._anchor.y(), area.bottom() + 1 - self.height()))
        self.move(x, y)

    def _key(self, key: int) -> bool:
        match key:
            case Qt.Key.Key_Down:
                self._step(1)
            case Qt.Key.Key_Up:
                self._step(-1)
            case Qt.Key.Key_PageDown:
                self._step(MOST_ROWS - 1, around=False)
            case Qt.Key.Key_PageUp:
                self._step(1 - MOST_ROWS, around=False)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._choose(self._rows.currentIndex())
            case Qt.Key.Key_Escape:
                self.hide()
            case _:
                return False
        return True

    def _step(self, rows: int, around: bool = True) -> None:
        count = self._model.rowCount()
        if count:
            wanted = self._rows.currentIndex().row() + rows
            row = wanted % count if around else max(0, min(wanted, count - 1))
            self._rows.setCurrentIndex(self._model.index(row, 0))

    def _choose(self, index: Index) -> None:
        kind = index.data(KIND)
        if kind:
            self.hide()
            self.chosen.emit(str(kind))
