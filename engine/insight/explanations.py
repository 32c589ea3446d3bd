"""Explanations by Captum: which parts of an example speak for a class. They leave no trace in the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from engine.insight.attributions import (
    TooSlow,
    explained_by_covering,
    explained_by_grad_cam,
    explained_by_path,
    explained_by_slope,
)
from engine.insight.cam import NoCam, class_maps
from engine.insight.gathering import first_column
from engine.insight.predictions import own_input
from engine.insight.scene import Scene, array
from engine.insight.scoring import chosen, guess
from engine.looks.explanations import CAM, GRAD_CAM, GRADIENTS, NONE, OCCLUSION, SALIENCY, Explain, Explanation

Explained = tuple[torch.Tensor, str, bool]
"""Values like the example, a sentence, and whether more time would give finer ones."""


class NotExplained(Exception):
    """This way of explaining does not suit the network or the data; the text says why."""


@dataclass(frozen=True, eq=False)
class Case:
    """One example to explain, as a batch of one, and for what."""

    scene: Scene
    inputs: torch.Tensor
    picture: torch.Tensor
    label: float | None
    guess: torch.Tensor
    target: int

    def score(self, inputs: torch.Tensor) -> torch.Tensor:
        """(n, classes): what speaks for each class, before any softmax; a single number speaks for the second."""
        outputs = self.scene.answer(inputs).flatten(1)
        if self.scene.recipe.loss.nearest:
            outputs = -outputs
        return torch.cat([-outputs, outputs], 1) if self.is_single else outputs

    @property
    def is_single(self) -> bool:
        """Whether one number tells two classes apart."""
        recipe = self.scene.recipe
        return recipe.data.classes == 2 and self.guess.numel() <= 2 and not recipe.loss.takes_index


def see_explanation(look: Explain, scene: Scene, step: int) -> Explanation:
    """The example, the answer to it and what speaks for the target; where that cannot be, a sentence instead."""
    devices = [scene.validation.inputs.device] if scene.validation.inputs.is_cuda else []
    with torch.random.fork_rng(devices):
        case = _case(look, scene)
        layers = convolutions(scene.network)
        layer = (look.layer if look.layer in layers else next(reversed(layers), "")) if look.method == GRAD_CAM else ""
        values, note, missing, coarse = None, "", "", False
        try:
            if look.method != NONE:
                found, note, coarse = WAYS[look.method](case, look, layers.get(layer))
                values = array(found)
        except (NoCam, NotExplained, TooSlow) as reason:
            missing = str(reason)
        except RuntimeError as error:
            missing = f"PyTorch could not work this out: {str(error).strip().splitlines()[0]}"
    return Explanation(
        step=step,
        look=look,
        picture=array(case.picture),
        label=case.label,
        guess=array(case.guess),
        probabilities=scene.recipe.loss.wants != "values",
        target=case.target,
        values=values,
        layers=tuple(layers),
        layer=layer,
        note=note,
        missing=missing,
        coarse=coarse,
    )


def convolutions(network: nn.Module) -> dict[str, nn.Module]:
    """Every convolution over pictures by the path of its block, in the order in which they were made."""
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    return {name.replace(".", "/"): part for name, part in network.named_modules() if isinstance(part, kinds)}


def _case(look: Explain, scene: Scene) -> Case:
    examples, number, label = scene.validation, look.example, None
    if look.picture:
        inputs, picture = own_input(look.picture, scene), torch.from_numpy(look.picture.values)
    else:
        number = max(0, min(number, len(examples) - 1))
        inputs, picture = examples.inputs[number : number + 1].clone(), examples.picture(number)
        label = float(first_column(examples.labels[number : number + 1]))
    with torch.inference_mode():
        outputs = scene.answer(inputs).flatten(1)
        sure, best = guess(outputs, scene.recipe.loss)[0], int(chosen(outputs, scene.recipe.loss))
    case = Case(scene, inputs, picture, label, sure.clone(), 0)
    count = 2 if case.is_single else sure.numel()
    target = max(0, min(best if look.target is None else look.target, count - 1))
    return Case(scene, inputs, picture, label, case.guess, target)


def _saliency(case: Case, look: Explain, layer: nn.Module | None) -> Explained:
    return _flat(explained_by_slope(case.score, case.inputs, case.target)), "", False


def _grad_cam(case: Case, look: Explain, layer: nn.Module | None) -> Explained:
    if case.inputs.dim() != 4 or layer is None:
        raise NotExplained("Grad-CAM needs pictures and a convolution; saliency works without.")
    maps = explained_by_grad_cam(case.score, layer, case.inputs, case.target)
    height, width = maps.shape[1:]
    return _upsampled(maps, case.inputs), f"{height} × {width} places", False


def _cam(case: Case, look: Explain, layer: nn.Module | None) -> Explained:
    found = class_maps(case.scene, case.inputs)
    maps = found.maps
    if case.is_single and len(maps) == 1:
        maps = torch.cat([-maps, maps])
    one = maps[case.target]
    return _upsampled(one[None], case.inputs), f"{one.shape[0]} × {one.shape[1]} places", False


def _occlusion(case: Case, look: Explain, layer: nn.Module | None) -> Explained:
    values, note, coarse = explained_by_covering(case.score, case.inputs, _empty(case), case.target, look.seconds)
    return _flat(values), note, coarse


def _gradients(case: Case, look: Explain, layer: nn.Module | None) -> Explained:
    values, note, coarse = explained_by_path(case.score, case.inputs, _empty(case), case.target, look.seconds)
    return (values[0].sum(0) if values.dim() == 4 else values[0]), note, coarse


WAYS: dict[str, Callable[[Case, Explain, nn.Module | None], Explained]] = {
    SALIENCY: _saliency,
    GRAD_CAM: _grad_cam,
    CAM: _cam,
    OCCLUSION: _occlusion,
    GRADIENTS: _gradients,
}


def _empty(case: Case) -> torch.Tensor:
    """What stands for nothing: a black picture, or a row of averages."""
    examples = case.scene.validation
    if case.inputs.dim() == 4:
        return torch.zeros_like(case.inputs) - examples.offset / examples.scale
    return case.scene.data.train.inputs.mean(0, keepdim=True)


def _flat(values: torch.Tensor) -> torch.Tensor:
    """Of a batch of one: for pictures the strongest of the channels at each place, else the numbers."""
    one = values[0]
    if one.dim() != 3:
        return one
    strongest = one.abs().argmax(0, keepdim=True)
    return one.gather(0, strongest)[0]


def _upsampled(maps: torch.Tensor, inputs: torch.Tensor) -> torch.Tensor:
    size = list(inputs.shape[2:])
    return F.interpolate(maps[None].detach(), size, mode="bilinear", align_corners=False)[0, 0]
