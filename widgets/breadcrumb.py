"""The way from the whole drawing to the group that is open, above the canvas: each step leads back to it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from widgets.elided_label import ElidedLabel
from widgets.icons import icon, pixmap
from widgets.theme import set_kind, themes

HEIGHT = 36
MOST_STEPS = 5
"""Of a longer way only the first step and the last ones are shown."""


class Breadcrumb(QFrame):
    """`Drawing › stage1 › block2`: every step but the last is a button."""

    chosen = Signal(object)
    """The path of the step that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Hidden until a group is open."""
        super().__init__(parent)
        set_kind(self, "header")
        self.setFixedHeight(HEIGHT)
        self.setAccessibleName("Open group")
        self.path: tuple[str, ...] = ()
        self.steps: list[QPushButton] = []
        self.here, self._note = ElidedLabel(), ElidedLabel()
        set_kind(self.here, "label")
        set_kind(self._note, "muted")
        self._note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.out = QToolButton()
        self.out.setToolTip("Out of the group (Ctrl+Up, or Esc with nothing selected)")
        self.out.setAccessibleName("Out of the group")
        self.out.clicked.connect(lambda: self.chosen.emit(self.path[:-1]))
        for part in (self.here, self._note, self.out):
            part.setParent(self)  # also while no way is shown
        self._signs: list[QLabel] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 0, 12, 0)
        self._row.setSpacing(2)
        themes().changed.connect(self._restyle)
        self.hide()

    def show_path(self, path: Sequence[str], note: str = "") -> None:
        """Show the way to a group, and what is to be known about it at the right; an empty way hides all of it."""
        self._note.setText(note)
        if tuple(path) != self.path:
            self.path = tuple(path)
            self._build()
        self.setVisible(bool(path))

    def note(self) -> str:
        """What stands at the right."""
        return self._note.text()

    def _build(self) -> None:
        kept = (self.out, self.here, self._note)
        while item := self._row.takeAt(0):
            if (widget := item.widget()) and widget not in kept:
                widget.hide()
                widget.deleteLater()
        self.steps, self._signs = [], []
        self._row.addWidget(self.out)
        ends = [(), *(self.path[:count] for count in range(1, len(self.path)))]
        if len(ends) > MOST_STEPS:
            ends = [ends[0], *ends[1 - MOST_STEPS :]]
        for end in ends:
            self._add_step(end)
        self.here.setText(self.path[-1] if self.path else "")
        self._row.addWidget(self.here)
        self._row.addSpacing(16)
        self._row.addWidget(self._note, 1, Qt.AlignmentFlag.AlignRight)
        self._restyle()

    def _add_step(self, path: tuple[str, ...]) -> None:
        step, sign = QPushButton(path[-1] if path else "Drawing"), QLabel("›")
        set_kind(step, "link")
        step.setToolTip(f"Back to {path[-1]}" if path else "Back to the whole drawing")
        step.clicked.connect(partial(self._choose, path))
        self.steps.append(step)
        self._signs.append(sign)
        self._row.addWidget(step)
        self._row.addWidget(sign)

    def _choose(self, path: tuple[str, ...], _checked: bool = False) -> None:
        self.chosen.emit(path)

    def _restyle(self) -> None:
        self.out.setIcon(icon("chevron-left"))
        for sign in self._signs:
            sign.setPixmap(pixmap("chevron-right", "text-faint", 14))
