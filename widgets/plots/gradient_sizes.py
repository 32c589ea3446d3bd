"""How the gradients of each layer are spread by size over the run: a heat picture per layer, on a log scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent

from engine.events import Floats
from engine.looks.gradients import BINS, LARGEST, SMALLEST, GradientSizes
from widgets.heat import map_image
from widgets.map_painting import Painted
from widgets.plots.axes import number
from widgets.theme import current

_MOST = 240
"""Columns that are kept for one layer; where there are more, neighbours become one."""
_LEAST_WIDTH, _LEAST_HEIGHT = 150, 62
_LEFT, _HEAD, _GAP = 40, 17, 10
_FAINTEST = 1e-4
"""The share of a layer's weights that is just seen."""
_WORTH_ROOM = 2e-3
"""The axis reaches to where a layer has at least this share at some time."""
_EXPONENTS = (3, 0, -3, -6, -9, -12)


class _History:
    """The columns of one layer, each the mean of equally many sights, with the step at which it begins."""

    def __init__(self) -> None:
        self.steps: list[float] = []
        self.columns: list[Floats] = []
        self.last = self.zeros = 0.0
        self._each, self._open = 1, 0

    def append(self, step: int, counts: Floats, zeros: float) -> None:
        """One more sight: where there are too many columns, neighbours become one from then on."""
        self.last, self.zeros = step, zeros
        if self._open:
            self._open += 1
            self.columns[-1] = self.columns[-1] + (counts - self.columns[-1]) / np.float32(self._open)
        else:
            if len(self.steps) == _MOST:
                self.steps, self._each = self.steps[::2], 2 * self._each
                pairs = zip(self.columns[::2], self.columns[1::2], strict=True)
                self.columns = [np.float32(0.5) * (first + second) for first, second in pairs]
            self.steps.append(step)
            self.columns.append(counts)
            self._open = 1
        if self._open == self._each:
            self._open = 0


class SizePictures(Painted):
    """Small pictures side by side: time from left to right, sizes from small to large, brighter where more lie."""

    block_clicked = Signal(str)

    def __init__(self) -> None:
        """Empty."""
        super().__init__()
        self._layers: dict[str, _History] = {}
        self._lit: tuple[str, ...] = ()
        self.setAccessibleName("Sizes of gradients per layer over the run")

    def begin(self, blocks: Sequence[str]) -> None:
        """A run starts with these layers."""
        self._layers = {name: _History() for name in blocks}
        self.update()

    def feed(self, seen: GradientSizes) -> None:
        """One more column for each layer."""
        for name, counts in seen.counts.items():
            history = self._layers.get(name)
            if history and (not history.steps or history.last < seen.step):
                history.append(seen.step, counts, seen.zeros.get(name, 0.0))
        self.update()

    def light_up(self, names: Iterable[str]) -> None:
        """These layers come first where there is no room for all."""
        self._lit = tuple(names)
        self.update()

    def clear(self) -> None:
        """Forget the run."""
        self._layers = {}
        self.update()

    @property
    def steps(self) -> tuple[float, float]:
        """From which to which step sizes were counted; nothing is counted while nobody looks."""
        known = [history for history in self._layers.values() if history.steps]
        return min((one.steps[0] for one in known), default=0.0), max((one.last for one in known), default=0.0)

    def rows(self) -> list[tuple[str, float, float, float]]:
        """The newest column of each layer: name, least and greatest size of a bin, share of the weights in it."""
        edges = 10 ** np.linspace(SMALLEST, LARGEST, BINS + 1)
        return [
            (name, float(edges[place]), float(edges[place + 1]), float(share))
            for name, history in self._layers.items()
            if history.columns
            for place, share in enumerate(history.columns[-1])
        ]

    def shown(self) -> list[tuple[str, QRectF]]:
        """The layers that have room, in forward order, and their places."""
        across, down = max(self.width() // _LEAST_WIDTH, 1), max((self.height() + _GAP) // _LEAST_HEIGHT, 1)
        names = [*self._layers]
        if len(names) > across * down:
            first = [name for name in self._lit if name in self._layers]
            chosen = {*[*first, *(name for name in names if name not in first)][: across * down]}
            names = [name for name in names if name in chosen]
        if not names:
            return []
        down = min(-(-len(names) // across), down)
        across = -(-len(names) // down)
        wide, high = self.width() / across, (self.height() + _GAP) / down
        return [
            (name, QRectF(place % across * wide, place // across * high, wide - _GAP, high - _GAP))
            for place, name in enumerate(names)
        ]

    def _range(self) -> tuple[int, int]:
        """From which to which bin there is anything, in all layers."""
        newest = [column for history in self._layers.values() for column in history.columns]
        if not newest:
            return 0, BINS
        used = np.flatnonzero(np.max(newest, axis=0) > _WORTH_ROOM)
        if not used.size:
            return 0, BINS
        low, high = max(int(used[0]) - 1, 0), min(int(used[-1]) + 2, BINS)
        return (low, high) if high - low >= 6 else (max(high - 6, 0), high)

    def paintEvent(self, event: QPaintEvent) -> None:
        """All pictures, and how many have no room."""
        painter, shown = QPainter(self), self.shown()
        low, high = self._range()
        for name, area in shown:
            self._paint_layer(painter, name, area, (low, high))

    def _paint_layer(self, painter: QPainter, name: str, area: QRectF, bins: tuple[int, int]) -> None:
        theme, history = current(), self._layers[name]
        lit = name in self._lit
        painter.setFont(theme.font("caption", "semibold" if lit else "regular"))
        painter.setPen(theme.colour("text" if lit else "text-muted"))
        words = f"{name} · {100 * history.zeros:.0f} % are 0" if history.zeros > 0.005 else name
        short = painter.fontMetrics().elidedText(words, Qt.TextElideMode.ElideRight, round(area.width() - _LEFT))
        painter.drawText(QPointF(area.left() + _LEFT, area.top() + 12), short)
        picture = area.adjusted(_LEFT, _HEAD, 0, 0)
        painter.fillRect(picture, theme.colour("surface-sunken"))
        if history.steps:
            painter.drawImage(picture, self._image(history, max(round(picture.width()), 1), bins))
        self._paint_axis(painter, picture, bins)

    def _image(self, history: _History, wide: int, bins: tuple[int, int]) -> QImage:
        """Each column from its step until the next one; before the first there is nothing."""
        first, last = self.steps
        steps, places = np.asarray(history.steps), np.linspace(first, last, wide)
        at = np.searchsorted(steps, places, "right").clip(1) - 1
        table = np.stack(history.columns)[:, bins[0] : bins[1]]
        shares = np.log10(np.maximum(table, _FAINTEST) / _FAINTEST) / -np.log10(_FAINTEST)
        return map_image(shares[at].T[::-1], current().heat_table("sequential"), 0.0, 1.0)

    def _paint_axis(self, painter: QPainter, picture: QRectF, bins: tuple[int, int]) -> None:
        width = (LARGEST - SMALLEST) / BINS
        low, high = (SMALLEST + width * place for place in bins)
        painter.setFont(current().font("caption"))
        painter.setPen(current().colour("text-muted"))
        for exponent in _EXPONENTS:
            if low <= exponent <= high:
                y = picture.bottom() - (exponent - low) / (high - low) * picture.height()
                y = min(max(y, picture.top() + 6), picture.bottom() - 6)
                place = QRectF(picture.left() - _LEFT, y - 8, _LEFT - 5, 16)
                painter.drawText(
                    place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number(10.0**exponent)
                )

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Tell which layer was clicked."""
        for name, area in self.shown():
            if area.contains(event.position()) and event.button() == Qt.MouseButton.LeftButton:
                self.block_clicked.emit(name)
