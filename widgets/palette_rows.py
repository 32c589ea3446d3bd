"""The rows of the palette, with what keys and mouse do to a person's own groups in them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTreeView

from widgets.icons import icon
from widgets.offers import OWN
from widgets.palette_painting import KIND


class Rows(QTreeView):
    """The list of families and their blocks. The person's own groups are renamed by F2 and deleted by Del."""

    deleted = Signal(str)
    help_wanted = Signal(str)
    """Somebody asks what the block of a row does: its key."""

    def __init__(self, drag: Callable[[str], None]) -> None:
        """An empty list; `drag` is asked to carry a kind away."""
        super().__init__()
        self._drag = drag
        self.setHeaderHidden(True)
        self.setIndentation(0)
        self.setRootIsDecorated(False)
        self.setExpandsOnDoubleClick(False)
        self.setMouseTracking(True)
        self.setDragEnabled(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setAccessibleName("Blocks")

    def startDrag(self, actions: Qt.DropAction) -> None:
        """Carry the block of the current row; families stay where they are."""
        kind = self.currentIndex().data(KIND)
        if kind:
            self._drag(kind)

    def typing(self) -> bool:
        """Whether a title is being typed, so that Enter means that alone."""
        return self.state() == QAbstractItemView.State.EditingState

    def event(self, event: QEvent) -> bool:
        """In the row of a block F1 is not the window's, in that of an own group neither are F2 and Del."""
        asked = isinstance(event, QKeyEvent) and (self._changes_own(event) or self.asks_for_help(event))
        if asked and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Explain a block, rename or delete an own group."""
        if self.asks_for_help(event):
            self.explain()
        elif not self._changes_own(event):
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_F2:
            self.edit(self.currentIndex())
        else:
            self._delete()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The same by the mouse."""
        index = self.indexAt(event.pos())
        if not index.data(KIND):
            return
        self.setCurrentIndex(index)
        menu = self._menu(_own(index))
        menu.popup(event.globalPos())

    def asks_for_help(self, event: QKeyEvent) -> bool:
        """Whether the key asks what the block of the current row does."""
        return event.key() == Qt.Key.Key_F1 and bool(self.currentIndex().data(KIND))

    def explain(self) -> None:
        """Ask for help on the block of the current row."""
        self.help_wanted.emit(str(self.currentIndex().data(KIND)))

    def _menu(self, own: bool) -> QMenu:
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.addAction(icon("help-circle"), "What it does (F1)").triggered.connect(self.explain)
        if own:
            menu.addAction(icon("pencil"), "Rename").triggered.connect(lambda: self.edit(self.currentIndex()))
            menu.addAction(icon("trash"), "Delete from the palette").triggered.connect(self._delete)
        return menu

    def _changes_own(self, event: QKeyEvent) -> bool:
        return event.key() in (Qt.Key.Key_F2, Qt.Key.Key_Delete) and _own(self.currentIndex())

    def _delete(self) -> None:
        self.deleted.emit(str(self.currentIndex().data(KIND)))


def _own(index: QModelIndex) -> bool:
    return str(index.data(KIND) or "").startswith(OWN)
