"""The recipe as forms: data, loss, optimizer and the rest, each built from its declaration."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.blocks.base import shape_text
from engine.recipes.recipe import DATA_SETS, LOSSES, OPTIMIZERS, Recipe
from engine.settings import Settings
from widgets.form import Form
from widgets.theme import set_kind, themes

PARTS: dict[str, tuple[str, dict[str, type[Any]]]] = {
    "data": ("Data", DATA_SETS),
    "loss": ("Loss", LOSSES),
    "optimizer": ("Optimizer", OPTIMIZERS),
}
NAMES_WIDTH = 120
"""The fields of all forms begin at the same place."""


class RecipeEditor(QScrollArea):
    """Shows a recipe and asks for another one whenever a value changes."""

    changed = Signal(object)
    """The new, valid recipe."""
    finished = Signal()
    """A series of changes is over."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self._recipe = Recipe()
        self._parts = {name: PartEditor(title, kinds) for name, (title, kinds) in PARTS.items()}
        self._rest = _aligned(Form(Recipe.params(), self._recipe))
        self._message = QLabel()
        self._message.setWordWrap(True)
        set_kind(self._message, "danger")
        page = self._page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(themes().current.space(3))
        for name, part in self._parts.items():
            column.addWidget(part)
            part.changed.connect(partial(self._take, name))
            part.finished.connect(self.finished)
        column.addWidget(_heading("Run"))
        column.addWidget(self._rest)
        column.addWidget(self._message)
        column.addStretch(1)
        self._message.hide()
        self._rest.changed.connect(self._take)
        self._rest.finished.connect(self.finished)
        self.setWidget(page)
        self.show_recipe(self._recipe)

    def show_recipe(self, recipe: Recipe) -> None:
        """Show this recipe; the field in use keeps its caret."""
        self._recipe = recipe
        for name, part in self._parts.items():
            part.show_part(getattr(recipe, name))
        self._parts["data"].say(_about_data(recipe))
        self._rest.show_settings(recipe)
        self._message.hide()

    @property
    def recipe(self) -> Recipe:
        """The recipe that is shown."""
        return self._recipe

    def wanted_height(self) -> int:
        """How high everything is without scrolling."""
        return self._page.sizeHint().height()

    def field(self, name: str) -> QWidget:
        """The field of one setting of the run, such as `epochs`."""
        return self._rest.editor(name)

    def take_setting(self, part: str, name: str, value: object) -> None:
        """Take over one setting of data, loss or optimizer, as its field does."""
        self._parts[part].configure(name, value)

    def message(self, part: str) -> str:
        """The sentence below the choice of a part."""
        return self._parts[part].words

    def _take(self, name: str, value: object) -> None:
        try:
            recipe = self._recipe.changed(**{name: value})
        except ValueError as error:
            self._message.setText(f"{error}.")
            self._message.show()
            return
        self._message.hide()
        if recipe != self._recipe:
            self._recipe = recipe
            self.changed.emit(recipe)
            self.show_recipe(recipe)


class PartEditor(QWidget):
    """One part of the recipe: which kind it is, a sentence about it, and its settings."""

    changed = Signal(object)
    finished = Signal()

    def __init__(self, title: str, kinds: dict[str, type[Any]]) -> None:
        super().__init__()
        self._kinds = kinds
        self._part: Any = None
        self._choice = QComboBox()
        self._choice.setAccessibleName(title)
        for name, kind in kinds.items():
            self._choice.addItem(kind.title, name)
        self._choice.activated.connect(self._choose)
        self._words = QLabel()
        self._words.setWordWrap(True)
        set_kind(self._words, "muted")
        self._form = _aligned(Form())
        self._form.changed.connect(self.configure)
        self._form.finished.connect(self.finished)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        for widget in (_heading(title), self._choice, self._words, self._form):
            column.addWidget(widget)

    def show_part(self, part: Any) -> None:
        """Show this data set, loss or optimizer."""
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

    def _choose(self, index: int) -> None:
        kind = self._kinds[self._choice.itemData(index)]
        if not isinstance(self._part, kind) or type(self._part) is not kind:
            self.changed.emit(_carried_over(self._part, kind))
            self.finished.emit()

    def configure(self, name: str, value: object) -> None:
        """Ask for the part with one setting changed, or say why that cannot be."""
        try:
            self.changed.emit(self._part.changed(**{name: value}))
        except ValueError as error:  # two settings that do not go together: said, and the old one shown again
            self._words.setText(f"{error}.")
            self._form.show_settings(self._part)


def _carried_over(old: Settings, kind: type[Any]) -> Any:
    """Settings of another kind that keep what both have and a person may have chosen."""
    defaults = {row.name: row.default for row in old.params()}
    chosen = {name: value for name, value in old.values().items() if value != defaults[name]}
    shared = {row.name for row in kind.params()}
    try:
        return kind(**{name: value for name, value in chosen.items() if name in shared})
    except ValueError:  # what suits the old kind need not suit the new one
        return kind()


def _aligned(form: Form) -> Form:
    grid = form.layout()
    if isinstance(grid, QGridLayout):
        grid.setColumnMinimumWidth(0, NAMES_WIDTH)
    return form


def _about_data(recipe: Recipe) -> str:
    data = recipe.data
    classes = f", {data.classes} classes" if data.classes else ""
    return f"{data.summary()} Each example is {shape_text(data.input_shape)}{classes}."


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    set_kind(label, "strong")
    return label
