"""Plots draw what they were fed, follow the run until somebody zooms, and rest while hidden."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from widgets import theme
from widgets.plots.axes import log_ticks, number
from widgets.plots.common import Plot
from widgets.plots.gradients import GradientPlot
from widgets.plots.labels import chosen, spread
from widgets.plots.loss import LossPlot

BLOCKS = {"conv1": 0.26, "conv2": 0.41, "hidden": 0.85, "logits": 0.4}
EPOCH = 188


@pytest.fixture(autouse=True, params=["dark", "light"])
def dressed(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[str]:
    theme.apply(qapp, theme.load_theme(request.param))
    yield request.param
    theme.themes().show(theme.load_theme("light"))


def shown(qtbot: QtBot, widget: QWidget, width: int = 330, height: int = 270) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)


def train(loss: LossPlot, epochs: float = 4.6) -> None:
    rng = np.random.default_rng(0)
    loss.begin(EPOCH, 6)
    steps = np.arange(1, int(EPOCH * epochs))
    losses = (2.3 * np.exp(-steps / 60) + 0.1) * np.exp(rng.normal(0, 0.5, len(steps)))
    for start in range(0, len(steps), 6):
        loss.feed_steps(steps[start : start + 6], losses[start : start + 6])
    for epoch in range(1, int(epochs) + 1):
        loss.feed_epoch(EPOCH * epoch, 0.15 / epoch + 0.05)


def learn(gradients: GradientPlot, **norms: float) -> None:
    rng = np.random.default_rng(0)
    blocks = BLOCKS | norms
    gradients.begin(list(blocks), EPOCH, 6)
    for step in range(1, 870, 3):
        gradients.feed(step, {name: norm * float(np.exp(rng.normal(0, 0.1))) for name, norm in blocks.items()})


def line_ends(plot: Plot) -> dict[str, tuple[float, float]]:
    return {line.name: line.end for line in plot.lines if line.end}


def test_the_loss_stands_over_epochs(qtbot: QtBot) -> None:
    loss = LossPlot()
    shown(qtbot, loss)
    train(loss, 3.0)
    loss.plot.render_now()
    ends = line_ends(loss.plot)
    assert ends["train"][0] == pytest.approx(3.0, abs=0.02)
    assert ends["validation"] == pytest.approx((3.0, -1.0))
    (left, right), (low, high) = loss.plot.viewRange()
    assert (left, right) == pytest.approx((0.0, 6.0), rel=0.02)
    assert low < np.log10(0.1) < high


def test_few_epochs_have_a_mark_each_and_many_are_a_line(qtbot: QtBot) -> None:
    loss = LossPlot()
    shown(qtbot, loss)
    for epochs, marked in ((3.0, True), (120.0, False)):
        train(loss, epochs)
        loss.plot.render_now()
        (line,) = (line for line in loss.plot.lines if line.name == "validation")
        assert (line.item.opts["symbol"] is not None) == marked


def test_log_can_be_switched(qtbot: QtBot) -> None:
    loss = LossPlot()
    shown(qtbot, loss)
    train(loss, 3.0)
    loss.log_button.click()
    loss.plot.render_now()
    assert not loss.plot.log
    assert line_ends(loss.plot)["validation"] == pytest.approx((3.0, 0.1))


def test_a_hidden_plot_does_nothing_and_catches_up_when_shown(qtbot: QtBot) -> None:
    loss = LossPlot()
    qtbot.addWidget(loss)
    train(loss)
    assert not loss.plot.drawing
    assert line_ends(loss.plot) == {}
    loss.show()
    assert line_ends(loss.plot).keys() == {"one batch", "train", "validation"}
    loss.hide()
    loss.feed_steps([2000], [0.1])
    assert not loss.plot.drawing


def test_drawing_ends_when_nothing_comes_any_more(qtbot: QtBot) -> None:
    loss = LossPlot()
    shown(qtbot, loss)
    train(loss)
    assert loss.plot.drawing
    qtbot.waitUntil(lambda: not loss.plot.drawing)
    assert line_ends(loss.plot)["train"][0] > 4.5
    assert loss.plot.viewRange()[0] == pytest.approx([0.0, 6.0], rel=0.02)


def test_zooming_ends_following_and_a_double_click_brings_it_back(qtbot: QtBot) -> None:
    loss = LossPlot()
    shown(qtbot, loss)
    train(loss)
    loss.plot.render_now()
    wheel(loss.plot, loss.plot.getViewBox().sceneBoundingRect().center())
    assert not loss.plot.following
    near = loss.plot.viewRange()[0]
    assert near[1] - near[0] < 6.0
    loss.feed_steps([1000], [0.1])
    loss.plot.render_now()
    assert loss.plot.viewRange()[0] == near
    QTest.mouseDClick(loss.plot.viewport(), Qt.MouseButton.LeftButton)
    loss.plot.render_now()
    assert loss.plot.viewRange()[0] == pytest.approx([0.0, 6.0], rel=0.02)


def test_pointing_reads_all_lines_there_and_in_other_plots(qtbot: QtBot) -> None:
    loss, gradients = LossPlot(), GradientPlot()
    shown(qtbot, loss)
    shown(qtbot, gradients)
    train(loss)
    learn(gradients)
    loss.plot.pointed.connect(gradients.plot.point_at)
    loss.plot.render_now()
    middle = loss.plot.getViewBox().sceneBoundingRect().center()
    move(loss.plot, middle)
    assert all(name in loss.plot.reading for name in ("train", "validation", "epoch 3.0"))
    assert all(name in gradients.plot.reading for name in BLOCKS)
    QApplication.sendEvent(loss.plot, QEvent(QEvent.Type.Leave))
    assert loss.plot.reading == gradients.plot.reading == ""


def test_a_click_on_a_line_or_its_name_tells_the_block(qtbot: QtBot) -> None:
    gradients = GradientPlot()
    shown(qtbot, gradients)
    learn(gradients)
    gradients.plot.render_now()
    (line,) = (line for line in gradients.plot.lines if line.name == "conv1")
    assert line.label is not None
    told: list[str] = []
    gradients.block_clicked.connect(told.append)
    click(gradients.plot, line.label.sceneBoundingRect().center())
    assert line.end is not None
    click(gradients.plot, gradients.plot.getViewBox().mapViewToScene(QPointF(line.end[0] - 1, line.end[1])))
    assert told == ["conv1", "conv1"]
    click(gradients.plot, QPointF(60, gradients.plot.getViewBox().sceneBoundingRect().bottom() - 1))
    assert len(told) == 2


def test_labels_stand_apart_even_in_a_low_plot(qtbot: QtBot) -> None:
    gradients = GradientPlot()
    shown(qtbot, gradients, 330, 170)
    learn(gradients, **{f"dense{number}": 0.4 for number in range(12)})
    gradients.light_up(["dense7"])
    gradients.plot.render_now()
    places = {
        line.name: line.label.sceneBoundingRect().center().y()
        for line in gradients.plot.lines
        if line.label and line.label.isVisible()
    }
    assert "dense7" in places and 3 <= len(places) < 16
    assert np.diff(sorted(places.values())).min() >= 14


def test_the_verdict_is_in_words(qtbot: QtBot) -> None:
    gradients = GradientPlot()
    shown(qtbot, gradients)
    assert gradients.chip.isHidden()
    learn(gradients)
    assert gradients.chip.text() == "all layers learn" and not gradients.chip.isHidden()
    learn(gradients, conv1=0.0001)
    assert gradients.chip.text() == "conv1 hardly learns"
    gradients.feed(900, {"hidden": float("nan")})
    assert gradients.chip.text() == "hidden explodes"
    gradients.clear()
    assert gradients.chip.isHidden() and not gradients.plot.lines


def test_unknown_blocks_and_zero_norms_are_taken_calmly(qtbot: QtBot) -> None:
    gradients = GradientPlot()
    shown(qtbot, gradients)
    gradients.begin(["a", "b"], 10, 1)
    gradients.feed(1, {"a": 0.0, "b": float("inf"), "c": 1.0})
    gradients.plot.render_now()
    assert line_ends(gradients.plot) == {}


def test_a_new_run_forgets_the_old_one(qtbot: QtBot) -> None:
    loss = LossPlot()
    shown(qtbot, loss)
    train(loss)
    loss.begin(10, 2)
    loss.plot.render_now()
    assert line_ends(loss.plot) == {}
    assert loss.plot.viewRange()[0] == pytest.approx([0.0, 2.0], rel=0.02)


def test_changing_the_theme_changes_the_lines(qtbot: QtBot) -> None:
    gradients = GradientPlot()
    shown(qtbot, gradients)
    learn(gradients)
    for name in ("light", "dark"):
        theme.themes().show(theme.load_theme(name))
        pens = [line.item.opts["pen"].color().name() for line in gradients.plot.lines]
        assert pens == [theme.current().plot(index).colour.name() for index in range(4)]


@given(st.lists(st.floats(0, 200), max_size=12), st.floats(1, 14))
def test_spread_labels_do_not_overlap_and_stay_inside(wanted: list[float], height: float) -> None:
    placed = spread(wanted, height, 0, 200)
    ordered = sorted(placed)
    assert all(lower - upper >= height - 1e-6 for upper, lower in pairwise(ordered))
    assert all(height / 2 - 1e-6 <= place <= 200 - height / 2 + 1e-6 for place in placed)


@given(st.lists(st.floats(0, 200), max_size=30), st.integers(0, 12))
def test_only_so_many_labels_are_chosen_as_fit(wanted: list[float], room: int) -> None:
    first = frozenset({len(wanted) - 1}) if wanted else frozenset[int]()
    picked = chosen(wanted, room, first)
    assert len(picked) == len(set(picked)) == min(len(wanted), room)
    assert room == 0 or first <= set(picked)


def test_log_ticks_are_round_and_few() -> None:
    assert [number(10**tick) for tick in log_ticks(-1.75, 0.4, 8)] == ["0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"]
    assert [number(10**tick) for tick in log_ticks(-2, 0.5, 6)] == ["0.01", "0.03", "0.1", "0.3", "1", "3"]
    assert len(log_ticks(-12, 3, 4)) <= 4


def move(plot: Plot, place: QPointF) -> None:
    button = Qt.MouseButton.NoButton
    where = plot.viewport().mapToGlobal(place)
    event = QMouseEvent(QEvent.Type.MouseMove, place, where, button, button, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(plot.viewport(), event)


def click(plot: Plot, place: QPointF) -> None:
    QTest.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place.toPoint())


def wheel(plot: Plot, place: QPointF) -> None:
    event = QWheelEvent(
        place,
        plot.viewport().mapToGlobal(place),
        QPoint(),
        QPoint(0, 240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plot.viewport(), event)
