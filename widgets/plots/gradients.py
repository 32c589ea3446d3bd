"""How strongly each layer learns: the norm of its gradient over the run, on a log scale, and what that means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QWidget

from widgets.plots.common import Plot
from widgets.plots.lines import Look
from widgets.plots.panel import PlotPanel
from widgets.series import SmoothSeries
from widgets.theme import set_kind
from widgets.verdict import verdict

_WEIGHT = 0.9
_MEANING = (
    "The length of each layer's gradient. Healthy layers lie between 0.05 and 1; "
    "far below the others a layer hardly learns, above 100 it explodes."
)


class GradientPlot(PlotPanel):
    """One line per layer, its name at the end, and a verdict in words."""

    block_clicked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty."""
        self.chip = QLabel()
        set_kind(self.chip, "chip")  # its margins are those of the look it has first
        self.chip.setToolTip(_MEANING)
        self._series: dict[str, SmoothSeries] = {}
        self._lit: frozenset[str] = frozenset()
        super().__init__("Gradient norm per layer", Plot(), (self.chip,), switch=False)
        self.setParent(parent)
        self.plot.set_log(True)
        self.plot.clicked.connect(self.block_clicked)
        self.chip.hide()

    def begin(self, blocks: Sequence[str], steps_per_epoch: int, epochs: int) -> None:
        """A run starts with these layers, given in forward order."""
        self.clear()
        self._series = {name: SmoothSeries(_WEIGHT) for name in blocks}
        for number, (name, series) in enumerate(self._series.items()):
            self.plot.add_line(name, series.smooth, Look(number), label=True)
        self.plot.light_up(self._lit)
        self.plot.begin(steps_per_epoch, epochs)

    def feed(self, step: int, norms: Mapping[str, float]) -> None:
        """The norms of one step; layers that did not begin the run are passed over."""
        for name, norm in norms.items():
            if series := self._series.get(name):
                series.append([step], [norm])
        self._judge({name for name, norm in norms.items() if not norm < float("inf")})
        self.plot.touch()

    def light_up(self, names: Iterable[str]) -> None:
        """Draw the lines of these layers thick, also in runs to come."""
        self._lit = frozenset(names)
        self.plot.light_up(self._lit)

    def clear(self) -> None:
        """Forget the run."""
        self._series = {}
        self.plot.remove_lines()
        self.chip.hide()

    def _judge(self, broken: set[str]) -> None:
        """Smoothing passes over what is no number, so that such norms are told apart."""
        found = {name: series.latest for name, series in self._series.items() if len(series.raw)}
        found.update({name: float("inf") for name in broken & found.keys()})
        text, level = verdict(found)
        if text != self.chip.text():
            set_kind(self.chip, f"chip-{level}")
            self.chip.setText(text)
        self.chip.setVisible(bool(found))
