"""Early stopping: when a run no longer gets better, and the weights that it had when it was best."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

import torch
from torch import nn

from engine.events import EpochDone
from engine.recipes.recipe import Recipe

Score = tuple[float, float | None]


class Patience:
    """Waits so many epochs for a better validation loss, and keeps the weights of the best one."""

    def __init__(self, recipe: Recipe, network: nn.Module) -> None:
        self._most, self._least_better = recipe.patience or math.inf, recipe.min_delta
        self._best: Score = math.inf, None
        self._epoch = self._waited = 0
        self._live = {name: value.detach() for name, value in network.state_dict().items()}
        self._weights = {name: value.clone() for name, value in self._live.items()}

    @classmethod
    def of(cls, recipe: Recipe, network: nn.Module, before: Self | None = None) -> Self | None:
        """For a recipe with early stopping, else None; what is known from `before` stays known."""
        if recipe.patience is None:
            return None
        if before is None:
            return cls(recipe, network)
        before._most, before._least_better = recipe.patience, recipe.min_delta
        return before

    @property
    def at_its_end(self) -> bool:
        """Whether the epoch in progress is the last one unless it is better."""
        return self._waited + 1 >= self._most

    def wears_out(self, done: EpochDone) -> bool:
        """Take note of an epoch; whether the last better one is too long ago."""
        if done.loss < self._best[0] - self._least_better:
            self._best, self._epoch, self._waited = (done.loss, done.accuracy), done.epoch, 0
            _copy(self._live, self._weights)
        else:
            self._waited += 1
        return self._waited >= self._most

    def go_back(self) -> Score | None:
        """Give the network the weights of the best epoch again, and tell how good it was; None if there was none."""
        if not self._epoch:
            return None
        _copy(self._weights, self._live)
        self._waited = 0  # another epoch may follow, with patience anew
        return self._best

    def state(self) -> dict[str, Any]:
        """All of it as a tree of plain values and tensors."""
        facts = {"best": self._best, "epoch": self._epoch, "waited": self._waited}
        return {**facts, "weights": self._weights}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Be as when `state` was taken."""
        self._best, self._epoch, self._waited = tuple(state["best"]), state["epoch"], state["waited"]
        _copy(state["weights"], self._weights)


def _copy(source: Mapping[str, torch.Tensor], target: Mapping[str, torch.Tensor]) -> None:
    with torch.no_grad():
        for name, value in target.items():
            value.copy_(source[name])
