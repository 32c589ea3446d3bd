"""Why a run broke: a sentence in plain words, with the details folded below it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout

from widgets.icons import icon, pixmap
from widgets.theme import set_kind, themes

DETAILS_HEIGHT = 110


class FailureBox(QFrame):
    """Hidden until something failed."""

    def __init__(self) -> None:
        super().__init__()
        set_kind(self, "danger-box")
        self._badge, self._text = QLabel(), QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._fold, self._copy = QPushButton("Details"), QPushButton("Copy")
        self._way_out = QPushButton()
        self._take_it: Callable[[], object] | None = None
        self._fold.setCheckable(True)
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setFixedHeight(DETAILS_HEIGHT)
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._details.setAccessibleName("Details")
        set_kind(self._details, "code")
        self._build()
        self._fold.toggled.connect(self._unfold)
        self._copy.clicked.connect(self._copy_all)
        self._way_out.clicked.connect(self._take_way_out)
        themes().changed.connect(self._restyle)
        self._restyle()
        self.clear()

    @property
    def text(self) -> str:
        """The sentence, or nothing."""
        return self._text.text()

    def clear(self) -> None:
        """Nothing failed."""
        self._text.clear()
        self._details.clear()
        self._fold.setChecked(False)
        self._unfold(False)
        self._way_out.hide()
        self.hide()

    def say(self, text: str, details: str = "") -> None:
        """Show a sentence; without details there is nothing to unfold."""
        self.clear()
        self._text.setText(text)
        self._details.setPlainText(details.strip())
        for button in (self._fold, self._copy):
            button.setVisible(bool(details.strip()))
        self.show()

    def offer(self, words: str, take: Callable[[], object]) -> None:
        """A way out of what was just said, beside it."""
        self._way_out.setText(words)
        self._take_it = take
        self._way_out.show()

    def _take_way_out(self) -> None:
        if self._take_it:
            self._take_it()
        self.clear()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._text, 1)
        row.addWidget(self._way_out, 0, Qt.AlignmentFlag.AlignTop)
        for button in (self._fold, self._copy):
            set_kind(button, "ghost")
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 6, 6)
        column.addLayout(row)
        column.addWidget(self._details)

    def _unfold(self, unfolded: bool) -> None:
        self._details.setVisible(unfolded)
        self._fold.setIcon(icon("chevron-down" if unfolded else "chevron-right"))

    def _copy_all(self) -> None:
        QApplication.clipboard().setText(f"{self.text}\n\n{self._details.toPlainText()}")

    def _restyle(self) -> None:
        self._badge.setPixmap(pixmap("alert-triangle", "danger", 18, filled=True))
        self._copy.setIcon(icon("copy"))
        self._unfold(self._fold.isChecked())
