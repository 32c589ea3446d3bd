"""What a block makes of one example: the example, the maps of the block, and what the network thinks it is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.looks.maps import MOST_MAPS, Maps
from widgets import icons
from widgets.map_painting import ExampleArea, GuessBars, MapGrid, Scale
from widgets.plots.axes import number
from widgets.theme import set_kind, themes

NOTHING_YET = "Select a block and press Train to see its feature maps"
_FIRST_WIDTH = 116
"""Pixels of the column with the example and the guess."""
_LOW = 210
"""Below this height example and guess stand side by side."""


class FeatureMapView(QWidget):
    """Follows the selected block while the network trains."""

    example_changed = Signal(int)
    """Somebody wants to see the example with this number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty: says what would fill it."""
        super().__init__(parent)
        self._block = ""
        self._event: Maps | None = None
        self._labels: tuple[str, ...] = ()
        self._stale = False
        self._make()
        self._lay_out()
        themes().changed.connect(self._restyle)
        self._restyle(None)
        self._tell()

    # What is shown

    @property
    def note(self) -> str:
        """What is said in place of maps; empty while there are some."""
        return "" if self._note.isHidden() else self._note.text()

    def show_block(self, name: str) -> None:
        """Show the maps of this block; "" for none."""
        self._block = name
        self._changed()

    def feed(self, event: Maps, labels: tuple[str, ...] = ()) -> None:
        """Newer maps; `labels` are the names of the classes."""
        self._event, self._labels = event, labels
        self._changed()

    def clear(self) -> None:
        """Forget the run; the block stays chosen."""
        self._event = None
        self._changed()

    def _changed(self) -> None:
        """While nobody looks, only the newest event is kept."""
        self._stale = True
        if self.isVisible():
            self._tell()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while hidden."""
        super().showEvent(event)
        if self._stale:
            self._tell()

    # Building

    def _make(self) -> None:
        self._title, self._count, self._note, self._label = QLabel(), QLabel(), QLabel(), QLabel()
        set_kind(self._title, "label")
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        set_kind(self._count, "small")
        set_kind(self._label, "small")
        set_kind(self._note, "muted")
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setWordWrap(True)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self.one_scale = QToolButton()
        self.one_scale.setText("one scale")
        self.one_scale.setCheckable(True)
        self.one_scale.setToolTip("Colour all maps on one scale, to compare them; else each uses all colours")
        self.one_scale.setStyleSheet("QToolButton { min-height: 16px; padding: 1px 4px; font-size: 12px; }")
        self.one_scale.toggled.connect(self._changed)
        self.previous, self.next = QToolButton(), QToolButton()
        for button, words, step in ((self.previous, "Previous example", -1), (self.next, "Next example", 1)):
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.clicked.connect(lambda _=False, step=step: self._turn(step))
        self.example, self.guess, self.grid, self.scale = ExampleArea(), GuessBars(), MapGrid(), Scale()

    def _lay_out(self) -> None:
        theme = themes().current
        head, body = QHBoxLayout(), QHBoxLayout()
        head.setSpacing(theme.space(3))
        self._title.setMinimumHeight(theme.size("control-compact"))
        head.addWidget(self._title, 1)
        head.addWidget(self._count)
        head.addWidget(self.one_scale)
        self._body = QWidget()
        self._lay_out_first()
        second = QVBoxLayout()
        second.setSpacing(theme.space(2))
        second.addWidget(self.grid, 1)
        second.addWidget(self.scale)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(theme.space(4))
        body.addWidget(self._first)
        body.addLayout(second, 1)
        self._body.setLayout(body)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(theme.space(4), theme.space(3), theme.space(4), theme.space(3))
        rows.setSpacing(theme.space(2))
        rows.addLayout(head)
        rows.addWidget(self._note, 1)
        rows.addWidget(self._body, 1)

    def _lay_out_first(self) -> None:
        """The example with its buttons, and the guess."""
        theme, turning, upper = themes().current, QHBoxLayout(), QVBoxLayout()
        for widget in (self.previous, self._label, self.next):
            turning.addWidget(widget, 1 if widget is self._label else 0)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        upper.setSpacing(theme.space(1))
        upper.addWidget(self.example, 1)
        upper.addLayout(turning)
        self._first = QWidget()
        self._first_layout = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._first)
        self._first_layout.setContentsMargins(0, 0, 0, 0)
        self._first_layout.setSpacing(theme.space(2))
        self._first_layout.addLayout(upper, 1)
        self._first_layout.addWidget(self.guess, 1)
        self._first.setFixedWidth(_FIRST_WIDTH)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a low panel the guess stands beside the example."""
        super().resizeEvent(event)
        low = self.height() < _LOW
        directions = QBoxLayout.Direction
        self._first_layout.setDirection(directions.LeftToRight if low else directions.TopToBottom)
        self._first.setFixedWidth(_FIRST_WIDTH * (2 if low else 1))

    # Telling

    def _tell(self) -> None:
        self._stale = False
        self._title.setText(f"Feature maps · {self._block}" if self._block else "Feature maps")
        found = self._event.maps.get(self._block) if self._event else None
        self._note.setText(self._why_empty())
        self._note.setVisible(self._event is None)
        self._body.setVisible(self._event is not None)
        self.one_scale.setVisible(found is not None and found.ndim == 3)
        if self._event is None:
            self._count.clear()
            return
        self._tell_example(self._event)
        self.grid.show_values(found, per_map=not self.one_scale.isChecked(), note=self._why_empty())
        self.scale.show_range(self.grid.low, self.grid.high, self.grid.coloured, self.grid.per_map)
        self._count.setText("" if found is None else _count(found))

    def _why_empty(self) -> str:
        if self._event is None:
            return NOTHING_YET
        return f"Maps of {self._block} come with the next steps of training" if self._block else "Select a block"

    def _tell_example(self, event: Maps) -> None:
        self.example.show_picture(event.picture)
        named = self._labels[event.label] if event.probabilities and event.label < len(self._labels) else ""
        self._label.setText(named or f"no. {event.example + 1:,}")
        self._label.setToolTip(f"Example {event.example + 1:,} of the test set" + (f", label {named}" if named else ""))
        self.guess.show_guess(event.guess, self._labels, event.label, event.probabilities)
        self.previous.setEnabled(event.example > 0)

    def _turn(self, step: int) -> None:
        if self._event:
            self.example_changed.emit(max(self._event.example + step, 0))

    def _restyle(self, _: object) -> None:
        self.previous.setIcon(icons.icon("chevron-left"))
        self.next.setIcon(icons.icon("chevron-right"))
        self._changed()


def _count(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
    """How many are shown; a block may have more than travel."""
    if values.ndim == 3:
        return f"{len(values)} of {len(values)}" if len(values) < MOST_MAPS else f"first {len(values)}"
    known = values[np.isfinite(values)]
    reach = f", {number(float(known.min()))} … {number(float(known.max()))}" if known.size else ""
    return f"{values.size:,} values{reach}"
