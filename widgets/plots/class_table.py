"""Precision, recall and F1 of every class, with bars, sorted as people like."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSortFilterProxyModel, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from engine.recipes.metrics import METRICS, UNDEFINED
from engine.scores import ClassScores
from widgets.theme import themes

COLUMNS = ("Class", "Examples", "Precision", "Recall", "F1")
_WHY = {
    "Precision": "Undefined: no example was answered with this class.",
    "Recall": "Undefined: the validation data have no example of this class.",
    "F1": "Undefined: this class neither occurs nor was answered.",
}
_SORT = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class ClassModel(QAbstractTableModel):
    """One row for each class."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.scores: ClassScores | None = None

    def show_scores(self, scores: ClassScores | None) -> None:
        """Show these numbers from now on."""
        same = self.scores is not None and scores is not None and self.scores.classes == scores.classes
        if not same:
            self.beginResetModel()
        self.scores = scores
        if not same:
            self.endResetModel()
        elif scores:
            self.dataChanged.emit(self.index(0, 0), self.index(len(scores.classes) - 1, len(COLUMNS) - 1))

    def value(self, row: int, column: int) -> str | int | float:
        """What a cell holds; nan where it is undefined."""
        scores = self.scores
        assert scores is not None
        if column == 0:
            return scores.classes[row]
        if column == 1:
            return int(scores.counts[row])
        return float((scores.precision, scores.recall, scores.f1)[column - 2][row])

    def rowCount(self, parent: Index | None = None) -> int:
        """The classes."""
        return 0 if self.scores is None or (parent is not None and parent.isValid()) else len(self.scores.classes)

    def columnCount(self, parent: Index | None = None) -> int:
        """Five."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What the columns mean."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return {
                "Precision": "Of the examples answered with the class, the share that is of it",
                "Recall": "Of the examples of the class, the share that is answered with it",
                "F1": METRICS["f1"].meaning,
            }.get(COLUMNS[section])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_alignment(section))
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words, sorting keys and explanations."""
        value = self.value(index.row(), index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return _words(value)
        if role == _SORT:
            return -1.0 if value != value else value
        if role == Qt.ItemDataRole.ToolTipRole and value != value:
            return _WHY[COLUMNS[index.column()]]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_alignment(index.column()))
        if role == Qt.ItemDataRole.ForegroundRole and value != value:
            return themes().current.colour("text-faint")
        return None


class ClassTable(QTableView):
    """The table; what is weakest can be sorted to the top."""

    def __init__(self) -> None:
        """Empty, in the order of the classes."""
        super().__init__()
        self.classes = ClassModel()
        sorting = QSortFilterProxyModel(self)
        sorting.setSourceModel(self.classes)
        sorting.setSortRole(_SORT)
        sorting.setDynamicSortFilter(False)
        self.setModel(sorting)
        self.setItemDelegate(_Bars(self))
        self.setSortingEnabled(True)
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setHighlightSections(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self.setShowGrid(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setAccessibleName("Each class")

    def show_scores(self, scores: ClassScores | None) -> None:
        """Show these numbers, in the order that was chosen."""
        self.classes.show_scores(scores)
        self.sortByColumn(self.horizontalHeader().sortIndicatorSection(), self.horizontalHeader().sortIndicatorOrder())


class _Bars(QStyledItemDelegate):
    """A bar under each share, as long as the share."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        value = index.data(_SORT)
        if index.column() >= 2 and isinstance(value, float) and value > 0:
            theme, room = themes().current, QRectF(option.rect)
            painter.fillRect(
                QRectF(room.left() + 8, room.bottom() - 4, (room.width() - 16) * value, 3), theme.plot(1).colour
            )
        super().paint(painter, option, index)


def _alignment(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def _words(value: str | float) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}"
    return UNDEFINED if value != value else f"{100 * value:.1f} %"
