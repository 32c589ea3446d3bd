"""Decision surface of data on a plane, the fitted curve of data on a line, and what every unit makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import cast

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QToolButton

from engine.events import Event, Started
from engine.looks.base import Look, Unseen
from engine.looks.surface import Surface, SurfaceOf
from widgets.plane import Part, Plane
from widgets.theme import set_kind
from widgets.unit_tiles import UnitTiles
from widgets.views.base import Row, Subject, View

PARTS: tuple[tuple[Part, str], ...] = (
    ("all", "All points"),
    ("training", "Training points"),
    ("validation", "Validation points"),
)
FAR_FROM_A_PLANE = "The data of this recipe have {} numbers for each example. A surface needs one or two: try Spiral."


class SurfaceView(View):
    """What the network answers everywhere on the plane of its data, live, with the points on top."""

    key, title, icon = "surface", "Surface", "map"
    nothing_yet = (
        "Choose data with one or two numbers, such as Spiral, and press Train to see how the plane is divided."
    )

    def __init__(self) -> None:
        super().__init__()
        self.plane, self.tiles = Plane(), UnitTiles()
        self.parts, self.hard, self._reading = QComboBox(), QToolButton(), QLabel()
        self._surface: Surface | None = None
        self._block = ""
        self._unit: int | None = None
        for key, title in PARTS:
            self.parts.addItem(title, key)
        self.parts.setAccessibleName("Which points are shown")
        self.parts.currentIndexChanged.connect(self._set_part)
        self.hard.setText("hard edges")
        self.hard.setCheckable(True)
        self.hard.setToolTip("Show the class that is chosen, and not how sure the network is")
        self.hard.toggled.connect(self._set_hard)
        set_kind(self._reading, "small")
        self._reading.setTextFormat(Qt.TextFormat.PlainText)
        self._reading.setMinimumWidth(1)
        self.plane.pointed.connect(self._reading.setText)
        self.tiles.chosen.connect(self._choose_unit)
        for widget in (self.parts, self.hard, self._reading):
            self.head.addWidget(widget)
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.plane, 3)
        row.addWidget(self.tiles, 2)

    def looks(self) -> tuple[Look, ...]:
        """The answer, and the units of the selected block."""
        return (SurfaceOf((self._block,) if self._block else ()),)

    def begin(self, subject: Subject) -> None:
        """A run is about to start."""
        super().begin(subject)
        self._explain()

    def clear(self) -> None:
        """Forget the run."""
        super().clear()
        self._surface = None
        self._show()

    def follow(self, subject: Subject) -> None:
        """Other data may lie on no plane."""
        if self._surface is None:
            self.subject = subject
            self._explain()

    def select(self, names: tuple[str, ...]) -> None:
        """Show the units of the first selected block."""
        block = names[0] if names else ""
        if block != self._block:
            self._block, self._unit = block, None
            self._show()
            self.looks_changed.emit()

    def feed(self, events: Sequence[Event]) -> None:
        """Only the newest surface counts."""
        newest = None
        for event in events:
            if isinstance(event, Started):
                self._explain()
            elif isinstance(event, Surface):
                newest = event
            elif isinstance(event, Unseen) and isinstance(event.look, SurfaceOf):
                self.say(event.text)
        if newest and newest.look in self.looks():
            self._surface = newest
            self.fill()
            self._show()

    def table(self) -> Iterable[Row]:
        """One row for each place of the grid: where it is, and the answer there."""
        surface = self._surface
        if surface is None:
            return
        labels = self._labels()
        names = labels if surface.probabilities and len(labels) == len(surface.answer) else range(len(surface.answer))
        yield (*("xy"[: len(surface.low)]), *(f"answer_{name}" for name in names))
        grid = [np.linspace(*ends, surface.answer.shape[-1]) for ends in zip(surface.low, surface.high, strict=True)]
        for place in np.ndindex(surface.answer.shape[1:]):
            at = (float(axis[index]) for axis, index in zip(grid, reversed(place), strict=True))
            yield (*at, *(float(value) for value in surface.answer[(slice(None), *place)]))

    def _labels(self) -> tuple[str, ...]:
        return self.subject.recipe.data.labels

    def _explain(self) -> None:
        """Say at once where there can be no surface."""
        shape = self.subject.recipe.data.input_shape
        fits = len(shape) == 1 and shape[0] in (1, 2)
        if self._surface is None:
            self.say(self.nothing_yet if fits or not shape else FAR_FROM_A_PLANE.format(f"{prod(shape):,}"))

    def _show(self) -> None:
        units = self._surface.units.get(self._block) if self._surface else None
        chosen = units[self._unit] if units is not None and self._unit is not None and self._unit < len(units) else None
        self.plane.show_surface(self._surface, self._labels(), chosen)
        self.tiles.show_units(self._block, units, self._unit)
        self.tiles.setVisible(units is not None)

    def _choose_unit(self, unit: int) -> None:
        """Show one unit in place of the answer; the same once more goes back."""
        self._unit = None if unit == self._unit else unit
        self._show()

    def _set_part(self, _: int) -> None:
        self.plane.part = cast("Part", self.parts.currentData())
        self.plane.redraw()

    def _set_hard(self, hard: bool) -> None:
        self.plane.hard = hard
        self.plane.redraw(marks=False)
