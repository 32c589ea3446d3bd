"""All layers with their dead and saturated units, the worst first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from engine.looks.distributions import Layer
from widgets.theme import current, themes
from widgets.unit_words import share, worst_first

TITLES = ("layer", "units", "dead", "saturated")
_ROW = 22
_BAD = 0.5


class LayerList(QTableWidget):
    """A row for each layer; choosing one tells its path."""

    chosen = Signal(str)

    def __init__(self) -> None:
        """Empty."""
        super().__init__(0, len(TITLES))
        self._layers: list[Layer] = []
        self.setHorizontalHeaderLabels([title.capitalize() for title in TITLES])
        self.setAccessibleName("Layers and their dead or saturated units")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        self.cellClicked.connect(self._choose)
        self.cellActivated.connect(self._choose)
        themes().changed.connect(self._restyle)

    def show_layers(self, layers: Sequence[Layer]) -> None:
        """The worst first; rows whose words stay the same are left alone, columns that say nothing left away."""
        self._layers = worst_first(layers)
        if self.rowCount() != len(self._layers):
            self.setRowCount(len(self._layers))
        for column, kind in ((2, False), (3, True)):
            self.setColumnHidden(column, all(share(layer, kind) is None for layer in self._layers))
        for row, layer in enumerate(self._layers):
            dead, saturated = share(layer, False), share(layer, True)
            for column, text in enumerate((layer.path, f"{layer.units:,}", _words(dead), _words(saturated))):
                self._put(row, column, text, (None, None, dead, saturated)[column])

    def _put(self, row: int, column: int, text: str, bad: float | None) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            self.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)
            item.setToolTip(text if column == 0 else "")
        ink = _ink(bad, column)
        if item.foreground().color() != ink:
            item.setForeground(ink)

    def _choose(self, row: int, _: int) -> None:
        if row < len(self._layers):
            self.chosen.emit(self._layers[row].path)

    def _restyle(self, _: object) -> None:
        self.show_layers(self._layers)


def _words(found: float | None) -> str:
    return "–" if found is None else f"{100 * found:.0f} %"


def _ink(bad: float | None, column: int) -> QColor:
    if bad:
        return current().colour("danger" if bad >= _BAD else "warning")
    return current().colour("text" if column == 0 else "text-muted")
