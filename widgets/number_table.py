"""A table that only shows: titles above, names at the left, words in between."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QAbstractItemView, QTableWidget, QTableWidgetItem


class NumberTable(QTableWidget):
    """Rows that can be selected and copied from, and not changed."""

    def __init__(self, name: str) -> None:
        """Empty; the name is for people who hear the screen."""
        super().__init__()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setAccessibleName(name)

    def show_rows(self, titles: Sequence[str], names: Sequence[str], cells: Sequence[Sequence[str]]) -> None:
        """One name and as many cells as there are titles for each row."""
        self.setColumnCount(len(titles))
        self.setRowCount(len(cells))
        self.setHorizontalHeaderLabels(list(titles))
        self.setVerticalHeaderLabels(list(names))
        for place, row in enumerate(cells):
            for column, text in enumerate(row):
                self.setItem(place, column, QTableWidgetItem(text))
