"""The data before and while a network learns from them: samples, shares, classes, columns, augmentation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.events import Event
from engine.looks.base import Look, Unseen
from engine.looks.data import (
    MOST_SAMPLES,
    PREVIEWED,
    Augmented,
    AugmentedOf,
    DataLook,
    Part,
    Samples,
    SamplesOf,
    Summary,
    SummaryOf,
)
from widgets.class_balance import ClassBalance
from widgets.icons import icon
from widgets.number_table import NumberTable
from widgets.picture_wall import PictureWall
from widgets.plots.axes import number
from widgets.theme import set_kind
from widgets.views.base import Row, Subject, View
from widgets.views.data_words import summary_words

PARTS: tuple[tuple[Part, str], ...] = (
    ("train", "Training part"),
    ("validation", "Validation part"),
    ("test", "Test part"),
)
EXAMPLES, AUGMENTED, COLUMNS = "Examples", "Augmented", "Columns"
OWN = {
    "folder": "Folder of pictures…",
    "table": "Table or list of pictures (CSV)…",
    "array": "NumPy file…",
}
_ROWS_AT_ONCE, _MOST_SHOWN_COLUMNS = 40, 40


class DataView(View):
    """Asks the training process about the recipe's data whenever they differ, and while somebody can see it."""

    key, title, icon = "data", "Data", "database"
    nothing_yet = "The data are being looked at."

    own_requested = Signal(str)
    """Somebody wants data of their own: a key of `OWN`."""
    fit_requested = Signal()
    """The drawing is to suit the data."""

    def __init__(self) -> None:
        super().__init__()
        self._samples: Samples | None = None
        self._summary: Summary | None = None
        self._augmented: Augmented | None = None
        self._findings: tuple[str, ...] = ()
        self._start, self._label, self._seed = 0, cast("int | None", None), 0
        self._asked: dict[type[DataLook], DataLook] = {}
        self.parts, self.modes = QComboBox(), QComboBox()
        self.previous, self.next = QToolButton(), QToolButton()
        self.fit, self.own = QPushButton("Fit the drawing"), QPushButton("Own data")
        self.place, self.words = QLabel(), QLabel()
        self.wall, self.changed_wall = PictureWall("Examples"), PictureWall("Before and after", paired=True)
        self.rows, self.columns, self.balance = NumberTable("Examples"), NumberTable("Columns"), ClassBalance()
        self._stack = QStackedWidget()
        self._make_head()
        self._make_body()
        self._dress()

    # What is asked

    def begin(self, subject: Subject) -> None:
        """A run begins with data that are here already."""
        self.follow(subject)

    def follow(self, subject: Subject) -> None:
        """Other data, another split or other augmentation are looked at anew."""
        before, self.subject = self.subject.recipe, subject
        recipe = subject.recipe
        if recipe.data != before.data or recipe.split != before.split:
            self._start, self._label = 0, None
            self._samples = self._summary = self._augmented = None
            self._findings, self._asked = (), {}
            self._offer_modes()
            self.say(f"Reading {recipe.data.title}…")
        self._ask()

    def clear(self) -> None:
        """Another drawing was opened: its data are asked for anew."""
        super().clear()
        self._samples = self._summary = self._augmented = None
        self._findings, self._asked = (), {}
        self._ask()

    def told(self, findings: Sequence[str]) -> None:
        """What a look at somebody's own files found, in sentences."""
        self._findings = tuple(findings)
        self._tell()

    def feed(self, events: Sequence[Event]) -> None:
        """Answers to what was asked last; older ones are about other data."""
        for event in events:
            look = getattr(event, "look", None)
            if not isinstance(look, DataLook) or self._asked.get(type(look)) != look:
                continue
            match event:
                case Samples():
                    self._samples = event
                case Summary():
                    self._summary = event
                case Augmented():
                    self._augmented = event
                case Unseen():
                    self.say(event.text)
                    continue
            self.fill()
            self._tell()

    def showEvent(self, event: QShowEvent) -> None:
        """What was not asked while nobody looked is asked now."""
        super().showEvent(event)
        self._ask()

    def table(self) -> Iterable[Row]:
        """The examples that are shown: number, target, and for rows of numbers these."""
        samples = self._samples
        if samples is None or not len(samples.numbers):
            return
        flat = samples.pictures.reshape(len(samples.numbers), -1)
        names = self.subject.recipe.data.feature_names or [f"value_{index}" for index in range(flat.shape[1])]
        targets = self.subject.recipe.data.target_names or ("target",)
        yield ("number", *targets, *names)
        for index, example in enumerate(samples.numbers):
            yield (example, *map(float, samples.targets[index]), *map(float, flat[index]))

    def _ask(self) -> None:
        if not self.isVisible():
            return
        data, split = self.subject.recipe.data, self.subject.recipe.split
        looks: list[DataLook] = [SummaryOf(data, split)]
        if self.mode == AUGMENTED:
            looks.append(AugmentedOf(data, split, self.subject.recipe.augment, self._seed, PREVIEWED))
        else:
            count = min(self.wall.room if data.is_pictures else _ROWS_AT_ONCE, MOST_SAMPLES)
            looks.append(SamplesOf(data, split, self.part, self._start, count, self._label))
        for look in looks:
            if self._asked.get(type(look)) != look:
                self._asked[type(look)] = look
                self.asked.emit(cast("Look", look))

    @property
    def part(self) -> Part:
        """The part that is shown."""
        return cast("Part", self.parts.currentData() or "train")

    @property
    def mode(self) -> str:
        """Examples, what augmentation makes of them, or how the columns lie."""
        return str(self.modes.currentText())

    # What is told

    def _tell(self) -> None:
        data = self.subject.recipe.data
        self.words.setText(summary_words(data, self._summary, self._findings))
        page = {AUGMENTED: self.changed_wall, COLUMNS: self.columns}.get(self.mode)
        self._stack.setCurrentWidget(page or (self.wall if data.is_pictures else self.rows))
        if self._summary:
            self.balance.show_counts(self._summary.classes, data.labels, self.part, self._label)
            self._fill_columns(self._summary)
        self.balance.setVisible(bool(data.classes))
        if self._samples:
            self._show_samples(self._samples)
        if self._augmented:
            self.changed_wall.show_pictures(self._augmented.plain, (), self._augmented.changed)

    def _show_samples(self, samples: Samples) -> None:
        words = [self._target(row) for row in samples.targets]
        if self.subject.recipe.data.is_pictures:
            self.wall.show_pictures(samples.pictures, words)
        else:
            self._fill_rows(samples, words)
        first, last = self._start + 1, self._start + len(samples.numbers)
        self.place.setText(f"{first:,}–{last:,} of {samples.total:,}" if samples.numbers else "none")
        self.previous.setEnabled(self._start > 0)
        self.next.setEnabled(last < samples.total)

    def _target(self, row: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> str:
        labels = self.subject.recipe.data.labels
        if labels and len(row) == 1 and 0 <= int(row[0]) < len(labels):
            return labels[int(row[0])]
        return ", ".join(number(float(value)) for value in row)

    def _fill_rows(self, samples: Samples, words: Sequence[str]) -> None:
        data = self.subject.recipe.data
        flat = samples.pictures.reshape(len(samples.numbers), -1)[:, :_MOST_SHOWN_COLUMNS]
        names = [*data.feature_names[:_MOST_SHOWN_COLUMNS]] or [f"{index + 1}" for index in range(flat.shape[1])]
        target = ", ".join(data.target_names) or "class"
        cells = [[*(number(float(value)) for value in row), word] for row, word in zip(flat, words, strict=True)]
        self.rows.show_rows([*names, target], [f"{place + 1:,}" for place in samples.numbers], cells)

    def _fill_columns(self, summary: Summary) -> None:
        cells = [[number(value) for value in (c.low, c.high, c.mean, c.spread)] for c in summary.columns]
        titles = ["least", "greatest", "mean", "standard deviation"]
        self.columns.show_rows(titles, [column.name for column in summary.columns], cells)

    # Its parts

    def _make_head(self) -> None:
        for part, title in PARTS:
            self.parts.addItem(title, part)
        self.parts.setAccessibleName("Part of the data")
        self.modes.setAccessibleName("What is shown of the data")
        self._offer_modes()
        for button, words in ((self.previous, "Examples before these"), (self.next, "Examples after these")):
            button.setToolTip(words)
            button.setAccessibleName(words)
        set_kind(self.place, "small")
        self.fit.setToolTip("Set the Input's size, the loss and the last block to what these data need")
        menu = QMenu(self.own)
        for key, title in OWN.items():
            menu.addAction(title).triggered.connect(lambda _=False, key=key: self.own_requested.emit(key))
        self.own.setMenu(menu)
        for widget in (self.parts, self.modes, self.previous, self.place, self.next, self.fit, self.own):
            self.head.addWidget(widget)
        self.parts.currentIndexChanged.connect(self._turn_to_first)
        self.modes.currentIndexChanged.connect(self._change_mode)
        self.previous.clicked.connect(lambda: self._turn(-1))
        self.next.clicked.connect(lambda: self._turn(1))
        self.fit.clicked.connect(self.fit_requested)
        self.balance.chosen.connect(self._choose_class)
        self.wall.room_changed.connect(self._ask)
        self.changed_wall.chosen.connect(self._draw_anew)

    def _make_body(self) -> None:
        for page in (self.wall, self.rows, self.columns, self.changed_wall):
            self._stack.addWidget(page)
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        set_kind(self.words, "muted")
        side = QWidget()
        side.setFixedWidth(250)
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.words)
        column.addWidget(self.balance, 1)
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._stack, 1)
        row.addWidget(side)

    def _dress(self) -> None:
        self.previous.setIcon(icon("chevron-left"))
        self.next.setIcon(icon("chevron-right"))

    def _offer_modes(self) -> None:
        """Only what there is to see of these data."""
        pictures = self.subject.recipe.data.is_pictures
        wanted = [EXAMPLES, AUGMENTED, COLUMNS] if pictures else [EXAMPLES, COLUMNS]
        if wanted != [self.modes.itemText(index) for index in range(self.modes.count())]:
            self.modes.blockSignals(True)
            self.modes.clear()
            self.modes.addItems(wanted)
            self.modes.blockSignals(False)

    def _turn(self, step: int) -> None:
        shown = max(1, len(self._samples.numbers) if self._samples else 1)
        room = self.wall.room if self.subject.recipe.data.is_pictures else _ROWS_AT_ONCE
        self._start = max(0, self._start + (shown if step > 0 else -room))
        self._ask()

    def _turn_to_first(self, _: int = 0) -> None:
        self._start = 0
        self._ask()
        self._tell()

    def _change_mode(self, _: int) -> None:
        self._ask()
        self._tell()

    def _choose_class(self, label: int) -> None:
        self._label = None if label == self._label else label
        self._turn_to_first()

    def _draw_anew(self, _: int) -> None:
        """A click on the augmented pictures lets chance change them once more."""
        self._seed += 1
        self._ask()
