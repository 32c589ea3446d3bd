"""How strongly each layer learns, and how far each step moves it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel

from engine.events import Event, Gradients, Started
from engine.looks.base import Look
from engine.looks.gradients import GradientSizes, GradientsOf
from widgets.elided_label import ElidedLabel
from widgets.plots.gradient_sizes import SizePictures
from widgets.plots.gradient_words import explain_norms, explain_ratios
from widgets.plots.gradients import GradientPlot, RatioPlot
from widgets.plots.layer_bars import LayerBars
from widgets.theme import set_kind
from widgets.verdict import Verdict
from widgets.views.base import Row, View

Mode = Literal["time", "bars", "ratio", "sizes"]
MODES: tuple[tuple[Mode, str, str], ...] = (
    ("time", "Over time", "The length of each layer's gradient over the run"),
    ("bars", "First to last", "The length of each layer's gradient at one step, from the first layer to the last"),
    ("ratio", "Update ratio", "How far each step moves a layer, beside the length of its weights"),
    ("sizes", "Histogram", "How many weights of each layer get a gradient of each size, over the run"),
)
WIDE = 760
"""From this width on bars of one step stand beside the lines."""
ROOM_FOR_CHIP = 560
"""From this width on the verdict stands beside the sentence that explains it."""


class GradientsView(View):
    """Gradients of all layers: over the run, from first to last, beside the weights, and by size."""

    key, title, icon = "gradients", "Gradients", "trending-down"
    nothing_yet = "Press Train to see how strongly each layer learns."

    def __init__(self) -> None:
        super().__init__()
        self.gradients, self.ratios = GradientPlot(), RatioPlot()
        self.bars, self.sizes = LayerBars(), SizePictures()
        self._last: Gradients | None = None
        self._pointed: float | None = None
        self._measured = self._clipped = 0
        self._make_head()
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        for part, share in ((self.gradients, 5), (self.bars, 3), (self.ratios, 5), (self.sizes, 5)):
            part.block_clicked.connect(self.block_clicked)
            row.addWidget(part, share)
        self.gradients.plot.pointed.connect(self._point)
        self._arrange()

    @property
    def mode(self) -> Mode:
        """What is shown."""
        return cast(Mode, self.modes.currentData())

    def show_mode(self, mode: Mode) -> None:
        """Show this."""
        self.modes.setCurrentIndex(self.modes.findData(mode))

    def looks(self) -> tuple[Look, ...]:
        """Sizes are counted only while they are shown."""
        return (GradientsOf(),) if self.mode == "sizes" else ()

    def clear(self) -> None:
        """Forget the run."""
        super().clear()
        self._forget()
        self.gradients.clear()
        self.ratios.clear()
        self.sizes.clear()
        self.bars.show_norms({}, "")
        self.words.setText("")
        self.cut.hide()

    def select(self, names: tuple[str, ...]) -> None:
        """Pick the selected blocks out; where only groups are measured as a whole, the outermost ones."""
        names = (*names, *(name.partition("/")[0] for name in names))
        for part in (self.gradients, self.bars, self.ratios, self.sizes):
            part.light_up(names)

    def feed(self, events: Sequence[Event]) -> None:
        """Norms and ratios of steps; sizes while they are shown."""
        fresh = False
        for event in events:
            match event:
                case Started():
                    self._begin_run(event)
                case Gradients():
                    self._take(event)
                    fresh = True
                case GradientSizes():
                    self.sizes.feed(event)
                    fresh = True
        if fresh:
            self._tell()

    def table(self) -> Iterable[Row]:
        """The numbers of what is shown."""
        if self._last is None:
            return
        if self.mode == "sizes":
            if rows := self.sizes.rows():
                yield ("block", "from", "to", "share")
                yield from rows
        elif self.mode == "bars":
            yield ("block", "gradient_norm", "update_ratio")
            yield from ((name, norm, self._last.ratios.get(name)) for name, norm in self._last.norms.items())
        else:
            name, lines = ("gradient_norm", self.gradients) if self.mode == "time" else ("update_ratio", self.ratios)
            yield ("block", "step", name)
            yield from lines.points()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while hidden."""
        super().showEvent(event)
        self._tell()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A wide view has room for two."""
        super().resizeEvent(event)
        self._arrange()

    def _make_head(self) -> None:
        self.modes, self.words, self.cut = QComboBox(), ElidedLabel(), QLabel()
        for place, (mode, text, meaning) in enumerate(MODES):
            self.modes.addItem(text, mode)
            self.modes.setItemData(place, meaning, Qt.ItemDataRole.ToolTipRole)
        self.modes.setAccessibleName("What is shown of the gradients")
        self.modes.currentIndexChanged.connect(self._changed)
        set_kind(self.words, "small")
        set_kind(self.cut, "small")
        self.cut.setToolTip("So many of the measured steps were shortened; marks at the upper edge show where")
        self.cut.hide()
        for widget in (self.modes, self.gradients.chip, self.cut, self.words):
            self.head.addWidget(widget)

    def _begin_run(self, event: Started) -> None:
        self.fill()
        self.gradients.begin(event.blocks, event.steps_per_epoch, event.epochs)
        self.ratios.begin(event.blocks, event.steps_per_epoch, event.epochs)
        self.sizes.begin(event.blocks)

    def _take(self, event: Gradients) -> None:
        self._last = event
        self._measured, self._clipped = self._measured + 1, self._clipped + event.clipped
        self.gradients.feed(event.step, event.norms, event.clipped)
        self.ratios.feed(event.step, event.ratios)

    def _forget(self) -> None:
        self._last, self._pointed = None, None
        self._measured = self._clipped = 0

    def _point(self, step: float | None) -> None:
        """Bars follow the pointer over the lines, and the run when it leaves."""
        self._pointed = step
        self._show_bars()

    def _tell(self) -> None:
        """Words and bars, while somebody can see them."""
        if not self.isVisible():
            return
        words, level = self._explained()
        set_kind(self.words, {"ok": "small", "warning": "warning", "danger": "danger"}[level])
        if words != self.words.text():
            self.words.setText(words)
        if self._clipped:
            self.cut.setText(f"clipped {100 * self._clipped / self._measured:.0f} %")
        self.cut.setVisible(bool(self._clipped) and self.mode == "time")
        self._show_bars()

    def _explained(self) -> Verdict:
        if self.mode == "ratio":
            return explain_ratios(self.ratios.latest)
        if self.mode == "sizes":
            first, last = self.sizes.steps
            return Verdict(f"Steps {first:,.0f} to {last:,.0f}: brighter where more weights lie.", "ok")
        return explain_norms(self.gradients.latest)

    def _show_bars(self) -> None:
        if self.bars.isHidden() or self._last is None:
            return
        if self._pointed is None:
            self.bars.show_norms(self._last.norms, f"step {self._last.step:,}")
        else:
            self.bars.show_norms(self.gradients.at(self._pointed), f"at the pointer, step {self._pointed:,.0f}")

    def _changed(self) -> None:
        self._arrange()
        self._tell()
        self.looks_changed.emit()

    def _arrange(self) -> None:
        mode, wide = self.mode, self.width() >= WIDE
        self.gradients.setVisible(mode == "time")
        self.gradients.show_chip(mode == "time" and self.width() >= ROOM_FOR_CHIP)
        self.bars.setVisible(mode == "bars" or (mode == "time" and wide))
        self.ratios.setVisible(mode == "ratio")
        self.sizes.setVisible(mode == "sizes")
        self._show_bars()
