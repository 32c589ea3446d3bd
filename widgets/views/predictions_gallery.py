"""Examples in the order given, each with its label and the answer to it; pictures come as one scrolls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from engine.events import Floats
from engine.looks.predictions import MOST_PICTURES, Predictions
from widgets.map_painting import fitted, picture_image
from widgets.plots.axes import number
from widgets.theme import current, themes

Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()
EXAMPLE = Qt.ItemDataRole.UserRole + 1
PAGE = 200
"""So many more examples are laid out when one scrolls to the end."""
PICTURE, LINE, EDGE = 56, 15, 4
"""Pixels of a thumbnail, of a line of text under it, and around both."""
MOST_KEPT = 4_000
ASK_AFTER = 60
"""Milliseconds without scrolling, after which thumbnails are asked for."""
FIRST_NUMBERS = 6
SHORT = 2
"""Letters of names that leave room for more on their line."""


class Gallery(QListView):
    """Thumbnails in rows, or rows of numbers one under another. Arrows move, Enter chooses."""

    chosen = Signal(int)
    """An example."""
    pictures_wanted = Signal(tuple)
    """Numbers of examples in view whose pictures are not here yet."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.examples = _Examples()
        self.setModel(self.examples)
        self.setItemDelegate(_Painter(self))
        self.setUniformItemSizes(True)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Examples")
        self.nothing = ""
        """What is said where there are no examples."""
        self._timer = QTimer(self, singleShot=True, interval=ASK_AFTER)
        self._timer.timeout.connect(self._ask)
        self.verticalScrollBar().valueChanged.connect(self._timer.start)
        self.clicked.connect(self._take)
        self.activated.connect(self._take)
        themes().changed.connect(self.viewport().update)
        self.lay_out(pictures=True)

    def lay_out(self, pictures: bool) -> None:
        """As a grid of thumbnails, or as a list of rows."""
        self.setFlow(QListView.Flow.LeftToRight if pictures else QListView.Flow.TopToBottom)
        self.setWrapping(pictures)
        self.examples.is_pictures = pictures
        self._size_cells()

    def show_examples(
        self, numbers: NDArray[np.int64], seen: Predictions, labels: Sequence[str], nothing: str = ""
    ) -> None:
        """These examples, in this order; `nothing` stands where there are none."""
        self.nothing = nothing
        self.examples.show(numbers, seen, labels)
        self._size_cells()
        self._timer.start()

    def _size_cells(self) -> None:
        self.setGridSize(self.examples.cell() if self.examples.is_pictures else QSize())

    def take_pictures(self, pictures: Mapping[int, Floats]) -> None:
        """Thumbnails that were asked for."""
        self.examples.take(pictures)
        self._timer.start()

    def forget(self) -> None:
        """Another run: its pictures may be others."""
        self.nothing = ""
        self.examples.forget()

    def mark(self, example: int | None) -> None:
        """Show which example is looked at."""
        place = self.examples.place_of(example)
        flag = QItemSelectionModel.SelectionFlag.NoUpdate
        if place.isValid() and self.currentIndex() != place:
            self.selectionModel().setCurrentIndex(place, flag)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The examples, or why there are none."""
        super().paintEvent(event)
        if self.nothing and not self.examples.rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(current().colour("text-muted"))
            middle = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
            painter.drawText(self.viewport().rect(), middle, self.nothing)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Others may be in view now."""
        super().resizeEvent(event)
        self._timer.start()

    def _take(self, index: QModelIndex) -> None:
        self.chosen.emit(index.data(EXAMPLE))

    def _ask(self) -> None:
        """Only what can be seen, and one page further."""
        if not self.isVisible() or not self.examples.rowCount():
            return
        view = self.viewport().rect()
        first = max(self.indexAt(QPoint(EDGE, EDGE)).row(), 0)
        wide = self.gridSize() if self.examples.is_pictures else QSize(view.width(), self.sizeHintForRow(0) or LINE)
        across = max(view.width() // max(wide.width(), 1), 1)
        count = across * (view.height() // max(wide.height(), 1) + 3)
        wanted = self.examples.lacking(first, first + count)
        if wanted:
            self.pictures_wanted.emit(wanted[:MOST_PICTURES])


class _Examples(QAbstractListModel):
    """The examples of the gallery, laid out page by page."""

    def __init__(self) -> None:
        super().__init__()
        self.is_pictures = True
        self._numbers: NDArray[np.int64] = np.zeros(0, np.int64)
        self._seen: Predictions | None = None
        self._labels: tuple[str, ...] = ()
        self._laid_out = 0
        self._images: dict[int, QImage] = {}
        self._rows: dict[int, Floats] = {}

    def show(self, numbers: NDArray[np.int64], seen: Predictions, labels: Sequence[str]) -> None:
        self.beginResetModel()
        self._numbers, self._seen, self._labels = numbers, seen, tuple(labels)
        self._laid_out = min(PAGE, len(numbers))
        self.endResetModel()

    def forget(self) -> None:
        self.beginResetModel()
        self._numbers, self._seen, self._laid_out = np.zeros(0, np.int64), None, 0
        self._images, self._rows = {}, {}
        self.endResetModel()

    def take(self, pictures: Mapping[int, Floats]) -> None:
        if len(self._images) + len(self._rows) > MOST_KEPT:
            self._images, self._rows = {}, {}
        for example, values in pictures.items():
            if values.ndim == 3:
                self._images[example] = picture_image(values)
            else:
                self._rows[example] = values
        if self._laid_out:
            self.dataChanged.emit(self.index(0), self.index(self._laid_out - 1))

    def lacking(self, first: int, last: int) -> tuple[int, ...]:
        """Examples of these places that there is no picture of."""
        numbers = (int(example) for example in self._numbers[first : min(last, self._laid_out)])
        return tuple(example for example in numbers if example not in self._images and example not in self._rows)

    def place_of(self, example: int | None) -> QModelIndex:
        """Where an example stands among those laid out."""
        if example is None:
            return QModelIndex()
        found = np.flatnonzero(self._numbers[: self._laid_out] == example)
        return self.index(int(found[0])) if found.size else QModelIndex()

    def cell(self) -> QSize:
        """The room of one example; where names of classes are short, one line under a picture is enough."""
        if not self.is_pictures:
            return QSize(120, 2 * LINE + EDGE)
        return QSize(PICTURE + 5 * EDGE, PICTURE + (1 if self._is_short else 2) * LINE + 2 * EDGE)

    @property
    def _is_short(self) -> bool:
        sure = self._seen is not None and self._seen.probabilities
        return sure and bool(self._labels) and max(map(len, self._labels)) <= SHORT

    def image(self, example: int) -> QImage | None:
        return self._images.get(example)

    def rowCount(self, parent: Index = NOWHERE) -> int:
        return 0 if parent.isValid() else self._laid_out

    def canFetchMore(self, parent: Index) -> bool:
        return self._laid_out < len(self._numbers)

    def fetchMore(self, parent: Index) -> None:
        more = min(PAGE, len(self._numbers) - self._laid_out)
        self.beginInsertRows(QModelIndex(), self._laid_out, self._laid_out + more - 1)
        self._laid_out += more
        self.endInsertRows()

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        example = int(self._numbers[index.row()])
        if role == EXAMPLE:
            return example
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return self._sentence(example)
        return "\n".join(self._lines(example)) if role == Qt.ItemDataRole.DisplayRole else None

    def _lines(self, example: int) -> tuple[str, ...]:
        """Label and answer, and how sure it is; for numbers, what they are stands before."""
        if self._seen is None:
            return ()
        label, answer, sure = (column[example] for column in self._columns(self._seen))
        pair = f"{self._name(label)} → {self._name(answer)}"
        off = f"{100 * sure:.1f} %" if self._seen.probabilities else f"off by {number(float(sure))}"
        values = self._rows.get(example)
        if self.is_pictures and self._is_short:
            return (f"{pair}  {100 * sure:.0f} %",)
        if self.is_pictures or values is None:
            return pair, off
        more = "  …" if values.size > FIRST_NUMBERS else ""
        return f"{pair}   {off}", "  ".join(number(float(value)) for value in values.flat[:FIRST_NUMBERS]) + more

    def _sentence(self, example: int) -> str:
        if self._seen is None:
            return ""
        label, answer, sure = (column[example] for column in self._columns(self._seen))
        how = f"{100 * sure:.1f} % sure" if self._seen.probabilities else f"off by {number(float(sure))}"
        return f"Example {example + 1:,}: label {self._name(label)}, answer {self._name(answer)}, {how}"

    @staticmethod
    def _columns(seen: Predictions) -> tuple[NDArray[np.generic], ...]:
        return seen.labels, seen.answers, seen.confidence

    def _name(self, value: np.generic) -> str:
        place = float(value.item())
        if self._seen and self._seen.classes and 0 <= place < len(self._labels):
            return self._labels[int(place)]
        return number(place)


class _Painter(QStyledItemDelegate):
    """A thumbnail with two lines under it, or two lines alone."""

    def __init__(self, gallery: Gallery) -> None:
        super().__init__(gallery)
        self._examples = gallery.examples

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._examples.cell()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        theme, place = current(), QRect(option.rect).adjusted(1, 1, -1, -1)
        painter.save()
        state = option.state
        if state & QStyle.StateFlag.State_HasFocus or state & QStyle.StateFlag.State_Selected:
            painter.fillRect(place, theme.colour("accent-soft"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(place, theme.colour("hover"))
        align = Qt.AlignmentFlag.AlignLeft
        if self._examples.is_pictures:
            align = Qt.AlignmentFlag.AlignHCenter
            area = QRect(place.center().x() - PICTURE // 2, place.y() + EDGE - 1, PICTURE, PICTURE)
            image = self._examples.image(index.data(EXAMPLE))
            if image is None:
                painter.fillRect(area, theme.colour("surface-sunken"))
            else:
                painter.drawImage(fitted(image.size(), area), image)
            place.setTop(area.bottom() + 2)
        painter.setFont(theme.font("caption"))
        for number_of_line, line in enumerate(str(index.data()).split("\n")):
            painter.setPen(theme.colour("text" if number_of_line == 0 else "text-muted"))
            row = QRect(place.x() + 3, place.y() + number_of_line * LINE, place.width() - 6, LINE)
            short = painter.fontMetrics().elidedText(line, Qt.TextElideMode.ElideRight, row.width() + 1)
            painter.drawText(row, align | Qt.AlignmentFlag.AlignVCenter, short)
        painter.restore()
