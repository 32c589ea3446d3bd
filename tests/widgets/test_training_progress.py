"""The row of progress tells calmly how far a run is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from engine.events import Progress
from widgets.training_progress import ProgressRow, SteadyLabel, TimeLeft, clock, rate_text


def seconds(text: str) -> int:
    parts = [int(part) for part in text.removesuffix(" left").split(":")]
    return sum(part * 60**place for place, part in enumerate(reversed(parts)))


def test_time_left_says_so_while_there_is_too_little_to_go_by() -> None:
    assert TimeLeft().update(None) == "measuring"


@given(st.lists(st.floats(0, 14), min_size=2, max_size=30), st.floats(20, 50_000))
def test_noise_never_makes_the_time_left_grow(noise: list[float], start: float) -> None:
    left = TimeLeft()
    shown = [seconds(left.update(start + extra)) for extra in noise]
    assert shown == sorted(shown, reverse=True)


def test_a_guess_that_was_far_off_is_corrected() -> None:
    left = TimeLeft()
    assert left.update(20) == "0:20 left"
    assert left.update(90) == "1:30 left"


@pytest.mark.parametrize(
    ("left", "text"),
    [(0.2, "0:00"), (13.6, "0:14"), (59.4, "0:59"), (62, "1:00"), (63, "1:05"), (601, "10:00"), (3700, "1:02:00")],
)
def test_time_left_is_rounded(left: float, text: str) -> None:
    assert TimeLeft().update(left) == f"{text} left"


def test_durations_are_clocks() -> None:
    assert [clock(0), clock(61), clock(3725)] == ["0:00", "1:01", "1:02:05"]


@pytest.mark.parametrize(
    ("rate", "text"), [(0.123, "0.12"), (9.999, "10.0"), (12.34, "12.3"), (99.97, "100"), (1183.0, "1,180")]
)
def test_speeds_have_three_figures(rate: float, text: str) -> None:
    assert rate_text(rate) == text


def test_numbers_that_become_shorter_move_nothing(qtbot: QtBot) -> None:
    label = SteadyLabel()
    qtbot.addWidget(label)
    label.setText("batch 100 of 188")
    widest = label.sizeHint().width()
    label.setText("batch 1 of 188")
    assert label.sizeHint().width() == widest
    label.reset()
    assert label.sizeHint().width() < widest


def test_the_row_says_where_the_run_is(qtbot: QtBot) -> None:
    row = ProgressRow()
    qtbot.addWidget(row)
    row.begin("MNIST", 6)
    row.start(6)
    row.show_progress(Progress(5, 6, 873, 1128, 18.4, 1183.0, 13.9, 121, 188))
    assert row.epoch.text() == "Epoch <b>5</b> of 6"
    assert row.batch.text() == "batch 121 of 188"
    assert row.speed.text() == "1,180 examples/s · 18.4 steps/s"
    assert row.left.text() == "0:14 left"
    row.show_end("finished", 61)
    assert (row.state.text(), row.left.text()) == ("Finished", "took 1:01")
