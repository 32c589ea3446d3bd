"""The popup beside a faulty block: what is wrong, and up to three repairs to choose from."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.problems import Fix, Problem
from widgets import icons
from widgets.theme import current, set_kind

WIDTH = 420
ROW = 46
MOST = 3
EDGE = 12
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class RepairPopup(QFrame):
    """Lies over the canvas until a repair is taken or Esc is pressed."""

    chosen = Signal(object)
    closed = Signal()

    def __init__(self, problem: Problem, parent: QWidget) -> None:
        """Show the problem's sentence and its repairs."""
        super().__init__(parent)
        self.fixes: Sequence[Fix] = problem.fixes[:MOST]
        self.rows: list[FixRow] = []
        set_kind(self, "popup")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setFixedWidth(WIDTH)
        self.setAccessibleName(f"{problem.block}: {problem.text}")
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 10)
        column.setSpacing(6)
        column.addLayout(self._title(problem))
        column.addWidget(self._sentence(problem.text))
        for index, fix in enumerate(self.fixes):
            row = FixRow(index, fix, self)
            row.clicked.connect(lambda _=False, chosen=fix: self.take(chosen))
            self.rows.append(row)
            column.addWidget(row)
        column.addWidget(self._foot())
        if self.rows:
            self.rows[0].setFocus()

    def take(self, fix: Fix) -> None:
        """Apply a repair and close."""
        self.close_popup()
        self.chosen.emit(fix)

    def close_popup(self) -> None:
        """Go away."""
        self.hide()
        self.closed.emit()

    def place(self, card: QRect, room: QSize) -> None:
        """Below the card, above it or beside it: wherever there is room."""
        self.adjustSize()
        size = self.sizeHint().expandedTo(QSize(WIDTH, 0))
        x = min(max(card.center().x() - size.width() // 3, EDGE), max(room.width() - size.width() - EDGE, EDGE))
        y = card.bottom() + EDGE
        if y + size.height() > room.height() - EDGE and card.top() - EDGE - size.height() >= EDGE:
            y = card.top() - EDGE - size.height()
        y = max(min(y, room.height() - size.height() - EDGE), EDGE)
        self.setGeometry(QRect(QPoint(x, y), size))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """1 to 3 take a repair, Enter the focused one, arrows go through them, Esc closes."""
        index = event.key() - Qt.Key.Key_1.value
        if 0 <= index < len(self.fixes):
            self.take(self.fixes[index])
        elif event.key() in ENTER and self.fixes:
            focused = next((row.fix for row in self.rows if row.hasFocus()), self.fixes[0])
            self.take(focused)
        elif event.key() == Qt.Key.Key_Escape:
            self.close_popup()
        elif event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.focusNextPrevChild(event.key() == Qt.Key.Key_Down)
        else:
            super().keyPressEvent(event)

    def _title(self, problem: Problem) -> QHBoxLayout:
        row = QHBoxLayout()
        name, token = ("alert-triangle", "danger") if problem.level == "error" else ("alert-circle", "warning")
        badge = QLabel()
        badge.setPixmap(icons.pixmap(name, token, 18, filled=True))
        title = QLabel(f"{problem.block} {'needs a repair' if problem.level == 'error' else 'may need a change'}")
        set_kind(title, "strong")
        close = QToolButton()
        close.setIcon(icons.icon("x"))
        close.setToolTip("Close (Esc)")
        close.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        close.clicked.connect(self.close_popup)
        row.addWidget(badge)
        row.addWidget(title, 1)
        row.addWidget(close)
        return row

    def _sentence(self, text: str) -> QLabel:
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        set_kind(label, "muted")
        label.setContentsMargins(26, 0, 4, 4)
        label.setFixedWidth(WIDTH - 28)
        label.setFixedHeight(label.heightForWidth(WIDTH - 28))
        return label

    def _foot(self) -> QLabel:
        text = "Esc closes · Ctrl+Z undoes a repair" if self.fixes else "Only you can solve this one · Esc closes"
        foot = QLabel(text)
        foot.setAlignment(Qt.AlignmentFlag.AlignRight)
        set_kind(foot, "caption")
        return foot


class FixRow(QPushButton):
    """One repair: what it does, what else to know, and the key that takes it."""

    def __init__(self, index: int, fix: Fix, parent: QWidget) -> None:
        """The first one is the suggestion."""
        super().__init__(parent)
        self.fix = fix
        set_kind(self, "row")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{fix.label}. {fix.note}")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.setSpacing(10)
        icon = QLabel()
        icon.setPixmap(icons.pixmap("wand" if index == 0 else "pencil", "accent" if index == 0 else "text-muted", 18))
        row.addWidget(icon)
        row.addLayout(self._texts(fix), 1)
        key = QLabel("Apply  Enter" if index == 0 else str(index + 1))
        set_kind(key, "chip-accent" if index == 0 else "key")
        row.addWidget(key, 0, Qt.AlignmentFlag.AlignVCenter)
        for child in self.findChildren(QLabel):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        """Room for two lines, which a button does not know of."""
        return QSize(WIDTH - 28, ROW)

    def _texts(self, fix: Fix) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(0)
        label = QLabel(fix.label)
        label.setFont(current().font("body", "medium"))
        column.addStretch()
        column.addWidget(label)
        if fix.note:
            note = QLabel(fix.note)
            set_kind(note, "small")
            column.addWidget(note)
        column.addStretch()
        return column
