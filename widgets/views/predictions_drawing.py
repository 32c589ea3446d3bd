"""The pad with its buttons: it gives pictures like those of the data, at most 15 a second."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.looks.predictions import OwnPicture
from engine.recipes.data_sets import DIGITS
from engine.recipes.recipe import Recipe
from widgets.drawing_pad import DrawingPad
from widgets.icons import icon
from widgets.own_picture import as_data
from widgets.theme import set_kind, themes

KINDS = "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp)"
PAUSE = 67
"""Milliseconds between two pictures, at least."""
SETTLED = 300
"""Milliseconds without a change, after which the picture may be looked at more closely."""
BUTTONS = 48
"""Pixels beside the pad."""
GIVE_UP = 1000
"""Milliseconds after which an answer that has not come is waited for no longer."""


class DrawingPage(QWidget):
    """What somebody draws, as the network is to get it."""

    drawn = Signal(object)
    """The newest `OwnPicture`; None for an empty pad."""
    settled = Signal()
    """Nothing has changed for a while."""

    def __init__(self) -> None:
        """An empty pad, for no data yet."""
        super().__init__()
        self.pad, self._note = DrawingPad(), QLabel()
        set_kind(self._note, "small")
        self._note.setWordWrap(True)
        self._note.hide()
        self._shape: tuple[int, ...] = ()
        self._digits = self._waits = self._pending = False
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._send)
        self._settling = QTimer(self, singleShot=True, interval=SETTLED)
        self._settling.timeout.connect(self.settled)
        self._patience = QTimer(self, singleShot=True, interval=GIVE_UP)
        self._patience.timeout.connect(self.answered)
        self._lay_out()
        self.pad.changed.connect(self._take_change)
        self.pad.refused.connect(self._refuse)
        themes().changed.connect(self._restyle)
        self._restyle()

    def begin(self, recipe: Recipe) -> None:
        """For data of this kind, in the size that the network sees."""
        self._shape = tuple(recipe.input_shape) if recipe.data.is_pictures else ()
        self._digits = recipe.data.labels == DIGITS

    @property
    def note(self) -> str:
        """Why the last file was refused; nothing otherwise."""
        return "" if self._note.isHidden() else self._note.text()

    def fit(self, width: int, height: int) -> None:
        """As wide as the pad can make use of, it is a square, and at most half of the room."""
        self.setFixedWidth(max(min(height + BUTTONS, width // 2), 2 * BUTTONS))

    def answered(self) -> None:
        """The answer to the last picture has come: the next one may be asked about."""
        self._waits = False
        self._patience.stop()
        if self._pending:
            self._take_change()

    def open_file(self, path: str) -> None:
        """Put a picture file on the pad."""
        if path:
            self.pad.open(Path(path))

    def _lay_out(self) -> None:
        self.undo, self.empty, self.open = QToolButton(), QToolButton(), QToolButton()
        buttons, page, column = QVBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        for button, words, task in (
            (self.undo, "Take the last line back (Ctrl+Z)", self.pad.undo),
            (self.empty, "Clear the pad (Delete)", self.pad.clear),
            (self.open, "Open a picture file…", self._ask_for_file),
        ):
            button.setToolTip(words)
            button.setAccessibleName(words.partition(" (")[0])
            button.clicked.connect(task)
            buttons.addWidget(button)
        buttons.addStretch(1)
        page.addLayout(buttons)
        page.addWidget(self.pad, 1)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(page, 1)
        column.addWidget(self._note)

    def _ask_for_file(self) -> None:
        dialog = QFileDialog(self, "Open a picture", "", f"{KINDS};;All files (*)")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.open_file)
        dialog.open()

    def _take_change(self) -> None:
        self._note.hide()
        self._pending = True
        if not self._pause.isActive() and not self._waits:
            self._pause.start()
        self._settling.start()

    def _send(self) -> None:
        if not self._pending or not self._shape:
            return
        self._pending = False
        if self.pad.is_empty:
            self.drawn.emit(None)
            return
        self._waits = True
        self._patience.start()
        self.drawn.emit(OwnPicture.of(as_data(self.pad.image(), self._shape, self._digits)))

    def _refuse(self, text: str) -> None:
        self._note.setText(text)
        self._note.show()

    def _restyle(self) -> None:
        for button, name in ((self.undo, "arrow-back-up"), (self.empty, "trash"), (self.open, "folder-open")):
            button.setIcon(icon(name))
