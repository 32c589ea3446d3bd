"""Feature maps of the selected block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtWidgets import QVBoxLayout

from engine.events import Event, Started
from engine.looks.base import Look
from engine.looks.maps import Maps, MapsOf
from widgets.feature_maps import FeatureMapView
from widgets.views.base import Row, View


class MapsView(View):
    """What the selected block makes of one example of the test set."""

    key, title, icon = "maps", "Feature maps", "layout-grid"
    nothing_yet = "Select a block and press Train to see its feature maps."

    def __init__(self) -> None:
        super().__init__()
        self.maps = FeatureMapView()
        self._block, self._example = "", 0
        self._seen: Maps | None = None
        self.maps.example_changed.connect(self._turn)
        column = QVBoxLayout(self.body)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.maps)

    @property
    def example(self) -> int:
        """Which example of the test set is looked at, from 0."""
        return self._example

    def looks(self) -> tuple[Look, ...]:
        """The maps of the selected block."""
        return (MapsOf((self._block,), self._example),) if self._block else ()

    def clear(self) -> None:
        """Forget the run; the block stays chosen."""
        super().clear()
        self._seen = None
        self.maps.clear()

    def select(self, names: tuple[str, ...]) -> None:
        """Follow the first selected block."""
        self._block = names[0] if names else ""
        self.maps.show_block(self._block)
        self.looks_changed.emit()

    def feed(self, events: Sequence[Event]) -> None:
        """Only the newest maps count."""
        for event in events:
            if isinstance(event, Started):
                self.fill()
            elif isinstance(event, Maps) and event.example == self._example:
                self._seen = event
                self.maps.feed(event, self.subject.recipe.data.labels)

    def table(self) -> Iterable[Row]:
        """One row for each number: map, row, column, value."""
        values = self._seen.maps.get(self._block) if self._seen else None
        if values is not None:
            yield (*(f"axis_{axis}" for axis in range(values.ndim)), "value")
            yield from ((*place, float(value)) for place, value in np.ndenumerate(values))

    def _turn(self, example: int) -> None:
        self._example = example % max(1, self.subject.recipe.counts.checking)
        self.looks_changed.emit()
