"""A list of parts that are done one after the other: add, change, move, take out."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from widgets.form import Form
from widgets.icons import icon
from widgets.recipe.part_editor import NAMES_WIDTH, heading
from widgets.theme import set_kind, themes


class ListEditor(QWidget):
    """Shows the parts of a list with their settings and asks for another list; it changes nothing itself."""

    changed = Signal(object)
    """The new list, a tuple."""
    finished = Signal()

    def __init__(self, title: str, kinds: Mapping[str, type[Any]], empty: str) -> None:
        """`empty` is the sentence for a list without parts."""
        super().__init__()
        self._kinds, self._empty = kinds, empty
        self._parts: tuple[Any, ...] = ()
        self.rows: list[ListRow] = []
        self.add = QComboBox()
        self.add.setAccessibleName(f"Add to {title.lower()}")
        self.add.addItem("Add…", "")
        for name, kind in kinds.items():
            self.add.addItem(kind.title, name)
        self.add.activated.connect(self._add)
        self.message = QLabel(empty)
        self.message.setWordWrap(True)
        set_kind(self.message, "muted")
        self._place = QVBoxLayout()
        self._place.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(heading(title))
        column.addWidget(self.message)
        column.addLayout(self._place)
        column.addWidget(self.add)

    def show_parts(self, parts: tuple[Any, ...]) -> None:
        """Show this list; rows of the same kinds keep their carets."""
        if [type(part) for part in parts] != [type(part) for part in self._parts]:
            self._rebuild(parts)
        self._parts = parts
        for row, part in zip(self.rows, parts, strict=True):
            row.show_part(part)
        self.message.setText(self._empty)
        self.message.setVisible(not parts)

    def configure(self, index: int, name: str, value: object) -> None:
        """Ask for the list with one setting of one part changed, or say why that cannot be."""
        try:
            part = self._parts[index].changed(**{name: value})
        except ValueError as error:
            self.message.setText(f"{error}.")
            self.message.show()
            self.rows[index].show_part(self._parts[index])
        else:
            self.changed.emit((*self._parts[:index], part, *self._parts[index + 1 :]))

    def move_part(self, index: int, step: int) -> None:
        """Ask for the list with one part further up (-1) or down (1)."""
        parts = list(self._parts)
        parts.insert(index + step, parts.pop(index))
        self._ask(tuple(parts))

    def remove(self, index: int) -> None:
        """Ask for the list without one part."""
        self._ask((*self._parts[:index], *self._parts[index + 1 :]))

    def _add(self, index: int) -> None:
        name = self.add.itemData(index)
        self.add.setCurrentIndex(0)
        if name:
            self._ask((*self._parts, self._kinds[name]()))

    def _ask(self, parts: tuple[Any, ...]) -> None:
        self.changed.emit(parts)
        self.finished.emit()

    def _rebuild(self, parts: tuple[Any, ...]) -> None:
        for row in self.rows:
            self._place.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = [ListRow(type(part).title, index, len(parts)) for index, part in enumerate(parts)]
        for index, row in enumerate(self.rows):
            row.form.changed.connect(partial(self.configure, index))
            row.form.finished.connect(self.finished)
            row.up.clicked.connect(partial(self._moved, index, -1))
            row.down.clicked.connect(partial(self._moved, index, 1))
            row.out.clicked.connect(partial(self._removed, index))
            self._place.addWidget(row)

    def _moved(self, index: int, step: int, _: bool = False) -> None:
        self.move_part(index, step)

    def _removed(self, index: int, _: bool = False) -> None:
        self.remove(index)


class ListRow(QFrame):
    """One part of a list: its title, buttons to move it and to take it out, its settings."""

    def __init__(self, title: str, index: int, count: int) -> None:
        super().__init__()
        set_kind(self, "panel")
        self.form = Form(names=NAMES_WIDTH)
        self.up, self.down, self.out = QToolButton(), QToolButton(), QToolButton()
        buttons = (
            (self.up, "chevron-up", "Earlier"),
            (self.down, "chevron-down", "Later"),
            (self.out, "x", "Take out"),
        )
        self._icons = [(button, name) for button, name, _ in buttons]
        self.words = QLabel()
        self.words.setWordWrap(True)
        set_kind(self.words, "muted")
        head = QHBoxLayout()
        head.addWidget(heading(title), 1)
        for button, _, words in buttons:
            button.setToolTip(words)
            button.setAccessibleName(f"{words}: {title}")
            head.addWidget(button)
        self.up.setEnabled(index > 0)
        self.down.setEnabled(index < count - 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.addLayout(head)
        column.addWidget(self.words)
        column.addWidget(self.form)
        themes().changed.connect(self._restyle)
        self._restyle()

    def show_part(self, part: Any) -> None:
        """Show the part's settings."""
        self.words.setText(part.summary())
        self.form.show_settings(part)
        self.form.setVisible(bool(part.params()))

    def _restyle(self) -> None:
        for button, name in self._icons:
            button.setIcon(icon(name))
