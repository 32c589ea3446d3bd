"""One part of a recipe: which kind it is, a sentence about it, and its settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLabel, QVBoxLayout, QWidget

from engine.settings import Settings
from widgets.form import Form
from widgets.theme import set_kind

NAMES_WIDTH = 124
"""The fields of all forms begin at the same place."""


class PartEditor(QWidget):
    """Chooses a kind, where there are several, and shows its settings."""

    changed = Signal(object)
    """The part with the choice or the value that was made."""
    finished = Signal()

    def __init__(self, title: str, kinds: Mapping[str, type[Any]]) -> None:
        super().__init__()
        self._kinds = kinds
        self._part: Any = None
        self._choice = QComboBox()
        self._choice.setAccessibleName(title)
        for name, kind in kinds.items():
            self._choice.addItem(kind.title, name)
        self._choice.activated.connect(self._choose)
        self._choice.setVisible(len(kinds) > 1)
        self._words = QLabel()
        self._words.setWordWrap(True)
        set_kind(self._words, "muted")
        self._form = Form(names=NAMES_WIDTH)
        self._form.changed.connect(self.configure)
        self._form.finished.connect(self.finished)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (heading(title), self._choice, self._words, self._form):
            column.addWidget(widget)

    def show_part(self, part: Any) -> None:
        """Show this part of a recipe."""
        self._part = part
        self._choice.setCurrentIndex(self._choice.findData(part.kind()))
        self._words.setText(part.summary())
        self._form.show_settings(part)
        self._form.setVisible(bool(part.params()))

    @property
    def words(self) -> str:
        """The sentence about the part, or what is wrong with its settings."""
        return self._words.text()

    def say(self, text: str) -> None:
        """Another sentence than the part's own."""
        self._words.setText(text)

    def configure(self, name: str, value: object) -> None:
        """Ask for the part with one setting changed, or say why that cannot be."""
        try:
            self.changed.emit(self._part.changed(**{name: value}))
        except ValueError as error:  # two settings that do not go together: said, and the old one shown again
            self._words.setText(f"{error}.")
            self._form.show_settings(self._part)

    def _choose(self, index: int) -> None:
        kind = self._kinds[self._choice.itemData(index)]
        if type(self._part) is not kind:
            self.changed.emit(_carried_over(self._part, kind))
            self.finished.emit()


def _carried_over(old: Settings, kind: type[Any]) -> Any:
    """Settings of another kind that keep what both have and a person may have chosen."""
    defaults = {row.name: row.default for row in old.params()}
    chosen = {name: value for name, value in old.values().items() if value != defaults[name]}
    shared = {row.name for row in kind.params()}
    try:
        return kind(**{name: value for name, value in chosen.items() if name in shared})
    except ValueError:  # what suits the old kind need not suit the new one
        return kind()


def heading(text: str) -> QLabel:
    """The title of a part."""
    label = QLabel(text)
    set_kind(label, "strong")
    return label
