"""The table of runs: sorted as people like, named and annotated in place, ticked to be laid over the plots."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTableView

from engine.runs.record import Run
from widgets.theme import themes
from widgets.training_progress import clock

COLUMNS = ("Name", "When", "Result", "Epochs", "Parameters", "Time", "Note")
NAME, WHEN, RESULT, EPOCHS, PARAMETERS, TIME, NOTE = range(len(COLUMNS))
HELP = {
    RESULT: "What the validation data said after the last epoch",
    EPOCHS: "Epochs that were made, of those that were planned",
    TIME: "Spent training, pauses left out",
}
WIDTHS = {NAME: 200, WHEN: 100, RESULT: 200, EPOCHS: 70, PARAMETERS: 90, TIME: 60}
STATES = {"training": "training", "paused": "paused", "interrupted": "interrupted", "failed": "failed"}
"""States that are worth a word behind the result; the others need none."""
_SORT = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class RunsModel(QAbstractTableModel):
    """One row for each run."""

    ticked = Signal()
    """Other runs are ticked now."""
    renamed = Signal(str, str)
    annotated = Signal(str, str)

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.runs: tuple[Run, ...] = ()
        self.ticks: dict[str, None] = {}
        self._states: dict[str, str] = {}

    def show_runs(self, runs: tuple[Run, ...], states: dict[str, str]) -> None:
        """Show these runs; their states are those of the process, which a file cannot know."""
        same = [run.id for run in runs] == [run.id for run in self.runs]
        if not same:
            self.beginResetModel()
        self.runs, self._states = runs, states
        known = {run.id for run in runs}
        gone = self.ticks.keys() - known
        self.ticks = {id: None for id in self.ticks if id in known}
        if not same:
            self.endResetModel()
        elif runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(runs) - 1, len(COLUMNS) - 1))
        if gone:
            self.ticked.emit()

    def rowCount(self, parent: Index | None = None) -> int:
        """The runs."""
        return 0 if parent is not None and parent.isValid() else len(self.runs)

    def columnCount(self, parent: Index | None = None) -> int:
        """Seven."""
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What the columns mean."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return HELP.get(section)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Names can be ticked; names and notes can be written."""
        flags = super().flags(index)
        if index.column() == NAME:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags | Qt.ItemFlag.ItemIsEditable if index.column() in (NAME, NOTE) else flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Words, sorting keys, ticks and what does not fit into a cell."""
        run, column = self.runs[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self.words(run, column)
        if role == Qt.ItemDataRole.EditRole:
            return run.note if column == NOTE else run.name
        if role == _SORT:
            return _key(run, column)
        if role == Qt.ItemDataRole.CheckStateRole and column == NAME:
            return Qt.CheckState.Checked if run.id in self.ticks else Qt.CheckState.Unchecked
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(run, column)
        if role == Qt.ItemDataRole.ForegroundRole and self._states.get(run.id) == "failed" and column == RESULT:
            return themes().current.colour("danger")
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick, name or annotate."""
        run = self.runs[index.row()]
        if role == Qt.ItemDataRole.CheckStateRole:
            self.ticks = {id: None for id in self.ticks if id != run.id}
            if Qt.CheckState(value) == Qt.CheckState.Checked:
                self.ticks[run.id] = None
            self.dataChanged.emit(index, index)
            self.ticked.emit()
        elif role == Qt.ItemDataRole.EditRole and index.column() == NAME and str(value) != run.name:
            self.renamed.emit(run.id, str(value))
        elif role == Qt.ItemDataRole.EditRole and index.column() == NOTE and str(value) != run.note:
            self.annotated.emit(run.id, str(value))
        return True

    def words(self, run: Run, column: int) -> str:
        """What a cell says."""
        if column == RESULT:
            return _result(run, self._states.get(run.id, run.state))
        planned = max(run.project.recipe.epochs, run.epochs)
        return {
            NAME: run.title,
            WHEN: _when(run.began),
            EPOCHS: f"{run.epochs:,}" if run.epochs == planned else f"{run.epochs:,} of {planned:,}",
            PARAMETERS: f"{run.parameters:,}",
            TIME: clock(run.seconds) if run.seconds else "",
            NOTE: run.note.replace("\n", " "),
        }[column]


class RunsTable(QTableView):
    """The newest run on top, until another column is chosen."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.runs = RunsModel()
        self._sorting = QSortFilterProxyModel(self)
        self._sorting.setSourceModel(self.runs)
        self._sorting.setSortRole(_SORT)
        self.setModel(self._sorting)
        self.setSortingEnabled(True)
        self.sortByColumn(WHEN, Qt.SortOrder.DescendingOrder)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)  # as the cells
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        for column, width in WIDTHS.items():
            self.setColumnWidth(column, width)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(26)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        triggers = QTableView.EditTrigger.DoubleClicked | QTableView.EditTrigger.EditKeyPressed
        self.setEditTriggers(triggers)
        self.setAccessibleName("Runs")

    def selected(self) -> tuple[str, ...]:
        """Ids of the selected runs, from top to bottom."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return tuple(self.shown()[row].id for row in rows)

    def shown(self) -> tuple[Run, ...]:
        """The runs in the order in which they stand."""
        places = (self._sorting.mapToSource(self._sorting.index(row, 0)) for row in range(self._sorting.rowCount()))
        return tuple(self.runs.runs[place.row()] for place in places)

    def select(self, ids: tuple[str, ...]) -> None:
        """Select these runs."""
        self.clearSelection()
        mode = self.selectionModel().SelectionFlag
        for row, run in enumerate(self.shown()):
            if run.id in ids:
                self.selectionModel().select(self._sorting.index(row, 0), mode.Select | mode.Rows)

    def show_runs(self, runs: tuple[Run, ...], states: dict[str, str]) -> None:
        """Show these runs; what was selected stays so. A name that is being written is left in peace."""
        chosen = self.selected()
        self.runs.show_runs(runs, states)
        self.select(chosen)


def _result(run: Run, state: str) -> str:
    parts = []
    if run.accuracy is not None:
        parts.append(f"{run.accuracy:.2%} right")
    elif run.loss is not None:
        parts.append(f"loss {run.loss:.4g}")
    if state in STATES:
        parts.append(STATES[state])
    return " · ".join(parts)


def _key(run: Run, column: int) -> str | float:
    """What sorts a column; runs without a result come last when the best are first."""
    if column == RESULT:
        if run.accuracy is not None:
            return run.accuracy
        return -1.0 if run.loss is None else -2.0 - run.loss
    keys: dict[int, str | float] = {
        NAME: run.title.casefold(),
        WHEN: run.began or run.id,
        EPOCHS: float(run.epochs),
        PARAMETERS: float(run.parameters),
        TIME: run.seconds,
        NOTE: run.note.casefold(),
    }
    return keys[column]


def _tip(run: Run, column: int) -> str | None:
    if column == NOTE:
        return run.note or "Double-click to write a note"
    if column == RESULT:
        loss = f"loss {run.loss:.6g}" if run.loss is not None else ""
        return "\n".join(filter(None, (run.text, loss, f"best after epoch {run.best_epoch}" if run.best_epoch else "")))
    if column == NAME:
        return f"{run.project.recipe.summary()}, on {run.project.recipe.data.title}"
    return run.began.replace("T", " ") if column == WHEN else None


def _when(began: str) -> str:
    """`14:05` for today, else with the day."""
    try:
        moment = datetime.fromisoformat(began)
    except ValueError:
        return began
    day = moment.date()
    if day == date.today():
        return f"{moment:%H:%M}"
    if day == date.today() - timedelta(days=1):
        return f"yesterday {moment:%H:%M}"
    return f"{moment:%d %b %H:%M}" if day.year == date.today().year else f"{moment:%d %b %Y}"
