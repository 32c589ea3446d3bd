"""The legend of a canvas that is coloured by cost: what the colours mean, and which blocks cost the most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QToolButton

from widgets.canvas.cost_colours import MOST_NAMED, CostColours
from widgets.heat import map_image
from widgets.icons import icon
from widgets.theme import current, set_kind

if TYPE_CHECKING:
    from widgets.canvas.canvas import Canvas

BAR = 90, 6
LONGEST_NAME = 120
"""Pixels of a block's name."""


class CostLegend(QFrame):
    """A strip over a canvas while it is coloured by cost, beside the zoom bar, where no block lies when all fit."""

    def __init__(self, canvas: Canvas) -> None:
        """Hidden until something is chosen."""
        super().__init__(canvas.viewport())
        self._canvas = canvas
        set_kind(self, "popup")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.title, self._bar, self.close_button = QLabel(), QLabel(), QToolButton()
        self.close_button.setToolTip("Back to the colours of the families")
        self.close_button.setAccessibleName("Back to the colours of the families")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.clicked.connect(self.by_family)
        self.rows = [(QLabel(), QLabel()) for _ in range(MOST_NAMED)]
        self._lay_out()
        self.retheme()
        self.hide()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 2, 4, 2)
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(0)
        less, more = QLabel("less"), QLabel("more")
        scale = QHBoxLayout()
        scale.setSpacing(4)
        for widget in (less, self._bar, more):
            scale.addWidget(widget)
        scale.addStretch(1)
        grid.addWidget(self.title, 0, 0)
        grid.addLayout(scale, 1, 0)
        for column, (name, figure) in enumerate(self.rows, 1):
            grid.addWidget(name, 0, column)
            grid.addWidget(figure, 1, column)
            set_kind(figure, "caption")
        grid.addWidget(self.close_button, 0, MOST_NAMED + 1, 2, 1)
        for label in (less, more):
            set_kind(label, "caption")
        for label in (self.title, *(name for name, _ in self.rows)):
            set_kind(label, "label")

    def fit_into(self, width: int) -> None:
        """Name only so many blocks as there is room for."""
        for labels in self.rows:
            for label in labels:
                label.setVisible(bool(labels[0].text()))
        for labels in reversed(self.rows):
            if self.sizeHint().width() <= width:
                break
            for label in labels:
                label.hide()
        self.resize(self.sizeHint())

    def by_family(self) -> None:
        """Colour by what kind a block is, as at first."""
        self._choose("")

    def by_parameters(self) -> None:
        """Colour by the numbers that blocks learn."""
        self._choose("parameters")

    def by_macs(self) -> None:
        """Colour by multiply-accumulates."""
        self._choose("macs")

    def by_memory(self) -> None:
        """Colour by the memory of what blocks compute."""
        self._choose("memory")

    def by_kept(self) -> None:
        """Colour by the memory that blocks need in training."""
        self._choose("kept")

    def by_field(self) -> None:
        """Colour by how much of the input blocks see."""
        self._choose("field")

    def count_for(self, batch: int) -> None:
        """For how many examples memory is counted, from now on."""
        scene = self._canvas.drawing
        if batch != scene.colours.batch:
            scene.colours = scene.colours._replace(batch=batch)

    def follow(self) -> None:
        """The drawing is another one."""
        scene = self._canvas.drawing
        self.setVisible(bool(scene.colours.measure and scene.cards))
        if self.isHidden():
            return
        self.title.setText(scene.colours.title)
        ranked = scene.colours.costliest(scene.graph, scene.report)
        for (name, figure), (block, text) in zip(self.rows, [*ranked, *[("", "")] * MOST_NAMED], strict=False):
            name.setText(self.fontMetrics().elidedText(block, Qt.TextElideMode.ElideMiddle, LONGEST_NAME))
            figure.setText(text)
        self.setAccessibleName(f"{self.title.text()}. Most: {', '.join(' '.join(row) for row in ranked)}")

    def retheme(self) -> None:
        """Take the colours of the theme in use."""
        shares = np.tile(np.linspace(0.0, 1.0, BAR[0]), (BAR[1], 1))
        self._bar.setPixmap(QPixmap.fromImage(map_image(shares, current().heat_table("sequential"), 0.0, 1.0)))
        self.close_button.setIcon(icon("x", size=14))

    def _choose(self, measure: str) -> None:
        scene = self._canvas.drawing
        scene.colour_by(CostColours(measure, scene.colours.batch))
        self._canvas.overlays.changed()
