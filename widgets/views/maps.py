"""Feature maps of the selected block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QToolButton, QVBoxLayout

from engine.blocks.data import Input, Output
from engine.events import Event, Started
from engine.looks.base import Look, Unseen
from engine.looks.drivers import Drivers, DriversOf, Mistake, NextMistake, Reading
from engine.looks.maps import Maps, MapsOf
from widgets.example_choice import ExampleChoice
from widgets.feature_maps import FeatureMapView
from widgets.icons import icon
from widgets.theme import themes
from widgets.views.base import Row, Subject, View

READINGS: tuple[tuple[Reading, str, str], ...] = (
    ("greatest", "greatest", "What drives a map most: its greatest number counts"),
    ("mean", "mean", "What drives a map most: the mean of all its numbers counts"),
)
SETTLED_MS = 250
"""Whoever walks from map to map waits so long on one before examples are looked through."""
_NARROW = 520


class MapsView(View):
    """What the selected block makes of one example, and which examples drive one of its maps most."""

    key, title, icon = "maps", "Feature maps", "layout-grid"
    nothing_yet = "Select a block and press Train to see its feature maps."

    def __init__(self) -> None:
        super().__init__()
        self.maps, self.choice = FeatureMapView(), ExampleChoice()
        self.readings, self.again = QComboBox(), QToolButton()
        self._block, self._example = "", 0
        self._seen: Maps | None = None
        self._looked = 0
        """How many examples were looked at in this search for a mistake."""
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._ask_for_drivers)
        self._make_head()
        self.choice.chosen.connect(self.choose)
        self.choice.mistake_wanted.connect(self._begin_search)
        self.maps.drivers.chosen.connect(self.choose)
        self.maps.unit_opened.connect(self._unit_opened)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.maps)

    @property
    def example(self) -> int:
        """Which example of the validation data is looked at, from 0."""
        return self._example

    def looks(self) -> tuple[Look, ...]:
        """The maps of the selected block."""
        return (MapsOf((self._block,), self._example),) if self._block else ()

    def begin(self, subject: Subject) -> None:
        """A run is about to start; its data may have fewer examples."""
        super().begin(subject)
        self._example = min(self._example, max(0, self._count() - 1))
        self.choice.allow_mistakes(bool(subject.recipe.data.classes))
        self.choice.show_example(self._example, self._count())

    def clear(self) -> None:
        """Forget the run; the block stays chosen."""
        super().clear()
        self._seen = None
        self.maps.clear()

    def select(self, names: tuple[str, ...]) -> None:
        """Follow the first selected block."""
        self._block = names[0] if names else ""
        self.maps.show_block(self._block, self._unit_names())
        self.looks_changed.emit()

    def feed(self, events: Sequence[Event]) -> None:
        """Only the newest maps count."""
        newest = None
        for event in events:
            match event:
                case Started():
                    self.fill()
                case Maps() if event.example == self._example and (self._block in event.maps or self._asked(event)):
                    newest = event
                case Drivers() | Unseen() if event.look == self._drivers_look():
                    self._show_drivers(event)
                case Mistake():
                    self._go_on_searching(event)
        if newest:
            self._seen = newest
            data = self.subject.recipe.data
            self.maps.feed(newest, data.labels, data.feature_names)

    def table(self) -> Iterable[Row]:
        """One row for each number: map, row, column, value."""
        values = self._seen.maps.get(self._block) if self._seen else None
        if values is not None:
            yield (*(f"axis_{axis}" for axis in range(values.ndim)), "value")
            yield from ((*place, float(value)) for place, value in np.ndenumerate(values))

    def choose(self, example: int) -> None:
        """Look at this example, counted from 0."""
        self._example = example % max(1, self._count())
        self.choice.show_example(self._example, self._count())
        self.looks_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow view the controls are short."""
        super().resizeEvent(event)
        self.choice.be_narrow(self.width() < _NARROW)

    def _make_head(self) -> None:
        for place, (reading, text, meaning) in enumerate(READINGS):
            self.readings.addItem(text, reading)
            self.readings.setItemData(place, meaning, Qt.ItemDataRole.ToolTipRole)
        self.readings.setAccessibleName("What counts of a map")
        self.readings.setToolTip("What counts of a map when examples are compared")
        self.readings.currentIndexChanged.connect(self._ask_for_drivers)
        self.again.setToolTip("Look again with the weights of the moment")
        self.again.setAccessibleName("Look again which examples drive it most")
        self.again.clicked.connect(self._ask_for_drivers)
        for widget in (self.choice, self.maps.one_scale, self.readings, self.again):
            self.head.addWidget(widget)
        self.readings.hide()
        self.again.hide()
        themes().changed.connect(self._dress)
        self._dress()

    def _dress(self, _: object = None) -> None:
        self.again.setIcon(icon("refresh"))

    def _count(self) -> int:
        return self.subject.recipe.counts.checking

    def _asked(self, event: Maps) -> bool:
        """Whether these maps answer for the block, be it that there are none of it."""
        return not self._block or self._block in getattr(event.look, "blocks", ())

    def _unit_names(self) -> tuple[str, ...]:
        """What the numbers of the block are, if they are features or classes."""
        graph, data = self.subject.graph, self.subject.recipe.data
        node = graph.nodes.get(self._block)
        if node is None:
            return ()
        if isinstance(node.block, Input):
            return data.feature_names
        ends = (wire for wire in graph.out_of(self._block) if isinstance(graph.nodes[wire.target].block, Output))
        return data.labels if any(True for _ in ends) else ()

    # Examples that drive a unit, and mistakes

    def _drivers_look(self) -> DriversOf | None:
        if self.maps.unit is None or not self._block:
            return None
        return DriversOf(self._block, self.maps.unit, reading=self.readings.currentData())

    def _unit_opened(self, unit: int | None) -> None:
        values = self._seen.maps.get(self._block) if self._seen else None
        self.again.setVisible(unit is not None)
        self.readings.setVisible(unit is not None and values is not None and values.ndim > 1)
        if unit is None:
            self._settled.stop()
        else:
            self._settled.start()

    def _ask_for_drivers(self) -> None:
        if look := self._drivers_look():
            self.maps.show_drivers(None, "Looking through the examples …")
            self.asked.emit(look)

    def _show_drivers(self, event: Drivers | Unseen) -> None:
        if isinstance(event, Unseen):
            self.maps.show_drivers(None, event.text)
        else:
            self.maps.show_drivers(event)

    def _begin_search(self) -> None:
        self._looked = 0
        self.asked.emit(NextMistake(self._example))

    def _go_on_searching(self, event: Mistake) -> None:
        """An answer stops after a while, so that training goes on; then the search goes on from there."""
        self._looked += event.examined
        if event.example is not None:
            self.choice.mistake.setToolTip("Next mistake: the next example that the network gets wrong")
            self.choose(event.example)
        elif self._looked < self._count():
            self.asked.emit(NextMistake(event.reached))
        else:
            self.choice.mistake.setToolTip("The network gets every example right")
