"""What lies over the drawing and does not scroll: the zoom bar, the map, the hint of an empty canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from widgets import icons
from widgets.canvas.cost_legend import CostLegend
from widgets.canvas.minimap import Minimap
from widgets.theme import set_kind

if TYPE_CHECKING:
    from widgets.canvas.canvas import Canvas

EDGE = 12


class ZoomBar(QFrame):
    """Minus, percent, plus, fit, tidy, map."""

    map_toggled = Signal(bool)

    def __init__(self, canvas: Canvas) -> None:
        """Lie over a canvas."""
        super().__init__(canvas.viewport())
        set_kind(self, "popup")
        self.setCursor(Qt.CursorShape.ArrowCursor)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 3, 4, 3)
        row.setSpacing(2)
        self._icons: list[tuple[QToolButton, str]] = []
        self.percent = QToolButton()
        self.percent.setText("100 %")
        self.percent.setToolTip("Back to 100 % (Ctrl+0)")
        self.percent.setFixedWidth(56)
        self.percent.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.percent.clicked.connect(canvas.zoom_reset)
        self.out = self._button("minus", "Zoom out (Ctrl+-)")
        self.closer = self._button("plus", "Zoom in (Ctrl++)")
        self.fit = self._button("maximize", "Show the whole drawing (Shift+1)")
        self.layout_button = self._button("hierarchy-3", "Tidy the layout (Ctrl+Shift+L)")
        self.map = self._button("map", "Map (Ctrl+Shift+M)")
        self.map.setCheckable(True)
        self.map.setChecked(True)
        for widget in (self.out, self.percent, self.closer, self.fit, self.layout_button, self.map):
            row.addWidget(widget)
        self.out.clicked.connect(canvas.zoom_out)
        self.closer.clicked.connect(canvas.zoom_in)
        self.fit.clicked.connect(canvas.fit)
        self.layout_button.clicked.connect(canvas.layout_requested)
        self.map.toggled.connect(self.map_toggled)
        self.retheme()

    def show_zoom(self, zoom: float) -> None:
        """Show the scale in percent."""
        self.percent.setText(f"{100 * zoom:.0f} %")

    def retheme(self) -> None:
        """Take the icons of the theme in use."""
        for button, name in self._icons:
            button.setIcon(icons.icon(name))

    def _button(self, icon: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setToolTip(tip)
        button.setAccessibleName(tip.split(" (")[0])
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._icons.append((button, icon))
        return button


class EmptyHint(QWidget):
    """What one may do with an empty canvas: drag a block, start from a template, or search."""

    def __init__(self, canvas: Canvas) -> None:
        """Lie in the middle of a canvas; the templates are the window's to show."""
        super().__init__(canvas.viewport())
        column = QVBoxLayout(self)
        column.setSpacing(8)
        title = QLabel("Drag a block here")
        set_kind(title, "title")
        column.addWidget(title, 0, Qt.AlignmentFlag.AlignHCenter)
        self.template = self._link("Start from a template")
        column.addWidget(self.template, 0, Qt.AlignmentFlag.AlignHCenter)
        key = QLabel("or press Shift+A")
        set_kind(key, "faint")
        column.addWidget(key, 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (title, key):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.template.clicked.connect(canvas.templates_requested)

    def _link(self, text: str) -> QPushButton:
        button = QPushButton(text)
        set_kind(button, "link")
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        return button


class Overlays:
    """Keeps what lies over a canvas in its place."""

    def __init__(self, canvas: Canvas) -> None:
        """Zoom bar at the bottom left, legend beside it, map at the top right, hint in the middle."""
        self._canvas = canvas
        self.zoom_bar = ZoomBar(canvas)
        self.minimap = Minimap(canvas)
        self.hint = EmptyHint(canvas)
        self.legend = CostLegend(canvas)
        self.wants_map = True
        self.zoom_bar.map_toggled.connect(self._want_map)
        canvas.viewed.connect(self.place)
        self.place()

    def changed(self) -> None:
        """The drawing is another one."""
        self.minimap.forget()
        self.legend.follow()
        self.place()

    def place(self) -> None:
        """Back to where they belong, also after the view has scrolled them along."""
        room = self._canvas.viewport().rect()
        bar = self.zoom_bar.sizeHint()
        self._put(self.zoom_bar, QRect(EDGE, room.height() - bar.height() - EDGE, bar.width(), bar.height()))
        self.zoom_bar.show_zoom(self._canvas.zoom())
        self._put(self.minimap, QRect(room.width() - self.minimap.width() - EDGE, EDGE, 0, 0))
        self.legend.fit_into(room.width() - bar.width() - 3 * EDGE)
        self.legend.move(bar.width() + 2 * EDGE, room.height() - self.legend.height() - EDGE)
        self.minimap.setVisible(self.wants_map and self.minimap.needed())
        self.minimap.update()
        empty = not self._canvas.drawing.cards
        self.hint.setVisible(empty)
        if empty:
            hint = self.hint.sizeHint()
            middle = room.center()
            self._put(
                self.hint, QRect(middle.x() - hint.width() // 2, middle.y() - hint.height() // 2, *hint.toTuple())
            )

    def _put(self, widget: QWidget, place: QRect) -> None:
        if place.isEmpty():
            widget.move(place.topLeft())
        elif widget.geometry() != place:
            widget.setGeometry(place)

    def _want_map(self, wanted: bool) -> None:
        self.wants_map = wanted
        self.place()

    def retheme(self) -> None:
        """Take icons and colours of the theme in use."""
        self.zoom_bar.retheme()
        self.legend.retheme()
        self.minimap.forget()
