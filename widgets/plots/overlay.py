"""Runs of before as lines of a plot whose axis counts the epochs of another run."""

from __future__ import annotations

import math

from engine.runs.curves import RunCurves
from engine.series import Series
from widgets.plots.course import figures
from widgets.series import Smooth


def steps_per_epoch(run: RunCurves) -> float:
    """How many steps an epoch of a run took; all of them where no epoch was completed."""
    if run.epochs:
        return run.epochs[-1].step / max(run.epochs[-1].epoch, 1)
    return float(run.steps[-1]) if len(run.steps) else 1.0


def losses_of(run: RunCurves, unit: float, weight: float) -> Series:
    """Its smoothed loss over steps, where an epoch has `unit` of them, as its own has if it completed none."""
    series = Series()
    if len(run.steps):
        own = steps_per_epoch(run) if run.epochs else unit
        series.append(run.steps * unit / own, Smooth(weight).feed(run.losses))
    return series


def validation_of(run: RunCurves, unit: float, name: str) -> Series:
    """One of its figures after each epoch, over steps as well: "loss", "rate" or a metric."""
    series = Series()
    for done in run.epochs:
        value = figures(done).get(name)
        series.append([done.epoch * unit], [math.nan if value is None else value])
    return series
