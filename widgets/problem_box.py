"""What is wrong with one block, in a coloured box, with its repairs as buttons."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout

from engine.problems import Fix, Problem
from widgets.icons import icon, pixmap
from widgets.theme import set_kind, themes

LEVEL_LOOKS = {
    "error": ("alert-triangle", "danger", True),
    "warning": ("alert-circle", "warning", True),
    "hint": ("info-circle", "text-muted", False),
}
"""For each level of problem: icon, colour, and whether the icon is the filled one."""

ROOM_AROUND = 28
"""Pixels of a button beside its icon and its label."""


class ProblemBox(QFrame):
    """Shows one problem; the first repair is the suggested one."""

    fix_chosen = Signal(object)

    def __init__(self, problem: Problem) -> None:
        """Show this problem and its repairs."""
        super().__init__()
        self.problem = problem
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        set_kind(self, "danger-box" if problem.level == "error" else "warning-box")
        self._badge = QLabel()
        sentence = QLabel(problem.text)
        sentence.setWordWrap(True)
        sentence.setTextFormat(Qt.TextFormat.PlainText)
        sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.buttons = [FixButton(fix, suggested=number == 0) for number, fix in enumerate(problem.fixes)]
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(6)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(sentence, 1)
        column.addLayout(head)
        for button in self.buttons:
            button.chosen.connect(self.fix_chosen)
            column.addWidget(button)
        themes().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        name, colour, filled = LEVEL_LOOKS[self.problem.level]
        self._badge.setPixmap(pixmap(name, colour, 16, filled))


class FixButton(QPushButton):
    """One repair. A label that is too long for its place is cut with …; the tool tip has all of it."""

    chosen = Signal(object)

    def __init__(self, fix: Fix, suggested: bool = True) -> None:
        """The suggested repair has the wand."""
        super().__init__(fix.label)
        self._suggested = suggested
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)  # a click leaves the keys with the drawing
        self.show_fix(fix)
        self.clicked.connect(lambda: self.chosen.emit(self._fix))
        themes().changed.connect(self._restyle)
        self._restyle()

    def show_fix(self, fix: Fix) -> None:
        """Stand for another repair."""
        self._fix = fix
        self.setToolTip(f"{fix.label}: {fix.note}" if fix.note else fix.label)
        self.setAccessibleName(fix.label)
        self.setAccessibleDescription(fix.note)

    def sizeHint(self) -> QSize:
        """Room for the whole label."""
        missing = self.fontMetrics().horizontalAdvance(self.accessibleName()) - self.fontMetrics().horizontalAdvance(
            self.text()
        )
        return super().sizeHint() + QSize(missing + 2, 0)

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        return QSize(80, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut the label to the room that there is."""
        super().resizeEvent(event)
        room = self.width() - self.iconSize().width() - ROOM_AROUND
        shown = self.fontMetrics().elidedText(self.accessibleName(), Qt.TextElideMode.ElideRight, room)
        if shown != self.text():
            self.setText(shown)

    def _restyle(self) -> None:
        self.setIcon(icon("wand" if self._suggested else "pencil", "accent" if self._suggested else "text-muted"))
