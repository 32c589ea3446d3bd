"""What all views of a run have in common: what they ask for, what they are told, and how they are saved."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QHideEvent, QImage, QImageWriter, QPainter, QShowEvent
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QStackedLayout, QToolButton, QVBoxLayout, QWidget

from engine.check import Report
from engine.events import Event
from engine.graph import Graph
from engine.looks.base import Look
from engine.recipes.recipe import Recipe
from widgets.icons import icon
from widgets.theme import set_kind, themes

Row = Sequence[str | int | float | None]
FORMATS = ("png", "svg", "csv")


@dataclass(frozen=True)
class Subject:
    """What is trained: the drawing, what is known of its shapes, and the recipe."""

    graph: Graph = field(default_factory=Graph)
    report: Report = field(default_factory=Report)
    recipe: Recipe = field(default_factory=Recipe)


LEAST = QSize(160, 110)
"""Below this size plots and pictures are no use."""


class View(QWidget):
    """Base of every view. A subclass fills `head` and `body`, and overrides what it has to say.

    A view shows `nothing_yet` until `fill()` is called, and again after `clear()`.
    """

    key: ClassVar[str]
    """The name of its dock in settings and code."""
    title: ClassVar[str]
    icon: ClassVar[str]
    nothing_yet: ClassVar[str]
    """The sentence of the empty view: what would fill it."""

    looks_changed = Signal()
    """`looks()` gives something else now."""
    asked = Signal(object)
    """A `Look` to be answered once, now."""
    block_clicked = Signal(str)
    """A block was chosen here; it is named by its path, `stage1/conv2`."""
    save_requested = Signal(str)
    """The view is to be saved in this format, one of `formats()`."""

    def __init__(self) -> None:
        super().__init__()
        self.subject = Subject()
        self.head, self.body = QHBoxLayout(), QWidget()
        self._empty = QLabel(self.nothing_yet)
        self._build()
        self.setAccessibleName(self.title)
        themes().changed.connect(self._restyle)
        self._restyle()

    # What a subclass says

    def looks(self) -> tuple[Look, ...]:
        """What it wants answered again and again while somebody can see it."""
        return ()

    def begin(self, subject: Subject) -> None:
        """A run is about to start. A subclass calls this first."""
        self.subject = subject
        self.clear()

    def feed(self, events: Sequence[Event]) -> None:
        """What happened, in order. Whoever is hidden keeps only what it needs to catch up."""

    def clear(self) -> None:
        """Forget the run. A subclass calls this as well."""
        self.say(self.nothing_yet)

    def follow(self, subject: Subject) -> None:
        """The drawing or the recipe was edited; a run in progress goes on with what it began with."""

    def select(self, names: tuple[str, ...]) -> None:
        """These blocks are selected, named by their paths: `stage1/conv2`."""

    def table(self) -> Iterable[Row]:
        """The numbers that are shown, for a CSV file: a row of titles, then the rows. Nothing means no CSV."""
        return ()

    # What it does for all

    def fill(self) -> None:
        """There is something to see."""
        self._pages.setCurrentWidget(self.body)

    def say(self, text: str) -> None:
        """A sentence in place of the body."""
        self._empty.setText(text)
        self._pages.setCurrentWidget(self._empty)

    @property
    def note(self) -> str:
        """The sentence that is shown in place of the body; nothing while there is something to see."""
        return self._empty.text() if self._pages.currentWidget() is self._empty else ""

    def as_bytes(self, format: str) -> bytes:
        """The view as a PNG at twice its size, an SVG, or its numbers as CSV in UTF-8. Raises ValueError."""
        if format == "png":
            return self._png()
        if format == "svg":
            return self._svg()
        if format == "csv":
            text = io.StringIO()
            csv.writer(text, lineterminator="\n").writerows(self.table())
            return text.getvalue().encode()
        raise ValueError(f"a view is saved as {', '.join(FORMATS)}, not {format}")

    def minimumSizeHint(self) -> QSize:
        """No view keeps the window from becoming narrow."""
        return LEAST

    def showEvent(self, event: QShowEvent) -> None:
        """What it wants to see is wanted now."""
        super().showEvent(event)
        self.looks_changed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks: nothing need be answered."""
        super().hideEvent(event)
        self.looks_changed.emit()

    def _build(self) -> None:
        theme = themes().current
        self.save_button = QToolButton()
        self.save_button.setToolTip(f"Save {self.title.lower()} as a picture or a table")
        self.save_button.setAccessibleName("Save this view")
        self.save_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.save_button)
        for format in FORMATS:
            menu.addAction(f"Save as {format.upper()}…").triggered.connect(partial(self._ask_to_save, format))
        menu.aboutToShow.connect(lambda: self._allow(menu))
        self.save_button.setMenu(menu)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        set_kind(self._empty, "muted")
        row = QHBoxLayout()
        row.setSpacing(theme.space(3))
        self.head.setSpacing(theme.space(3))
        row.addLayout(self.head)
        row.addStretch(1)
        row.addWidget(self.save_button)
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.setContentsMargins(0, 0, 0, 0)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.body)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.space(4), theme.space(1), theme.space(2), theme.space(2))
        column.setSpacing(theme.space(1))
        column.addLayout(row)
        column.addWidget(pages, 1)

    def _ask_to_save(self, format: str) -> None:
        self.save_requested.emit(format)

    def _allow(self, menu: QMenu) -> None:
        """A picture of an empty view, or a table without numbers, is no use."""
        filled = not self.note
        for action, format in zip(menu.actions(), FORMATS, strict=True):
            action.setEnabled(filled and (format != "csv" or any(True for _ in self.table())))

    def _png(self) -> bytes:
        data = QByteArray()
        buffer = QBuffer(data)
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        picture = QImage(self.body.size() * 2, QImage.Format.Format_ARGB32_Premultiplied)
        picture.setDevicePixelRatio(2)
        picture.fill(themes().current.colour("surface"))
        self.body.render(picture)
        QImageWriter(buffer, b"PNG").write(picture)
        return bytes(data.data())

    def _svg(self) -> bytes:
        data = QByteArray()
        buffer = QBuffer(data)
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setTitle(f"{self.title} - Layerloom")
        size = QSize(max(1, self.body.width()), max(1, self.body.height()))
        generator.setSize(size)
        generator.setViewBox(QRect(0, 0, size.width(), size.height()))
        painter = QPainter(generator)
        self.body.render(painter, QPoint())
        painter.end()
        return bytes(data.data())

    def _restyle(self) -> None:
        self.save_button.setIcon(icon("download"))
