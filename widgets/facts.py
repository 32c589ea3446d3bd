"""Pairs of a small heading and a value in code letters, two beside each other."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from widgets.theme import set_kind

COLUMNS = 2


class Facts(QWidget):
    """Updates in place: the same headings keep their labels."""

    def __init__(self) -> None:
        """Empty until facts are shown."""
        super().__init__()
        self._values: dict[str, QLabel] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(8)
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1)

    def show_facts(self, facts: Sequence[tuple[str, str]]) -> None:
        """Show these pairs in reading order."""
        if list(self._values) != [heading for heading, _ in facts]:
            self._build([heading for heading, _ in facts])
        for heading, value in facts:
            label = self._values[heading]
            if label.text() != value:
                label.setText(value)
                label.setAccessibleName(f"{heading}: {value}")

    def value(self, heading: str) -> str:
        """What stands under a heading."""
        return self._values[heading].text()

    def _build(self, headings: Sequence[str]) -> None:
        while item := self._grid.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self._values = {}
        for number, heading in enumerate(headings):
            self._grid.addWidget(self._pair(heading), *divmod(number, COLUMNS))

    def _pair(self, heading: str) -> QWidget:
        pair, title, value = QWidget(), QLabel(heading), QLabel()
        set_kind(title, "caption")
        set_kind(value, "code")
        value.setStyleSheet("font-weight: 600;")
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (title, value):
            label.setWordWrap(True)
        self._values[heading] = value
        column = QVBoxLayout(pair)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(title)
        column.addWidget(value)
        column.addStretch(1)
        return pair
