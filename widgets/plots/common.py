"""What every plot does with the mouse: mark a step, read all lines there, tell which line was clicked."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from widgets.plots.curves import Curves
from widgets.plots.lines import Line
from widgets.plots.reading import Reading
from widgets.theme import themes

_NEAR = 12.0
"""Pixels within which a click belongs to a line."""


class Plot(Curves):
    """Curves under a pointer."""

    pointed = Signal(object)
    """The step under the pointer, None when it leaves; connect it to `point_at` of other plots."""
    clicked = Signal(str)
    """The name of the line that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Empty."""
        super().__init__(parent)
        self._pressed_at = QPointF()
        self._cross = pg.InfiniteLine(angle=90)
        self._cross.hide()
        self.getViewBox().addItem(self._cross, ignoreBounds=True)
        self._reading = Reading(self.viewport())
        self.viewport().setMouseTracking(True)
        self._dress_cross()
        themes().changed.connect(self._dress_cross)

    @property
    def reading(self) -> str:
        """The text of the card beside the mark, empty while there is none."""
        return "" if self._reading.isHidden() else self._reading.text()

    def remove_lines(self) -> None:
        """Take all lines away, and the mark with them."""
        super().remove_lines()
        self.point_at(None)

    def _dress_cross(self, _: object = None) -> None:
        self._cross.setPen(themes().current.colour("text-faint"))

    def point_at(self, step: object) -> None:
        """Mark a step and show what all lines have there; None takes the mark away."""
        if not isinstance(step, float | int) or not any(len(line.series) for line in self.lines):
            self._cross.hide()
            self._reading.hide()
            return
        self._cross.setValue(step / self._unit)
        self._cross.show()
        found = [(line, point[1]) for line in self.lines if line.read and (point := line.series.nearest(step))]
        self._reading.tell(step / self._unit, found)
        at = self.getViewBox().mapViewToScene(QPointF(step / self._unit, 0.0)).x()
        self._reading.place(at, self.getViewBox().sceneBoundingRect())

    def line_at(self, place: QPointF) -> str | None:
        """The name of the line, or of the label, at or near a place of the widget."""
        scene = self.mapToScene(place.toPoint())
        for line in self.lines:
            if line.label and line.label.isVisible() and line.label.sceneBoundingRect().contains(scene):
                return line.name
        near = [(self._distance(line, scene), line.name) for line in self.lines if line.read]
        distance, name = min(near, default=(np.inf, ""))
        return name if distance <= _NEAR else None

    def _distance(self, line: Line, place: QPointF) -> float:
        xs, ys = line.item.getOriginalDataset()
        if xs is None or ys is None or not len(xs):
            return np.inf
        box = self.getViewBox()
        here, (wide, high) = box.mapSceneToView(place), box.viewPixelSize()
        across, up = (xs - here.x()) / wide, (ys - here.y()) / high
        return float(np.nanmin(np.hypot(across, up), initial=np.inf))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read all lines under the pointer."""
        super().mouseMoveEvent(event)
        box = self.getViewBox()
        scene = self.mapToScene(event.position().toPoint())
        inside = box.sceneBoundingRect().contains(scene)
        step = max(box.mapSceneToView(scene).x(), 0.0) * self._unit if inside else None
        self.point_at(step)
        self.pointed.emit(step)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer is gone, and with it the reading."""
        super().leaveEvent(event)
        self.point_at(None)
        self.pointed.emit(None)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a line tells its name; what was dragged is no click."""
        super().mouseReleaseEvent(event)
        moved = (event.position() - self._pressed_at).manhattanLength()
        if event.button() == Qt.MouseButton.LeftButton and moved < 4 and (name := self.line_at(event.position())):
            self.clicked.emit(name)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where, to tell a click from a drag."""
        self._pressed_at = event.position()
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to following the run."""
        self.follow()
