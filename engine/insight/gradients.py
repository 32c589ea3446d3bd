"""Gradient norms by block: one fused computation and one transfer for the whole network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

from engine.lower import Source


@dataclass(frozen=True)
class Norms:
    """Euclidean norms of the gradients: of each block in forward order, and of all together."""

    blocks: Mapping[str, float]
    total: float


class GradientMeter:
    """Knows which parameter belongs to which block, and measures their gradients when asked."""

    def __init__(self, network: nn.Module, source: Source) -> None:
        found: dict[str, list[nn.Parameter]] = {}
        for name, parameter in network.named_parameters():
            found.setdefault(name.split(".")[0], []).append(parameter)
        self.parameters = {block: found[block] for block in forward_order(source) if block in found}
        self._flat = [parameter for group in self.parameters.values() for parameter in group]

    def measure(self) -> Norms | None:
        """The norms of the gradients that lie there now, or None before the first backward pass."""
        present = [parameter.grad for parameter in self._flat if parameter.grad is not None]
        if not present:
            return None
        norms = iter(torch.stack(torch._foreach_norm(present)).tolist())
        blocks = {
            block: math.hypot(*(next(norms) for parameter in group if parameter.grad is not None))
            for block, group in self.parameters.items()
        }
        return Norms(blocks, math.hypot(*blocks.values()))


def forward_order(source: Source) -> tuple[str, ...]:
    """The blocks in the order of computation, by their last line, which is the one in `forward`."""
    last = {block: number for number, block in source.lines.items()}
    return tuple(sorted(last, key=last.__getitem__))
