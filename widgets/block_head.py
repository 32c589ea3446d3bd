"""The head of the inspector: a block's icon, its name to edit, what PyTorch calls it, and one sentence."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel

from engine.blocks.base import Block
from engine.blocks.placeholder import Placeholder
from engine.graph import Graph
from widgets.text_line import TextLine
from widgets.theme import set_kind, themes
from widgets.tile import tile

TILE = 32


class BlockHead(QFrame):
    """Shows which block is meant. Its name is a field that looks like a title until it is used."""

    renamed = Signal(str, str)

    def __init__(self) -> None:
        """Empty until a block is shown."""
        super().__init__()
        self._graph = Graph()
        self._block: Block | None = None
        self._tile, self._kind, self._sentence, self._error = QLabel(), QLabel(), QLabel(), QLabel()
        self.name = NameField()
        self.name.submitted.connect(self._rename)
        self.name.left.connect(self._take_back)
        set_kind(self._kind, "code")
        set_kind(self._sentence, "muted")
        set_kind(self._error, "danger")
        for label in (self._sentence, self._error):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._error.hide()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(4)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._tile, 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.name, 0, 1)
        grid.addWidget(self._kind, 1, 1)
        grid.addWidget(self._error, 2, 0, 1, 2)
        grid.addWidget(self._sentence, 3, 0, 1, 2)
        grid.setRowMinimumHeight(3, 0)
        self._sentence.setContentsMargins(0, 6, 0, 0)
        self._kind.setContentsMargins(5, 0, 0, 0)
        themes().changed.connect(self._restyle)

    def show_block(self, graph: Graph, name: str) -> None:
        """Show this block of the drawing; a name that is being typed stays."""
        self._graph, self._block = graph, graph.nodes[name].block
        if self.name.original != name:
            self.name.show_name(name)
            self._say("")
        self._kind.setText(torch_name(self._block))
        self._sentence.setText(self._block.summary())
        self._restyle()

    def start_rename(self) -> None:
        """Put the caret into the name, all of it selected."""
        self.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.name.selectAll()

    def _rename(self, wish: str) -> None:
        old = self.name.original
        if wish == old:
            self._take_back()
            return
        try:
            self._graph.rename(old, wish)
        except ValueError as error:
            self._say(f"{error}.")
            return
        self._say("")
        self.name.clearFocus()
        self.renamed.emit(old, wish)

    def _take_back(self) -> None:
        self.name.show_name(self.name.original)
        self._say("")

    def _say(self, sentence: str) -> None:
        sentence = sentence[:1].upper() + sentence[1:]
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))

    def _restyle(self) -> None:
        if self._block is not None:
            self._tile.setPixmap(tile(self._block.family, TILE))


class NameField(TextLine):
    """A title that can be edited: Enter takes it, Esc and leaving it unchanged give the old name back."""

    submitted = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        """Empty until a name is shown."""
        super().__init__()
        self.original = ""
        self.setAccessibleName("Name of the block")
        self.setToolTip("Rename (F2)")
        themes().changed.connect(self._restyle)
        self._restyle()

    def show_name(self, name: str) -> None:
        """Show a block's name from its beginning."""
        self.original = name
        self.setText(name)
        self.setCursorPosition(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter asks for the new name, Esc takes it back."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submitted.emit(self.text().strip())
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving the field takes a new name; one that cannot be stays, with the reason below it."""
        super().focusOutEvent(event)
        if self.text().strip() != self.original:
            self.submitted.emit(self.text().strip())

    def _restyle(self) -> None:
        theme = themes().current
        line, focus, back = (theme.colour(name).name() for name in ("line-strong", "focus", "surface-sunken"))
        self.setFont(theme.font("strong"))
        radius = theme.radius("small")
        self.setStyleSheet(
            f"QLineEdit {{ background: transparent; border: 1px solid transparent; border-radius: {radius}px;"
            f" padding: 0 3px; min-height: 18px; font-size: {theme.font_size('strong')}px; font-weight: 600; }}"
            f"QLineEdit:hover {{ border-color: {line}; }}"
            f"QLineEdit:focus {{ background: {back}; border: 1px solid {focus}; padding: 0 3px; min-height: 18px; }}"
        )


def torch_name(block: Block) -> str:
    """What PyTorch calls a block, in full: `torch.nn.Conv2d`; its own kind where PyTorch has no name for it."""
    if isinstance(block, Placeholder):
        return block.known_as
    name = block.torch_name
    return f"torch.{name}" if name.startswith("nn.") else name or block.kind()
