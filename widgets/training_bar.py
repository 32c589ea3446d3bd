"""The training controls in the header: recipe, Train (Pause, Continue), Step, Epoch, Stop."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from engine.recipes import Recipe
from widgets.icons import icon
from widgets.recipe_editor import RecipeEditor
from widgets.theme import set_kind, themes

RECIPE_WIDTH, RECIPE_HEIGHT = 340, 620


class TrainingBar(QWidget):
    """Says what can be done with the run just now. It asks; the session acts."""

    train = Signal()
    pause = Signal()
    resume = Signal()
    step = Signal()
    epoch = Signal()
    stop = Signal()
    problems_requested = Signal()
    recipe_changed = Signal(object)
    recipe_finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._state, self._problems, self._empty = "starting", 0, False
        self._recipe = QPushButton()
        self._recipe.setToolTip("Data, loss, optimizer and how long to train")
        self._main, self._step, self._epoch, self._stop = map(QPushButton, ("Train", "Step", "Epoch", "Stop"))
        self._step.setToolTip("One batch, then wait (F7)")
        self._epoch.setToolTip("To the end of the epoch, then wait (Shift+F7)")
        self._stop.setToolTip("End the run; what it learned is kept (Shift+F5)")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for button in (self._recipe, self._main, self._step, self._epoch, self._stop):
            row.addWidget(button)
        self._recipe.clicked.connect(self.open_recipe)
        self._main.clicked.connect(self._press_main)
        for button, signal in ((self._step, self.step), (self._epoch, self.epoch), (self._stop, self.stop)):
            button.clicked.connect(signal)
        self.editor = RecipeEditor()
        self.editor.changed.connect(self.recipe_changed)
        self.editor.finished.connect(self.recipe_finished)
        self._popup = _Popup(self, self.editor)
        themes().changed.connect(self._restyle)
        self._restyle()

    @property
    def text(self) -> str:
        """What the main button says."""
        return self._main.text()

    def set_state(self, state: str) -> None:
        """The runner's state: starting, ready, training, paused, stopped, finished, failed or dead."""
        self._state = state
        self._restyle()

    def set_problems(self, count: int, empty: bool = False) -> None:
        """How many errors keep the drawing from training, and whether there is nothing drawn yet."""
        self._problems, self._empty = count, empty
        self._restyle()

    def set_recipe(self, recipe: Recipe) -> None:
        """Show this recipe on the button and in its editor."""
        self._recipe.setText(recipe.summary())
        self.editor.show_recipe(recipe)

    def open_recipe(self) -> None:
        """Open the recipe under its button, within the window."""
        window = self.window()
        height = min(RECIPE_HEIGHT, max(window.height() - 80, 240))
        self._popup.resize(RECIPE_WIDTH, height)
        corner = self._recipe.mapToGlobal(QPoint(self._recipe.width() - RECIPE_WIDTH, self._recipe.height() + 4))
        left = window.mapToGlobal(QPoint(8, 0)).x()
        self._popup.move(max(corner.x(), left), corner.y())
        self._popup.show()

    def _press_main(self) -> None:
        if self._state == "training":
            self.pause.emit()
        elif self._problems:
            self.problems_requested.emit()
        elif self._state == "paused":
            self.resume.emit()
        else:
            self.train.emit()

    def _restyle(self) -> None:
        running = self._state in ("training", "paused")
        self._recipe.setIcon(icon("adjustments-horizontal"))
        text, picture, kind = "Train", "player-play", "primary"
        if self._state == "training":
            text, picture = "Pause", "player-pause"
        elif self._problems:
            text, picture, kind = f"Fix {self._problems} problem{'s' * (self._problems > 1)} to train", "", "danger"
        elif self._state == "paused":
            text = "Continue"
        self._main.setText(text)
        set_kind(self._main, kind)
        colour = "danger" if kind == "danger" else "on-accent"
        self._main.setIcon(icon(picture or "alert-triangle", colour, filled=True))
        self._main.setEnabled(not self._empty or running)
        ready = not self._problems and not self._empty
        for button, name, shown, on in (
            (self._step, "player-track-next", True, ready),
            (self._epoch, "player-skip-forward", True, ready),
            (self._stop, "player-stop", running, running),
        ):
            button.setIcon(icon(name))
            button.setVisible(shown)
            button.setEnabled(on)


class _Popup(QFrame):
    """A frame that closes when anything else is clicked."""

    def __init__(self, owner: QWidget, content: QWidget) -> None:
        super().__init__(owner, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        set_kind(self, "popup")
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.addWidget(content)
