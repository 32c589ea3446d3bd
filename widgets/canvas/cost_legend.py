"""The legend of a canvas that is coloured by cost: what the colours mean, and which blocks cost the most."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QToolButton

from widgets.canvas.cost_colours import MOST_NAMED, CostColours
from widgets.elided_label import ElidedLabel
from widgets.heat import map_image
from widgets.icons import icon
from widgets.theme import current, set_kind

if TYPE_CHECKING:
    from widgets.canvas.canvas import Canvas

WIDTH, MARGINS = 208, (10, 6, 8, 8)
BAR = WIDTH - MARGINS[0] - MARGINS[2], 8


class CostLegend(QFrame):
    """Lies over a canvas while it is coloured by cost, and chooses by what it is."""

    def __init__(self, canvas: Canvas) -> None:
        """Hidden until something is chosen."""
        super().__init__(canvas.viewport())
        self._canvas = canvas
        set_kind(self, "popup")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setFixedWidth(WIDTH)
        self.title, self.batch, self._bar, self.close_button = QLabel(), QLabel(), QLabel(), QToolButton()
        set_kind(self.title, "label")
        set_kind(self.batch, "caption")
        self.close_button.setToolTip("Back to the colours of the families")
        self.close_button.setAccessibleName("Back to the colours of the families")
        self.close_button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.close_button.clicked.connect(self.by_family)
        self.rows = [(ElidedLabel(), QLabel()) for _ in range(MOST_NAMED)]
        self._lay_out()
        self.retheme()
        self.hide()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(*MARGINS)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.title, 0, 0, 1, 2)
        grid.addWidget(self.close_button, 0, 2)
        grid.addWidget(self.batch, 1, 0, 1, 3)
        grid.addWidget(self._bar, 2, 0, 1, 3)
        ends = QLabel("least"), QLabel("most")
        grid.addWidget(ends[0], 3, 0)
        grid.addWidget(ends[1], 3, 1, 1, 2, Qt.AlignmentFlag.AlignRight)
        for end in ends:
            set_kind(end, "caption")
        for number, (name, figure) in enumerate(self.rows, 4):
            set_kind(figure, "code")
            grid.addWidget(name, number, 0)
            grid.addWidget(figure, number, 1, 1, 2, Qt.AlignmentFlag.AlignRight)

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
        self.batch.setText(scene.colours.counted_for)
        self.batch.setVisible(bool(scene.colours.counted_for))
        ranked = scene.colours.costliest(scene.graph, scene.report)
        for (name, figure), (block, text) in zip(self.rows, [*ranked, *[("", "")] * MOST_NAMED], strict=False):
            name.setText(block)
            figure.setText(text)
        self.setAccessibleName(f"{self.title.text()}. Most: {', '.join(' '.join(row) for row in ranked)}")
        self.adjustSize()

    def retheme(self) -> None:
        """Take the colours of the theme in use."""
        shares = np.tile(np.linspace(0.0, 1.0, BAR[0]), (BAR[1], 1))
        self._bar.setPixmap(QPixmap.fromImage(map_image(shares, current().heat_table("sequential"), 0.0, 1.0)))
        self.close_button.setIcon(icon("x", size=14))

    def _choose(self, measure: str) -> None:
        scene = self._canvas.drawing
        scene.colour_by(CostColours(measure, scene.colours.batch))
        self._canvas.overlays.changed()
