"""Where the program begins: a new network, a template that trains at once, or what was open before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.graph import Graph
from widgets.icons import logo
from widgets.start_cards import RING, CommandRow, RecentRow, Step, TemplateCard
from widgets.theme import current, set_kind, themes

SIDE_WIDTH = 256
LEAST_CARD, MOST_COLUMNS = 264, 3
WIDEST = 1320
"""The cards stay together in the middle of a very wide window."""
LOGO = 36

STEPS = (
    ("pencil", "Draw", "Drag blocks onto the canvas and wire them up."),
    ("schema", "Watch shapes", "Every wire shows its size; a mistake comes with a repair."),
    ("chart-line", "Train and look inside", "See filters, gradients and mistakes while it learns."),
)


class StartPage(QWidget):
    """A column of commands and recent drawings, and a gallery of templates."""

    new_requested = Signal()
    open_requested = Signal()
    back_requested = Signal()
    """Return to the drawing that is open."""
    template_chosen = Signal(str)
    recent_chosen = Signal(str)

    def __init__(self) -> None:
        """Without templates and recent drawings until they are shown."""
        super().__init__()
        self._logo = QLabel()
        self._back = CommandRow("Back to the drawing", "Esc", "arrow-back-up", False, self.back_requested.emit)
        self._back.hide()
        self._recent_rows = QVBoxLayout()
        self._cards: list[TemplateCard] = []
        self._grid = QGridLayout()
        self._steps = QGridLayout()
        self._step_views = [Step(*step) for step in STEPS]
        self._gallery = QScrollArea()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._side())
        line = QFrame()
        set_kind(line, "separator-vertical")
        row.addWidget(line)
        row.addWidget(self._main(), 1)
        self._gallery.viewport().installEventFilter(self)
        self.show_templates([])
        self.show_recent([])
        self._dress()
        themes().changed.connect(self._dress)

    def show_back(self, shown: bool) -> None:
        """Offer the way back to an open drawing, or not."""
        self._back.setVisible(shown)

    def show_templates(self, templates: Iterable[tuple[str, str, str, Graph, str]]) -> None:
        """One card for each key, title, sentence, drawing and detail; an empty sheet comes last."""
        for card in self._cards:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._cards = []
        for key, title, text, graph, detail in templates:
            card = TemplateCard(title, text, detail, graph)
            card.clicked.connect(lambda _checked, key=key: self.template_chosen.emit(key))
            self._cards.append(card)
        empty = TemplateCard("Empty sheet", "Start from nothing and draw every block yourself.", "no blocks yet", None)
        empty.clicked.connect(lambda _checked: self.new_requested.emit())
        self._cards.append(empty)
        self._arrange()

    def show_recent(self, recents: Sequence[tuple[str, str, str, Graph | None]]) -> None:
        """One row for each path, title, detail and drawing."""
        while (item := self._recent_rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for path, title, detail, graph in recents:
            row = RecentRow(path, title, detail, graph)
            row.clicked.connect(lambda _checked, path=path: self.recent_chosen.emit(path))
            self._recent_rows.addWidget(row)
        if not recents:
            nothing = QLabel("Networks that you save appear here.")
            set_kind(nothing, "small")
            nothing.setWordWrap(True)
            nothing.setContentsMargins(current().space(3), 0, 0, 0)
            self._recent_rows.addWidget(nothing)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leads back to an open drawing."""
        if event.key() == Qt.Key.Key_Escape and not self._back.isHidden():
            self.back_requested.emit()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The cards follow the width that is there for them."""
        if watched is self._gallery.viewport() and event.type() == QEvent.Type.Resize:
            self._arrange()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The column lies on the surface, the gallery on the canvas."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), current().colour("canvas"))
        painter.fillRect(0, 0, SIDE_WIDTH, self.height(), current().colour("surface"))
        painter.end()

    def _dress(self) -> None:
        self._logo.setPixmap(logo(LOGO))
        self._arrange()
        for widget in self.findChildren(QWidget):
            widget.update()
        self.update()

    def _side(self) -> QWidget:
        theme = current()
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(*4 * (theme.space(5),))
        column.setSpacing(theme.space(1))
        column.addLayout(self._head())
        column.addSpacing(theme.space(6))
        column.addWidget(
            CommandRow("New network", _key(QKeySequence.StandardKey.New), "plus", True, self.new_requested.emit)
        )
        column.addWidget(
            CommandRow("Open…", _key(QKeySequence.StandardKey.Open), "folder-open", False, self.open_requested.emit)
        )
        column.addWidget(self._back)
        column.addSpacing(theme.space(6))
        title = _label("Recent", "small")
        title.setContentsMargins(theme.space(3), 0, 0, theme.space(2))
        column.addWidget(title)
        self._recent_rows.setSpacing(theme.space(1))
        column.addLayout(self._recent_rows)
        column.addStretch(1)
        area = QScrollArea()
        area.setFixedWidth(SIDE_WIDTH)
        return _scrolling(area, inner)

    def _head(self) -> QHBoxLayout:
        row, words = QHBoxLayout(), QVBoxLayout()
        row.setSpacing(current().space(4))
        words.setSpacing(0)
        words.addWidget(_label("Layerloom", "title"))
        words.addWidget(_label(" · ".join([*_version(), "works without internet"]), "caption"))
        row.addWidget(self._logo)
        row.addLayout(words, 1)
        return row

    def _main(self) -> QWidget:
        theme = current()
        inner = QWidget()
        outer, column = QHBoxLayout(inner), QVBoxLayout()
        outer.addStretch(1)
        outer.addLayout(column)
        outer.addStretch(1)
        outer.setContentsMargins(0, 0, 0, 0)
        column.setContentsMargins(*4 * (theme.space(6),))
        column.setSpacing(theme.space(1))
        for text, kind in (
            ("Draw a network. Watch it learn.", "display"),
            ("Pick a template: each one trains at once.", "muted"),
        ):
            label = _label(text, kind)
            label.setWordWrap(True)
            label.setContentsMargins(RING, 0, 0, 0)
            column.addWidget(label)
        column.addSpacing(theme.space(4))
        self._grid.setSpacing(theme.space(5) - 2 * RING)
        column.addLayout(self._grid)
        column.addSpacing(theme.space(5))
        how = _label("How it goes", "strong")
        how.setContentsMargins(RING, 0, 0, theme.space(3))
        column.addWidget(how)
        self._steps.setSpacing(theme.space(5) - 2 * RING)
        column.addLayout(self._steps)
        column.addStretch(1)
        return _scrolling(self._gallery, inner)

    def _arrange(self) -> None:
        """As many cards side by side as there is room for, all of one size."""
        gap = self._grid.spacing()
        room = min(self._gallery.viewport().width(), WIDEST) - 2 * current().space(6)
        columns = max(1, min(MOST_COLUMNS, (room + gap) // (LEAST_CARD + gap)))
        width = max(LEAST_CARD, (room - (columns - 1) * gap) // columns)
        for number, card in enumerate(self._cards):
            card.fit_width(width)
            self._grid.addWidget(card, number // columns, number % columns)
        for number, step in enumerate(self._step_views):
            step.setFixedWidth(width)
            self._steps.addWidget(step, number // columns, number % columns)


def _version() -> list[str]:
    """The version, if the program was installed and so has one."""
    try:
        return [version("layerloom")]
    except PackageNotFoundError:
        return []


def _key(command: QKeySequence.StandardKey) -> str:
    """The key of a command as this desktop writes it."""
    return QKeySequence(command).toString(QKeySequence.SequenceFormat.NativeText)


def _label(text: str, kind: str) -> QLabel:
    label = QLabel(text)
    set_kind(label, kind)
    return label


def _scrolling(area: QScrollArea, inner: QWidget) -> QScrollArea:
    """The area scrolls its contents up and down, and lets the ground shine through."""
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setStyleSheet("QScrollArea { background: transparent }")
    area.viewport().setAutoFillBackground(False)
    area.setWidget(inner)
    inner.setAutoFillBackground(False)
    return area
