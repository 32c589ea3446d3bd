"""Curves of a run while it trains: loss, metrics and gradient norms, and what the last epoch says of every class."""

from widgets.plots.gradients import GradientPlot
from widgets.plots.loss import LossPlot

__all__ = ["GradientPlot", "LossPlot"]
