"""Gradients and steps by block: fused computations and one transfer for the whole network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import torch
from torch import nn

from engine.insight.scene import Scene, array
from engine.looks.gradients import BINS, LARGEST, MOST_COUNTED, SMALLEST, GradientSizes, GradientsOf
from engine.lower import Source

MOST_COMPARED = 65_536
"""Of a larger tensor so many weights, evenly spread, stand for all in the ratio of a step to the weights."""


@dataclass(frozen=True)
class Norms:
    """Euclidean norms of the gradients: of each block in forward order, and of all together."""

    blocks: Mapping[str, float]
    total: float
    ratios: Mapping[str, float] = field(default_factory=dict)
    """For each block how long the step was beside its weights; empty where no step was measured."""


class GradientMeter:
    """Knows which parameter belongs to which block that learns, and measures their gradients when asked."""

    def __init__(self, network: nn.Module, source: Source) -> None:
        found: dict[str, list[nn.Parameter]] = {}
        for name, parameter in network.named_parameters():
            if not parameter.requires_grad:
                continue
            found.setdefault(name.split(".")[0], []).append(parameter)
        self.parameters = {block: found[block] for block in forward_order(source) if block in found}
        self._flat = [parameter for group in self.parameters.values() for parameter in group]
        self._before: list[torch.Tensor] = []

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

    @torch.no_grad()
    def before_step(self) -> None:
        """Remember the weights, or a sample of large tensors, to know how far the next step moves them."""
        self._before = list(torch._foreach_add(self._samples(), 0))

    @torch.no_grad()
    def after_step(self, norms: Norms) -> Norms:
        """The same norms with the ratios of the step since `before_step`; without, where that was not called."""
        before, self._before = self._before, []
        if not before:
            return norms
        moved = torch._foreach_norm(torch._foreach_sub(self._samples(), before))
        lengths = torch.stack([*moved, *torch._foreach_norm(before)]).tolist()
        steps, sizes = iter(lengths[: len(before)]), iter(lengths[len(before) :])
        ratios = {}
        for block, group in self.parameters.items():
            weighed = [math.sqrt(_every(parameter)) for parameter in group]
            step = math.hypot(*(scale * next(steps) for scale in weighed))
            size = math.hypot(*(scale * next(sizes) for scale in weighed))
            if size > 0:
                ratios[block] = step / size
        return replace(norms, ratios=ratios)

    def _samples(self) -> list[torch.Tensor]:
        return [parameter.detach().reshape(-1)[:: _every(parameter)] for parameter in self._flat]


def see_gradients(look: GradientsOf, scene: Scene, step: int) -> GradientSizes | None:
    """The sizes of the gradients that lie there now; None before the first step."""
    meter = GradientMeter(scene.network, scene.source)
    counts, zeros = {}, {}
    for block, group in meter.parameters.items():
        found = [gradient.detach().reshape(-1) for parameter in group if (gradient := parameter.grad) is not None]
        if not found:
            continue
        each = max(MOST_COUNTED // len(found), 1)
        sizes = torch.cat([one[:: max(math.ceil(one.numel() / each), 1)] for one in found])
        sizes = sizes.to("cpu", torch.float32).abs()
        exponents = sizes[sizes > 0].log10().nan_to_num(LARGEST).clamp(SMALLEST, LARGEST)
        counts[block] = array(torch.histc(exponents, BINS, SMALLEST, LARGEST) / sizes.numel())
        zeros[block] = float((sizes == 0).float().mean())
    return GradientSizes(step, look, counts, zeros) if counts else None


def _every(parameter: torch.Tensor) -> int:
    """Which weights of a tensor are compared: all of them, or every second, third and so on."""
    return max(math.ceil(parameter.numel() / MOST_COMPARED), 1)


def forward_order(source: Source) -> tuple[str, ...]:
    """The blocks in the order of computation, by their last line, which is the one in `forward`."""
    last = {block: number for number, block in source.lines.items()}
    return tuple(sorted(last, key=last.__getitem__))
