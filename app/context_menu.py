"""The menu under the right button: the commands of the table that fit what lies there."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPoint
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

Groups = tuple[tuple[str, ...], ...]

ON_BLOCKS: Groups = (
    ("rename", "repairs", "help_block"),
    ("cut", "copy", "duplicate", "delete", "take_out"),
    ("group", "ungroup", "enter_group", "save_group"),
    ("freeze", "share_weights", "own_weights"),
)
ON_GROUND: Groups = (
    ("insert_here", "paste", "select_all"),
    ("tidy", "fit"),
    ("leave_group",),
)
ON_WIRE: Groups = (("insert_here", "delete"),)
PLACES: Mapping[str, Groups] = {"card": ON_BLOCKS, "wire": ON_WIRE}
"""What is offered on which place of the canvas; anywhere else, what is offered on the ground."""


def open_menu(
    parent: QWidget, actions: Mapping[str, QAction], place: str, at: QPoint, search: Callable[[], None]
) -> QMenu:
    """Show what is possible on a place of the canvas; what is not possible now is left out."""
    menu = QMenu(parent)
    menu.setAccessibleName("Commands for what lies here")
    here = QAction("Insert by search…", menu)
    here.triggered.connect(search)
    known = {**actions, "insert_here": here}
    for keys in PLACES.get(place, ON_GROUND):
        menu.addSeparator()
        menu.addActions([known[key] for key in keys if known[key].isEnabled()])
    menu.aboutToHide.connect(menu.deleteLater)
    menu.popup(at)
    return menu
