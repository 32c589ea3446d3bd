"""The training controls in the header: recipe, Train (Pause, Continue), Step, Epoch, Stop."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from engine.recipes.recipe import Recipe
from engine.runs.record import Run
from widgets.icons import icon
from widgets.recipe import RecipeEditor
from widgets.theme import set_kind, themes

RECIPE_WIDTH, RECIPE_HEIGHT = 400, 800
EDGE = 8
"""What the recipe keeps free below it and at the sides."""
MAIN_WORDS = ("Train", "Pause", "Continue", "Train anew")
BESIDE_WORDS = 48
"""What a button needs beside its words: an icon, the gap, the padding and the border."""


class TrainingBar(QWidget):
    """Says what can be done with the run just now. It asks; the session acts."""

    train = Signal()
    pause = Signal()
    resume = Signal()
    step = Signal()
    epoch = Signal()
    stop = Signal()
    offer_taken = Signal()
    """Go on with the run that `offer` named."""
    problems_requested = Signal()
    recipe_changed = Signal(object)
    recipe_finished = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._state, self._problems, self._empty, self._changed = "starting", 0, False, False
        self._recipe = QPushButton()
        self._recipe.setToolTip("Data, loss, optimizer and how long to train")
        self._main, self._step, self._epoch, self._stop = map(QPushButton, ("Train", "Step", "Epoch", "Stop"))
        self._resume = QPushButton("Resume")
        self._resume.hide()
        self._step.setToolTip("One batch, then wait (F7)")
        self._epoch.setToolTip("To the end of the epoch, then wait (Shift+F7)")
        self._stop.setToolTip("End the run; what it learned is kept (Shift+F5)")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for button in (self._recipe, self._main, self._resume, self._step, self._epoch, self._stop):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the drawing
            row.addWidget(button)
        self._recipe.setAccessibleName("Recipe")
        self._recipe.clicked.connect(self.open_recipe)
        self._main.clicked.connect(self._press_main)
        self._resume.clicked.connect(lambda: self.offer_taken.emit())
        for button, signal in ((self._step, self.step), (self._epoch, self.epoch), (self._stop, self.stop)):
            button.clicked.connect(signal)
        self.editor = RecipeEditor()
        self.editor.changed.connect(self.recipe_changed)
        self.editor.finished.connect(self.recipe_finished)
        self._popup = _Popup(self, self.editor)
        self.editor.tabs.currentChanged.connect(self._fit_recipe)
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

    def set_changed(self, changed: bool) -> None:
        """Whether the drawing is another than the one that is being trained."""
        if changed != self._changed:
            self._changed = changed
            self._restyle()

    def offer(self, run: Run | None) -> None:
        """A run of before that waits to go on, or None."""
        self._resume.setVisible(run is not None)
        if run:
            self._resume.setToolTip(f"Go on with the run of {run.clock}, after {run.steps:,} steps")

    def set_recipe(self, recipe: Recipe) -> None:
        """Show this recipe on the button and in its editor."""
        self._recipe.setText(f"{recipe.summary()}  ▾")
        self._recipe.setAccessibleDescription(recipe.summary())
        self.editor.show_recipe(recipe)

    def set_outputs(self, outputs: tuple[str, ...]) -> None:
        """The Output blocks of the drawing, each of which learns something."""
        self.editor.show_outputs(outputs)

    def open_recipe(self) -> None:
        """Open the recipe under its button."""
        self._fit_recipe()
        self._popup.show()

    def _fit_recipe(self) -> None:
        """As high as its page, within the screen."""
        corner = self._recipe.mapToGlobal(QPoint(0, self._recipe.height() + 4))
        room = self.screen().availableGeometry().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        wanted = min(self.editor.wanted_height() + 2 * EDGE, RECIPE_HEIGHT)
        height = min(wanted, max(room.bottom() - corner.y(), room.height() // 2))
        self._popup.resize(RECIPE_WIDTH, height)
        left = max(min(corner.x(), room.right() - RECIPE_WIDTH), room.left())
        self._popup.move(left, min(corner.y(), room.bottom() - height))

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
        theme = themes().current
        self._recipe.setIcon(icon("adjustments-horizontal"))
        self._resume.setIcon(icon("history"))
        metrics = QFontMetrics(theme.font("body", "semibold"))
        self._main.setMinimumWidth(max(map(metrics.horizontalAdvance, MAIN_WORDS)) + BESIDE_WORDS)
        self._dress_main()
        running, sound = self._state in ("training", "paused"), not self._problems
        for button, name, shown, on in (
            (self._step, "player-track-next", sound or running, sound and not self._empty),
            (self._epoch, "player-skip-forward", sound or running, sound and not self._empty),
            (self._stop, "player-stop", running, running),
        ):
            button.setIcon(icon(name))
            if button.hasFocus() and not shown:
                self._main.setFocus()
            button.setVisible(shown)
            button.setEnabled(on)

    def _dress_main(self) -> None:
        text, picture, kind, colour = "Train", "player-play", "primary", "on-accent"
        if self._state == "training":
            text, picture = "Pause", "player-pause"
        elif self._problems:
            text = f"Fix {self._problems} problem{'s' * (self._problems > 1)} to train"
            picture, kind, colour = "alert-triangle", "danger", "danger"
        elif self._state == "paused":
            text = "Train anew" if self._changed else "Continue"
        self._main.setText(text)
        self._main.setToolTip(self._reason(text) if kind != "danger" else "Show the first problem")
        set_kind(self._main, kind)
        self._main.setIcon(icon(picture, colour, filled=True))
        self._main.setEnabled(not self._empty or self._state in ("training", "paused"))

    def _reason(self, text: str) -> str:
        if not self._changed:
            return f"{text} (F5)"
        if self._state == "training":
            return "Pause (F5). The run goes on with the drawing as it was when it began"
        return "The drawing has changed since this run began, so training starts from the beginning (F5)"


class _Popup(QFrame):
    """A frame that closes when anything else is clicked."""

    def __init__(self, owner: QWidget, content: QWidget) -> None:
        super().__init__(owner, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)  # round corners, not black ones
        content.setStyleSheet("QScrollArea, QStackedWidget, #page { background: transparent; }")
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 4, 1, 4)
        column.addWidget(content)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ground and border: a style sheet draws none on a window that lets the corners through."""
        theme, painter = themes().current, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme.colour("line"))
        painter.setBrush(theme.colour("surface-overlay"))
        radius = theme.radius("panel")
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
        painter.end()
