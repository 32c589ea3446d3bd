"""Gradients are seen over time, from first to last, beside the weights and by size, and say what to do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.events import Gradients, Started
from engine.looks.gradients import BINS, GradientSizes, GradientsOf
from tests.widgets.simulated_run import NORMS, STEPS, run
from widgets import theme
from widgets.plots.bands import FAR
from widgets.plots.gradient_sizes import SizePictures
from widgets.plots.gradient_words import explain_norms, explain_ratios
from widgets.plots.layer_bars import LayerBars
from widgets.views.base import Subject
from widgets.views.gradients import MODES, GradientsView


@pytest.fixture(autouse=True, params=["dark", "light"])
def dressed(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    theme.apply(qapp, theme.load_theme(request.param))
    yield
    theme.themes().show(theme.load_theme("light"))


@pytest.fixture
def view(qtbot: QtBot) -> GradientsView:
    made = GradientsView()
    qtbot.addWidget(made)
    made.resize(1042, 200)
    made.show()
    made.begin(Subject())
    for told in run(until=STEPS + 1):
        made.feed(told)
    return made


def started(*blocks: str) -> Started:
    return Started("cpu", 1, 100, blocks, 2, 10, 100, 100)


def words(view: GradientsView, **norms: float) -> str:
    view.begin(Subject())
    view.feed([started(*norms)])
    view.feed([Gradients(step, norms, 1.0, False, dict.fromkeys(norms, 1e-3)) for step in range(1, 9)])
    return view.words.text()


def test_a_slow_layer_is_named_with_what_to_do(view: GradientsView) -> None:
    assert words(view, conv1=0.001, conv2=0.1, logits=0.3) == (
        "conv1 learns 300 times slower than logits: try ReLU, BatchNorm or a skip connection."
    )
    assert view.words.property("kind") == "warning"
    assert "logits explodes: its gradient is 500 long" in words(view, conv1=1.0, logits=500.0)
    assert view.words.property("kind") == "danger"
    assert words(view, a=0.2, b=0.4) == "Every layer learns; the longest gradient is 2 times the shortest."
    assert words(view, a=1e-9, b=1e-8).startswith("No layer learns")
    assert words(view, a=0.0, b=1.0).startswith("a gets no gradient at all")


def test_steps_that_are_too_long_or_too_short_are_named() -> None:
    assert "logits moves by 40 %" in explain_ratios({"conv1": 1e-3, "logits": 0.4}).text
    assert "conv1 hardly moves" in explain_ratios({"conv1": 1e-8, "logits": 1e-3}).text
    assert explain_ratios({"conv1": 1e-3, "logits": 2e-3}).level == "ok"
    assert explain_ratios({"conv1": 1e-9}).text.startswith("No layer moves")


@given(st.dictionaries(st.sampled_from("abcdef"), st.one_of(st.floats(0), st.just(float("nan"))), max_size=6))
def test_any_norms_have_words(norms: dict[str, float]) -> None:
    found = explain_norms(norms)
    assert bool(found.text) == bool(norms)
    assert found.level == "ok" or any(name in found.text for name in [*norms, "No"])


def test_every_mode_shows_its_own_and_only_sizes_cost_a_look(view: GradientsView) -> None:
    parts = {"time": view.gradients, "bars": view.bars, "ratio": view.ratios, "sizes": view.sizes}
    titles = {"time": "gradient_norm", "bars": "update_ratio", "ratio": "update_ratio", "sizes": "share"}
    for mode, _, _ in MODES:
        view.show_mode(mode)
        assert not parts[mode].isHidden()
        assert view.looks() == ((GradientsOf(),) if mode == "sizes" else ())
        rows = list(view.table())
        assert titles[mode] in rows[0] and {row[0] for row in rows[1:]} == set(NORMS)
        picture = view.body.grab().toImage()
        places = [(x, y) for x in range(0, picture.width(), 9) for y in range(0, picture.height(), 9)]
        assert len({picture.pixel(x, y) for x, y in places}) > 3


def test_in_a_narrow_view_the_lines_have_all_the_room(view: GradientsView) -> None:
    assert not view.bars.isHidden()
    view.resize(400, 250)
    assert view.bars.isHidden() and not view.gradients.isHidden()


def test_bars_follow_the_pointer_over_the_lines(view: GradientsView) -> None:
    newest = dict(view.bars.norms)
    view.gradients.plot.pointed.emit(1.0)
    assert view.bars.norms == view.gradients.at(1.0) != newest
    assert "pointer" in view.bars.caption
    view.gradients.plot.pointed.emit(None)
    assert view.bars.norms == newest


def test_a_click_on_a_bar_or_a_picture_tells_its_layer(view: GradientsView, qtbot: QtBot) -> None:
    told: list[str] = []
    view.block_clicked.connect(told.append)
    view.show_mode("bars")
    QApplication.processEvents()
    foot = view.bars.bar("hidden").center().toPoint()
    QTest.mouseClick(view.bars, Qt.MouseButton.LeftButton, pos=foot)
    view.show_mode("sizes")
    QApplication.processEvents()
    place = dict(view.sizes.shown())["conv2"].center().toPoint()
    QTest.mouseClick(view.sizes, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseClick(view.bars, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
    assert told == ["hidden", "conv2"]


def test_a_selected_block_is_lit_in_all_modes(view: GradientsView) -> None:
    view.select(("conv2",))
    assert [line.name for line in view.gradients.plot.lines if line.lit] == ["conv2"]
    assert [line.name for line in view.ratios.plot.lines if line.lit] == ["conv2"]


def test_clipped_steps_are_marked_and_counted(view: GradientsView) -> None:
    assert view.cut.isHidden()
    view.begin(Subject())
    view.feed([started("a")])
    view.feed([Gradients(step, {"a": 1.0}, 1.0, step % 4 == 0) for step in range(1, 21)])
    assert view.cut.text() == "clipped 25 %" and not view.cut.isHidden()
    plot = view.gradients.plot
    plot.render_now()
    assert plot.marked == [4.0, 8.0, 12.0, 16.0, 20.0]


def test_bands_say_what_heights_mean(view: GradientsView) -> None:
    upper, lower = view.gradients.plot.bands
    assert upper.low == 2.0 and upper.high == FAR and "explodes" in upper.words
    assert lower.low == -FAR and -3 < lower.high <= -2 and "vanishes" in lower.words


def test_bars_are_higher_for_longer_gradients(qtbot: QtBot) -> None:
    bars = LayerBars()
    qtbot.addWidget(bars)
    bars.resize(400, 180)
    bars.show_norms({"a": 0.01, "b": 0.1, "c": 1.0, "none": 0.0, "wild": float("nan")}, "step 1")
    heights = {name: bars.bar(name).height() for name in bars.norms}
    assert heights["none"] < heights["a"] < heights["b"] < heights["c"] < heights["wild"]
    assert heights["b"] - heights["a"] == pytest.approx(heights["c"] - heights["b"])
    assert bars.name_at(QPointF(bars.bar("b").center())) == "b" and bars.name_at(QPointF(1, 1)) is None
    bars.grab()


def test_many_layers_leave_room_for_the_selected_one(qtbot: QtBot) -> None:
    pictures = SizePictures()
    qtbot.addWidget(pictures)
    pictures.resize(320, 130)
    names = [f"conv{number}" for number in range(40)]
    pictures.begin(names)
    pictures.light_up(["conv33"])
    shown = [name for name, _ in pictures.shown()]
    assert "conv33" in shown and len(shown) == 4
    assert shown == sorted(shown, key=names.index)


def test_a_long_run_keeps_few_columns_in_order(qtbot: QtBot) -> None:
    pictures = SizePictures()
    qtbot.addWidget(pictures)
    pictures.resize(300, 120)
    pictures.begin(["a"])
    counts = np.full(BINS, 1 / BINS, np.float32)
    for step in range(1, 2001):
        pictures.feed(GradientSizes(step, GradientsOf(), {"a": counts}, {"a": 0.0}))
    first, last = pictures.steps
    assert (first, last) == (1, 2000)
    assert sum(share for *_, share in pictures.rows()) == pytest.approx(1, abs=1e-4)
    pictures.grab()
