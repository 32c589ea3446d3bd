"""The one header: logo, menus, the document's name; on the right search and training."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenuBar, QPushButton, QSizePolicy, QWidget

from widgets.elided_label import ElidedLabel
from widgets.icons import icon, logo
from widgets.theme import set_kind, themes
from widgets.training_bar import TrainingBar

_FIND = "Insert a block"
_NARROW, _WIDE = 1000, 1200
"""Pixels of the header below which buttons are short, and from which on all menus have room."""


class Header(QFrame):
    """44 px at the top of the window."""

    def __init__(self, menus: QMenuBar, find: QAction, training: TrainingBar) -> None:
        super().__init__()
        set_kind(self, "header")
        self._logo = QLabel()
        self._name = ElidedLabel()
        set_kind(self._name, "strong")
        self._mark = QLabel()
        self._file_icon = QLabel()
        self._find = QPushButton(_FIND)
        self._find.setAccessibleName(_FIND)
        self._find.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._find.clicked.connect(find.trigger)
        self._find.setToolTip(f"{find.text()} ({find.shortcut().toString()})")
        self.training = training
        self._menus = menus
        menus.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(8)
        self._divider = _divider()
        for widget in (self._logo, menus, self._divider, self._file_icon, self._name, self._mark):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addStretch(1)
        for widget in (self._find, training):
            row.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        themes().changed.connect(self._restyle)
        self._restyle()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The name gives way before the menus do, and in a narrow window words do that an icon can stand for."""
        super().resizeEvent(event)
        self._find.setText("" if self.width() < _NARROW else _FIND)
        self._menus.setMinimumWidth(self._menus.sizeHint().width() if self.width() >= _WIDE else 0)

    def show_file(self, name: str, saved: bool, stored: bool) -> None:
        """The document's name, and whether its file holds everything."""
        self._name.setText(name)
        self._mark.setText("saved" if saved and stored else "" if saved else "•")
        self._mark.setToolTip("" if saved else "There are changes that are not saved yet")
        set_kind(self._mark, "chip-ok" if saved and stored else "muted")

    def show_document(self, visible: bool) -> None:
        """Hide what belongs to a drawing while the start page is open."""
        for widget in (self._divider, self._file_icon, self._name, self._mark, self._find, self.training):
            widget.setVisible(visible)

    def _restyle(self) -> None:
        theme = themes().current
        self.setFixedHeight(theme.size("header"))
        self._logo.setPixmap(logo(24))
        self._file_icon.setPixmap(icon("schema").pixmap(16, 16))
        self._find.setIcon(icon("search"))


def _divider() -> QWidget:
    line = QFrame()
    set_kind(line, "separator-vertical")
    line.setFixedHeight(20)
    return line
