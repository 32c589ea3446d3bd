"""Class activation maps: where the last maps speak for a class, in drawings that end in averages and one Linear."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

from engine.insight.scene import Scene
from engine.model import ANSWER

CLOSE = 1e-4
"""Averages that differ by no more than this, of the largest of them, are the same."""
NO_MAPS = "CAM needs a convolution; saliency works without."
NAMED = 4
"""So many blocks are named at most where there are too many of them."""


class NoCam(Exception):
    """The drawing does not allow class activation maps; the text says what is missing."""


@dataclass(frozen=True, eq=False)
class ClassMaps:
    """Of one example: `maps` (classes, height, width) with mean(maps[c]) + `bias`[c] the score of class c."""

    maps: torch.Tensor
    bias: torch.Tensor


def class_maps(scene: Scene, inputs: torch.Tensor) -> ClassMaps:
    """The class activation maps of one example, a batch of one. Raises NoCam."""
    with torch.inference_mode(), _listening(scene.network) as heard:
        values = scene.values(inputs)
    answer = values[ANSWER]
    if inputs.dim() != 4:
        raise NoCam("CAM needs pictures, and these data are rows of numbers.")
    found = [(layer, given) for layer, given, gave in heard.linear if _same(gave, answer)]
    if not found:
        raise NoCam(_not_linear(values))
    layer, averages = found[-1]
    maps = next((value for value in reversed([*heard.maps, *_maps(values)]) if _averaged(value, averages)), None)
    if maps is None:
        raise NoCam(_not_averaged(values) if heard.maps else "CAM needs a convolution; saliency works without.")
    weighted = torch.einsum("ck,khw->chw", layer.weight.detach(), maps[0])
    bias = dict(layer.named_parameters()).get("bias")
    return ClassMaps(weighted, weighted.new_zeros(len(weighted)) if bias is None else bias.detach())


class _Heard:
    """What modules gave in one pass: maps, and what each Linear got and gave."""

    def __init__(self) -> None:
        self.maps: list[torch.Tensor] = []
        self.linear: list[tuple[nn.Linear, torch.Tensor, torch.Tensor]] = []


@contextmanager
def _listening(network: nn.Module) -> Iterator[_Heard]:
    """Hear every layer for a while; nothing of it stays."""
    heard = _Heard()

    def listen(module: nn.Module, given: tuple[torch.Tensor, ...], gave: object) -> None:
        if isinstance(gave, torch.Tensor):
            if isinstance(module, nn.Linear):
                heard.linear.append((module, given[0], gave))
            elif gave.dim() == 4:
                heard.maps.append(gave.clone())  # a layer behind may change it in place

    handles = [layer.register_forward_hook(listen) for layer in network.modules() if not list(layer.children())]
    try:
        yield heard
    finally:
        for handle in handles:
            handle.remove()


def _maps(values: dict[str, object]) -> list[torch.Tensor]:
    return [value for value in values.values() if isinstance(value, torch.Tensor) and value.dim() == 4]


def _same(first: torch.Tensor, second: object) -> bool:
    return isinstance(second, torch.Tensor) and first.shape == second.shape and bool((first == second).all())


def _averaged(maps: torch.Tensor, averages: torch.Tensor) -> bool:
    """Whether these numbers are the averages of these maps, of more than one place each."""
    if averages.dim() != 2 or maps.shape[:2] != averages.shape or maps.shape[2:].numel() < 2:
        return False
    reach = float(averages.abs().max().clamp_min(1e-6))
    return bool(((maps.mean((2, 3)) - averages).abs() <= CLOSE * reach).all())


def _not_linear(values: dict[str, object]) -> str:
    last = _behind_maps(values)[1][-1:]
    where = f" Here {last[0]} comes last." if last else ""
    return f"CAM needs one Linear that gives the answer.{where} Grad-CAM works as it is."


def _not_averaged(values: dict[str, object]) -> str:
    maps, behind = _behind_maps(values)
    chain = behind if len(behind) <= NAMED else [*behind[: NAMED - 1], "…", behind[-1]]
    way = ", ".join(chain)
    return (
        f"CAM needs AdaptiveAvgPool2d (output_size 1), Flatten and one Linear behind {maps}; "
        f"here follow {way}. Grad-CAM works as it is."
    )


def _behind_maps(values: dict[str, object]) -> tuple[str, list[str]]:
    """The last block of the outermost drawing that gives maps, and the blocks behind it, in forward order."""
    order = [name for name, value in values.items() if isinstance(value, torch.Tensor) and name != ANSWER]
    wide = [name for name in order if _gives_maps(values[name])]
    if not wide:
        return "", order[1:]
    return wide[-1], order[order.index(wide[-1]) + 1 :]


def _gives_maps(value: object) -> bool:
    return isinstance(value, torch.Tensor) and value.dim() == 4 and value.shape[2:].numel() > 1
