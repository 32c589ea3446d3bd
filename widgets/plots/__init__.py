"""Curves of a run while it trains: loss, gradient norms and accuracy."""

from widgets.plots.accuracy import AccuracyView
from widgets.plots.gradients import GradientPlot
from widgets.plots.loss import LossPlot

__all__ = ["AccuracyView", "GradientPlot", "LossPlot"]
