"""The weights of the selected block, how its numbers are spread, and which units of the network are of no use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from re import sub

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.events import Event, Started
from engine.looks.base import Look, Unseen
from engine.looks.distributions import Distributions, DistributionsOf
from engine.looks.weights import Weights, WeightsOf
from widgets.elided_label import ElidedLabel
from widgets.histogram_painting import HistogramArea
from widgets.layer_list import LayerList
from widgets.sign_scale import SignScale
from widgets.theme import set_kind, themes
from widgets.unit_words import share, warn
from widgets.views.base import Row, View
from widgets.weight_pictures import SheetArea
from widgets.weight_sheets import Sheet, heat_map, kernels, templates, why_no_templates

HISTOGRAMS, LAYERS = "Histograms", "All layers"
ROOM_FOR_LIST, ROOM_FOR_HISTOGRAMS = 600, 760
"""From these widths on the list of layers, and the histograms, stand beside the pictures."""
LIST_WIDTH, LEAST_LIST = 280, 216


class WeightsView(View):
    """Kernels, templates, heat maps and histograms of one block; dead and saturated units of all."""

    key, title, icon = "weights", "Weights", "chart-histogram"
    nothing_yet = "Press Train to see the weights of the selected block, and which units never answer."

    def __init__(self) -> None:
        super().__init__()
        self.blocks, self.parts, self.warning = QComboBox(), QComboBox(), ElidedLabel()
        self.pictures, self.scale = SheetArea(), SignScale()
        self.histograms, self.layers = HistogramArea(), LayerList()
        self.caption, self._reason = ElidedLabel(), QLabel()
        self._selected = self._block = ""
        self._wish = ""
        self._weights: Weights | Unseen | None = None
        self._units: Distributions | None = None
        self._known: list[str] = []
        self._make_head()
        self._make_body()
        self._arrange()

    @property
    def block(self) -> str:
        """The path of the block that is looked at."""
        return self._block

    @property
    def reason(self) -> str:
        """Why there are no pictures; empty while there are some."""
        return "" if self._reason.isHidden() else self._reason.text()

    def looks(self) -> tuple[Look, ...]:
        """The weights of the block, and the units of all."""
        shown = (WeightsOf(self._block, self._whole_rows()),) if self._block else ()
        return (*shown, DistributionsOf(self._block))

    def clear(self) -> None:
        """Forget the run; the selection stays."""
        super().clear()
        self._forget()
        self.blocks.clear()
        self.parts.clear()
        self.warning.clear()
        self._tell()

    def select(self, names: tuple[str, ...]) -> None:
        """Follow the first selected block."""
        if names:
            self._selected = names[0]
            self._choose(self._inside(names[0]))

    def feed(self, events: Sequence[Event]) -> None:
        """Only the newest of everything counts."""
        fresh = False
        for event in events:
            match event:
                case Started():
                    self._begin_run(event)
                case Weights() | Unseen() if isinstance(event.look, WeightsOf) and event.look.block == self._block:
                    self._weights, fresh = event, True
                case Distributions():
                    self._units, fresh = event, True
                    self._know([layer.path for layer in event.layers])
        if fresh:
            self._tell()

    def table(self) -> Iterable[Row]:
        """The layers, the histograms, or the numbers of the picture."""
        part, sheet = self.parts.currentText(), self._sheet()
        if part == LAYERS and self._units:
            yield ("layer", "kind", "units", "dead", "saturated")
            yield from (
                (one.path, one.kind, one.units, share(one, False), share(one, True)) for one in self._units.layers
            )
        elif (part == HISTOGRAMS or sheet is None) and self._units:
            yield ("tensor", "from", "to", "share")
            for name, found in self._units.histograms.items():
                edges = np.linspace(found.low, found.high, len(found.counts) + 1)
                rows = zip(edges, edges[1:], found.counts, strict=False)
                yield from ((name, float(low), float(high), float(count)) for low, high, count in rows)
        elif sheet is not None:
            yield (*(f"axis_{axis}" for axis in range(sheet.cells.ndim)), "value")
            yield from ((*place, float(value)) for place, value in np.ndenumerate(sheet.cells))

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while hidden."""
        super().showEvent(event)
        self._tell()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A wide view shows more at once."""
        super().resizeEvent(event)
        self._arrange()

    # Building

    def _make_head(self) -> None:
        for box, name, letters, take in (
            (self.blocks, "Block", 8, self._pick),
            (self.parts, "What is shown of it", 13, self._take_part),
        ):
            box.setAccessibleName(name)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(letters)
            box.view().setTextElideMode(Qt.TextElideMode.ElideMiddle)
            box.textActivated.connect(take)
        set_kind(self.warning, "small")
        for widget in (self.blocks, self.parts, self.warning):
            self.head.addWidget(widget)

    def _make_body(self) -> None:
        theme = themes().current
        set_kind(self.caption, "small")
        set_kind(self._reason, "muted")
        self._reason.setWordWrap(True)
        self._reason.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._caption_text = ""
        self.pictures.pointed.connect(lambda words: self.caption.setText(words or self._caption_text))
        self.layers.chosen.connect(self._pick)
        self._first = QWidget()
        column, foot = QVBoxLayout(self._first), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.space(1))
        column.addWidget(self._reason, 1)
        column.addWidget(self.pictures, 1)
        foot.addWidget(self.caption, 1)
        foot.addWidget(self.scale)
        column.addLayout(foot)
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.space(4))
        for widget, share_of_room in ((self._first, 4), (self.histograms, 3), (self.layers, 3)):
            row.addWidget(widget, share_of_room)

    # What is looked at

    def _forget(self) -> None:
        self._weights, self._units, self._known = None, None, []

    def _begin_run(self, event: Started) -> None:
        self.fill()
        self._know(event.blocks)
        first = event.blocks[0] if event.blocks else ""
        self._choose(self._inside(self._selected) if self._is_drawn(self._selected) else first)

    def _know(self, paths: Sequence[str]) -> None:
        """These blocks can be chosen; the probe tells those inside groups."""
        if list(paths) == self._known:
            return
        self._known = list(paths)
        self.blocks.clear()
        self.blocks.addItems(self._known)
        if self._block not in self._known and (inside := self._inside(self._block)) != self._block:
            self._choose(inside)
        self.blocks.setCurrentText(self._block)

    def _is_drawn(self, path: str) -> bool:
        """Whether the drawing of the run has this block; it may have been selected in another drawing."""
        top = path.partition("/")[0]
        return path in self._known or top in self.subject.graph.nodes

    def _inside(self, name: str) -> str:
        """The block of this name, or the first one inside the group of this name."""
        if name in self._known:
            return name
        return next((path for path in self._known if path.startswith((f"{name}/", f"{name} ("))), name)

    def _choose(self, path: str) -> None:
        if path == self._block:
            return
        self._block, self._weights = path, None
        if self._known and path not in self._known and self.blocks.findText(path) < 0:
            self.blocks.addItem(path)
        self.blocks.setCurrentText(path)
        self._tell()
        self.looks_changed.emit()

    def _pick(self, path: str) -> None:
        """Chosen here: the drawing follows. The number of a copy is no part of a block's name there."""
        self._choose(path)
        self.block_clicked.emit(sub(r" \(\d+\)", "", path))

    def _take_part(self, part: str) -> None:
        self._wish = part
        self._tell()

    def _whole_rows(self) -> bool:
        """Whether rows may be pictures of the data."""
        shape = self.subject.recipe.data.input_shape
        return len(shape) == 3 and not why_no_templates(self.subject.graph, self._block)

    # Telling

    def _sheets(self) -> dict[str, Sheet]:
        """Everything that the block's weights can be seen as, by name."""
        if not isinstance(self._weights, Weights):
            return {}
        found, data = dict[str, Sheet](), self.subject.recipe.data
        for tensor in self._weights.tensors:
            if tensor.name == "weight" and (filters := kernels(tensor, self._weights.kind)):
                found["Kernels"] = filters
            if self._whole_rows() and (classes := templates(tensor, data.input_shape, data.labels)):
                found["Templates"] = classes
        for tensor in self._weights.tensors:
            found[f"Heat map of {tensor.name}"] = heat_map(tensor)
        return found

    def _sheet(self) -> Sheet | None:
        return self._sheets().get(self.parts.currentText())

    def _tell(self) -> None:
        """Everything anew; what is hidden is told when it is shown."""
        if not self.isVisible():
            return
        sheets = self._sheets()
        if self._weights is not None:
            self._offer([*sheets, HISTOGRAMS, LAYERS])
        sheet = sheets.get(self.parts.currentText())
        self.pictures.show_sheet(sheet)
        self.pictures.setVisible(sheet is not None)
        self.scale.show_limit(sheet.limit if sheet else 0.0)
        self._caption_text = self._say_caption(sheet)
        self.caption.setText(self._caption_text)
        self._reason.setText(self._why_none())
        self._reason.setVisible(sheet is None)
        self.histograms.show_histograms(self._units.histograms if self._units else {})
        self._tell_units()
        self._arrange()

    def _tell_units(self) -> None:
        layers = self._units.layers if self._units else ()
        self.layers.show_layers(layers)
        words, level = warn(layers)
        set_kind(self.warning, {"ok": "small", "warning": "warning", "danger": "danger"}[level])
        well = f"All units answer on {self._units.examples} examples." if self._units else ""
        if self.warning.text() != (words or well):
            self.warning.setText(words or well)

    def _say_caption(self, sheet: Sheet | None) -> str:
        """What the picture is; of a Linear block on pictures also why it has no templates."""
        if sheet is None or not isinstance(self._weights, Weights):
            return ""
        if self._weights.kind != "Linear" or len(self.subject.recipe.data.input_shape) != 3 or self._whole_rows():
            return sheet.caption
        return f"{sheet.caption}. {why_no_templates(self.subject.graph, self._block)}"

    def _why_none(self) -> str:
        if not self._block:
            return "Select a block to see its weights."
        if isinstance(self._weights, Unseen):
            return self._weights.text
        return f"The weights of {self._block} come with the next steps of training."

    def _offer(self, parts: list[str]) -> None:
        if [self.parts.itemText(place) for place in range(self.parts.count())] != parts:
            self.parts.clear()
            self.parts.addItems(parts)
        kept = self._wish if self._wish in parts else parts[0]
        self.parts.setCurrentText(kept)

    def _arrange(self) -> None:
        part, width = self.parts.currentText(), self.width()
        some = bool(self._units and self._units.histograms)
        self._first.setVisible(part not in (HISTOGRAMS, LAYERS) or (part == HISTOGRAMS and not some))  # or says why
        self.histograms.setVisible((part == HISTOGRAMS and some) or (width >= ROOM_FOR_HISTOGRAMS and part != LAYERS))
        self.layers.setVisible(part == LAYERS or width >= ROOM_FOR_LIST)
        self.layers.setMaximumWidth(16_777_215 if part == LAYERS else LIST_WIDTH)
        self.layers.setMinimumWidth(0 if part == LAYERS else LEAST_LIST)
