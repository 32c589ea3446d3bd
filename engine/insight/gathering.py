"""What a pass through the validation examples found, example by example."""

from __future__ import annotations

import torch

from engine.events import Floats
from engine.insight.scene import array
from engine.insight.scoring import chosen, guess
from engine.looks.predictions import MOST_EXAMPLES
from engine.recipes.recipe import Recipe


class Gathered:
    """The answers of one pass, in the order of the examples, up to `MOST_EXAMPLES`.

    Attributes: `step` the step that the pass came after.
    """

    def __init__(self, recipe: Recipe, step: int = 0) -> None:
        self.step = step
        self._recipe = recipe
        self._answers: list[torch.Tensor] = []
        self._confidence: list[torch.Tensor] = []
        self._count = 0

    def add(self, outputs: torch.Tensor, labels: torch.Tensor) -> None:
        """The next batch: (n, ...) outputs and what would be right."""
        if self._count >= MOST_EXAMPLES:
            return
        answers, confidence = told(outputs.detach(), labels, self._recipe)
        self._answers.append(answers.cpu())
        self._confidence.append(confidence.cpu())
        self._count += len(answers)

    @property
    def answers(self) -> torch.Tensor:
        """(n,) the class chosen, or the value given."""
        return torch.cat(self._answers)[:MOST_EXAMPLES]

    @property
    def confidence(self) -> Floats:
        """(n,) how sure the answers are, or how far off."""
        return array(torch.cat(self._confidence)[:MOST_EXAMPLES])


def first_column(labels: torch.Tensor) -> torch.Tensor:
    """(n,) class numbers, or of several target values the first one."""
    return labels.flatten(1)[:, 0] if labels.dim() > 1 else labels


def told(outputs: torch.Tensor, labels: torch.Tensor, recipe: Recipe) -> tuple[torch.Tensor, torch.Tensor]:
    """For each example the answer, and the probability of it; for plain values how far it is off."""
    loss = recipe.loss
    sure = guess(outputs, loss)
    if not recipe.data.classes:
        values = sure.flatten(1)[:, 0]
        return values, (values - first_column(labels)).abs()
    picked = chosen(outputs, loss)
    if loss.wants != "values":
        return picked, sure.gather(1, picked[:, None])[:, 0]
    if sure.shape[1] == 1:
        return picked, (sure[:, 0] - labels).abs()
    return picked, sure.amax(1) - sure.gather(1, labels[:, None])[:, 0]
