"""The small card beside the pointer with what every line has at one step."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QRectF, Qt
from PySide6.QtWidgets import QLabel, QWidget

from widgets.plots.axes import number
from widgets.plots.lines import Line
from widgets.theme import set_kind, themes

_ROW = 17
"""Pixels of a row."""


class Reading(QLabel):
    """Never in the way of the mouse."""

    def __init__(self, parent: QWidget) -> None:
        """Hidden until told something."""
        super().__init__(parent)
        self._room = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setTextFormat(Qt.TextFormat.RichText)
        set_kind(self, "small")
        self.hide()

    def tell(self, epoch: float, found: Sequence[tuple[Line, float]]) -> None:
        """The values of lines at a place on the axis of epochs."""
        theme = themes().current
        most = max(self._room.height() // _ROW - 3, 1)
        rows = [
            f"<tr><td style='color:{line.look.colour(theme).name()}'>{escape(line.name)}&nbsp;&nbsp;</td>"
            f"<td align='right'>{number(value)}</td></tr>"
            for line, value in found[:most]
        ]
        if len(found) > most:
            rows.append(f"<tr><td colspan='2'>{len(found) - most} more</td></tr>")
        self.setText(f"<b>epoch {epoch:.2f}</b><table cellspacing='0' cellpadding='0'>{''.join(rows)}</table>")
        ground, edge = theme.colour("surface-overlay").name(), theme.colour("line").name()
        self.setStyleSheet(
            f"background: {ground}; border: 1px solid {edge}; border-radius: {theme.radius('control')}px; padding: 4px;"
        )
        self.adjustSize()

    def place(self, at: float, area: QRectF) -> None:
        """Beside the mark, on the side that has room."""
        right = at + 10
        left = right if right + self.width() <= area.right() else at - 10 - self.width()
        self.move(int(max(left, 0)), int(area.top()) + 4)
        self.show()
        self.raise_()
