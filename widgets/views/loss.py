"""Loss and metrics of the run, over its epochs and for every class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSplitter, QStackedWidget, QWidget

from engine.events import EpochDone, Event, Started, Steps
from engine.recipes.metrics import METRICS, RATE, metrics_for
from engine.runs.curves import RunCurves
from engine.scores import ClassScores
from widgets.elided_label import ElidedLabel
from widgets.plots.class_table import COLUMNS, ClassTable
from widgets.plots.course import Course, add_epoch
from widgets.plots.curve_pages import CoveragePage, RocPage, table_of_coverage, table_of_roc
from widgets.plots.loss import SMOOTHINGS, LossPlot
from widgets.plots.metric_card import MetricCard
from widgets.plots.metrics import MetricsPlot
from widgets.plots.overlay import steps_per_epoch
from widgets.theme import set_kind
from widgets.views.base import Row, Subject, View

LOSS, METRIC, CLASSES, ROC, COVERAGE = MODES = ("Loss", "Metrics", "Per class", "ROC", "Coverage")
NARROW = 520
"""Pixels below which there is no room for the card beside the plot."""
_LEAST_BOX = 68
"""Pixels of a list to choose from that still tell which it is."""
MOST_ROWS = 4000
"""Epochs in the table."""
_REST_MS = 100
_LATER = "Known after the first epoch."
_NO_CLASSES = "This data set has plain numbers to aim at, so there are no classes to look at."
_TESTED = "validation = test set"
_TESTED_WHY = (
    "There is no validation part: the test set is looked at after every epoch. "
    "Choosing by these numbers makes them look better than they are; give the split a validation part to keep it fresh."
)


class LossView(View):
    """Loss of every step, and what the validation data say after every epoch."""

    key, title, icon = "loss", "Loss", "chart-line"
    nothing_yet = "Press Train to see how the loss falls."

    def __init__(self) -> None:
        super().__init__()
        self.loss, self.metrics, self.card = LossPlot(), MetricsPlot(), MetricCard()
        self.classes, self.roc, self.coverage = ClassTable(), RocPage(), CoveragePage()
        self.mode, self.smoothing, self.metric_box, self.of_class = (QComboBox() for _ in range(4))
        self.note_on_data, self._sentence = ElidedLabel(), ElidedLabel()
        self._epochs: list[EpochDone] = []
        self._courses: dict[str, Course] = {}
        self._scores: ClassScores | None = None
        self._others: tuple[RunCurves, ...] = ()
        self._running, self._rows_apart = False, 1
        self._rest = QTimer(self, interval=_REST_MS, singleShot=True)
        self._rest.timeout.connect(self._after_rest)
        self._old = False
        self._fill_head()
        self._fill_body()
        self._offer_metrics()
        self._turn()

    # What happens

    def begin(self, subject: Subject) -> None:
        """Another recipe may have other metrics."""
        super().begin(subject)
        self._offer_metrics()
        self._offer_classes()

    def clear(self) -> None:
        """Forget the run; runs that are laid over it stay."""
        super().clear()
        self._epochs, self._courses, self._scores, self._running = [], {}, None, False
        self._rows_apart = 1
        self.loss.clear()
        self.metrics.begin(1, 1)
        self.overlay(self._others)

    def feed(self, events: Sequence[Event]) -> None:
        """Losses of steps, and scores of epochs."""
        told = False
        for event in events:
            match event:
                case Started():
                    self._running = True
                    self.fill()
                    self.loss.begin(event.steps_per_epoch, event.epochs)
                    self.metrics.begin(event.steps_per_epoch, event.epochs)
                    self.loss.overlay(self._others)
                    self._courses[RATE.name] = Course(None)
                case Steps():
                    self.loss.feed_steps(event.steps, event.losses)
                    self._feed_rate(event)
                case EpochDone():
                    self._keep(event)
                    add_epoch(self._courses, event)
                    self.loss.feed_epoch(event.step, event.loss)
                    told = True
                case ClassScores():
                    self._scores = event
                    told = True
        if told:
            self._old = True
            if self.isVisible() and not self._rest.isActive():
                self.catch_up()

    def catch_up(self) -> None:
        """Show everything that was told, now; during a run it happens ten times a second."""
        self._tell()
        self._rest.start()

    def showEvent(self, event: QShowEvent) -> None:
        """What came while hidden is shown."""
        super().showEvent(event)
        self.catch_up()

    def overlay(self, runs: Sequence[RunCurves]) -> None:
        """Lay runs of before over this one, in the plots of loss and metrics; none takes them away."""
        self._others = tuple(runs)
        if runs and not self._running:
            self.fill()
            longest = max((run.epochs[-1].epoch for run in runs if run.epochs), default=1)
            for plot in (self.loss, self.metrics):
                plot.begin(round(steps_per_epoch(runs[0])), longest)
        elif not self._running:
            self.say(self.nothing_yet)
        self.loss.overlay(runs)
        self._tell()

    def table(self) -> Iterable[Row]:
        """What the mode shows: one row for each epoch, class, threshold or confidence."""
        if self.mode.currentText() == CLASSES and self._scores:
            yield tuple(column.lower() for column in COLUMNS)
            model = self.classes.classes
            for row in range(model.rowCount()):
                values = (model.value(row, column) for column in range(len(COLUMNS)))
                yield tuple(None if value != value else value for value in values)
        elif self.mode.currentText() == ROC and self._scores:
            yield from table_of_roc(self._scores)
        elif self.mode.currentText() == COVERAGE and self._scores and self._scores.coverage:
            yield from table_of_coverage(self._scores.coverage)
        else:
            yield from self._table_of_epochs()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The card goes where it would crowd the plot, and the choice for it."""
        super().resizeEvent(event)
        wide = event.size().width() >= NARROW
        if wide == self.card.isHidden():
            self.card.setVisible(wide)
            self._turn()

    # How it is shown

    def _fill_head(self) -> None:
        self.mode.addItems(MODES)
        self.smoothing.addItems(list(SMOOTHINGS))
        self.smoothing.setCurrentText("Smooth")
        names = ("What is shown", "How smooth the line is", "The metric beside the loss", "One class against the rest")
        boxes = (self.mode, self.smoothing, self.metric_box, self.of_class)
        for box, name in zip(boxes, names, strict=True):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
            box.setMinimumWidth(_LEAST_BOX if box is not self.mode else box.sizeHint().width())
            box.setAccessibleName(name)
            box.setToolTip(name)
        log = self.loss.log_button
        for widget in (self.mode, self.smoothing, log, self.metric_box, self.of_class, self.note_on_data):
            self.head.addWidget(widget)
        set_kind(self.note_on_data, "small")
        self.mode.currentIndexChanged.connect(self._turn)
        self.smoothing.currentIndexChanged.connect(self.loss.set_smoothing)
        self.metric_box.currentIndexChanged.connect(self._tell)
        self.of_class.currentIndexChanged.connect(self._tell)
        self.metrics.picked.connect(lambda name: self.metric_box.setCurrentIndex(self.metric_box.findData(name)))

    def _fill_body(self) -> None:
        self._plots, self._sheets = QStackedWidget(), QStackedWidget()
        self._plots.addWidget(self.loss)
        self._plots.addWidget(self.metrics)
        parts = QSplitter()
        for index, (part, share) in enumerate(((self._plots, 3), (self.card, 1))):
            parts.addWidget(part)
            parts.setStretchFactor(index, share)
            parts.setCollapsible(index, False)
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_kind(self._sentence, "muted")
        self._parts = parts
        for page in (parts, self.classes, self.roc, self.coverage, self._sentence):
            self._sheets.addWidget(page)
        row = QHBoxLayout(self.body)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._sheets)

    def _offer_metrics(self) -> None:
        """Those that suit the data; the choice stays where it can."""
        before = self.metric_box.currentData()
        self.metric_box.blockSignals(True)
        self.metric_box.clear()
        for metric in (*metrics_for(self.subject.recipe.data), RATE):
            self.metric_box.addItem(metric.title, metric.name)
            self.metric_box.setItemData(self.metric_box.count() - 1, metric.meaning, Qt.ItemDataRole.ToolTipRole)
        self.metric_box.setCurrentIndex(max(self.metric_box.findData(before), 0))
        self.metric_box.blockSignals(False)
        fresh = bool(self.subject.recipe.counts.validation)
        self.note_on_data.setText("" if fresh else _TESTED)
        self.note_on_data.setAccessibleDescription("" if fresh else _TESTED_WHY)
        self.note_on_data.setWhatsThis("" if fresh else _TESTED_WHY)
        self._turn()

    def _offer_classes(self) -> None:
        self.of_class.blockSignals(True)
        self.of_class.clear()
        self.of_class.addItems(list(self._scores.roc) if self._scores else [])
        self.of_class.blockSignals(False)

    def _turn(self) -> None:
        """Show what the mode is about, and the controls that belong to it."""
        mode = self.mode.currentText()
        self._plots.setCurrentWidget(self.metrics if mode == METRIC else self.loss)
        self.smoothing.setVisible(mode == LOSS)
        self.loss.log_button.setVisible(mode == LOSS)
        self.metric_box.setVisible(mode == METRIC or (mode == LOSS and not self.card.isHidden()))
        self._tell()

    def _tell(self) -> None:
        """Bring the page that is shown up to date."""
        self._old = False
        mode, scores = self.mode.currentText(), self._scores
        pages: dict[str, QWidget] = {CLASSES: self.classes, ROC: self.roc, COVERAGE: self.coverage}
        missing = mode in pages and scores is None
        self._sentence.setText(_LATER if self.subject.recipe.data.classes else _NO_CLASSES)
        self._sheets.setCurrentWidget(self._sentence if missing else pages.get(mode, self._parts))
        if scores and self.of_class.count() != len(scores.roc):
            self._offer_classes()
        self.of_class.setVisible(mode == ROC and self.of_class.count() > 1)
        if mode == CLASSES:
            self.classes.show_scores(scores)
        elif mode == ROC:
            name = self.of_class.currentText()
            self.roc.show_roc(name, scores.roc.get(name) if scores else None)
        elif mode == COVERAGE:
            self.coverage.show_coverage(scores.coverage if scores else None)
        else:
            self._tell_metric(mode)

    def _tell_metric(self, mode: str) -> None:
        name = self.metric_box.currentData()
        metric = METRICS.get(name, RATE)
        if mode == METRIC:
            self.metrics.show_courses(self._courses, metric.name, self._others)
        self.card.show_course(metric.title, metric.meaning, self._courses.get(metric.name), metric.words, metric.share)

    def _after_rest(self) -> None:
        if self._old and self.isVisible():
            self.catch_up()

    def _keep(self, done: EpochDone) -> None:
        """For the table; of very many epochs every second, fourth ... one, and always the last."""
        if self._epochs and self._epochs[-1].epoch % self._rows_apart:
            self._epochs.pop()
        self._epochs.append(done)
        if len(self._epochs) > MOST_ROWS:
            self._rows_apart *= 2
            self._epochs = [kept for kept in self._epochs[:-1] if kept.epoch % self._rows_apart == 0] + [done]

    def _feed_rate(self, event: Steps) -> None:
        """A schedule may change it with every step; who looks at it sees it at once."""
        if event.rate is not None and RATE.name in self._courses:
            self._courses[RATE.name].series.append(event.steps[-1:], [event.rate])
            self.metrics.plot.touch()

    def _table_of_epochs(self) -> Iterable[Row]:
        names = [name for name in METRICS if name in self._courses and name != "accuracy"]
        if self._epochs:
            yield ("epoch", "step", "train_loss", "loss", "accuracy", "learning_rate", *names)
        for done in self._epochs:
            more = (done.metrics.get(name) for name in names)
            yield (done.epoch, done.step, done.train_loss, done.loss, done.accuracy, done.rate, *more)
