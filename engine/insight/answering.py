"""Which function answers which look, and which of the open looks may be answered now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.insight.budget import Budget
from engine.insight.distributions import see_distributions
from engine.insight.drivers import see_drivers, see_mistake
from engine.insight.explanations import see_explanation
from engine.insight.gradients import see_gradients
from engine.insight.maps import see_maps
from engine.insight.predictions import see_answer, see_pictures, see_predictions
from engine.insight.scene import Scene, evaluating
from engine.insight.surface import see_surface
from engine.insight.weights import see_weights
from engine.looks.base import Look, Sight
from engine.looks.distributions import DistributionsOf
from engine.looks.drivers import DriversOf, NextMistake
from engine.looks.explanations import Explain
from engine.looks.gradients import GradientsOf
from engine.looks.maps import MapsOf
from engine.looks.predictions import AnswerTo, PicturesOf, PredictionsOf
from engine.looks.surface import SurfaceOf
from engine.looks.weights import WeightsOf

See = Callable[[Any, Scene, int], Sight | None]
"""Takes the look, the scene and the number of the last step."""

ANSWERS: Mapping[type[Look], See] = {
    DistributionsOf: see_distributions,
    DriversOf: see_drivers,
    GradientsOf: see_gradients,
    MapsOf: see_maps,
    NextMistake: see_mistake,
    PredictionsOf: see_predictions,
    PicturesOf: see_pictures,
    AnswerTo: see_answer,
    Explain: see_explanation,
    SurfaceOf: see_surface,
    WeightsOf: see_weights,
}

SHARE = 0.01
"""Of the time goes into open looks, all of them together."""
MOST = 10.0
"""Times a second that an open look is answered, where its share allows."""


def answer(look: Look, scene: Scene, step: int) -> Sight | None:
    """The answer, in evaluation mode and without a trace; None where there is nothing to see.

    A layer may refuse a batch of one, for example: training itself need not stop for that.
    """
    try:
        with evaluating(scene.network):
            return ANSWERS[type(look)](look, scene, step)
    except RuntimeError:
        return None


class OpenLooks:
    """The looks that views keep open, each with a budget of its own out of the common share."""

    def __init__(self) -> None:
        self._budgets: dict[Look, Budget] = {}

    def keep(self, looks: tuple[Look, ...]) -> tuple[Look, ...]:
        """Answer these from now on; gives those that are new."""
        wanted = tuple(dict.fromkeys(looks))
        new = tuple(look for look in wanted if look not in self._budgets)
        kept = {look: self._budgets.get(look) or Budget(SHARE, MOST, 1 / look.patience) for look in wanted}
        for budget in kept.values():
            budget.share = SHARE / len(kept)
        self._budgets = kept
        return new

    def due(self, now: float) -> tuple[Look, Budget] | None:
        """A look that may be answered now; the one that waited longest comes first."""
        budgets = ((look, budget) for look, budget in self._budgets.items() if not look.after_epochs)
        ready = [(budget.last, look) for look, budget in budgets if budget.allows(now)]
        if not ready:
            return None
        look = min(ready, key=lambda entry: entry[0])[1]
        return look, self._budgets[look]

    def after_epochs(self) -> tuple[Look, ...]:
        """Those that are answered after each epoch."""
        return tuple(look for look in self._budgets if look.after_epochs)

    def all(self) -> tuple[Look, ...]:
        """Every open look."""
        return tuple(self._budgets)
