"""The shapes of a block's inputs side by side, dimension by dimension, with what differs marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from engine.blocks.base import Block, Shape
from engine.blocks.merge import SIDES, Concatenate, Pairwise
from widgets.icons import pixmap
from widgets.theme import set_kind, themes

BATCH = "N"
CENTRE = Qt.AlignmentFlag.AlignCenter
MOST_DIMENSIONS = 5

Cell = tuple[str, bool]
"""What one box shows, and whether it is at fault."""


def comparison(block: Block, shapes: Sequence[Shape]) -> list[str]:
    """For each dimension "same", "joins" (they are laid behind each other) or "differs"."""
    verdicts = []
    for index, sizes in enumerate(zip_longest(*shapes)):
        known = set(sizes)
        spread = isinstance(block, Pairwise) and len(known - {1}) == 1
        if isinstance(block, Concatenate) and index == block.dim - 1 and None not in known:
            verdicts.append("joins")
        elif len(known) == 1 or (spread and None not in known):
            verdicts.append("same")
        else:
            verdicts.append("differs")
    return verdicts


class ShapeTable(QWidget):
    """One row of boxes for each input; ticks and unequal signs between the rows."""

    def __init__(self) -> None:
        """Empty until shapes are shown."""
        super().__init__()
        self._shown: tuple[Block, Mapping[str, Shape]] | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        themes().changed.connect(self._restyle)

    def show_shapes(self, block: Block, shapes: Mapping[str, Shape]) -> None:
        """Compare the shape at each input port."""
        if self._shown != (block, shapes):
            self._shown = block, dict(shapes)
            self._restyle()

    def words(self) -> str:
        """The same in words, for those who listen."""
        if self._shown is None:
            return ""
        block, shapes = self._shown
        differing = [n for n, v in enumerate(comparison(block, list(shapes.values())), 1) if v == "differs"]
        rows = "; ".join(f"{port} {' by '.join(map(str, shape))}" for port, shape in shapes.items())
        return f"{rows}. Different: dimension {', '.join(map(str, differing))}." if differing else f"{rows}."

    def _restyle(self) -> None:
        while item := self._grid.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        if self._shown is None:
            return
        block, shapes = self._shown
        self._grid.setHorizontalSpacing(themes().current.space(1) + 2)
        self._grid.setVerticalSpacing(themes().current.space(1))
        verdicts = comparison(block, list(shapes.values()))[:MOST_DIMENSIONS]
        self._add_heads(verdicts)
        for number, (port, shape) in enumerate(shapes.items()):
            if number:
                self._add_marks(2 * number, verdicts)
            self._add_row(2 * number + 1, port, shape, verdicts)
        self._grid.setColumnStretch(0, 1)
        self.setAccessibleName(self.words())

    def _add_heads(self, verdicts: Sequence[str]) -> None:
        names = SIDES.get(len(verdicts), tuple(f"dim {number + 1}" for number in range(len(verdicts))))
        for column, name in enumerate(("batch", *names), 1):
            self._grid.addWidget(_label(name, "caption"), 0, column, CENTRE)

    def _add_marks(self, row: int, verdicts: Sequence[str]) -> None:
        icons = {"same": ("check", "ok"), "joins": ("plus", "text-muted"), "differs": ("equal-not", "danger")}
        for column, verdict in enumerate(verdicts, 2):
            mark = QLabel()
            mark.setPixmap(pixmap(*icons[verdict], 14))
            self._grid.addWidget(mark, row, column, CENTRE)

    def _add_row(self, row: int, port: str, shape: Shape, verdicts: Sequence[str]) -> None:
        self._grid.addWidget(_label(port, "code"), row, 0)
        self._grid.addWidget(_box(BATCH, False), row, 1)
        for column, verdict in enumerate(verdicts):
            text = str(shape[column]) if column < len(shape) else "–"
            self._grid.addWidget(_box(text, verdict == "differs"), row, column + 2)


def _label(text: str, kind: str) -> QLabel:
    label = QLabel(text)
    set_kind(label, kind)
    return label


def _box(text: str, wrong: bool) -> QLabel:
    theme = themes().current
    label = QLabel(text)
    label.setAlignment(CENTRE)
    label.setFont(theme.font("code-small", "semibold" if wrong else ""))
    border, width = ("danger", 2) if wrong else ("line-strong", 1)
    back, ink = ("danger-soft", "danger") if wrong else ("surface-raised", "text")
    label.setStyleSheet(
        f"background: {theme.colour(back).name()}; color: {theme.colour(ink).name()};"
        f" border: {width}px solid {theme.colour(border).name()}; border-radius: {theme.radius('control')}px;"
        f" min-height: 20px; padding: 1px {5 - width}px;"
    )
    label.setMinimumWidth(40)
    return label
