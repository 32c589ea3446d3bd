"""Goes through validation examples, a chunk at a time, for those that are worth a look."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

import torch

from engine.insight.inner_values import shown_values
from engine.insight.predictions import thumbnail
from engine.insight.scene import Scene, array
from engine.insight.scoring import chosen
from engine.looks.base import Sight, Unseen
from engine.looks.drivers import LONGEST, MOST_DRIVERS, MOST_EXAMINED, Drivers, DriversOf, Mistake, NextMistake, Reading

CHUNK = 64
"""So many examples go through the network at once; between two chunks the time is checked."""


def see_drivers(look: DriversOf, scene: Scene, step: int) -> Sight:
    """The examples with the greatest activations; those of equal ones in their own order."""
    found = []
    for inputs in _in_time(scene.validation.inputs[:MOST_EXAMINED]):
        with torch.inference_mode():
            value = shown_values(scene, inputs, (look.block,))[0].get(look.block)
        unit = None if value is None or len(value) != len(inputs) else _unit(value, look.unit, look.reading)
        if unit is None:
            return Unseen(step, look, f"{look.block} gives nothing for each example that could be compared.")
        found.append(unit)
    activations = torch.cat(found)
    best = activations.nan_to_num(float("-inf")).argsort(descending=True, stable=True)
    best = best[: max(1, min(look.count, MOST_DRIVERS))]
    numbers = best.tolist()
    return Drivers(
        step=step,
        look=look,
        examples=best.cpu().numpy(),
        activations=array(activations[best]),
        labels=scene.validation.labels[best].cpu().numpy(),
        pictures={number: thumbnail(scene.validation, number) for number in numbers},
        examined=len(activations),
    )


def see_mistake(look: NextMistake, scene: Scene, step: int) -> Sight:
    """The next example that is taken for a wrong class."""
    examples, loss = scene.validation, scene.recipe.loss
    if not scene.recipe.data.classes:
        return Unseen(step, look, "These data have no classes, so that no answer is simply wrong.")
    order = torch.arange(look.after + 1, look.after + 1 + len(examples), device=examples.labels.device) % len(examples)
    examined = 0
    for places in _in_time(order):
        with torch.inference_mode():
            wrong = chosen(scene.answer(examples.inputs[places]), loss) != examples.labels[places]
        if wrong.any():
            first = int(wrong.int().argmax())
            number = int(places[first])
            return Mistake(step, look, number, number, examined + first + 1)
        examined += len(places)
    return Mistake(step, look, None, (look.after + examined) % len(examples), examined)


def _in_time(values: torch.Tensor) -> Iterator[torch.Tensor]:
    """Chunk after chunk until the time is over; the first one in any case."""
    until = perf_counter() + LONGEST
    for chunk in torch.split(values, CHUNK):
        yield chunk
        if perf_counter() > until:
            return


def _unit(value: torch.Tensor, unit: int, reading: Reading) -> torch.Tensor | None:
    """(examples,) how strongly one unit answers to each; None if there is no such unit."""
    each = value.reshape(len(value), 1) if value.dim() == 1 else value
    if not 0 <= unit < each.shape[1] or not each[0].numel():
        return None
    numbers = each[:, unit].reshape(len(each), -1).float()
    return numbers.amax(1) if reading == "greatest" else numbers.mean(1)
