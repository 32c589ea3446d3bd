"""How strongly each layer learns: one line per layer over the run, on a log scale, and what heights mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, log10

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from widgets.plots.bands import FAR, Band, BandedPlot
from widgets.plots.gradient_words import HEALTHY_HIGH, HEALTHY_LOW, TOO_FAR, vanishing_below
from widgets.plots.lines import Look
from widgets.series import SmoothSeries
from widgets.theme import set_kind
from widgets.verdict import EXPLODES, verdict

_WEIGHT = 0.9
_STEPS_OF_BAND = 5
"""The lower band moves in fifths of a power of ten, not with every step."""
_MEANING = (
    "The length of each layer's gradient. Healthy layers lie between 0.05 and 1; "
    "far below the others a layer hardly learns, above 100 it explodes."
)


class LayerLines(QWidget):
    """One line per layer, its name at the end."""

    block_clicked = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """Empty; `name` is for those who listen."""
        super().__init__(parent)
        self.plot = BandedPlot()
        self.plot.clicked.connect(self.block_clicked)
        self.setAccessibleName(name)
        self._series: dict[str, SmoothSeries] = {}
        self._lit: frozenset[str] = frozenset()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)

    @property
    def latest(self) -> dict[str, float]:
        """The smoothed value of each layer now, in forward order."""
        return {name: series.latest for name, series in self._series.items() if len(series.raw)}

    def at(self, step: float) -> dict[str, float]:
        """The value of each layer that was measured closest to a step."""
        found = {name: series.raw.nearest(step) for name, series in self._series.items()}
        return {name: point[1] for name, point in found.items() if point}

    def points(self) -> list[tuple[str, int, float]]:
        """Layer, step and value of everything that is kept."""
        return [
            (name, int(step), float(value))
            for name, series in self._series.items()
            for step, value in zip(series.raw.steps, series.raw.values, strict=True)
        ]

    def begin(self, blocks: Sequence[str], steps_per_epoch: int, epochs: int) -> None:
        """A run starts with these layers, given in forward order."""
        self.clear()
        self._series = {name: SmoothSeries(_WEIGHT) for name in blocks}
        for place, (name, series) in enumerate(self._series.items()):
            self.plot.add_line(name, series.smooth, Look(place), label=True)
        self.plot.light_up(self._lit)
        self.plot.begin(steps_per_epoch, epochs)

    def feed(self, step: int, values: Mapping[str, float], clipped: bool = False) -> None:
        """The values of one step; layers that did not begin the run are passed over."""
        for name, value in values.items():
            if series := self._series.get(name):
                series.append([step], [value])
        if clipped:
            self.plot.mark(step)
        self.plot.touch()

    def light_up(self, names: Iterable[str]) -> None:
        """Draw the lines of these layers thick, also in runs to come."""
        self._lit = frozenset(names)
        self.plot.light_up(self._lit)

    def clear(self) -> None:
        """Forget the run."""
        self._series = {}
        self.plot.remove_lines()


class GradientPlot(LayerLines):
    """The length of each layer's gradient, and a verdict in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty."""
        super().__init__("Gradient norm per layer", parent)
        self.chip = QLabel(self)
        set_kind(self.chip, "chip")  # its margins are those of the look it has first
        self.chip.setToolTip(_MEANING)
        self.chip.hide()
        self._chip_away = False

    def show_chip(self, wanted: bool) -> None:
        """Whether there is room for the verdict."""
        self._chip_away = not wanted
        self.chip.setVisible(wanted and bool(self._series) and bool(self.latest))

    def feed(self, step: int, values: Mapping[str, float], clipped: bool = False) -> None:
        """The norms of one step, and whether they were shortened then."""
        super().feed(step, values, clipped)
        found = self.latest
        # Smoothing passes over what is no number, so that such norms are told apart.
        found.update({name: float("inf") for name, norm in values.items() if name in found and not isfinite(norm)})
        self._judge(found)
        lower = round(_STEPS_OF_BAND * log10(vanishing_below(found))) / _STEPS_OF_BAND
        self.plot.set_bands(
            (
                Band(log10(EXPLODES), FAR, "danger-soft", "explodes: steps tear the weights apart", "danger"),
                Band(-FAR, lower, "warning-soft", "vanishes: hardly learns", "warning"),
            )
        )

    def clear(self) -> None:
        """Forget the run."""
        super().clear()
        self.chip.hide()

    def _judge(self, found: Mapping[str, float]) -> None:
        text, level = verdict(found)
        if text != self.chip.text():
            set_kind(self.chip, f"chip-{level}")
            self.chip.setText(text)
        self.chip.setVisible(bool(found) and not self.isHidden() and not self._chip_away)


class RatioPlot(LayerLines):
    """How far each step moves a layer beside the length of its weights."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty."""
        super().__init__("Ratio of step to weights per layer", parent)
        self.plot.set_bands(
            (
                Band(log10(HEALTHY_LOW), log10(HEALTHY_HIGH), "ok-soft", "healthy: about a thousandth a step", "ok"),
                Band(log10(TOO_FAR), FAR, "danger-soft", "too far: a tenth of the weights in one step", "danger"),
            )
        )
