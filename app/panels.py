"""The docks around the canvas: which there are, where they lie at first, and the rail that toggles them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QTabWidget, QToolButton, QVBoxLayout, QWidget

from widgets.icons import icon
from widgets.theme import set_kind, themes

WIDE = 1600
"""From this window width on there is room for the code under the block's settings."""

Area = Qt.DockWidgetArea


@dataclass(frozen=True)
class Panel:
    """One dock: its title, its side, and the icon with which the rail shows it."""

    key: str
    title: str
    area: Qt.DockWidgetArea
    icon: str


PANELS = (
    Panel("blocks", "Blocks", Area.LeftDockWidgetArea, "blocks"),
    Panel("block", "Block", Area.RightDockWidgetArea, "adjustments-horizontal"),
    Panel("code", "Code", Area.RightDockWidgetArea, "code"),
    Panel("problems", "Problems", Area.BottomDockWidgetArea, "stethoscope"),
    Panel("training", "Training", Area.BottomDockWidgetArea, "chart-line"),
)


class Panels:
    """Makes the docks and remembers how they lie at first. The person's own arrangement is never overruled."""

    def __init__(self, window: QMainWindow, contents: Mapping[str, QWidget]) -> None:
        self._window = window
        self.docks = {panel.key: self._dock(panel, contents[panel.key]) for panel in PANELS}
        window.setCorner(Qt.Corner.BottomLeftCorner, Area.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea)
        window.setDockOptions(QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowTabbedDocks)
        window.setTabPosition(Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setDocumentMode(True)

    def reset(self, width: int) -> None:
        """The layout for a window of this width."""
        for panel in PANELS:
            dock = self.docks[panel.key]
            dock.setFloating(False)
            self._window.addDockWidget(panel.area, dock)
            dock.show()
        blocks, block, code = (self.docks[key] for key in ("blocks", "block", "code"))
        problems, training = self.docks["problems"], self.docks["training"]
        if width >= WIDE:
            self._window.splitDockWidget(block, code, Qt.Orientation.Vertical)
        else:
            self._window.tabifyDockWidget(block, code)
        self._window.tabifyDockWidget(problems, training)
        block.raise_()
        problems.raise_()
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self._window.resizeDocks([blocks, block], [220, 372] if width >= WIDE else [176, 280], horizontal)
        self._window.resizeDocks([problems], [310 if width >= WIDE else 176], vertical)
        if width >= WIDE:
            self._window.resizeDocks([block, code], [560, 380], vertical)

    def bring(self, key: str) -> None:
        """Show a panel and put it in front."""
        self.docks[key].show()
        self.docks[key].raise_()

    def show_all(self, visible: bool) -> None:
        """Show or hide every panel, for the start page and the canvas alone."""
        for dock in self.docks.values():
            dock.setVisible(visible)

    def _dock(self, panel: Panel, content: QWidget) -> QDockWidget:
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(panel.key)
        dock.setWidget(content)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable
            | QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        return dock


class Rail(QFrame):
    """44 px at the left edge: one button for each panel."""

    def __init__(self, panels: Panels) -> None:
        super().__init__()
        set_kind(self, "rail")
        self._buttons: dict[str, QToolButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(4, 8, 4, 8)
        column.setSpacing(4)
        for panel in PANELS:
            dock = panels.docks[panel.key]
            button = QToolButton()
            button.setCheckable(True)
            button.setToolTip(panel.title)
            button.setAccessibleName(panel.title)
            button.setFixedSize(36, 36)
            button.setIconSize(QSize(20, 20))
            button.clicked.connect(dock.setVisible)
            dock.visibilityChanged.connect(lambda _=False, b=button, d=dock: b.setChecked(not d.isHidden()))
            column.addWidget(button)
            self._buttons[panel.icon] = button
        column.addStretch(1)
        themes().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setFixedWidth(themes().current.size("rail"))
        for name, button in self._buttons.items():
            button.setIcon(icon(name, size=20))
