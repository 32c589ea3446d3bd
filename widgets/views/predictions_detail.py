"""One example large: the probabilities, and an explanation of a chosen kind on top."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.looks.explanations import GRAD_CAM, MEANINGS, METHODS, NONE, OF_PICTURES, Explanation
from engine.looks.predictions import Answer
from widgets.map_painting import GuessBars
from widgets.theme import set_kind, themes
from widgets.views.predictions_picture import STRENGTH, ExplainedPicture

LEAST_PICTURE = 70
"""With less room beside them the picture stands above."""
SLIM = "QComboBox { padding: 0 0 0 6px; } QComboBox::drop-down { width: 18px; }"
NOTHING_CHOSEN = "Choose an example to see what the network looks at."
NOTHING_DRAWN = "Draw something to see the answer."
WORKING = "Working it out…"
COLUMN, WIDE_COLUMN = 176, 380
"""Pixels that choices and probabilities need, and make use of."""


class Detail(QWidget):
    """Shows what it is told and says what is wanted: `method`, `target` and `layer` are the person's choice."""

    wanted = Signal()
    """Another method, target or layer was chosen."""
    layer_chosen = Signal(str)
    """A convolution was chosen, by the path of its block."""
    finer_wanted = Signal()

    def __init__(self) -> None:
        """Without an example."""
        super().__init__()
        self._seen: Explanation | None = None
        self._labels: tuple[str, ...] = ()
        self._features: tuple[str, ...] = ()
        self._lights = False
        self._make()
        self._lay_out()
        self.clear()

    @property
    def method(self) -> str:
        """How to explain."""
        return str(self.methods.currentData())

    @property
    def target(self) -> int | None:
        """What to explain; None for what the network chooses."""
        found: int | None = self.targets.currentData()
        return found

    @property
    def layer(self) -> str:
        """The convolution for Grad-CAM; nothing for the last one."""
        return str(self.layers.currentData() or "")

    @property
    def seen(self) -> Explanation | None:
        """What is shown."""
        return self._seen

    def begin(self, labels: Sequence[str], features: Sequence[str], pictures: bool) -> None:
        """Other data: their classes are what can be explained, and some methods are for pictures alone."""
        self._labels, self._features = tuple(labels), tuple(features)
        with QSignalBlocker(self.targets), QSignalBlocker(self.methods):
            self.targets.clear()
            self.targets.addItem("answer", None)
            for place, label in enumerate(labels):
                self.targets.addItem(label, place)
            kept = self.method
            self.methods.clear()
            for method, title in METHODS.items():
                if pictures or method not in OF_PICTURES:
                    self.methods.addItem(title, method)
                    self.methods.setItemData(self.methods.count() - 1, MEANINGS[method], Qt.ItemDataRole.ToolTipRole)
            self.methods.setCurrentIndex(max(self.methods.findData(kept), 0))
        self.clear()

    def clear(self, hint: str = NOTHING_CHOSEN) -> None:
        """No example; the hint says what would fill its place."""
        self.picture.hint = hint
        self._seen = None
        self.picture.show_example(None, None)
        self.bars.hide()
        self._say("")
        self.finer.hide()
        self._follow_method()

    def wait(self) -> None:
        """The answer is on its way."""
        self._say(WORKING)

    def show_explanation(self, seen: Explanation, running: bool) -> None:
        """What was found out."""
        self._seen = seen
        self.picture.show_example(seen.picture, seen.values, self._features)
        self._show_guess(seen)
        self._list_layers(seen)
        self.finer.setVisible(seen.coarse)
        self.let_finer(not running)
        self._say(seen.missing or self._words(seen))
        self.picture.setAccessibleDescription(self._said.text())
        if self._lights and seen.layer:
            self._lights = False
            self.layer_chosen.emit(_block(seen.layer))

    def show_answer(self, answer: Answer) -> None:
        """A picture of one's own as it is being drawn."""
        self._seen = None
        self.picture.show_example(answer.picture, None)
        self.bars.show()
        self.bars.show_guess(answer.guess, self._labels, -1, answer.probabilities)
        self.finer.hide()
        self._say("")

    def let_finer(self, allowed: bool) -> None:
        """A thorough explanation takes time that a run in progress has not."""
        self.finer.setEnabled(allowed)
        self.finer.setToolTip("Take all the time it needs" if allowed else "Pause the run first")

    def choose_layer(self, block: str) -> None:
        """A block was selected in the drawing: the last convolution in it, if there is one, is looked at."""
        inside = [place for place in range(self.layers.count()) if _within(str(self.layers.itemData(place)), block)]
        if inside and self.layers.currentIndex() not in inside:
            with QSignalBlocker(self.layers):
                self.layers.setCurrentIndex(inside[-1])
            if self.method == GRAD_CAM:
                self.wanted.emit()

    @property
    def said(self) -> str:
        """The sentence under the picture."""
        return self._said.text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep both readable."""
        super().resizeEvent(event)
        narrow = self.width() < COLUMN + LEAST_PICTURE
        directions = QBoxLayout.Direction
        self._upper.setDirection(directions.TopToBottom if narrow else directions.LeftToRight)

    # Building

    def _make(self) -> None:
        self.picture, self.bars, self._said = ExplainedPicture(), GuessBars(), QLabel()
        set_kind(self._said, "small")
        self._said.setWordWrap(True)
        self._said.setTextFormat(Qt.TextFormat.PlainText)
        self.bars.setAccessibleName("Probabilities of the classes")
        self.methods, self.targets, self.layers = QComboBox(), QComboBox(), QComboBox()
        for box, words in (
            (self.methods, "How to explain the answer"),
            (self.targets, "Which class to explain"),
            (self.layers, "Which convolution Grad-CAM looks at"),
        ):
            box.setToolTip(words)
            box.setAccessibleName(words)
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            box.setMinimumContentsLength(3)
            box.setStyleSheet(SLIM)
        for method, title in METHODS.items():
            self.methods.addItem(title, method)
        self.targets.addItem("answer", None)
        self.signed = QCheckBox("signed")
        self.signed.setChecked(True)
        self.signed.setToolTip(
            "Tell what speaks for the class from what speaks against it; else show how much it matters"
        )
        self.strength = QSlider(Qt.Orientation.Horizontal)
        self.strength.setRange(0, 100)
        self.strength.setValue(round(100 * STRENGTH))
        self.strength.setToolTip("How strong the colours are")
        self.strength.setAccessibleName("Strength of the colours")
        self.finer = QToolButton()
        self.finer.setText("Finer")
        self.finer.setAccessibleName("A finer explanation")
        self.methods.currentIndexChanged.connect(self._take_method)
        self.targets.currentIndexChanged.connect(self._take_wish)
        self.layers.currentIndexChanged.connect(self._take_layer)
        self.signed.toggled.connect(self._restyle)
        self.strength.valueChanged.connect(self._restyle)
        self.finer.clicked.connect(self.finer_wanted)

    def _lay_out(self) -> None:
        space = themes().current.space
        which, how = QHBoxLayout(), QHBoxLayout()
        for layout, parts in ((which, (self.targets, self.layers)), (how, (self.signed, self.strength))):
            layout.setSpacing(space(2))
            for part in parts:
                layout.addWidget(part, 0 if part is self.signed else 1)
        self._column = QWidget()
        self._column.setMinimumWidth(COLUMN)
        self._column.setMaximumWidth(WIDE_COLUMN)
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(space(2))
        column.addWidget(self.methods)
        column.addLayout(which)
        column.addLayout(how)
        column.addWidget(self.bars, 1)
        column.addStretch(0)
        self._upper, lower = QBoxLayout(QBoxLayout.Direction.LeftToRight), QHBoxLayout()
        self._upper.setSpacing(space(3))
        self._upper.addWidget(self.picture, 1)
        self._upper.addWidget(self._column, 1)
        lower.addWidget(self._said, 1)
        lower.addWidget(self.finer)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(space(1))
        rows.addLayout(self._upper, 1)
        rows.addLayout(lower)

    # Choosing

    def _take_method(self) -> None:
        self._lights = self.method == GRAD_CAM
        self._follow_method()
        self._take_wish()

    def _take_wish(self) -> None:
        self.wanted.emit()

    def _take_layer(self) -> None:
        self._lights = False
        if self.layer:
            self.layer_chosen.emit(_block(self.layer))
        self.wanted.emit()

    def _follow_method(self) -> None:
        explains = self.method != NONE
        self.layers.setVisible(self.method == GRAD_CAM)
        for part in (self.targets, self.signed, self.strength):
            part.setVisible(explains)

    def _restyle(self) -> None:
        self.picture.show_as(self.signed.isChecked(), self.strength.value() / 100)

    # Telling

    def _show_guess(self, seen: Explanation) -> None:
        self.bars.show()
        right = -1 if seen.label is None or not self._labels else int(seen.label)
        self.bars.show_guess(seen.guess, self._labels, right, seen.probabilities)

    def _list_layers(self, seen: Explanation) -> None:
        known = tuple(self.layers.itemData(place) for place in range(self.layers.count()))
        with QSignalBlocker(self.layers):
            if known != seen.layers:
                self.layers.clear()
                for path in seen.layers:
                    self.layers.addItem(path, path)
            if seen.layer:
                self.layers.setCurrentIndex(self.layers.findData(seen.layer))

    def _words(self, seen: Explanation) -> str:
        label = "" if seen.label is None else f"Label {self._named(seen.label)}"
        reason = f"what speaks for {self._named(seen.target)}" if seen.values is not None and self._labels else ""
        return "  ·  ".join(part for part in (label, reason, seen.note) if part)

    def _named(self, value: float) -> str:
        if self._labels and 0 <= value < len(self._labels):
            return self._labels[int(value)]
        return f"{value:.4g}"

    def _say(self, text: str) -> None:
        self._said.setText(text)


def _within(path: str, block: str) -> bool:
    """Whether a convolution is this block or inside of it."""
    drawn = _block(path)
    return drawn == block or drawn.startswith(f"{block}/")


def _block(path: str) -> str:
    """A convolution as the drawing names it: copies of a repeated group are drawn once."""
    return "/".join(part for part in path.split("/") if not part.isdigit())
