"""The metrics of a run over its epochs, one of them picked out and laid beside that of other runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from engine.recipes.metrics import METRICS, RATE
from engine.runs.curves import RunCurves
from widgets.plots.common import Plot
from widgets.plots.course import Course
from widgets.plots.lines import Look
from widgets.plots.loss import FIRST_OTHER
from widgets.plots.overlay import validation_of

FAINT = 0.8


class MetricsPlot(QWidget):
    """Metrics over epochs. A click on a line picks it out."""

    picked = Signal(str)
    """The name of a metric."""

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self.plot = Plot()
        self._unit = 1
        self._drawn: object = None
        self._names: dict[str, str] = {}
        self.plot.clicked.connect(self._pick)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)
        self.setAccessibleName("Metrics")

    def begin(self, steps_per_epoch: int, epochs: float) -> None:
        """A run starts: forget the one before."""
        self._unit, self._drawn = max(steps_per_epoch, 1), None
        self.plot.remove_lines()
        self.plot.begin(steps_per_epoch, epochs)

    def show_courses(self, found: Mapping[str, Course], name: str, runs: Sequence[RunCurves]) -> None:
        """Draw the metric `name` thick, and faint those in the same unit; of other runs the same metric only."""
        drawn = (name, tuple(found), tuple(runs))
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw(found, name, runs)
        self.plot.touch()

    def _draw(self, found: Mapping[str, Course], name: str, runs: Sequence[RunCurves]) -> None:
        self.plot.remove_lines()
        beside = [] if runs else [other for other in found if alike(other, name)]
        titles = {other: metric.title for other, metric in {**METRICS, RATE.name: RATE}.items() if other in found}
        self._names = {title: other for other, title in titles.items()}
        for place, other in enumerate((*[each for each in beside if each != name], name)):
            if other in found and other in titles:
                chosen = other == name
                look = Look(1, 2.5, marks=name != RATE.name) if chosen else Look(place + FIRST_OTHER, 1.2, FAINT)
                self.plot.add_line(titles[other], found[other].series, look, label=True)
        for number, run in enumerate(runs, FIRST_OTHER):
            line = validation_of(run, self._unit, name)
            self.plot.add_line(run.title or run.run, line, Look(number, marks=True), label=True)
        self.plot.follow()

    def _pick(self, title: str) -> None:
        if title in self._names:
            self.picked.emit(self._names[title])


def alike(one: str, other: str) -> bool:
    """Whether two metrics may stand on one axis: shares may, numbers in other units stand alone."""
    return one in METRICS and other in METRICS and (one == other or (METRICS[one].share and METRICS[other].share))
