"""The code of the drawing, and the same text to write in: what is applied becomes the drawing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QListWidget, QPushButton, QVBoxLayout, QWidget

from engine.lower import Source
from engine.reading import Trouble
from widgets.code_view import CodeView
from widgets.icons import icon
from widgets.theme import set_kind, themes

MOST_OF_TROUBLES = 160
"""How many pixels the list of lines that cannot be understood may take; more of them are scrolled."""


class CodePanel(QWidget):
    """Shows the program; on request it can be edited, and then applied or dropped."""

    applied = Signal(str)
    """A text that should become the drawing."""

    def __init__(self, view: CodeView) -> None:
        """Around a view of the code."""
        super().__init__()
        self.view = view
        self.edit_button, self.apply_button = QPushButton("Edit"), QPushButton("Apply")
        self.drop_button = QPushButton("Discard")
        self.note = QLabel()
        self.troubles = QListWidget()
        self._waiting: Source | None = None
        self._editing = False
        self._lines: list[int] = []
        self._build()
        self._show_mode()
        themes().changed.connect(self._dress)

    @property
    def editing(self) -> bool:
        """Whether somebody writes in the text."""
        return self._editing

    def show_source(self, source: Source) -> None:
        """Show a program; while somebody writes, it waits until that is applied or dropped."""
        self._waiting = source
        if not self.editing:
            self.view.show_source(source)

    def show_troubles(self, troubles: Sequence[Trouble]) -> None:
        """Mark the lines that cannot be understood, and say why."""
        self.troubles.clear()
        for trouble in troubles:
            self.troubles.addItem(f"Line {trouble.line}: {trouble.reason}")
        self._lines = [trouble.line for trouble in troubles]
        self.view.mark(self._lines)
        self.troubles.setVisible(bool(troubles))
        self.troubles.doItemsLayout()
        rows = (self.troubles.visualItemRect(self.troubles.item(row)).height() for row in range(len(troubles)))
        self.troubles.setFixedHeight(min(sum(rows) + 2 * self.troubles.frameWidth(), MOST_OF_TROUBLES))
        if troubles:
            self._go_to(0)

    def start(self) -> None:
        """Let the text be edited."""
        self._editing = True
        self.view.setReadOnly(False)
        self.view.setUndoRedoEnabled(True)
        self._show_mode()
        self.view.setFocus()

    def finish(self) -> None:
        """Show the drawing's own text again: what was written has been applied, or is dropped."""
        self._editing = False
        self.view.setReadOnly(True)
        self.view.setUndoRedoEnabled(False)
        self.show_troubles(())
        self._show_mode()
        if self._waiting is not None:
            self.view.restore(self._waiting)

    def wait(self) -> None:
        """The text is being read: nothing can be written or applied until it is understood."""
        self.apply_button.setEnabled(False)
        self.view.setReadOnly(True)

    def go_on(self) -> None:
        """The text has been read."""
        self.apply_button.setEnabled(True)
        self.view.setReadOnly(False)

    def apply(self) -> None:
        """Ask for the text to become the drawing."""
        if self.editing:
            self.applied.emit(self.view.toPlainText())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape drops what was written."""
        if event.key() == Qt.Key.Key_Escape and self.editing:
            self.finish()
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 4, 8, 4)
        bar.setSpacing(6)
        set_kind(self.note, "muted")
        self.note.setSizePolicy(self.note.sizePolicy().Policy.Ignored, self.note.sizePolicy().Policy.Preferred)
        bar.addWidget(self.note, 1)
        for button in (self.edit_button, self.drop_button, self.apply_button):
            bar.addWidget(button)
        set_kind(self.apply_button, "primary")
        self.edit_button.setToolTip("Write in the program; Apply makes the drawing follow.")
        self.apply_button.setToolTip("Make the drawing follow the text, as one undo step (Ctrl+Enter).")
        self.drop_button.setToolTip("Forget what was written (Esc).")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.view, 1)
        column.addWidget(self.troubles)
        self.troubles.hide()
        self.troubles.setAccessibleName("Lines that cannot be understood")
        self.troubles.setWordWrap(True)
        self.edit_button.clicked.connect(self.start)
        self.apply_button.clicked.connect(self.apply)
        self.drop_button.clicked.connect(self.finish)
        self.troubles.currentRowChanged.connect(self._go_to)
        keys = QShortcut(QKeySequence("Ctrl+Return"), self)
        keys.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys.activated.connect(self.apply)
        self._dress()

    def _dress(self) -> None:
        self.edit_button.setIcon(icon("pencil"))
        self.apply_button.setIcon(icon("check", "on-accent"))

    def _show_mode(self) -> None:
        self.edit_button.setVisible(not self.editing)
        self.apply_button.setVisible(self.editing)
        self.drop_button.setVisible(self.editing)
        self.note.setText("Write, then apply." if self.editing else "")

    def _go_to(self, row: int) -> None:
        if 0 <= row < len(self._lines):
            block = self.view.document().findBlockByNumber(self._lines[row] - 1)
            if block.isValid():
                self.view.setTextCursor(QTextCursor(block))
                self.view.ensureCursorVisible()
