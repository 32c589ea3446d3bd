"""What each of several Outputs learns: a loss, how much it counts, and which column of the data it aims at."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.recipes.heads import Head
from engine.recipes.losses import LOSSES, Loss
from engine.recipes.recipe import Recipe
from widgets.form import Form
from widgets.recipe.part_editor import NAMES_WIDTH, PartEditor

ROWS = tuple(row for row in Head.params() if row.name != "output")


class HeadsEditor(QWidget):
    """One editor for each Output of a drawing that has several; hidden for a drawing with one."""

    changed = Signal(object)
    """The heads that the recipe should have, a tuple."""
    finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._recipe = Recipe()
        self._outputs: tuple[str, ...] = ()
        self.losses: dict[str, PartEditor] = {}
        self.rows: dict[str, Form] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self.hide()

    def show_heads(self, recipe: Recipe, outputs: tuple[str, ...]) -> None:
        """What these Outputs learn."""
        shown = outputs if len(outputs) > 1 else ()
        if shown != self._outputs:
            self._rebuild(shown)
        self._recipe = recipe
        for head in recipe.heads_for(shown):
            self.losses[head.output].show_part(head.loss)
            self.rows[head.output].show_settings(head, ROWS)
        self.setVisible(bool(shown))

    def take_loss(self, output: str, loss: Loss) -> None:
        """Ask for another loss of one Output."""
        self._ask(self._head(output).changed(loss=loss))

    def configure(self, output: str, name: str, value: object) -> None:
        """Ask for another weight or target of one Output."""
        self._ask(self._head(output).changed(**{name: value}))

    def _head(self, output: str) -> Head:
        return self._recipe.heads_for((output,))[0]

    def _ask(self, head: Head) -> None:
        """The heads of other Outputs stay, also of those that are not in the drawing just now."""
        others = tuple(known for known in self._recipe.heads if known.output != head.output)
        self.changed.emit((*others, head))

    def _rebuild(self, outputs: tuple[str, ...]) -> None:
        for widget in (*self.losses.values(), *self.rows.values()):
            self._column.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        self._outputs = outputs
        self.losses = {name: PartEditor(f"Loss of {name}", LOSSES) for name in outputs}
        self.rows = {name: Form(names=NAMES_WIDTH) for name in outputs}
        for name in outputs:
            self.losses[name].changed.connect(partial(self.take_loss, name))
            self.losses[name].finished.connect(self.finished)
            self.rows[name].changed.connect(partial(self.configure, name))
            self.rows[name].finished.connect(self.finished)
            self._column.addWidget(self.losses[name])
            self._column.addWidget(self.rows[name])
