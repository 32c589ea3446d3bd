"""The blocks to choose from: searched by name, folded by family, dragged onto the canvas or put in with Enter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from PySide6.QtCore import (
    QEvent,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QDrag, QKeyEvent, QShowEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.blocks.base import FAMILIES
from widgets.block_search import ranked
from widgets.canvas.dropping import BLOCK_MIME
from widgets.offers import Offer, Offers, on_offer
from widgets.palette_painting import ACCEPTS, FAMILY, KIND, RowPainter, ghost
from widgets.palette_rows import Rows
from widgets.search_field import SearchField
from widgets.theme import current, themes

MOST = "Used most"
AT_FIRST = ("Conv2d", "Linear", "ReLU", "MaxPool2d")
"""What stands under *Used most* until this person has used other blocks more often."""

LEAST_GHOST, MOST_GHOST = 0.4, 2.0
"""Smaller or larger than this the picture under the pointer is no use."""

TITLES = {
    "pooling": "Pooling and shape",
    "sequence": "Sequences",
    "merge": "Merge and split",
    "tensor": "Tensor operations",
    "group": "Groups",
}
"""Families whose title is more than their name."""

Index = QModelIndex | QPersistentModelIndex


def family_title(family: str) -> str:
    """What a family is called: Pooling and shape."""
    return TITLES.get(family, family.capitalize())


def carried(key: str) -> QMimeData:
    """What a drag of a block carries."""
    data = QMimeData()
    data.setData(BLOCK_MIME, key.encode())
    return data


class Palette(QWidget):
    """All blocks, ready to be found and put into the drawing."""

    chosen = Signal(str)
    renamed = Signal(str, str)
    """One of the person's own groups should be called otherwise: its key and the new title."""
    deleted = Signal(str)
    help_wanted = Signal(str)

    def __init__(self) -> None:
        """Every family is unfolded where there is room for it."""
        super().__init__()
        self._offers = on_offer()
        self.exec_drag: Callable[[QDrag], object] = lambda drag: drag.exec(Qt.DropAction.CopyAction)
        self.zoom: Callable[[], float] = lambda: 1.0
        """How large blocks are where they are dragged to: 1.0 is 100 %."""
        self._used = Counter[str]()
        self._folded = {family_title(family) for family in FAMILIES} if current().compact else set[str]()
        self._model = QStandardItemModel(self)
        self._field = SearchField("Search blocks", "/")
        self._rows = Rows(self._carry)
        self._rows.setModel(self._model)
        self._rows.setItemDelegate(RowPainter(self._rows))
        self._build()
        self._fill()

    @property
    def offers(self) -> Offers:
        """What can be chosen."""
        return self._offers

    @offers.setter
    def offers(self, offers: Offers) -> None:
        self._offers = offers
        self._fill()

    def show_own(self, key: str) -> None:
        """Let one of the person's own groups be seen: its family unfolded, its row current."""
        self._field.clear()
        self._folded.discard(family_title("group"))
        self._fill()
        if item := next((item for item in self._block_items() if item.data(KIND) == key), None):
            self._rows.setCurrentIndex(item.index())
            self._rows.scrollTo(item.index())

    def viewport(self) -> QWidget:
        """The part that shows the rows."""
        return self._rows.viewport()

    def rect_of(self, kind: str) -> QRect:
        """Where the row of a kind lies in the viewport; it is unfolded and scrolled to if need be."""
        item = next(item for item in self._block_items() if item.data(KIND) == kind)
        self._rows.scrollTo(item.index())
        return self._rows.visualRect(item.index())

    def shown_kinds(self) -> list[str]:
        """The kinds from top to bottom, with those that are folded away."""
        return [item.data(KIND) for item in self._block_items()]

    def focus_search(self) -> None:
        """Put the caret into the search field."""
        self._field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._field.selectAll()

    def showEvent(self, event: QShowEvent) -> None:
        """What is used most is counted anew when the palette comes back, never while somebody reads it."""
        super().showEvent(event)
        self._fill()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys that lead from the field to the list and back."""
        if watched is self._field and isinstance(event, QKeyEvent) and self._rows.asks_for_help(event):
            if event.type() == QEvent.Type.ShortcutOverride:
                event.accept()  # not the window's, which explains what is selected in the drawing
                return True
            if event.type() == QEvent.Type.KeyPress:
                self._rows.explain()
                return True
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if watched is self._field:
                return self._field_key(event.key())
            if watched is self._rows:
                return not self._rows.typing() and self._rows_key(event)
        return super().eventFilter(watched, event)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QVBoxLayout()
        head.setContentsMargins(*4 * (current().space(3),))
        head.addWidget(self._field)
        column.addLayout(head)
        column.addWidget(self._rows)
        self.setFocusProxy(self._field)
        for watched in (self._field, self._rows):
            watched.installEventFilter(self)
        self._model.itemChanged.connect(self._take_title)
        self._rows.deleted.connect(self.deleted)
        self._rows.help_wanted.connect(self.help_wanted)
        self._field.textChanged.connect(self._fill)
        self._rows.clicked.connect(self._fold)
        self._rows.doubleClicked.connect(self._choose)
        self._rows.expanded.connect(lambda index: self._folded.discard(index.data()))
        self._rows.collapsed.connect(lambda index: self._folded.add(index.data()))
        themes().changed.connect(self._rows.doItemsLayout)

    def _fill(self) -> None:
        """The rows for what is typed: the best first, or all of them by family."""
        query = self._field.text()
        self._model.clear()
        if query.strip():
            found = ranked(query, self._offers)
            for key in found:
                self._model.appendRow(_item(self._offers[key]))
            if not found:
                self._model.appendRow(_note(f"No block is called “{query.strip()}”."))
            else:
                self._rows.setCurrentIndex(self._model.index(0, 0))
            return
        self._add_group(MOST, "", self._most_used())
        for family in FAMILIES:
            self._add_group(family_title(family), family, [o for o in self._offers.values() if o.family == family])

    def _add_group(self, title: str, family: str, offers: list[Offer]) -> None:
        if not offers:
            return
        group = QStandardItem(title)
        group.setData(family, FAMILY)
        group.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        group.appendRows([_item(offer) for offer in offers])
        self._model.appendRow(group)
        self._rows.setExpanded(group.index(), title not in self._folded)

    def _most_used(self) -> list[Offer]:
        counted = [key for key, _ in self._used.most_common() if key in self._offers][: len(AT_FIRST)]
        keys = [*counted, *(key for key in AT_FIRST if key not in counted)][: len(AT_FIRST)]
        return [self._offers[key] for key in keys]

    def _block_items(self) -> Iterator[QStandardItem]:
        """The items of blocks; unfolded ones first, so that the first of a kind is one that can be seen."""
        groups = [self._model.item(row) for row in range(self._model.rowCount())]
        for group in sorted(groups, key=lambda group: group.text() in self._folded):
            if group.data(KIND):
                yield group
            yield from (group.child(row) for row in range(group.rowCount()))

    def _field_key(self, key: int) -> bool:
        if key == Qt.Key.Key_Down:
            self._rows.setFocus(Qt.FocusReason.TabFocusReason)
            if not self._rows.currentIndex().isValid():
                self._rows.setCurrentIndex(self._model.index(0, 0))
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._field.text().strip():
                self._choose(self._rows.currentIndex())
            return True
        if key == Qt.Key.Key_Escape and self._field.text():
            self._field.clear()
            return True
        return False

    def _rows_key(self, event: QKeyEvent) -> bool:
        index = self._rows.currentIndex()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(index)
            self._fold(index)
            return True
        if event.key() == Qt.Key.Key_Up and index == self._model.index(0, 0):
            self.focus_search()
            return True
        if event.key() == Qt.Key.Key_Slash:
            self.focus_search()
            return True
        return False

    def _take_title(self, item: QStandardItem) -> None:
        """A title was typed into a row; until whoever keeps the groups has agreed, the old one stands there."""
        offer = self._offers.get(item.data(KIND) or "")
        if offer is not None and item.text() != offer.title:
            wish, key = item.text(), offer.key
            item.setText(offer.title)
            QTimer.singleShot(0, self, lambda: self.renamed.emit(key, wish))  # the field in the row closes first

    def _fold(self, index: Index) -> None:
        if self._model.hasChildren(index):
            self._rows.setExpanded(index, not self._rows.isExpanded(index))

    def _choose(self, index: Index) -> None:
        kind = index.data(KIND)
        if kind:
            self._used[kind] += 1
            self.chosen.emit(kind)

    def _carry(self, key: str) -> None:
        drag = QDrag(self)
        drag.setMimeData(carried(key))
        scale = min(max(self.zoom(), LEAST_GHOST), MOST_GHOST)
        picture = ghost(self._offers[key], scale)
        drag.setPixmap(picture)
        drag.setHotSpot(QPoint(round(picture.deviceIndependentSize().width() / 2), round(22 * scale)))
        if self.exec_drag(drag) == Qt.DropAction.CopyAction:
            self._used[key] += 1


def _item(offer: Offer) -> QStandardItem:
    item = QStandardItem(offer.title)
    for role, value in ((KIND, offer.key), (FAMILY, offer.family), (ACCEPTS, offer.accepts)):
        item.setData(value, role)
    item.setEditable(offer.own)
    item.setToolTip(f"{offer.summary} F2 renames it, Del deletes it." if offer.own else _tip(offer))
    return item


def _tip(offer: Offer) -> str:
    return f"{offer.title}: {offer.summary}" if offer.slow else offer.summary


def _note(text: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setFlags(Qt.ItemFlag.NoItemFlags)
    return item
