"""What the network answers, from the whole table down to why: matrix, examples, one example, and a pad to draw on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QStackedWidget, QToolButton

from engine.events import Event, Failed, Finished, Paused, Resumed, Started, Stopped
from engine.looks.base import Look
from engine.looks.explanations import NONE, THOROUGH, WHILE_PAUSED, WHILE_TRAINING, Explain, Explanation
from engine.looks.predictions import Answer, AnswerTo, OwnPicture, Pictures, PicturesOf, Predictions, PredictionsOf
from widgets.elided_label import ElidedLabel
from widgets.icons import icon
from widgets.theme import set_kind
from widgets.views.base import Row, Subject, View
from widgets.views.predictions_detail import NOTHING_CHOSEN, NOTHING_DRAWN, Detail
from widgets.views.predictions_drawing import DrawingPage
from widgets.views.predictions_gallery import Gallery
from widgets.views.predictions_matrix import ConfusionMatrix
from widgets.views.predictions_panes import Panes
from widgets.views.predictions_scatter import ValueScatter
from widgets.views.predictions_words import none_of, rows, summary

TABLE, MISTAKES, DRAW = "table", "mistakes", "draw"
MODES = {
    TABLE: ("All", "What was taken for what"),
    MISTAKES: ("Mistakes", "What was answered wrongly, surest first"),
    DRAW: ("Draw", "Draw a picture, or open one, and see the answer to it"),
}


class PredictionsView(View):
    """The answers to the validation examples; a click leads to pictures, and from them to explanations."""

    key, title, icon = "predictions", "Predictions", "eye"
    nothing_yet = "Press Train to see what the network takes for what, and why."

    def __init__(self) -> None:
        super().__init__()
        self._seen: Predictions | None = None
        self._cell: tuple[int, int] | None = None
        self._example: int | None = None
        self._own: OwnPicture | None = None
        self._running = self._settled = False
        self._thorough: Explain | None = None
        self._wished: Explain | None = None
        """What the session keeps open for this view."""
        self.matrix, self.scatter, self.gallery = ConfusionMatrix(), ValueScatter(), Gallery()
        self.detail, self.drawing = Detail(), DrawingPage()
        self._make_head()
        self._lay_out()
        self._connect()
        self._show_mode(TABLE)

    @property
    def mode(self) -> str:
        """Which of `MODES` is shown."""
        return next(mode for mode, button in self.modes.items() if button.isChecked())

    @property
    def example(self) -> int | None:
        """The validation example that is looked at, from 0."""
        return self._example

    @property
    def summary(self) -> str:
        """What the line above says of all answers."""
        return self._summary.text()

    # What it wants to see

    def looks(self) -> tuple[Look, ...]:
        """The answers after every epoch, the picture being drawn, and one explanation."""
        looks: list[Look] = [PredictionsOf()]
        if self.mode == DRAW and self._own:
            looks.append(AnswerTo(self._own))
        if wish := self._wish():
            looks.append(wish)
        return tuple(looks)

    def _wish(self) -> Explain | None:
        """What is to be explained now, as finely as there is time for."""
        seconds, method = WHILE_TRAINING if self._running else WHILE_PAUSED, self.detail.method
        wish = Explain(method, target=self.detail.target, layer=self.detail.layer, seconds=seconds)
        if self.mode == DRAW:
            return replace(wish, picture=self._own) if self._own and self._settled and method != NONE else None
        return replace(wish, example=self._example) if self._example is not None else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The pad is a square, and takes no more room."""
        super().resizeEvent(event)
        self.drawing.fit(self.body.width(), self.body.height())

    # What it is told

    def begin(self, subject: Subject) -> None:
        """Other data, perhaps, and no answers yet."""
        super().begin(subject)
        self._know(subject)
        self.panes.restart()

    def clear(self) -> None:
        """Forget the run; what is drawn stays on the pad."""
        super().clear()
        self._seen = self._cell = self._example = self._thorough = self._wished = None
        self._running = False
        self.matrix.show_predictions(None, ())
        self.matrix.forget()
        self.scatter.show_predictions(None)
        self.gallery.forget()
        self.detail.clear()
        self._summarise()

    def follow(self, subject: Subject) -> None:
        """Before the first run the pad already knows which pictures it is for."""
        if self.note == self.nothing_yet:
            self.subject = subject

    def select(self, names: tuple[str, ...]) -> None:
        """The first selected block, if there is a convolution in it, is what Grad-CAM looks at."""
        if names:
            self.detail.choose_layer(names[0])

    def feed(self, events: Sequence[Event]) -> None:
        """Answers to what was asked; a run that waits allows finer explanations."""
        for event in events:
            match event:
                case Started():
                    self.fill()
                    self._take_running(True)
                case Resumed():
                    self._take_running(True)
                case Paused() | Stopped() | Finished() | Failed():
                    self._take_running(False)
                case Predictions():
                    self._take_predictions(event)
                case Pictures():
                    self.gallery.take_pictures(event.pictures)
                case Answer():
                    self._take_answer(event)
                case Explanation():
                    self._take_explanation(event)

    def table(self) -> Iterable[Row]:
        """The confusion matrix; without classes the true and the predicted values."""
        return rows(self._seen, self._labels) if self._seen else ()

    def _take_running(self, running: bool) -> None:
        if running != self._running:
            self._running = running
            self.detail.let_finer(not running)
            if wish := self._wish():
                self._wished = wish
                self.looks_changed.emit()

    def _take_predictions(self, seen: Predictions) -> None:
        self._seen = seen
        self.matrix.show_predictions(seen if seen.classes else None, self._labels)
        self.scatter.show_predictions(None if seen.classes else seen)
        self._table.setCurrentWidget(self.matrix if seen.classes else self.scatter)
        self._fill_gallery()
        self._summarise()

    def _take_answer(self, answer: Answer) -> None:
        look = answer.look
        if isinstance(look, AnswerTo) and self.mode == DRAW and look.picture == self._own:
            if not self._wish():
                self.detail.show_answer(answer)
            self.drawing.answered()

    def _take_explanation(self, seen: Explanation) -> None:
        if seen.look in (self._wish(), self._thorough) and (seen.look != self._thorough or not self._running):
            self.detail.show_explanation(seen, self._running)

    # Going from one to the next

    def _show_mode(self, mode: str) -> None:
        self.modes[mode].setChecked(True)
        panes = {TABLE: (self._table, self.gallery), MISTAKES: (self.gallery,), DRAW: (self.drawing,)}[mode]
        self.panes.show_panes([*panes, self.detail], together=mode == DRAW)
        self._example = self._wished = None
        self._empty_detail()
        self._fill_gallery()
        self.looks_changed.emit()

    def _choose_cell(self, label: int, answer: int) -> None:
        self._cell = label, answer
        self._fill_gallery()
        self.panes.go_to(self.gallery)

    def _choose_example(self, example: int) -> None:
        self._example = example
        self.scatter.pick(example)
        self.gallery.mark(example)
        self.panes.go_to(self.detail)
        self._ask_anew()

    def _take_drawing(self, own: OwnPicture | None) -> None:
        self._own, self._settled, self._wished = own, False, None
        if own is None:
            self._empty_detail()
        elif self.panes.isVisible():
            self.panes.go_to(self.drawing)
        self.looks_changed.emit()

    def _settle(self) -> None:
        if self._own and self.mode == DRAW:
            self._settled = True
            self._ask_anew()

    def _empty_detail(self) -> None:
        self.detail.clear(NOTHING_DRAWN if self.mode == DRAW else NOTHING_CHOSEN)

    def _ask_anew(self) -> None:
        """What is new is answered because it is open now; what was open before is asked for again."""
        self._thorough, wish, before = None, self._wish(), self._wished
        self._wished = wish
        if wish is None:
            return
        self.detail.wait()
        if wish == before:
            self.asked.emit(wish)
        else:
            self.looks_changed.emit()

    def _ask_thoroughly(self) -> None:
        if (wish := self._wish()) and not self._running:
            self._thorough = replace(wish, seconds=THOROUGH)
            self.detail.wait()
            self.asked.emit(self._thorough)

    def _fill_gallery(self) -> None:
        if self._seen is None or self.mode == DRAW:
            return
        cell = None if self.mode == MISTAKES or not self._seen.classes else self._cell
        nothing = none_of(cell, self._labels)
        self.gallery.show_examples(self._listed(self._seen), self._seen, self._labels, nothing)
        self.gallery.mark(self._example)

    def _listed(self, seen: Predictions) -> NDArray[np.int64]:
        if self.mode == MISTAKES or not seen.classes or self._cell is None:
            return seen.wrong
        return seen.cell(*self._cell)

    # Telling

    @property
    def _labels(self) -> tuple[str, ...]:
        return tuple(self.subject.recipe.data.labels)

    def _know(self, subject: Subject) -> None:
        data = subject.recipe.data
        self.detail.begin(self._labels, data.feature_names, data.is_pictures)
        self.gallery.lay_out(data.is_pictures)
        self.drawing.begin(subject.recipe)
        self.modes[DRAW].setEnabled(data.is_pictures)
        if not data.is_pictures and self.mode == DRAW:
            self._show_mode(TABLE)

    def _summarise(self) -> None:
        part = "validation part" if self.subject.recipe.counts.validation else "test set"
        self._summary.setText(summary(self._seen, part) if self._seen else "")

    # Building

    def _make_head(self) -> None:
        self.back, self.now, self._summary = QToolButton(), QToolButton(), ElidedLabel()
        self.modes = {mode: QToolButton() for mode in MODES}
        group = QButtonGroup(self)
        self.head.addWidget(self.back)
        for mode, button in self.modes.items():
            button.setText(MODES[mode][0])
            button.setToolTip(MODES[mode][1])
            button.setCheckable(True)
            group.addButton(button)
            self.head.addWidget(button)
        for button, words in ((self.back, "Back"), (self.now, "Look now, with the weights of the moment")):
            button.setToolTip(words)
            button.setAccessibleName(words.partition(",")[0])
        self.now.setText("Look now")
        self.now.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        set_kind(self._summary, "small")
        self.head.addWidget(self.now)
        self.head.addWidget(self._summary, 1)
        self._restyle_head()

    def _lay_out(self) -> None:
        self._table = QStackedWidget()
        self._table.addWidget(self.matrix)
        self._table.addWidget(self.scatter)
        self.panes = Panes(self._table, self.gallery, self.drawing, self.detail)
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.panes)

    def _connect(self) -> None:
        for mode, button in self.modes.items():
            button.clicked.connect(lambda _=False, mode=mode: self._show_mode(mode))
        self.back.clicked.connect(self.panes.back)
        self.panes.depth_changed.connect(lambda: self.back.setVisible(self.panes.can_go_back))
        self.now.clicked.connect(lambda: self.asked.emit(PredictionsOf(now=True)))
        self.matrix.chosen.connect(self._choose_cell)
        self.scatter.chosen.connect(self._choose_example)
        self.gallery.chosen.connect(self._choose_example)
        self.gallery.pictures_wanted.connect(lambda examples: self.asked.emit(PicturesOf(examples)))
        self.drawing.drawn.connect(self._take_drawing)
        self.drawing.settled.connect(self._settle)
        self.detail.wanted.connect(self._ask_anew)
        self.detail.finer_wanted.connect(self._ask_thoroughly)
        self.detail.layer_chosen.connect(self.block_clicked)

    def _restyle(self) -> None:
        super()._restyle()
        if hasattr(self, "back"):
            self._restyle_head()

    def _restyle_head(self) -> None:
        self.back.setIcon(icon("chevron-left"))
        self.now.setIcon(icon("refresh"))
