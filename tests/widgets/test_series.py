"""A series of any length stays small and keeps its extremes, its order and its ends."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.series import Series, Smooth, SmoothSeries
from widgets.verdict import verdict

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=600)


@given(VALUES, st.integers(16, 64), st.integers(1, 50))
def test_bounds_order_ends_and_extremes_survive_merging(values: list[float], most: int, piece: int) -> None:
    series = Series(most)
    for start in range(0, len(values), piece):
        part = values[start : start + piece]
        series.append(np.arange(start, start + len(part)), part)
    assert 0 < len(series) <= most + 3
    assert (np.diff(series.steps) > 0).all()
    assert series.values.min() == min(values) and series.values.max() == max(values)
    assert series.steps[-1] == len(values) - 1
    assert np.diff(series.steps, prepend=-1).max() <= max(2, 8 * len(values) / most)
    assert all(values[int(step)] == value for step, value in zip(series.steps, series.values, strict=True))


@given(VALUES, st.integers(8, 200), st.floats(-50, 700), st.floats(0, 700))
def test_a_view_is_short_covers_its_range_and_keeps_what_stands_out(
    values: list[float], most: int, low: float, span: float
) -> None:
    series = Series()
    series.append(np.arange(len(values)), values)
    steps, seen = series.view(low, low + span, most)
    assert len(steps) == len(seen) <= most
    inside = [value for step, value in enumerate(values) if low <= step <= low + span]
    if inside:
        assert seen.min() <= min(inside) and seen.max() >= max(inside)


def test_a_million_steps_stay_four_thousand_points() -> None:
    series = Series()
    rng = np.random.default_rng(0)
    for start in range(0, 1_000_000, 1000):
        series.append(np.arange(start, start + 1000), rng.normal(size=1000))
    assert 1000 < len(series) <= 4003
    assert np.diff(series.steps).max() < 3000


def test_gaps_hide_no_extremes() -> None:
    series = Series(16)
    values = np.array([np.nan if index % 3 else float(index) for index in range(300)])
    series.append(np.arange(300), values)
    assert np.nanmax(series.values) == 297


def test_the_nearest_point() -> None:
    series = Series()
    assert series.nearest(3) is None
    series.append([1, 5, 9], [10, 50, 90])
    assert [series.nearest(step) for step in (-4, 2.9, 3.1, 99)] == [(1, 10), (1, 10), (5, 50), (9, 90)]
    series.clear()
    assert len(series) == 0


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=50), st.floats(0, 0.999))
def test_smoothing_stays_within_what_was_fed(values: list[float], weight: float) -> None:
    smoothed = Smooth(weight).feed(values)
    assert smoothed[0] == pytest.approx(values[0])
    assert (smoothed >= min(values) - 1e-6).all() and (smoothed <= max(values) + 1e-6).all()


def test_smoothing_passes_over_what_is_no_number_and_goes_on() -> None:
    smooth = Smooth(0.5)
    assert np.isnan(smooth.latest)
    smooth.feed([1.0, np.nan, 1.0])
    assert smooth.latest == pytest.approx(1.0)


def test_smoothing_in_pieces_is_smoothing_at_once() -> None:
    values = np.random.default_rng(1).normal(size=100)
    whole, pieces = SmoothSeries(), SmoothSeries()
    whole.append(np.arange(100), values)
    for start in range(0, 100, 7):
        pieces.append(np.arange(100)[start : start + 7], values[start : start + 7])
    assert np.allclose(whole.smooth.values, pieces.smooth.values)
    whole.clear()
    assert len(whole.raw) == len(whole.smooth) == 0


HEALTHY = {"conv1": 0.264, "conv2": 0.41, "hidden": 0.845, "logits": 0.408}


@pytest.mark.parametrize(
    ("norms", "text", "level"),
    [
        (HEALTHY, "all layers learn", "ok"),
        ({name: norm / 1000 for name, norm in HEALTHY.items()}, "all layers learn", "ok"),  # almost done learning
        (HEALTHY | {"conv1": 0.0004}, "conv1 hardly learns", "warning"),
        (HEALTHY | {"conv1": 0.0004, "conv2": 0.001}, "conv1 and 1 more hardly learn", "warning"),
        (HEALTHY | {"conv1": 250.0}, "conv1 explodes", "danger"),
        (HEALTHY | {"conv1": 0.0, "hidden": float("nan")}, "hidden explodes", "danger"),
        (dict.fromkeys(HEALTHY, 0.0), "no layer learns", "warning"),
        ({}, "no layer learns", "warning"),
    ],
)
def test_verdicts(norms: dict[str, float], text: str, level: str) -> None:
    assert verdict(norms) == (text, level)
