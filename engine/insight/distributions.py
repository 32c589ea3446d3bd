"""How numbers are spread over a fixed batch of the validation data, and which units never answer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from engine.events import Floats
from engine.insight.leaves import leaves
from engine.insight.scene import Scene, array
from engine.looks.distributions import (
    BINS,
    MOST_COUNTED,
    MOSTLY,
    NEAR_END,
    PROBE,
    Distributions,
    DistributionsOf,
    Histogram,
    Layer,
)

CUTS_OFF: tuple[type[nn.Module], ...] = (nn.ReLU, nn.ReLU6)
"""Modules whose units are 0 for all that lies below zero."""
ENDS: dict[type[nn.Module], tuple[float, float]] = {
    nn.Sigmoid: (0.0, 1.0),
    nn.Hardsigmoid: (0.0, 1.0),
    nn.Tanh: (-1.0, 1.0),
    nn.Hardtanh: (-1.0, 1.0),
    nn.Softsign: (-1.0, 1.0),
    nn.ReLU6: (0.0, 6.0),
}
"""Modules whose answers lie between two ends; at an end their slope is about 0."""
UNITS_LAST: tuple[type[nn.Module], ...] = (
    nn.Linear,
    nn.LayerNorm,
    nn.Embedding,
    nn.RNNBase,
    nn.MultiheadAttention,
)
"""Behind these a value's units are its last axis; behind a convolution they are the first after the batch."""
LEAST_EXAMPLES, MOST_INPUTS = 8, 2_000_000
"""Large pictures are looked at in smaller number."""


def see_distributions(look: DistributionsOf, scene: Scene, step: int) -> Distributions:
    """The health of all layers, and the histograms of one block, by a pass of its own over the probe."""
    inputs = probe(scene)
    modules = leaves(scene.network, scene.source)
    chosen = {path for path in modules if path == look.block or path.startswith(f"{look.block}/")} if look.block else {}
    asked = look.block if look.block in modules else next(reversed([*chosen]), "")
    watch = _Watch(asked)
    with torch.inference_mode(), watch.listening(modules):
        values = scene.values(inputs)
        histograms = _weights(modules.get(asked))
        answer = watch.answer if watch.answer is not None else values.get(look.block)
        if isinstance(answer, torch.Tensor) and (found := histogram(answer)):
            histograms["activations"] = found
    return Distributions(step, look, len(inputs), tuple(watch.layers), histograms)


def probe(scene: Scene) -> torch.Tensor:
    """The same examples each time, evenly spread over the validation data."""
    inputs = scene.validation.inputs
    size = max(inputs[:1].numel(), 1)
    count = min(len(inputs), max(LEAST_EXAMPLES, min(PROBE, MOST_INPUTS // size)))
    places = torch.arange(count, device=inputs.device) * len(inputs) // max(count, 1)
    return inputs.index_select(0, places)


def histogram(value: torch.Tensor) -> Histogram | None:
    """Shares of the finite numbers in equal steps from the least to the greatest; None where there are none."""
    flat = value.detach().reshape(-1)
    flat = flat[:: max(math.ceil(flat.numel() / MOST_COUNTED), 1)].to("cpu", torch.float32)  # counted alike everywhere
    finite = flat[torch.isfinite(flat)]
    if not finite.numel():
        return None
    low, high = (float(end) for end in finite.aminmax())
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    counts: Floats = array(torch.histc(finite, BINS, low, high) / finite.numel())
    zeros = float((finite == 0).float().mean())
    return Histogram(low, high, counts, zeros, float(finite.mean()), float(finite.std(correction=0)))


def _weights(module: nn.Module | None) -> dict[str, Histogram]:
    found = {name: histogram(value) for name, value in module.named_parameters()} if module else {}
    return {name: counted for name, counted in found.items() if counted}


class _Watch:
    """Listens to the modules during one pass: numbers are taken at once, for a later module may work in place."""

    def __init__(self, asked: str) -> None:
        self.layers: list[Layer] = []
        self.answer: torch.Tensor | None = None
        self._asked, self._units_last = asked, False
        self._heard: set[str] = set()

    @contextmanager
    def listening(self, modules: dict[str, nn.Module]) -> Iterator[None]:
        """Hooks for the length of one pass; none stays behind."""
        names = {id(module): path for path, module in modules.items()}

        def hear(module: nn.Module, _: object, answer: object) -> None:
            self._hear(names[id(module)], module, answer)

        hooks = [module.register_forward_hook(hear) for module in modules.values()]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _hear(self, path: str, module: nn.Module, answer: object) -> None:
        value = answer[0] if isinstance(answer, tuple) and answer else answer
        has_weights = next(module.parameters(recurse=True), None) is not None
        if has_weights:
            self._units_last = isinstance(module, UNITS_LAST)
        if not isinstance(value, torch.Tensor) or path in self._heard:  # a shared block is called more than once
            return
        self._heard.add(path)
        if path == self._asked:
            self.answer = value.clone()
        if has_weights or isinstance(module, CUTS_OFF) or type(module) in ENDS:
            self.layers.append(self._layer(path, module, value))

    def _layer(self, path: str, module: nn.Module, value: torch.Tensor) -> Layer:
        kind, maps = type(module).__name__, value.dim() > 2
        if value.dim() < 2:
            return Layer(path, kind, 0, False)
        axis = value.dim() - 1 if self._units_last else 1
        others = tuple(place for place in range(value.dim()) if place != axis)
        dead = saturated = None
        if isinstance(module, CUTS_OFF):
            dead = _flags(value.amax(others) <= 0)
        if ends := ENDS.get(type(module)):
            saturated = _flags(_at_ends(value, ends, isinstance(module, CUTS_OFF)).float().mean(others) >= MOSTLY)
        return Layer(path, kind, value.shape[axis], maps, dead, saturated)


def _at_ends(value: torch.Tensor, ends: tuple[float, float], upper_only: bool) -> torch.Tensor:
    low, high = ends
    near = NEAR_END * (high - low)
    above = value >= high - near
    return above if upper_only else above | (value <= low + near)


def _flags(value: torch.Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    found: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = value.cpu().numpy()
    return found
