"""Which views of a run there are, in the order of their docks."""

from widgets.views.base import View
from widgets.views.data import DataView
from widgets.views.gradients import GradientsView
from widgets.views.loss import LossView
from widgets.views.maps import MapsView
from widgets.views.predictions import PredictionsView
from widgets.views.runs import RunsView
from widgets.views.surface import SurfaceView
from widgets.views.weights import WeightsView

VIEWS: tuple[type[View], ...] = (
    LossView,
    GradientsView,
    MapsView,
    WeightsView,
    SurfaceView,
    PredictionsView,
    DataView,
    RunsView,
)
