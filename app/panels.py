"""The docks around the canvas: which there are, where they lie at first, and the rail that toggles them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QTabWidget,
    QToolBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.views import VIEWS
from widgets.icons import icon
from widgets.theme import set_kind, themes

WIDE = 1600
"""From this window width on there is room for the code under the block's settings."""

TITLE_HEIGHT = 36
LOW, HIGH = 152, 236
"""Heights of the bottom panels in a small window: with problems, and with the views of a run."""

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
    *(Panel(view.key, view.title, Area.BottomDockWidgetArea, view.icon) for view in VIEWS),
)
COLUMNS: Mapping[str, tuple[str, ...]] = {"loss": (), "gradients": ("weights",), "maps": ("surface", "predictions")}
"""In a wide window these views stand beside each other, each with others behind it as tabs."""


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
        shown = [dock for dock in self.docks.values() if not dock.isHidden()]
        for dock in self.docks.values():
            self._window.removeDockWidget(dock)  # else tabs of the layout before take room
        layout = self._window.layout()
        assert layout is not None
        layout.setGeometry(self._window.rect())  # so that Qt takes its tab bars back and uses them again
        for panel in PANELS:
            dock = self.docks[panel.key]
            dock.setFloating(False)
            self._window.addDockWidget(panel.area, dock)
        blocks, block, code = (self.docks[key] for key in ("blocks", "block", "code"))
        problems = self.docks["problems"]
        if width >= WIDE:
            self._window.splitDockWidget(block, code, Qt.Orientation.Vertical)
        else:
            self._window.tabifyDockWidget(block, code)
        self._arrange_views(width >= WIDE)
        for dock in shown:
            dock.show()
        block.raise_()
        problems.raise_()
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        self._window.resizeDocks([blocks, block], [220, 372] if width >= WIDE else [200, 280], horizontal)
        self._window.resizeDocks([problems], [310 if width >= WIDE else LOW], vertical)
        if width >= WIDE:
            self._window.resizeDocks([block, code], [560, 380], vertical)

    def bring(self, key: str) -> None:
        """Show a panel and put it in front."""
        self.docks[key].show()
        self.docks[key].raise_()

    def rename(self, key: str, title: str) -> None:
        """Another title for a panel, such as one that counts."""
        self.docks[key].setWindowTitle(title)

    def fold(self, key: str) -> bool:
        """Hide a panel to make room; whether it was there."""
        was_there = not self.docks[key].isHidden()
        self.docks[key].hide()
        return was_there

    def make_high(self) -> None:
        """Give the bottom panels the height that the views of a run need."""
        dock = self.docks["loss"]
        if dock.height() < HIGH:
            self._window.resizeDocks([dock], [HIGH], Qt.Orientation.Vertical)

    def show_all(self, visible: bool) -> None:
        """Show or hide every panel, for the start page and the canvas alone."""
        for dock in self.docks.values():
            dock.setVisible(visible)

    def _arrange_views(self, wide: bool) -> None:
        """All behind the problems as tabs, or in columns beside each other."""
        window, first, placed = self._window, self.docks["problems"], set[str]()
        if wide:
            left = first
            for key, behind in COLUMNS.items():
                window.splitDockWidget(left, self.docks[key], Qt.Orientation.Horizontal)
                left = self.docks[key]
                for other in behind:
                    if other in self.docks:
                        window.tabifyDockWidget(left, self.docks[other])
                placed.update((key, *behind))
                left.raise_()
            window.tabifyDockWidget(first, self.docks["loss"])
        for view in VIEWS:
            if view.key not in placed:
                window.tabifyDockWidget(first, self.docks[view.key])

    def _dock(self, panel: Panel, content: QWidget) -> QDockWidget:
        dock = QDockWidget(panel.title, self._window)
        dock.setObjectName(panel.key)
        dock.setWidget(content)
        dock.setFeatures(
            QDockWidget.DockWidgetFeature.DockWidgetClosable
            | QDockWidget.DockWidgetFeature.DockWidgetMovable
            | QDockWidget.DockWidgetFeature.DockWidgetFloatable
        )
        title = DockTitle(dock, self._window)
        dock.setTitleBarWidget(title)
        for signal in (dock.visibilityChanged, dock.topLevelChanged, dock.dockLocationChanged):
            signal.connect(title.follow)
        return dock


class DockTitle(QFrame):
    """The row above a panel: its name and a button to close it. Where tabs name the panel, it takes no room."""

    def __init__(self, dock: QDockWidget, window: QMainWindow) -> None:
        super().__init__()
        self._dock, self._window, self._height = dock, window, TITLE_HEIGHT
        set_kind(self, "panel")
        name = QLabel(dock.windowTitle())
        set_kind(name, "label")
        dock.windowTitleChanged.connect(name.setText)
        self._close = QToolButton()
        self._close.setToolTip(f"Hide {dock.windowTitle()}")
        self._close.setAccessibleName(f"Hide {dock.windowTitle()}")
        self._close.clicked.connect(dock.close)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 4, 0)
        row.addWidget(name)
        row.addStretch(1)
        row.addWidget(self._close)
        themes().changed.connect(self._restyle)
        self._restyle()

    def follow(self) -> None:
        """Look, once the docks have settled, whether tabs name the panel now."""
        QTimer.singleShot(0, self, self._restyle)

    def _restyle(self) -> None:
        self._close.setIcon(icon("x", size=14))
        tabbed = bool(self._window.tabifiedDockWidgets(self._dock)) and not self._dock.isFloating()
        self._height = 0 if tabbed else TITLE_HEIGHT
        self.setFixedHeight(self._height)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As high as there is need for the name."""
        return QSize(0, self._height)

    def minimumSizeHint(self) -> QSize:
        """No less than that."""
        return self.sizeHint()


class Rail(QFrame):
    """44 px at the left edge: one button for each panel. It brings its own tool bar, outside of all docks."""

    def __init__(self, panels: Panels, window: QMainWindow) -> None:
        super().__init__()
        self.bar = QToolBar("Panels")
        self.bar.setObjectName("rail")
        self.bar.setMovable(False)
        self.bar.addWidget(self)
        window.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self.bar)
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
        bar = self.parentWidget()
        if bar is not None and (layout := bar.layout()) is not None:
            layout.setContentsMargins(0, 0, 0, 0)  # a new style sheet brings the style's own margins back
        for name, button in self._buttons.items():
            button.setIcon(icon(name, size=20))
