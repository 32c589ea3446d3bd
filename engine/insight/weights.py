"""The weights of one block, cut down to what may travel."""

from __future__ import annotations

import torch
from torch import nn

from engine.insight.leaves import leaves
from engine.insight.scene import Scene, array
from engine.looks.base import Unseen
from engine.looks.weights import MOST_CELLS, MOST_FILTERS, MOST_NUMBERS, Tensor, Weights, WeightsOf

GATES: dict[type[nn.Module], tuple[str, ...]] = {
    nn.LSTM: ("input gate", "forget gate", "cell", "output gate"),
    nn.GRU: ("reset gate", "update gate", "new"),
    nn.MultiheadAttention: ("query", "key", "value"),
}
"""What the equally high parts of the tables of these modules are."""
FILTERS_FROM = 3
"""A tensor with so many axes is filters."""


def see_weights(look: WeightsOf, scene: Scene, step: int) -> Weights | Unseen:
    """The tensors of the block, or a sentence why there are none."""
    module = leaves(scene.network, scene.source).get(look.block)
    if module is None:
        return Unseen(step, look, f"{look.block} is not part of the network that is trained.")
    found = tuple(
        Tensor(name, tuple(value.shape), array(_sample(value.detach(), look.whole_rows)), _parts(module, name))
        for name, value in module.named_parameters()
    )
    if not found:
        return Unseen(step, look, f"{look.block} has no weights: it only computes.")
    return Weights(step, look, type(module).__name__, found)


def _sample(value: torch.Tensor, whole_rows: bool) -> torch.Tensor:
    """At most `MOST_NUMBERS` numbers: the first filters, or rows and columns evenly spread."""
    if value.dim() >= FILTERS_FROM:
        kernel = max(value[0, 0].numel(), 1)
        value = value[:MOST_FILTERS]
        return value[:, : max(MOST_NUMBERS // (len(value) * kernel), 1)]
    if value.dim() == 1:
        return _spread(value, 0, MOST_NUMBERS)
    if value.dim() == 0 or value.numel() == 0:
        return value
    if whole_rows:
        return value[: max(MOST_NUMBERS // value.shape[1], 1)]
    columns = min(value.shape[1], MOST_CELLS)
    return _spread(_spread(value, 1, columns), 0, min(MOST_CELLS, max(MOST_NUMBERS // columns, 1)))


def _spread(value: torch.Tensor, axis: int, most: int) -> torch.Tensor:
    """Evenly spread places of one axis, at most so many, the first one among them."""
    size = value.shape[axis]
    if size <= most:
        return value
    places = torch.arange(most, device=value.device) * size // most
    return value.index_select(axis, places)


def _parts(module: nn.Module, name: str) -> tuple[str, ...]:
    """The gates of a recurrent layer; query, key and value of attention."""
    for kind, parts in GATES.items():
        if isinstance(module, kind) and name.startswith(("weight_ih", "weight_hh", "bias_ih", "bias_hh", "in_proj")):
            return parts
    return ()
