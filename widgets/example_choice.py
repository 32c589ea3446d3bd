"""Choose one of many examples: by number, the one beside, one by chance, or the next mistake."""

from __future__ import annotations

from PySide6.QtCore import QRandomGenerator, QSignalBlocker, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSpinBox, QToolButton, QWidget

from widgets import icons
from widgets.theme import inset_text, set_kind, themes

_FIELD = 86
"""Pixels of the field, for up to six digits."""


class ExampleChoice(QWidget):
    """A number from 1, buttons to the left and right, a die and a cross."""

    chosen = Signal(int)
    """The example with this number, counted from 0, is wanted."""
    mistake_wanted = Signal()
    """The next example that the network gets wrong is wanted."""

    def __init__(self) -> None:
        """One example."""
        super().__init__()
        self.number, self._of = QSpinBox(), QLabel()
        self.number.setAccessibleName("Number of the example")
        self.number.setToolTip("The number of the example that is shown")
        self.number.setKeyboardTracking(False)
        self.number.setMaximumWidth(_FIELD)
        inset_text(self.number)
        self.number.valueChanged.connect(lambda value: self.chosen.emit(value - 1))
        set_kind(self._of, "small")
        self.previous, self.next = self._button("Previous example"), self._button("Next example")
        self.random = self._button("An example by chance")
        self.mistake = self._button("Next mistake: the next example that the network gets wrong")
        self.previous.clicked.connect(lambda: self.number.stepDown())
        self.next.clicked.connect(lambda: self.number.stepUp())
        self.random.clicked.connect(self._choose_by_chance)
        self.mistake.clicked.connect(self.mistake_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(themes().current.space(1))
        for widget in (self.previous, self.number, self._of, self.next, self.random, self.mistake):
            row.addWidget(widget)
        themes().changed.connect(self._restyle)
        self._restyle(None)
        self.show_example(0, 1)

    def show_example(self, example: int, count: int) -> None:
        """Which one is shown, counted from 0, of how many."""
        with QSignalBlocker(self.number):
            self.number.setRange(1, max(count, 1))
            self.number.setValue(example + 1)
        self._of.setText(f"of {count:,}")
        self.previous.setEnabled(example > 0)
        self.next.setEnabled(example + 1 < count)
        self.random.setEnabled(count > 1)

    def allow_mistakes(self, allowed: bool) -> None:
        """Whether an answer can be simply wrong: where there are classes."""
        self.mistake.setVisible(allowed)

    def be_narrow(self, narrow: bool) -> None:
        """Without the count, where there is little room."""
        self._of.setVisible(not narrow)

    def _button(self, words: str) -> QToolButton:
        button = QToolButton()
        button.setToolTip(words)
        button.setAccessibleName(words.partition(":")[0])
        return button

    def _choose_by_chance(self) -> None:
        others = self.number.maximum() - 1
        step = 1 + QRandomGenerator.global_().bounded(others)
        self.number.setValue((self.number.value() - 1 + step) % (others + 1) + 1)

    def _restyle(self, _: object) -> None:
        names = ("chevron-left", "chevron-right", "dice", "circle-x")
        for button, name in zip((self.previous, self.next, self.random, self.mistake), names, strict=True):
            button.setIcon(icons.icon(name))
