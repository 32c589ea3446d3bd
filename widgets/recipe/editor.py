"""The recipe as forms: data, loss, optimizer, schedule and the rest, each built from its declaration."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from engine.recipes.recipe import Recipe
from widgets.form import Form
from widgets.recipe.heads_editor import HeadsEditor
from widgets.recipe.list_editor import ListEditor
from widgets.recipe.part_editor import NAMES_WIDTH, PartEditor
from widgets.recipe.schedule_curve import ScheduleCurve
from widgets.theme import set_kind, themes

NO_AUGMENTATION = "Nothing yet. Each is done to every picture that is learned from, by chance, and never to the others."
LISTS = {"augment": ("Augmentation", NO_AUGMENTATION)}
"""For each list of the recipe that has an editor of its own: its title, and a sentence while it is empty."""


class RecipeEditor(QWidget):
    """Shows a recipe and asks for another one whenever a value changes."""

    changed = Signal(object)
    """The new, valid recipe."""
    finished = Signal()
    """A series of changes is over."""

    def __init__(self) -> None:
        super().__init__()
        self._recipe, self._outputs = Recipe(), tuple[str, ...]()
        self._parts = {name: PartEditor(name.capitalize(), kinds) for name, kinds in Recipe.parts.items()}
        self.lists = {
            name: ListEditor(title, Recipe.lists[name], empty)
            for name, (title, empty) in LISTS.items()
            if name in Recipe.lists
        }
        self.heads, self.curve = HeadsEditor(), ScheduleCurve()
        self._rest = Form(Recipe.params(), self._recipe, names=NAMES_WIDTH)
        self._message = QLabel()
        self._message.setWordWrap(True)
        set_kind(self._message, "danger")
        self.tabs, self._pages = QTabBar(), QStackedWidget()
        self._build()
        self._connect()
        self.show_recipe(self._recipe)

    def show_recipe(self, recipe: Recipe) -> None:
        """Show this recipe; the field in use keeps its caret."""
        self._recipe = recipe
        for name, part in self._parts.items():
            part.show_part(getattr(recipe, name))
        for name, parts in self.lists.items():
            parts.show_parts(getattr(recipe, name))
        self._parts["data"].say(recipe.data.describe())
        self._parts["split"].say(recipe.split.summary_of(recipe.data))
        self.heads.show_heads(recipe, self._outputs)
        self._parts["loss"].setVisible(self.heads.isHidden())
        self.curve.show_recipe(recipe)
        self._rest.show_settings(recipe)
        self._message.hide()

    def show_outputs(self, outputs: tuple[str, ...]) -> None:
        """The Output blocks of the drawing: where there are several, each has a loss of its own."""
        if outputs != self._outputs:
            self._outputs = outputs
            self.show_recipe(self._recipe)

    @property
    def recipe(self) -> Recipe:
        """The recipe that is shown."""
        return self._recipe

    def wanted_height(self) -> int:
        """How high the page in front is without scrolling, with the tabs above it."""
        page = self._pages.currentWidget()
        content = page.widget() if isinstance(page, QScrollArea) else page
        return (content.sizeHint().height() if content else 0) + self.tabs.sizeHint().height() + 8

    def field(self, name: str) -> QWidget:
        """The field of one setting of the run, such as `epochs`; its page comes to the front."""
        self.tabs.setCurrentIndex(self.tabs.count() - 1)
        return self._rest.editor(name)

    def take_setting(self, part: str, name: str, value: object) -> None:
        """Take over one setting of a part, as its field does."""
        self._parts[part].configure(name, value)

    def message(self, part: str) -> str:
        """The sentence below the choice of a part."""
        return self._parts[part].words

    def _build(self) -> None:
        pages: dict[str, tuple[QWidget, ...]] = {
            "Data": (self._parts["data"], self._parts["split"], *self.lists.values()),
            "Loss": (self._parts["loss"], self.heads),
            "Optimizer": (self._parts["optimizer"],),
            "Schedule": (self._parts["schedule"], self.curve),
            "Run": (self._rest,),
        }
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self.tabs.setUsesScrollButtons(False)
        self.tabs.setAccessibleName("Parts of the recipe")
        for title, widgets in pages.items():
            self.tabs.addTab(title)
            self._pages.addWidget(_page(widgets))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.tabs)
        column.addWidget(self._pages, 1)
        column.addWidget(self._message)
        self._message.setContentsMargins(16, 4, 16, 8)
        self._message.hide()

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._pages.setCurrentIndex)
        for name, part in self._parts.items():
            part.changed.connect(partial(self._take, name))
            part.finished.connect(self.finished)
        for name, parts in self.lists.items():
            parts.changed.connect(partial(self._take, name))
            parts.finished.connect(self.finished)
        self.heads.changed.connect(partial(self._take, "heads"))
        self.heads.finished.connect(self.finished)
        self._rest.changed.connect(self._take)
        self._rest.finished.connect(self.finished)

    def _take(self, name: str, value: Any) -> None:
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


def _page(widgets: tuple[QWidget, ...]) -> QScrollArea:
    page = QWidget()
    page.setObjectName("page")
    column = QVBoxLayout(page)
    column.setContentsMargins(16, 12, 16, 16)
    column.setSpacing(themes().current.space(4))
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(page)
    return area
