"""Panes from the general to the particular: as many side by side as fit, the deepest ones first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from widgets.theme import themes

NARROWEST, HALF = 300, 180
"""Pixels that each pane needs, and that each of two needs that belong together."""


class Panes(QWidget):
    """The panes of the moment in their order; in a narrow view one comes after the other."""

    depth_changed = Signal()

    def __init__(self, *panes: QWidget) -> None:
        """Every pane that there is; `show_panes` says which are of use."""
        super().__init__()
        self._all, self._used, self._depth = panes, tuple(panes), 0
        self._least = NARROWEST
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(themes().current.space(4))
        for pane in panes:
            row.addWidget(pane, 1)
        self._arrange()

    @property
    def can_go_back(self) -> bool:
        """Whether a pane before those in view is hidden."""
        return self._first > 0

    def show_panes(self, panes: Sequence[QWidget], together: bool = False) -> None:
        """These, from the first one; those that belong together stand beside each other in less room."""
        self._used, self._depth, self._least = tuple(panes), 0, HALF if together else NARROWEST
        self._arrange()

    def go_to(self, pane: QWidget) -> None:
        """Bring a pane into view."""
        self._depth = self._used.index(pane)
        self._arrange()

    def restart(self) -> None:
        """From the most general pane on."""
        self._depth = 0
        self._arrange()

    def back(self) -> None:
        """One step towards the general."""
        self._depth = max(self._depth - 1, 0)
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More or fewer fit."""
        super().resizeEvent(event)
        self._arrange()

    @property
    def _count(self) -> int:
        return max(1, min(self.width() // self._least, len(self._used)))

    @property
    def _first(self) -> int:
        return min(max(self._depth - self._count + 1, 0), len(self._used) - self._count)

    def _arrange(self) -> None:
        shown = self._used[self._first : self._first + self._count]
        for pane in self._all:
            pane.setVisible(pane in shown)
        self.depth_changed.emit()
