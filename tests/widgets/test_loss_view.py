"""The view of loss and metrics: its modes, what each says in words, and runs laid over each other."""

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from engine.events import EpochDone, Started, Steps
from engine.recipes.data_sets import Circle, Diabetes, Digits
from engine.recipes.metrics import METRICS
from engine.recipes.recipe import Recipe
from engine.recipes.split import Split
from engine.runs.curves import RunCurves
from engine.scores import ClassScores
from tests.widgets.simulated_run import EPOCHS, STEPS, run, scores
from widgets import theme
from widgets.plots.course import Course, courses
from widgets.plots.metric_card import MetricCard, Spark
from widgets.plots.overlay import losses_of, steps_per_epoch, validation_of
from widgets.views.base import Subject
from widgets.views.loss import MODES, LossView

SUBJECT = Subject(recipe=Recipe(data=Digits(), epochs=EPOCHS))
ACCURACY = METRICS["accuracy"]


@pytest.fixture(autouse=True, params=["dark", "light"])
def dressed(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    theme.apply(qapp, theme.load_theme(request.param))
    yield
    theme.themes().show(theme.load_theme("light"))


@pytest.fixture
def view(qtbot: QtBot) -> LossView:
    made = LossView()
    shown(qtbot, made, 900, 260)
    return made


def shown(qtbot: QtBot, widget: QWidget, width: int, height: int) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()


def learn(view: LossView, epochs: int = 3, subject: Subject = SUBJECT) -> None:
    view.begin(subject)
    for told in run(until=epochs * STEPS):
        view.feed(told)
    view.catch_up()


def before(name: str = "lr01", title: str = "slower", accuracy: float = 0.8) -> RunCurves:
    """A run of four epochs of ten steps."""
    done = tuple(EpochDone(epoch, 10 * epoch, 1.0, 2.0 / epoch, accuracy, {"f1": 0.7}) for epoch in range(1, 5))
    return RunCurves(name, title, np.arange(1.0, 41.0), np.linspace(2, 1, 40), done)


def names(view: LossView) -> set[str]:
    return {line.name for line in view.loss.plot.lines}


def course(*values: float | None, higher: bool = True) -> Course:
    made = Course(higher)
    for epoch, value in enumerate(values, 1):
        made.append(epoch, 10 * epoch, value)
    return made


def test_a_course_knows_its_best_epoch_and_passes_over_what_is_undefined() -> None:
    rising = course(0.5, None, 0.9, 0.9, 0.7)
    assert (rising.best, rising.best_epoch, rising.last, rising.before) == (0.9, 3, 0.7, 0.9)
    assert course(0.5, 0.2, 0.3, higher=False).best_epoch == 2
    assert course(None, None).best is None and course().last is None
    told = courses(before().epochs)
    assert set(told) == {"loss", "accuracy", "f1"} and told["loss"].best_epoch == 4
    assert not told["loss"].higher and told["f1"].higher


def test_the_card_says_the_newest_value_and_the_change(qtbot: QtBot) -> None:
    card = MetricCard()
    shown(qtbot, card, 280, 150)
    card.show_course("Accuracy", "", None, ACCURACY.words, True)
    assert (card.value.text(), card.change.text()) == ("–", "Known after the first epoch")
    card.show_course("Accuracy", "", course(0.963), ACCURACY.words, True)
    assert (card.value.text(), card.change.text(), card.best.text()) == ("96.3 %", "", "")
    card.show_course("Accuracy", "", course(0.963, 0.978), ACCURACY.words, True)
    assert (card.value.text(), card.change.text()) == ("97.8 %", "+1.5 since last epoch")
    card.show_course("Accuracy", "", course(0.963, 0.978, 0.97), ACCURACY.words, True)
    assert card.change.text() == "−0.8 since last epoch" and card.change.property("kind") == "warning"
    assert card.best.text() == "best 97.8 % in epoch 2"
    card.show_course("Accuracy", "", course(0.97, 0.97), ACCURACY.words, True)
    assert card.change.text() == "same as last epoch"
    spark = card.findChild(Spark)
    assert isinstance(spark, Spark) and spark.points().size() == 2


def test_less_of_an_error_is_better_and_undefined_is_said(qtbot: QtBot) -> None:
    card, metric = MetricCard(), METRICS["mse"]
    shown(qtbot, card, 280, 150)
    card.show_course(metric.title, "", course(0.5, 0.25, higher=False), metric.words, False)
    assert (card.value.text(), card.change.text()) == ("0.25", "−0.25 since last epoch")
    assert card.change.property("kind") == "ok"
    card.show_course("Precision", "", course(0.5, None), METRICS["precision"].words, True)
    assert card.value.text() == "undefined"


def test_every_mode_has_something_to_see_and_a_table(view: LossView) -> None:
    learn(view)
    for mode in MODES:
        view.mode.setCurrentText(mode)
        QApplication.processEvents()
        rows = list(view.table())
        assert len(rows) > 3 and len({len(row) for row in rows}) == 1, mode
        assert view.as_bytes("svg") and view.note == ""


def test_before_the_first_epoch_the_modes_say_when_they_fill(view: LossView) -> None:
    view.begin(SUBJECT)
    view.feed([Started("cpu", 1, 10, (), 2, 10, 100, 100), Steps(np.array([1]), np.array([2.0], np.float32))])
    for mode in MODES[2:]:
        view.mode.setCurrentText(mode)
        assert view._sentence.isVisible() and "first epoch" in view._sentence.text()
    view.feed([EpochDone(1, 10, 1.0, 1.0, 0.5), scores(1, 10)])
    view.catch_up()
    assert not view._sentence.isVisible()


def test_the_controls_are_those_of_the_mode(view: LossView) -> None:
    learn(view)
    boxes = {"smoothing": view.smoothing, "metric": view.metric_box, "of_class": view.of_class}
    seen = {}
    for mode in MODES:
        view.mode.setCurrentText(mode)
        seen[mode] = {name for name, box in boxes.items() if not box.isHidden()}
    assert list(seen.values()) == [{"smoothing", "metric"}, {"metric"}, set(), {"of_class"}, set()]


def test_the_metric_beside_the_loss_can_be_chosen(view: LossView) -> None:
    learn(view)
    offered = [view.metric_box.itemData(place) for place in range(view.metric_box.count())]
    assert offered[0] == "accuracy" and {"f1", "top_3", "auc"} <= set(offered) and "r2" not in offered
    view.metric_box.setCurrentIndex(offered.index("sure_accuracy"))
    assert view.card.value.text() == "undefined"
    view.metric_box.setCurrentIndex(offered.index("f1"))
    assert view.card.title.text() == "F1" and view.card.value.text().endswith("%")
    learn(view)
    assert view.metric_box.currentData() == "f1"  # it stays chosen in the next run


def test_plain_values_have_their_own_metrics(view: LossView) -> None:
    view.begin(Subject(recipe=Recipe().changed(data=Diabetes())))
    view.feed([Started("cpu", 1, 10, (), 2, 10, 100, 100)])
    view.feed([EpochDone(1, 10, 1.0, 1.0, None, {"mse": 1.0, "mae": 0.5, "r2": 0.25})])
    view.catch_up()
    assert [view.metric_box.itemData(place) for place in range(view.metric_box.count())] == ["r2", "mse", "mae", "rate"]
    assert (view.card.title.text(), view.card.value.text()) == ("R²", "0.25")
    view.mode.setCurrentText("ROC")
    assert "no classes" in view._sentence.text() and view._sentence.isVisible()


def test_the_learning_rate_is_a_line_of_its_own(view: LossView) -> None:
    view.begin(SUBJECT)
    view.feed([Started("cpu", 1, 10, (), 5, 10, 100, 100)])
    for step in range(1, 31):
        view.feed([Steps(np.array([step]), np.array([1.0], np.float32), 0.1 / step)])
        if step % 10 == 0:
            view.feed([EpochDone(step // 10, step, 1.0, 1.0, 0.5, {}, 0.1 / step)])
    view.mode.setCurrentText("Metrics")
    view.metric_box.setCurrentIndex(view.metric_box.findData("rate"))
    (line,) = view.metrics.plot.lines
    assert line.name == "Learning rate" and line.series.nearest(2) == (2.0, 0.05)
    assert view.card.value.text() == "0.00333" and view.card.best.text() == ""
    assert view.card.change.property("kind") == "muted"  # neither more nor less of it is better
    assert list(view.table())[1][:6] == (1, 10, 1.0, 1.0, 0.5, 0.01)


def test_it_says_where_the_test_set_is_the_validation_data(view: LossView) -> None:
    learn(view)
    assert view.note_on_data.text() == "validation = test set"
    view.begin(Subject(recipe=Recipe(data=Digits()).changed(split=Split(validation=0.2))))
    assert view.note_on_data.text() == ""


def test_smoothing_has_three_steps(view: LossView) -> None:
    learn(view)
    (train,) = (line for line in view.loss.plot.lines if line.name == "train")
    rough = []
    for step in range(3):
        view.smoothing.setCurrentIndex(step)
        rough.append(float(np.abs(np.diff(train.series.values)).mean()))
    assert rough[0] > 3 * rough[1] > 3 * rough[2] > 0


def test_the_best_epoch_is_marked(view: LossView) -> None:
    view.begin(SUBJECT)
    view.feed([Started("cpu", 1, 10, (), 5, 10, 100, 100)])
    view.feed([EpochDone(epoch, 10 * epoch, 1.0, loss, 0.5) for epoch, loss in enumerate((0.9, 0.4, 0.6), 1)])
    assert view.loss.best_epoch == 2


def test_runs_are_laid_over_each_other(view: LossView) -> None:
    learn(view)
    view.overlay([before(), before("b", "faster", 0.95)])
    assert {"slower", "slower, train", "faster"} <= names(view)
    view.loss.plot.render_now()
    ends = {line.name: line.end for line in view.loss.plot.lines if line.end}
    assert ends["slower"] == pytest.approx((4.0, np.log10(0.5)))  # its own epochs, whatever steps they took
    assert ends["slower, train"][0] == pytest.approx(4.0)
    view.mode.setCurrentText("Metrics")
    drawn = {line.name: float(line.series.values[-1]) for line in view.metrics.plot.lines}
    assert drawn["slower"] == 0.8 and drawn["faster"] == 0.95 and len(drawn) == 3
    view.overlay([])
    assert "slower" not in names(view) and len(view.metrics.plot.lines) > 3


def test_an_empty_view_shows_runs_of_before_and_keeps_them_in_the_next_run(view: LossView) -> None:
    view.overlay([before()])
    assert view.note == ""
    view.loss.plot.render_now()
    assert view.loss.plot.viewRange()[0] == pytest.approx([0.0, 4.0], rel=0.02)
    learn(view)
    assert {"slower", "train"} <= names(view)
    view.clear()
    assert view.note == "" and not list(view.table())
    view.overlay([])
    assert view.note == view.nothing_yet


def test_a_run_without_epochs_can_be_laid_over() -> None:
    short = RunCurves("a", "", np.arange(1.0, 5.0), np.ones(4))
    assert steps_per_epoch(short) == 4.0 and len(validation_of(short, 10, "loss")) == 0
    assert losses_of(short, 8, 0.9).steps.tolist() == [1.0, 2.0, 3.0, 4.0], (
        "as many steps as it made, not stretched to an epoch"
    )
    assert len(losses_of(RunCurves(), 8, 0.9)) == 0


def test_what_comes_is_shown_ten_times_a_second_and_nothing_while_hidden(view: LossView, qtbot: QtBot) -> None:
    learn(view)
    first = view.card.value.text()
    for epoch in range(4, 40):
        view.feed([EpochDone(epoch, 10 * epoch, 1.0, 1.0, 0.5)])
    assert view.card.value.text() == first != "50.0 %"  # it rests, and then has the newest
    qtbot.waitUntil(lambda: view.card.value.text() == "50.0 %", timeout=1000)
    view.hide()
    view.feed([EpochDone(40, 400, 1.0, 1.0, 0.25)])
    QTest.qWait(150)
    assert view.card.value.text() == "50.0 %"
    view.show()
    assert view.card.value.text() == "25.0 %"


def test_very_many_epochs_are_kept_in_little_memory(view: LossView) -> None:
    view.begin(SUBJECT)
    view.feed([Started("cpu", 1, 10, (), 10_000, 10, 100, 100)])
    view.feed([EpochDone(epoch, 10 * epoch, 1.0, 1.0, 0.5) for epoch in range(1, 9_002)])
    epochs = [row[0] for row in view.table()][1:]
    assert 2_000 < len(epochs) <= 4_000
    assert epochs[-1] == 9_001 and set(np.diff(np.array(epochs[:-1], int))) == {4}


def test_a_click_on_a_line_of_the_metrics_picks_it_out(view: LossView) -> None:
    learn(view)
    view.mode.setCurrentText("Metrics")
    view.metrics.plot.clicked.emit("Recall")
    assert view.metric_box.currentData() == "recall" and view.card.title.text() == "Recall"


def test_every_class_stands_in_the_table_and_can_be_sorted(view: LossView) -> None:
    learn(view)
    view.mode.setCurrentText("Per class")
    model = view.classes.model()
    shown_words = [[model.index(row, column).data() for column in range(5)] for row in range(10)]
    assert shown_words[0] == ["0", "100", "85.0 %", "99.0 %", "99.0 %"]
    assert shown_words[9][2] == "undefined"
    assert "no example was answered" in model.index(9, 2).data(Qt.ItemDataRole.ToolTipRole)
    view.classes.sortByColumn(3, Qt.SortOrder.AscendingOrder)
    assert [model.index(row, 0).data() for row in range(3)] == ["9", "8", "7"]
    view.classes.sortByColumn(2, Qt.SortOrder.AscendingOrder)
    assert model.index(0, 2).data() == "undefined"  # what is undefined comes first, not between numbers
    view.feed([scores(4, 4 * STEPS)])
    view.catch_up()
    assert model.index(0, 0).data() == "9"


def test_the_threshold_says_what_would_be_found(view: LossView) -> None:
    view.begin(Subject(recipe=Recipe().changed(data=Circle())))
    view.feed([Started("cpu", 1, 10, (), 2, 10, 100, 100), EpochDone(1, 10, 1.0, 1.0, 0.5), scores(1, 10, ("a", "b"))])
    view.mode.setCurrentText("ROC")
    assert view.of_class.isHidden()
    page = view.roc
    assert page.slider.value() == 50
    assert "87 of 100" in page.facts.text() and "12 of 100" in page.facts.text() and "87.5 %" not in page.caption.text()
    assert page.plot.marks == ((0.12, 0.87),)
    page.slider.setValue(100)
    assert "undefined" in page.facts.text() and "0 of 100" in page.facts.text()
    page.slider.setValue(0)
    assert "100 of 100" in page.facts.text()
    place = page.plot.place(0.12, 0.5).toPoint()
    QTest.mouseClick(page.plot, Qt.MouseButton.LeftButton, pos=place)
    assert page.slider.value() == 50  # the lowest threshold with no more false alarms than where it was clicked


def test_coverage_says_what_is_left_open(view: LossView) -> None:
    learn(view)
    view.mode.setCurrentText("Coverage")
    page = view.coverage
    assert page.slider.value() == 90 and "of 1,000" in page.facts.text()
    page.slider.setValue(100)
    assert "undefined" in page.facts.text() and "0.0 %" in page.facts.text()
    QTest.mouseMove(page.plot, QPoint(page.plot.place(0.5, 0.5).toPoint()))
    QTest.mouseClick(page.plot, Qt.MouseButton.LeftButton, pos=page.plot.place(0.5, 0.5).toPoint())
    assert page.slider.value() in (49, 50, 51)
    assert "answered" in page.plot.reading and "right of those" in page.plot.reading


def test_a_narrow_view_leaves_the_card_away(view: LossView) -> None:
    learn(view)
    view.resize(400, 250)
    assert view.card.isHidden() and view.head.minimumSize().width() < 400
    view.resize(900, 250)
    assert not view.card.isHidden()


def test_scores_of_a_network_without_probabilities_say_so(view: LossView) -> None:
    learn(view)
    whole = scores(9, 9)
    view.feed([ClassScores(**{**vars(whole), "coverage": None})])
    view.catch_up()
    view.mode.setCurrentText("Coverage")
    assert "no probabilities" in view.coverage.facts.text()
