"""What a block makes of one example: the example, the maps of the block, and what the network thinks it is."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from engine.looks.drivers import Drivers
from engine.looks.maps import MOST_MAPS, Maps
from widgets.driver_list import DriverList
from widgets.elided_label import ElidedLabel
from widgets.map_grid import MapGrid
from widgets.map_painting import ExampleArea, GuessBars, Scale
from widgets.plots.axes import number
from widgets.theme import set_kind, themes

NOTHING_YET = "Select a block and press Train to see its feature maps"
_FIRST_WIDTH = 116
"""Pixels of the column with the example and the guess."""
_LOW = 210
"""Below this height example and guess stand side by side, where the view is wide."""
_WIDE = 620


class FeatureMapView(QWidget):
    """Follows the selected block while the network trains. One unit of the block may be opened."""

    unit_opened = Signal(object)
    """The unit that is open now, counted from 0, or None."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty: says what would fill it."""
        super().__init__(parent)
        self._block = ""
        self._event: Maps | None = None
        self._labels: tuple[str, ...] = ()
        self._features: tuple[str, ...] = ()
        self._names: tuple[str, ...] = ()
        self._pointed = ""
        self.unit: int | None = None
        """The unit that is open."""
        self._stale = False
        self._make()
        self._lay_out()
        themes().changed.connect(self._changed)
        self._tell()

    # What is shown

    @property
    def note(self) -> str:
        """What is said in place of maps; empty while there are some."""
        return "" if self._note.isHidden() else self._note.text()

    @property
    def words(self) -> str:
        """What is said under the maps."""
        return self._words.text()

    def show_block(self, name: str, names: tuple[str, ...] = ()) -> None:
        """Show the maps of this block; "" for none. `names` say what its units are, where that is known."""
        if name != self._block:
            self.open_unit(None)
        self._block, self._names = name, names
        self._changed()

    def feed(self, event: Maps, labels: tuple[str, ...] = (), features: tuple[str, ...] = ()) -> None:
        """Newer maps; `labels` are the names of the classes, `features` those of the numbers of an example."""
        self._event, self._labels, self._features = event, labels, features
        self._changed()

    def open_unit(self, unit: int | None) -> None:
        """Show one unit large, with the examples that drive it most; None shows all of them."""
        if unit == self.unit:
            return
        self.unit = unit
        self.grid.open(unit)
        self.back.setVisible(unit is not None)
        self.drivers.show_drivers(None, self._labels, "Looking through the examples …")
        self.drivers.setVisible(unit is not None)
        self._make_room()
        self._pointed = ""
        self._changed()
        self.unit_opened.emit(unit)

    def show_drivers(self, drivers: Drivers | None, words: str = "") -> None:
        """The examples that drive the open unit most, or why there are none."""
        self.drivers.show_drivers(drivers, self._labels, words)

    def clear(self) -> None:
        """Forget the run; the block stays chosen."""
        self._event = None
        self.open_unit(None)
        self._changed()

    def _changed(self, _: object = None) -> None:
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
        self._words, self._note, self._label = ElidedLabel(), QLabel(), ElidedLabel()
        set_kind(self._words, "small")
        set_kind(self._label, "small")
        set_kind(self._note, "muted")
        self._note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._note.setWordWrap(True)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.one_scale, self.back = QToolButton(), QToolButton()
        self.one_scale.setText("one scale")
        self.one_scale.setCheckable(True)
        self.one_scale.setToolTip("Colour all maps on one scale, to compare them; else each uses all colours")
        self.one_scale.toggled.connect(self._changed)
        self.back.setText("All")
        self.back.setToolTip("Show all of them again (Esc)")
        self.back.setAccessibleName("Show all of them again")
        self.back.clicked.connect(lambda: self.open_unit(None))
        for button in (self.one_scale, self.back):
            button.setStyleSheet("QToolButton { min-height: 16px; padding: 1px 4px; font-size: 12px; }")
        self.example, self.guess, self.grid, self.scale = ExampleArea(), GuessBars(), MapGrid(), Scale()
        self.drivers = DriverList()
        self.example.setAccessibleName("The example")
        self.guess.setAccessibleName("What the network takes it for")
        self.grid.opened.connect(self.open_unit)
        self.grid.closed.connect(lambda: self.open_unit(None))
        self.grid.pointed.connect(self._point)
        self.back.hide()
        self.drivers.hide()

    def _lay_out(self) -> None:
        theme = themes().current
        self._body, body, footer = QWidget(), QHBoxLayout(), QHBoxLayout()
        self._lay_out_first()
        footer.setSpacing(theme.space(3))
        footer.addWidget(self.back)
        footer.addWidget(self._words, 1)
        footer.addWidget(self.scale, 1)
        second, pictures = QVBoxLayout(), QHBoxLayout()
        pictures.setSpacing(theme.space(4))
        pictures.addWidget(self.grid, 3)
        pictures.addWidget(self.drivers, 2)
        second.setSpacing(theme.space(2))
        second.addLayout(pictures, 1)
        second.addLayout(footer)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(theme.space(4))
        body.addWidget(self._first)
        body.addLayout(second, 1)
        self._body.setLayout(body)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, theme.space(1), theme.space(2), 0)
        rows.addWidget(self._note, 1)
        rows.addWidget(self._body, 1)

    def _lay_out_first(self) -> None:
        """The example with its label, and the guess."""
        theme, upper = themes().current, QVBoxLayout()
        upper.setSpacing(theme.space(1))
        upper.addWidget(self.example, 1)
        upper.addWidget(self._label)
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
        self._make_room()
        beside = self.height() < _LOW and self.width() >= _WIDE
        directions = QBoxLayout.Direction
        self._first_layout.setDirection(directions.LeftToRight if beside else directions.TopToBottom)
        self._first.setFixedWidth(_FIRST_WIDTH * (2 if beside else 1))

    def _make_room(self) -> None:
        """In a narrow view the open unit and what drives it take the room of the example."""
        self._first.setVisible(self.unit is None or self.width() >= _WIDE)

    # Telling

    def _tell(self) -> None:
        self._stale = False
        found = self._event.maps.get(self._block) if self._event else None
        self._note.setText(self._why_empty())
        self._note.setVisible(self._event is None)
        self._body.setVisible(self._event is not None)
        self.one_scale.setVisible(found is not None and found.ndim > 2 and self.unit is None)
        if self._event is None:
            return
        self._tell_example(self._event)
        self.grid.show_values(found, not self.one_scale.isChecked(), self._why_empty(), self._names)
        own = self.grid.per_map and not self.grid.large
        self.scale.show_range(*self.grid.reach, self.grid.coloured, own)
        self._tell_words()

    def _tell_words(self) -> None:
        found = self._event.maps.get(self._block) if self._event else None
        what = "" if found is None else in_words(found)
        if self.unit is not None and found is not None:
            named = self.grid.names[self.unit] if self.unit < len(self.grid.names) else f"{self.unit + 1:,}"
            kind = "map" if found.ndim > 2 else "row" if found.ndim == 2 else "number"
            own = f", {number(float(found.ravel()[self.unit]))}" if kind == "number" and self.unit < found.size else ""
            what = f"{kind} {named} of {self.grid.units}{own}"
        self._words.setText(self._pointed or (f"{self._block}: {what}" if what else ""))
        self.grid.setAccessibleName(f"Feature maps of {self._block}")
        self.grid.setAccessibleDescription(self._words.text())

    def _point(self, words: str) -> None:
        self._pointed = words
        self._tell_words()

    def _why_empty(self) -> str:
        if self._event is None:
            return NOTHING_YET
        if not self._block:
            return "Select a block to see what it makes of this example"
        asked = getattr(self._event.look, "blocks", ())
        if self._block in asked:
            return f"{self._block} gives nothing that could be shown"
        return f"Maps of {self._block} come with the next steps of training"

    def _tell_example(self, event: Maps) -> None:
        self.example.show_picture(event.picture, self._features)
        named = self._labels[event.label] if event.probabilities and event.label < len(self._labels) else ""
        self._label.setText(named or f"no. {event.example + 1:,}")
        self._label.setAccessibleName(f"Example {event.example + 1:,}" + (f", label {named}" if named else ""))
        self.guess.show_guess(event.guess, self._labels, event.label, event.probabilities)


def in_words(values: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
    """What a block gives; a block may have more maps than travel."""
    if values.ndim > 2:
        size = " × ".join(str(side) for side in values.shape[1:])
        return f"{'the first ' * (len(values) == MOST_MAPS)}{len(values)} map{'s' * (len(values) != 1)} of {size}"
    known = values[np.isfinite(values)]
    reach = f", {number(float(known.min()))} … {number(float(known.max()))}" if known.size else ", none of them finite"
    if values.ndim == 2:
        return f"{len(values)} rows of {values.shape[1]} numbers{reach}"
    if values.size == 1:
        return f"1 number, {number(float(values.ravel()[0]))}"
    zeros = int((values == 0).sum())
    return f"{values.size:,} numbers{reach}" + (f", {zeros:,} of them 0" if zeros else "")
