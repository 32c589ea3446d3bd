"""Weights, gradient sizes and distributions of the simulated run."""

from __future__ import annotations

import numpy as np

from engine.events import Event
from engine.looks import distributions, gradients
from engine.looks.distributions import Distributions, DistributionsOf, Histogram, Layer
from engine.looks.gradients import GradientSizes, GradientsOf
from engine.looks.weights import Tensor, Weights, WeightsOf


def sights(step: int, blocks: tuple[str, ...], chosen: str = "conv2") -> list[Event]:
    """What is seen of the weights after a step: all of one block, and how those of all layers are spread."""
    chance = np.random.default_rng(step)
    return [_weights(step, chosen, chance), _distributions(step, blocks, chosen), _sizes(step, blocks, chance)]


def _weights(step: int, block: str, chance: np.random.Generator) -> Weights:
    values = chance.normal(0, 0.2, (32, 16, 3, 3)).astype(np.float32)
    bias = chance.normal(0, 0.1, 32).astype(np.float32)
    tensors = (Tensor("weight", values.shape, values), Tensor("bias", bias.shape, bias))
    return Weights(step, WeightsOf(block), "Conv2d", tensors)


def _distributions(step: int, blocks: tuple[str, ...], block: str) -> Distributions:
    bell = np.exp(-(np.linspace(-3, 3, distributions.BINS) ** 2)).astype(np.float32)
    one = Histogram(-0.6, 0.7, bell / bell.sum(), 0.0, 0.01, 0.2)
    layers = [Layer(name, "Conv2d", 32, True) for name in blocks]
    layers.insert(1, Layer("relu1", "ReLU", 32, True, dead=np.arange(32) < 12))
    return Distributions(step, DistributionsOf(block), 128, tuple(layers), {"weight": one, "activations": one})


def _sizes(step: int, blocks: tuple[str, ...], chance: np.random.Generator) -> GradientSizes:
    places = np.linspace(gradients.SMALLEST, gradients.LARGEST, gradients.BINS)
    counts = {}
    for name in blocks:
        bell = np.exp(-((places + 3 + chance.normal(0, 0.1)) ** 2)).astype(np.float32)
        counts[name] = 0.9 * bell / bell.sum()
    return GradientSizes(step, GradientsOf(), counts, dict.fromkeys(blocks, 0.1))
