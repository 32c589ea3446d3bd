"""Captum's attributions for one example, made coarser where they would take too long."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from math import ceil, sqrt
from time import perf_counter
from typing import Any

import torch
from torch import nn

Score = Callable[[torch.Tensor], torch.Tensor]
"""(n, ...) inputs to (n, classes) scores."""

AT_ONCE = 64
"""So many covered pictures, or points of the path, go through the network together."""
PATCHES = 7
"""A patch is a seventh of a picture wide."""
FEWEST_STEPS, STEPS = 8, 64
"""Points on the way from nothing to the example."""


class TooSlow(Exception):
    """Even the coarsest explanation would take too long; the text says how long."""


def explained_by_slope(score: Score, inputs: torch.Tensor, target: int) -> torch.Tensor:
    """Like the inputs: how the score rises with each number. Signs are kept."""
    return _tensor(_captum().Saliency(score).attribute(_learning(inputs), target=target, abs=False))


def explained_by_grad_cam(score: Score, layer: nn.Module, inputs: torch.Tensor, target: int) -> torch.Tensor:
    """(1, height, width): the layer's maps, weighted with the average slope of each, never below zero."""
    found = _captum().LayerGradCam(score, layer).attribute(_learning(inputs), target=target, relu_attributions=True)
    return _tensor(found)[0]


def explained_by_covering(
    score: Score, inputs: torch.Tensor, empty: torch.Tensor, target: int, seconds: float
) -> tuple[torch.Tensor, str, bool]:
    """How far the score falls where a patch is covered; a sentence; whether it was made coarser. Raises TooSlow.

    Patches lie at least so far apart that all of them take no longer than the seconds.
    """
    shape = inputs.shape[1:]
    window = tuple(max(1, round(side / PATCHES)) for side in shape[1:]) if len(shape) == 3 else (1,) * (len(shape) - 1)
    whole = (shape[0], *window) if len(shape) == 3 else (*window, 1)
    one = _duration(lambda: score(inputs.expand(AT_ONCE, *shape))) / AT_ONCE
    stride = _stride(shape, whole, one, seconds)
    strides = (shape[0], *(stride,) * 2) if len(shape) == 3 else whole
    strides = tuple(min(step, width) for step, width in zip(strides, whole, strict=True))
    with torch.inference_mode():
        values = (
            _captum()
            .Occlusion(score)
            .attribute(
                inputs,
                sliding_window_shapes=whole,
                strides=strides,
                baselines=empty,
                target=target,
                perturbations_per_eval=AT_ONCE,
            )
        )
    return _tensor(values), _patches_said(shape, whole, strides, one), stride > 1


def explained_by_path(
    score: Score, inputs: torch.Tensor, empty: torch.Tensor, target: int, seconds: float
) -> tuple[torch.Tensor, str, bool]:
    """What each number adds on the way from nothing to the example; how well that adds up; whether it is coarse."""
    learning = _learning(inputs.expand(FEWEST_STEPS, *inputs.shape[1:]))
    one = _duration(lambda: torch.autograd.grad(score(learning)[:, target].sum(), learning)) / FEWEST_STEPS
    steps = max(FEWEST_STEPS, min(STEPS, int(seconds / one)))
    method = _captum().IntegratedGradients(score)
    values = _tensor(
        method.attribute(_learning(inputs), empty, target=target, n_steps=steps, internal_batch_size=AT_ONCE)
    )
    with torch.inference_mode():
        gained = float(score(inputs)[0, target] - score(empty)[0, target])
    note = f"{steps} steps; adds up to {float(values.sum()):+.3g} of {gained:+.3g}"
    return values, note.replace("-", "−"), steps < STEPS


def _stride(shape: torch.Size, window: tuple[int, ...], one: float, seconds: float) -> int:
    """The least distance of patches for which there is time."""
    if len(shape) != 3:
        if one * shape.numel() > seconds:
            raise TooSlow(_wait(one * shape.numel()))
        return 1
    affordable = max(1.0, seconds / one)
    stride = max(1, ceil(sqrt(shape[1] * shape[2] / affordable)))
    if stride > min(window[1:]):
        raise TooSlow(_wait(one * shape[1] * shape[2] / min(window[1:]) ** 2))
    return stride


def _wait(seconds: float) -> str:
    return f"Occlusion takes about {_time(seconds)} here. Pause the run, then press Finer."


def _patches_said(shape: torch.Size, window: tuple[int, ...], strides: tuple[int, ...], one: float) -> str:
    if len(shape) != 3:
        return "Each number replaced by its average"
    said = f"Patches of {window[1]} × {window[2]}"
    if max(strides[1:]) == 1:
        return said
    return f"{said}, every {strides[1]} pixels; each pixel takes about {_time(one * shape[1] * shape[2])}"


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _duration(work: Callable[[], object]) -> float:
    """Seconds; the first time pays for what comes once, so the second one counts."""
    work()
    start = perf_counter()
    work()
    return max(perf_counter() - start, 1e-6)


def _learning(inputs: torch.Tensor) -> torch.Tensor:
    """A copy that gathers slopes; the data stay as they are."""
    return inputs.detach().clone().requires_grad_()


def _tensor(value: Any) -> torch.Tensor:
    found: torch.Tensor = value.detach()
    return found


def _captum() -> Any:
    """Loaded when the first explanation is wanted: it takes a second."""
    return import_module("captum.attr")
