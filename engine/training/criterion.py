"""What the network's answers cost: PyTorch's losses for the heads of a recipe, and the targets they compare with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn

from engine.recipes.data_sets import DataSet
from engine.recipes.heads import Head
from engine.recipes.losses import GaussianNLLLoss, KLDivLoss, Loss

Measure = Callable[[Any, Any], torch.Tensor]
Targets = torch.Tensor | tuple[torch.Tensor, ...]

OWN = ("balanced",)
"""Settings that PyTorch's classes do not have."""
NO_CLASS = -1


class Criterion:
    """The loss of a batch: one number for all heads together.

    Attributes: `measure(outputs, targets)`, PyTorch's own module where there is a single head of weight 1.
    """

    def __init__(self, heads: Sequence[Head], data: DataSet, labels: torch.Tensor) -> None:
        """Make the losses; `labels` of the training part say how often each class comes. Raises ValueError."""
        self.heads, self._data = tuple(heads), data
        self._modules = tuple(module_for(head.loss, data, labels) for head in heads)
        plain = len(self.heads) == 1 and self.heads[0].weight == 1
        self.measure: Measure = self._modules[0] if plain else self._weighed

    def targets(self, labels: torch.Tensor) -> Targets:
        """What the losses compare with, for labels (n,) or values (n, columns): a tensor, or one for each head."""
        found = tuple(targets_of(head, self._data, labels) for head in self.heads)
        return found[0] if len(found) == 1 else found

    def share(self, targets: Targets) -> float:
        """How much a batch counts in a mean over several: its examples, or what their classes weigh together."""
        if not isinstance(targets, torch.Tensor):
            return len(targets[0])
        weight = getattr(self._modules[0], "weight", None)
        counted = weight is not None and self.heads[0].loss.takes_index
        # PyTorch's MultiMarginLoss divides by the examples, the other two by their weights.
        divides = counted and not isinstance(self._modules[0], nn.MultiMarginLoss)
        return float(weight[targets].sum()) if divides and weight is not None else len(targets)

    def _weighed(self, outputs: Any, targets: Any) -> torch.Tensor:
        answers, aims = (outputs, targets) if len(self.heads) > 1 else ((outputs,), (targets,))
        pairs = zip(self.heads, self._modules, answers, aims, strict=True)
        losses = [head.weight * module(answer, aim) for head, module, answer, aim in pairs]
        return torch.stack(losses).sum() if len(losses) > 1 else losses[0]


def module_for(loss: Loss, data: DataSet, labels: torch.Tensor) -> Measure:
    """PyTorch's module for a loss. Raises ValueError where its class weights do not suit the data."""
    options = {name: value for name, value in loss.values().items() if name not in OWN}
    if "weight" in options:
        options["weight"] = _class_weights(loss, data, labels)
    if "pos_weight" in options:
        options["pos_weight"] = _positive_weight(loss, data, labels)
    if isinstance(loss, KLDivLoss):
        options["reduction"] = "batchmean"
    module: nn.Module = getattr(nn, loss.kind())(**options)
    return _with_variance(module) if isinstance(loss, GaussianNLLLoss) else module


def targets_of(head: Head, data: DataSet, labels: torch.Tensor) -> torch.Tensor:
    """What one head compares its answers with, for class numbers (n,) or values (n, columns)."""
    loss = head.loss
    if data.classes is None:
        column = head.column(data)
        values = labels.to(torch.float32)
        values = values[:, None] if values.dim() == 1 else values
        return values if column is None else values[:, column : column + 1]
    if loss.takes_index:
        return labels
    if loss.targets == "class numbers":
        rows = torch.full((len(labels), data.classes), NO_CLASS, dtype=torch.int64, device=labels.device)
        rows[:, 0] = labels
        return rows
    if data.classes == 2 and not loss.one_each:
        numbers = labels.to(torch.float32)[:, None]
    else:
        numbers = nn.functional.one_hot(labels, data.classes).to(torch.float32)
    return 2 * numbers - 1 if loss.targets == "signs" else numbers


def _class_weights(loss: Any, data: DataSet, labels: torch.Tensor) -> torch.Tensor | None:
    """One weight for each class on the labels' device, or None where all count the same."""
    classes = data.classes or 0
    if loss.balanced:
        counts = torch.bincount(labels, minlength=classes).clamp(min=1)
        return (len(labels) / (classes * counts)).to(torch.float32)
    if loss.weight is None:
        return None
    if len(loss.weight) != classes:
        raise ValueError(
            f"weight of {loss.kind()} has {len(loss.weight)} numbers, but {data.title} has {classes} classes; "
            "give one for each class"
        )
    return torch.tensor(loss.weight, device=labels.device)


def _positive_weight(loss: Any, data: DataSet, labels: torch.Tensor) -> torch.Tensor | None:
    if not loss.balanced:
        return None if loss.pos_weight is None else torch.tensor(loss.pos_weight, device=labels.device)
    classes = data.classes or 0
    counts = torch.bincount(labels, minlength=classes).clamp(min=1).to(torch.float32)
    weights = (len(labels) - counts) / counts
    return weights[1:] if classes == 2 else weights


def _with_variance(module: nn.Module) -> Measure:
    """A loss that takes mean and variance: the first half of the answer, and the exponential of the second."""

    def measure(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        means, logarithms = outputs.chunk(2, dim=1)
        found: torch.Tensor = module(means, targets, logarithms.exp())
        return found

    return measure
