"""A short list of blocks: family, name and kind."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.graph import Graph
from widgets.theme import themes
from widgets.tile import tile

MOST = 8
TILE = 18


class BlockNames(QWidget):
    """Paints up to eight rows and says how many more there are."""

    def __init__(self) -> None:
        """Empty until names are shown."""
        super().__init__()
        self._rows: list[tuple[str, str, str]] = []
        self._more = 0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        themes().changed.connect(self._restyle)

    def show_names(self, graph: Graph, names: Sequence[str]) -> None:
        """Show these blocks of a drawing."""
        blocks = [(name, graph.nodes[name].block) for name in names[:MOST]]
        self._rows = [(block.family, name, block.kind()) for name, block in blocks]
        self._more = max(len(names) - MOST, 0)
        self.setAccessibleName(", ".join(names))
        self._restyle()

    def sizeHint(self) -> QSize:
        """One line for each row."""
        lines = len(self._rows) + bool(self._more)
        return QSize(160, lines * self._row_height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows."""
        theme, height = themes().current, self._row_height()
        painter = QPainter(self)
        name_font, kind_font = theme.font("body", "medium"), theme.font("code-small")
        name_metrics, kind_metrics = QFontMetricsF(name_font), QFontMetricsF(kind_font)
        for number, (family, name, kind) in enumerate(self._rows):
            top = float(number * height)
            painter.drawPixmap(QPointF(0, top + (height - TILE) / 2), tile(family, TILE))
            painter.setFont(name_font)
            painter.setPen(theme.colour("text"))
            painter.drawText(QPointF(TILE + 8, top + _baseline(name_metrics, height)), name)
            painter.setFont(kind_font)
            painter.setPen(theme.colour("text-muted"))
            left = self.width() - kind_metrics.horizontalAdvance(kind)
            painter.drawText(QPointF(left, top + _baseline(kind_metrics, height)), kind)
        if self._more:
            painter.setFont(theme.font("small"))
            painter.setPen(theme.colour("text-muted"))
            bottom = float(len(self._rows) * height)
            painter.drawText(QPointF(TILE + 8, bottom + _baseline(name_metrics, height)), f"and {self._more} more")
        painter.end()

    def _row_height(self) -> int:
        return themes().current.size("row") - 2

    def _restyle(self) -> None:
        self.updateGeometry()
        self.update()


def _baseline(metrics: QFontMetricsF, height: float) -> float:
    return (height + metrics.ascent() - metrics.descent()) / 2
