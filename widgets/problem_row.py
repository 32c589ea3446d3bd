"""One problem of the list: how bad it is, which block, what is wrong, and a button that mends it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from engine.graph import Graph
from engine.problems import Fix, Problem
from widgets.icons import pixmap
from widgets.problem_box import LEVEL_LOOKS, FixButton
from widgets.theme import set_kind, themes
from widgets.tile import tile

NAME_WIDTH, BUTTON_WIDTH = 78, 280
TILE = 18


class ProblemRow(QFrame):
    """Its repair is worked out when `offer_repair` says so, and again for each new drawing."""

    selected = Signal(str)
    fix_chosen = Signal(object)
    stepped = Signal(object, int)

    def __init__(self) -> None:
        """Empty until a problem is shown."""
        super().__init__()
        self.problem = Problem("", "hint", "")
        self.button: FixButton | None = None
        self._family = ""
        self._offered = False
        self.setObjectName("problem-row")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        set_kind(self, "")
        self._level, self._tile, self._name, self._sentence = QLabel(), QLabel(), QLabel(), QLabel()
        set_kind(self._name, "label")
        self._name.setMinimumWidth(NAME_WIDTH)
        self._sentence.setWordWrap(True)
        self._sentence.setTextFormat(Qt.TextFormat.PlainText)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 4, 12, 4)
        self._row.setSpacing(8)
        for label in (self._level, self._tile, self._name):
            self._row.addWidget(label)
        self._row.addWidget(self._sentence, 1)
        themes().changed.connect(self._restyle)

    def show_problem(self, graph: Graph, problem: Problem) -> None:
        """Show a problem; the button of the same one stays until its repair is worked out anew."""
        same = (problem.block, problem.text) == (self.problem.block, self.problem.text)
        self.problem, self._offered = problem, False
        self._family = graph.nodes[problem.block].block.family if problem.block in graph.nodes else ""
        if not same:
            self._put_button(None)
        self._name.setText(problem.block)
        self._sentence.setText(sentence_after_name(problem))
        self._sentence.setToolTip(problem.text)
        self.setAccessibleName(f"{problem.level}: {problem.text}")
        self._restyle()

    def offer_repair(self) -> None:
        """Work out the first repair and show it as a button."""
        if self._offered:
            return
        self._offered = True
        fixes = self.problem.fixes
        self._put_button(fixes[0] if fixes else None)

    @property
    def sentence(self) -> str:
        """What the row says beside the block's name."""
        return self._sentence.text()

    def set_lit(self, lit: bool) -> None:
        """Tint the row, or not."""
        set_kind(self, "lit" if lit else "")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter or Space go to the block, arrows to the neighbours."""
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if steps:
            self.stepped.emit(self, steps)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.selected.emit(self.problem.block)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep the press, so that its release comes here too."""
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click goes to the block."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.selected.emit(self.problem.block)

    def _put_button(self, fix: Fix | None) -> None:
        """Show a repair. The focus stays on the button when another drawing has the same repair."""
        if fix and self.button and self.button.accessibleName() == fix.label:
            self.button.show_fix(fix)
            return
        if self.button:
            self.button.hide()
            self._row.removeWidget(self.button)
            self.button.deleteLater()
            self.button = None
        if fix:
            self.button = FixButton(fix)
            self.button.setMaximumWidth(BUTTON_WIDTH)
            self.button.setCursor(Qt.CursorShape.ArrowCursor)
            self.button.chosen.connect(self.fix_chosen)
            self._row.addWidget(self.button)

    def _restyle(self) -> None:
        name, colour, filled = LEVEL_LOOKS[self.problem.level]
        self._level.setPixmap(pixmap(name, colour, 16, filled))
        self._tile.setPixmap(tile(self._family, TILE))
        self.setMinimumHeight(themes().current.size("row") + 8)


def sentence_after_name(problem: Problem) -> str:
    """The sentence without the block's name at its head, because the name stands before it."""
    rest = problem.text.removeprefix(f"{problem.block} ")
    return rest[:1].upper() + rest[1:]
