"""A table that only shows: titles above, names at the left, words in between."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem

_NARROWEST, _WIDEST = 100, 180
"""Pixels of a column, as its title needs them."""


class NumberTable(QTableWidget):
    """Rows that can be selected and copied from, and not changed."""

    def __init__(self, name: str) -> None:
        """Empty; the name is for people who hear the screen."""
        super().__init__()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAccessibleName(name)
        self.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)

    def show_rows(self, titles: Sequence[str], names: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
        """One name and as many cells as there are titles for each row."""
        self.setColumnCount(len(titles))
        self.setRowCount(len(cells))
        self.setHorizontalHeaderLabels(list(titles))
        self.setVerticalHeaderLabels(list(names))
        header = self.horizontalHeader()
        for column in range(len(titles)):
            self.setColumnWidth(column, min(max(header.sectionSizeHint(column), _NARROWEST), _WIDEST))
        for place, row in enumerate(cells):
            for column, text in enumerate(row):
                self.setItem(place, column, QTableWidgetItem(text))
