"""The program that the drawing means, live: lines light up with their blocks, and a click on a line finds its block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import takewhile

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QWidget

from engine.lower import Source
from widgets.highlighting import format_ranges
from widgets.theme import set_kind, themes

BAR = 3
"""Width of the bar beside lines that are lit."""
GAP = 10
"""Room on both sides of the line numbers."""
LARGEST_STATE = 2**31 - 1
INDENT = "    "


class CodeView(QPlainTextEdit):
    """Read-only. Colours are worked out for the lines in view only, so that a long program costs no more."""

    block_clicked = Signal(str)

    def __init__(self) -> None:
        """Empty until a program is shown."""
        super().__init__()
        set_kind(self, "code")
        self._source = Source("", {})
        self._names: tuple[str, ...] = ()
        self._lit: frozenset[int] = frozenset()
        self._marked: frozenset[int] = frozenset()
        self._pressed_at = 0
        self._look = 0
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setAccessibleName("Code of the drawing")
        self._numbers = LineNumbers(self)
        self.blockCountChanged.connect(self._make_room)
        self.updateRequest.connect(self._follow)
        themes().changed.connect(self._restyle)
        self._restyle()

    def show_source(self, source: Source) -> None:
        """Show a program. Only lines that differ are replaced; what is in view stays in view."""
        before, self._source = self._source, source
        if source.text != before.text:
            self._replace(before.text, source.text)
        if source != before:
            self._light(scroll=False)

    def restore(self, source: Source) -> None:
        """Show a program in the place of whatever was written into the view."""
        self._replace(self.toPlainText(), source.text)
        self._source = source
        self._light(scroll=False)
        self.horizontalScrollBar().setValue(0)

    def mark(self, lines: Iterable[int]) -> None:
        """Tint lines that cannot be understood, and none besides."""
        self._marked = frozenset(lines)
        self.viewport().update()

    def light_up(self, names: Iterable[str]) -> None:
        """Tint the lines of these blocks, named by their paths, and bring them into view if they are others."""
        fresh = tuple(names)
        scroll, self._names = fresh != self._names, fresh
        self._light(scroll)

    def lit_lines(self) -> tuple[int, ...]:
        """The numbers of the tinted lines; lines count from 1."""
        return tuple(sorted(self._lit))

    def copy_all(self) -> None:
        """Put the whole program on the clipboard."""
        QGuiApplication.clipboard().setText(self._source.text)

    def owner(self, line: int) -> str:
        """The block that a line belongs to, or nothing."""
        return self._source.lines.get(line, "")

    def blocks_in_view(self) -> Iterator[tuple[QTextBlock, QRectF]]:
        """The lines that can be seen, and where they lie."""
        block, offset = self.firstVisibleBlock(), self.contentOffset()
        bottom = self.viewport().height()
        while block.isValid():
            place = self.blockBoundingGeometry(block).translated(offset)
            if place.top() > bottom:
                return
            yield block, place
            block = block.next()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tint the lit lines, colour the lines that have come into view, and draw the text."""
        theme = themes().current
        painter = QPainter(self.viewport())
        for block, place in self.blocks_in_view():
            self._colour(block)
            band = QRectF(0, place.top(), self.viewport().width(), place.height())
            if block.blockNumber() + 1 in self._marked:
                painter.fillRect(band, theme.colour("danger-soft"))
            elif block.blockNumber() + 1 in self._lit and self.isReadOnly():
                painter.fillRect(band, theme.colour("code-highlight"))
        painter.end()
        super().paintEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the line numbers beside the text."""
        super().resizeEvent(event)
        area = self.contentsRect()
        self._numbers.setGeometry(QRect(area.left(), area.top(), self._numbers.width(), area.height()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Remember where a click begins: a drag selects text instead."""
        self._pressed_at = self.cursorForPosition(event.position().toPoint()).position()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a line asks for its block."""
        super().mouseReleaseEvent(event)
        cursor = self.cursorForPosition(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and cursor.position() == self._pressed_at and self.isReadOnly():
            self._ask(cursor.blockNumber() + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter asks for the block of the line with the caret."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.isReadOnly():
            self._ask(self.textCursor().blockNumber() + 1)
        elif event.key() == Qt.Key.Key_Tab and not self.isReadOnly():
            self.insertPlainText(INDENT)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            line = self.textCursor().block().text()
            self.insertPlainText("\n" + line[: len(line) - len(line.lstrip())] + INDENT * line.rstrip().endswith(":"))
        else:
            super().keyPressEvent(event)

    def ask_at(self, y: float) -> None:
        """Ask for the block of the line at this height."""
        for block, place in self.blocks_in_view():
            if place.top() <= y < place.bottom():
                self._ask(block.blockNumber() + 1)

    def _ask(self, line: int) -> None:
        if (name := self.owner(line)) and not self.textCursor().hasSelection():
            self.block_clicked.emit(name)

    def _replace(self, old: str, new: str) -> None:
        """Put in what differs between two texts; the rest of the document stays as it is."""
        if not old:
            self.setPlainText(new)
            return
        before, after = old.split("\n"), new.split("\n")
        head = _shared(before, after)
        tail = _shared(before[:head:-1], after[:head:-1])
        start = sum(len(line) + 1 for line in before[:head])
        old_part, new_part = ("\n".join(lines[head : len(lines) - tail]) for lines in (before, after))
        across, down = self.horizontalScrollBar().value(), self.verticalScrollBar().value()
        cursor = QTextCursor(self.document())
        cursor.setPosition(start)
        cursor.setPosition(start + len(old_part), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(new_part)
        self.horizontalScrollBar().setValue(across)
        self.verticalScrollBar().setValue(down)

    def _light(self, scroll: bool) -> None:
        chosen = set(map(self._source.written_as, self._names))
        lines = frozenset(line for line, name in self._source.lines.items() if name in chosen)
        if lines != self._lit:
            self._lit = lines
            self.viewport().update()
            self._numbers.update()
        if scroll and lines:
            self._bring(sorted(lines))

    def _bring(self, lines: Sequence[int]) -> None:
        """Scroll so that the first of these lines is in view, with some lines above it."""
        seen = [block.blockNumber() + 1 for block, place in self.blocks_in_view() if place.bottom() <= self.height()]
        if lines[0] not in seen:
            self.verticalScrollBar().setValue(max(lines[0] - 1 - len(seen) // 3, 0))

    def _colour(self, block: QTextBlock) -> None:
        """Give a line its colours, unless it has those of this text and theme already."""
        text = block.text()
        state = hash((text, self._look)) & LARGEST_STATE
        if block.userState() != state:
            block.setUserState(state)
            block.layout().setFormats(format_ranges(text, themes().current))
            self.document().markContentsDirty(block.position(), block.length())

    def _make_room(self) -> None:
        """Keep as much room at the left as the largest line number needs."""
        digits = max(len(str(self.blockCount())), 2)
        width = 2 * GAP + digits * self._numbers.fontMetrics().horizontalAdvance("0")
        self._numbers.setFixedWidth(width)
        self.setViewportMargins(width, 0, 0, 0)

    def _follow(self, area: QRect, down: int) -> None:
        if down:
            self._numbers.scroll(0, down)
        else:
            self._numbers.update(0, area.y(), self._numbers.width(), area.height())

    def _restyle(self) -> None:
        self._look += 1
        self._numbers.setFont(themes().current.font("code-small"))
        self.setStyleSheet(f"font-size: {themes().current.font_size('caption')}px;")
        self.document().setDocumentMargin(themes().current.space(1) + 2)
        self._make_room()
        self.viewport().update()


class LineNumbers(QWidget):
    """The numbers at the left of the text, and the bar beside lit lines."""

    def __init__(self, view: CodeView) -> None:
        """Lie inside the view."""
        super().__init__(view)
        self._view = view
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def sizeHint(self) -> QSize:
        """As wide as the view has made it."""
        return QSize(self.width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the numbers of the lines in view."""
        theme, lit = themes().current, self._view.lit_lines()
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.colour("surface-sunken"))
        painter.setFont(self.font())
        for block, place in self._view.blocks_in_view():
            line = block.blockNumber() + 1
            band = QRectF(0, place.top(), self.width(), place.height())
            if line in lit:
                painter.fillRect(band, theme.colour("code-highlight"))
                painter.fillRect(QRectF(0, place.top(), BAR, place.height()), theme.colour("accent"))
            painter.setPen(theme.colour("text" if line in lit else "text-faint"))
            right = band.adjusted(0, 0, -GAP, 0)
            painter.drawText(right, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(line))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep the press, so that its release comes here too."""
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A number is as good as its line."""
        self._view.ask_at(event.position().y())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the text."""
        QApplication.sendEvent(self._view.viewport(), event)


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many lines two texts have in common at their beginning; at least one line of each is left over."""
    pairs = list(zip(one, other, strict=False))[: max(min(len(one), len(other)) - 1, 0)]
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
