"""Feature maps: what chosen blocks make of one example, by a pass of its own."""

from __future__ import annotations

import torch

from engine.events import Floats
from engine.insight.inner_values import shown_values
from engine.insight.scene import Scene, array
from engine.insight.scoring import guess
from engine.looks.maps import MOST_MAPS, MOST_NUMBERS, Maps, MapsOf


def see_maps(look: MapsOf, scene: Scene, step: int) -> Maps | None:
    """What the blocks make of an example; blocks that the network has not are left out, no blocks are no answer."""
    if not look.blocks:
        return None
    examples, loss = scene.validation, scene.recipe.loss
    example = max(0, min(look.example, len(examples) - 1))
    with torch.inference_mode():
        seen, outputs = shown_values(scene, examples.inputs[example : example + 1], look.blocks)
        sure = guess(outputs, loss)[0]
    return Maps(
        step=step,
        look=look,
        example=example,
        picture=array(examples.picture(example)),
        label=int(examples.labels[example]),
        guess=array(sure),
        maps={block: _small(value) for block, value in seen.items()},
        probabilities=loss.wants != "values",
    )


def _small(value: torch.Tensor) -> Floats:
    """The first maps of a batch of one; a row of numbers may be longer."""
    one = value[0] if value.dim() > 1 else value
    return array(one[: MOST_MAPS if one.dim() > 1 else MOST_NUMBERS])
