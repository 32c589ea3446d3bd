"""The batches of an epoch: from memory by their numbers, or from disk by processes that read ahead."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch

from engine.data import Examples, Tensors, load
from engine.data.augmenting import Augmenter, augmenter_for
from engine.data.loading_from_disk import kept_where, load_large
from engine.data.torchvision_sets import fetch_missing
from engine.recipes.data_sets.own import Pictures
from engine.recipes.data_sets.torchvision_sets import InFolder
from engine.recipes.recipe import Recipe
from engine.recipes.transforms import seen_shape

Picked = tuple[torch.Tensor, torch.Tensor]
"""The numbers of the examples of a batch (n,), and their inputs (n, *shape) as the network gets them."""


class Batches(Protocol):
    """Where the inputs of batches come from. The same order and seed give the same bits.

    `labels` are those of the whole training part, on the device.
    """

    labels: torch.Tensor

    def epoch(self, order: torch.Tensor, size: int, batches: range, seed: int) -> Iterator[Picked]:
        """Some batches of an epoch, `size` examples each in this order; the seed is for what chance does to them."""
        ...

    def first(self, count: int) -> torch.Tensor:
        """The inputs of the first examples, to try something out."""
        ...


class InMemory:
    """Batches of inputs that are all there."""

    def __init__(self, train: Examples, augmenter: Augmenter) -> None:
        """The training part, normalised."""
        self.labels, self._inputs, self._augmenter = train.labels, train.inputs, augmenter

    def epoch(self, order: torch.Tensor, size: int, batches: range, seed: int) -> Iterator[Picked]:
        """One selection for each batch, the cheapest way there is."""
        order, inputs, augmenter = order.to(self._inputs.device), self._inputs, self._augmenter
        for batch in batches:
            picked = order[batch * size : (batch + 1) * size]
            yield picked, augmenter.training(inputs.index_select(0, picked), seed + batch)

    def first(self, count: int) -> torch.Tensor:
        """Changed like all others."""
        return self._augmenter.training(self._inputs[:count], 0)


def seed_for_epoch(recipe: Recipe, order: torch.Generator) -> int:
    """Where the chance of an epoch starts; without transforms nothing is drawn, so that the order stays what it was."""
    return int(torch.randint(2**62, (), generator=order)) if recipe.augment else 0


def load_for(recipe: Recipe, device: str) -> tuple[Tensors, Batches]:
    """The data of a recipe, transformed where every picture is, and batches of its training part.

    Raises ValueError with a sentence for data that cannot be loaded and transforms that do not suit them.
    """
    if isinstance(recipe.data, Pictures) and kept_where(recipe.data) != "memory":
        seen_shape(recipe.augment, recipe.data.input_shape)
        return load_large(recipe.data, recipe.augment, device, recipe.split)
    if isinstance(recipe.data, InFolder):
        fetch_missing(recipe.data)
    data = load(recipe.data, device, recipe.split)
    augmenter = augmenter_for(recipe.data, recipe.augment, data.train)
    test = augmenter.examples(data.test)
    validation = augmenter.examples(data.validation) if data.has_validation else test
    return Tensors(data.train, test, validation), InMemory(data.train, augmenter)
