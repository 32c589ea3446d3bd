"""What a pass through the validation data gathers, so that an epoch can be measured when it is over."""

from __future__ import annotations

from typing import Protocol

import torch

from engine.recipes.recipe import Recipe
from engine.training.metrics import Measured, measure

MOST_NUMBERS = 20_000_000
"""Numbers of outputs that are kept for a pass: 80 MB. What gives more is not measured."""


class Gathers(Protocol):
    """Whoever wants to see what the network makes of the validation data."""

    def add(self, outputs: torch.Tensor, labels: torch.Tensor) -> None:
        """The next batch: (n, ...) outputs and what would be right."""


class Answers:
    """Every output of a pass, kept where it came from until the pass is measured."""

    def __init__(self, recipe: Recipe) -> None:
        self._recipe, self._numbers = recipe, 0
        self._outputs: list[torch.Tensor] = []
        self._labels: list[torch.Tensor] = []

    def add(self, outputs: torch.Tensor, labels: torch.Tensor) -> None:
        """The next batch."""
        self._numbers += outputs.numel()
        if self._numbers <= MOST_NUMBERS:
            self._outputs.append(outputs)
            self._labels.append(labels)

    def measured(self) -> Measured:
        """The metrics of the pass; none where there was too much to keep."""
        if not self._outputs or self._numbers > MOST_NUMBERS:
            return Measured({})
        return measure(torch.cat(self._outputs), torch.cat(self._labels), self._recipe.loss, self._recipe.data)
