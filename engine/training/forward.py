"""How a batch goes through the network: the same examples into every Input, in the precision of the recipe."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from engine.lower import Source
from engine.recipes.recipe import Recipe

PRECISIONS = {"bfloat16": torch.bfloat16, "float16": torch.float16}


def forward_of(network: nn.Module, source: Source, recipe: Recipe, device: str) -> Callable[[torch.Tensor], Any]:
    """A function from inputs to the answer of the one Output, or to a tuple of answers; always in single precision."""
    count, precision = max(1, len(source.inputs)), PRECISIONS.get(recipe.precision)
    if precision is None:
        return network if count == 1 else lambda inputs: network(*(inputs,) * count)
    kind = device.partition(":")[0]

    def forward(inputs: torch.Tensor) -> Any:
        with torch.autocast(kind, dtype=precision):
            outputs = network(*(inputs,) * count)
        return outputs.float() if isinstance(outputs, torch.Tensor) else tuple(one.float() for one in outputs)

    return forward
