"""Lines over epochs that follow the run, zoom by wheel, and rest while nothing comes or nobody looks."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic, thread_time

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QTimer
from PySide6.QtGui import QHideEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QWidget

from widgets.plots.axes import EpochAxis, ValueAxis
from widgets.plots.labels import EndLabel, chosen, spread
from widgets.plots.lines import Line, Look
from widgets.series import Series
from widgets.theme import Theme, themes

FRAME_MS, SLOWEST_MS = 40, 95
"""A plot is drawn at most 25 times a second, and where drawing takes long as seldom as 10 times."""
SHARE = 0.05
"""Of one processor core, this much is what a plot should spend on drawing."""
RANGE_SECONDS = 0.5
"""Its axes move at most twice a second."""
LEAST_POINTS, MOST_POINTS = 40, 400
"""So many points of one line are drawn, by the pixels that it spans."""
_LEFT, _BOTTOM = 40, 34
_DECADES = 1.0
"""A log axis shows at least this much, so that calm lines look calm and numbers stand beside them."""
_BEYOND = 0.012
"""Share of the width kept free behind the last epoch, so that its mark is seen whole."""


class Curves(pg.PlotWidget):
    """Lines over epochs. Feed the series of the lines, then call `touch`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty."""
        values, epochs = ValueAxis(), EpochAxis()
        super().__init__(parent, axisItems={"left": values, "bottom": epochs}, enableMenu=False)
        self._values, self._epochs_axis = values, epochs
        self.lines: list[Line] = []
        self._unit, self._epochs, self._log = 1.0, 0.0, False
        self._following, self._dirty, self._range_old = True, False, False
        self._ranged_at, self._spent = 0.0, 0.0
        self._timer = QTimer(self, interval=FRAME_MS)
        self._timer.timeout.connect(self._frame)
        self._build()
        themes().changed.connect(self.dress)
        self.dress(themes().current)

    def _build(self) -> None:
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        for menu in vars(item).values():
            if isinstance(menu, QMenu):
                menu.setParent(self, menu.windowFlags())  # else it would outlive the plot; a menu, not a part of it
        box = self.getViewBox()
        box.disableAutoRange()
        box.setDefaultPadding(0.0)
        box.sigRangeChangedManually.connect(self._leave_following)
        box.sigRangeChanged.connect(self._range_moved)
        self._values.setWidth(_LEFT)
        for axis in (self._values, self._epochs_axis):
            axis.setCacheMode(axis.CacheMode.DeviceCoordinateCache)  # they move twice a second, the lines more often
            axis.setStyle(tickLength=0, tickTextOffset=5, hideOverlappingLabels=False)
        self._epochs_axis.setHeight(_BOTTOM)
        self.setMinimumSize(120, 80)

    # What the lines are

    @property
    def log(self) -> bool:
        """Whether heights are shown on a log scale."""
        return self._log

    @property
    def following(self) -> bool:
        """Whether the axes follow the run; zooming and moving end it, a double click brings it back."""
        return self._following

    @property
    def drawing(self) -> bool:
        """Whether frames are being drawn: only while points come and somebody can see them."""
        return self._timer.isActive()

    def begin(self, steps_per_epoch: int, epochs: float) -> None:
        """Count epochs of so many steps; the axis reaches from 0 to `epochs`."""
        self._unit, self._epochs = float(max(steps_per_epoch, 1)), float(epochs)
        self.follow()

    def add_line(self, name: str, series: Series, look: Look, label: bool = False, read: bool = True) -> Line:
        """Draw a series; `label` writes its name at its end, `read` shows it under the pointer."""
        line = Line(name, series, look, EndLabel(name, self.getPlotItem()) if label else None, read)
        self.lines.append(line)
        self.getViewBox().addItem(line.item)
        line.dress(themes().current)
        self._set_margins()
        self.touch()
        return line

    def remove_line(self, line: Line) -> None:
        """Take one line away."""
        self.lines.remove(line)
        self.getViewBox().removeItem(line.item)
        if line.label:
            self.scene().removeItem(line.label)
        self._set_margins()
        self.touch()

    def remove_lines(self) -> None:
        """Take all lines away."""
        for line in tuple(self.lines):
            self.remove_line(line)

    def light_up(self, names: Iterable[str]) -> None:
        """Draw these lines thick and the others as usual."""
        wanted = frozenset(names)
        for line in self.lines:
            line.lit = line.name in wanted
            line.dress(themes().current)
        self._place_labels()

    def set_log(self, log: bool) -> None:
        """Show heights on a log scale or not."""
        self._log = log
        self._values.show_exponents(log)
        self.follow()

    # Drawing

    def touch(self) -> None:
        """New points came: draw them with the next frame, if anybody can see it."""
        self._dirty, self._range_old = True, self._following
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def follow(self) -> None:
        """Let the axes follow the run again."""
        self._following, self._ranged_at = True, 0.0
        self.touch()

    def render_now(self) -> None:
        """Draw at once what was fed, axes included."""
        self._dirty, self._range_old, self._ranged_at = True, self._following, 0.0
        self._frame()

    def _frame(self) -> None:
        self._keep_to_budget()
        started = thread_time()
        if self._range_old and monotonic() - self._ranged_at >= RANGE_SECONDS:
            self._set_range()
            self._dirty = True
        if self._dirty:
            self._dirty = False
            self._draw()
            self._spent += thread_time() - started
        elif not self._range_old:
            self._timer.stop()

    def _keep_to_budget(self) -> None:
        """Draw less often where the last frame and its painting took long."""
        wanted = min(max(round(1000 * self._spent / SHARE), FRAME_MS), SLOWEST_MS)
        self._spent = 0.0
        if abs(wanted - self._timer.interval()) > FRAME_MS // 4:
            self._timer.setInterval(wanted)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint, and count what that costs."""
        started = thread_time()
        super().paintEvent(event)
        self._spent += thread_time() - started

    def _draw(self) -> None:
        (left, right), _ = self.getViewBox().viewRange()
        for line in self.lines:
            line.draw(
                left * self._unit, right * self._unit, self._unit, self._log, self._most_points(line, left, right)
            )
        self._place_labels()

    def _most_points(self, line: Line, left: float, right: float) -> int:
        """One for every three pixels tells all of a calm line; a faint one is a cloud, cheap and better dense."""
        last = line.series.steps[-1] / self._unit if len(line.series) else left
        pixels = self.width() * (min(last, right) - left) / max(right - left, 1e-9)
        wanted = 2.0 * pixels if line.look.alpha < 1.0 else pixels / 3
        return int(min(max(wanted, LEAST_POINTS), MOST_POINTS))

    def _set_range(self) -> None:
        self._ranged_at, self._range_old = monotonic(), False
        found = [bounds for line in self.lines if (bounds := line.bounds(-np.inf, np.inf, self._log))]
        low, high = min((least for least, _ in found), default=0.0), max((most for _, most in found), default=1.0)
        room = 0.06 * (high - low) or max(abs(high) * 0.1, 0.1)
        if self._log and high - low < _DECADES:
            low, high = (low + high - _DECADES) / 2, (low + high + _DECADES) / 2
        last = max((line.series.steps[-1] / self._unit for line in self.lines if len(line.series)), default=0.0)
        right = max(self._epochs, last) or 1.0
        self.getViewBox().setRange(xRange=(0.0, right * (1 + _BEYOND)), yRange=(low - room, high + room), padding=0.0)

    def _leave_following(self, *_: object) -> None:
        self._following = False
        self.touch()

    def _range_moved(self, *_: object) -> None:
        if not self._following:
            self.touch()
        self._place_labels()

    def _place_labels(self) -> None:
        box, height = self.getViewBox(), 15.0
        area = box.sceneBoundingRect()
        ended = [(line.label, line.end, line.lit) for line in self.lines if line.label and line.end]
        ends = [box.mapViewToScene(QPointF(*end)) for _, end, _ in ended]
        for line in self.lines:
            if line.label:
                line.label.hide()
        lit = frozenset(index for index, (_, _, is_lit) in enumerate(ended) if is_lit)
        shown = chosen([end.y() for end in ends], int(area.height() // height), lit)
        middles = spread([ends[index].y() for index in shown], height, area.top(), area.bottom())
        for index, middle in zip(shown, middles, strict=True):
            ended[index][0].put(min(max(ends[index].x(), area.left()), area.right()) + 6, middle)

    def _set_margins(self) -> None:
        """Room at the right for the longest name."""
        widths = [line.label.boundingRect().width() for line in self.lines if line.label]
        self.getPlotItem().setContentsMargins(0, 4, max(widths, default=4) + 10, 0)

    def dress(self, theme: Theme) -> None:
        """Take the colours and fonts of a theme."""
        self.setBackground(theme.colour("surface"))
        for axis in (self._values, self._epochs_axis):
            axis.setPen(theme.colour("line"))
            axis.setTextPen(theme.colour("text-muted"))
            axis.setTickFont(theme.font("caption"))
            axis.setLabel(
                **{"color": theme.colour("text-muted").name(), "font-size": f"{theme.font_size('caption')}px"}
            )
        caption = {"color": theme.colour("text-muted").name(), "font-size": f"{theme.font_size('caption'):g}px"}
        self._epochs_axis.setLabel("epoch", **caption)
        self._values.setTickPen(theme.colour("line"))
        self._values.setGrid(150)
        for line in self.lines:
            line.dress(theme)
        self._set_margins()
        self._place_labels()

    # Being seen

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while hidden."""
        super().showEvent(event)
        if self._dirty:
            self.render_now()

    def hideEvent(self, event: QHideEvent) -> None:
        """Cost nothing while hidden."""
        super().hideEvent(event)
        self._timer.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Labels stand in pixels."""
        super().resizeEvent(event)
        if hasattr(self, "lines"):  # pyqtgraph resizes once while it is built
            self.touch()
