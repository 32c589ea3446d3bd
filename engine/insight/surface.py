"""Decision surfaces, by passes of their own over a grid on the data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from engine.data import Examples
from engine.events import Floats
from engine.insight.inner_values import shown_values
from engine.insight.scene import Scene, array
from engine.insight.scoring import guess
from engine.looks.base import Sight, Unseen
from engine.looks.surface import MOST_POINTS, MOST_UNITS, Surface, SurfaceOf
from engine.model import ANSWER

BEYOND = 0.08
"""The grid goes this share of the data's width beyond them."""


def see_surface(look: SurfaceOf, scene: Scene, step: int) -> Sight:
    """The answer and the units over the data; a sentence where the data lie neither on a line nor on a plane."""
    inputs = scene.data.train.inputs
    axes = inputs.shape[1] if inputs.dim() == 2 else 0
    if axes not in (1, 2):
        what = f"{axes} numbers" if axes else "pictures or sequences"
        text = f"A surface needs data with one or two numbers for each example; these have {what}."
        return Unseen(step, look, text)
    low, high = _bounds(inputs)
    with torch.inference_mode():
        outputs = scene.values(_grid(low, high, look.resolution))[ANSWER]
        if not isinstance(outputs, torch.Tensor):
            return Unseen(step, look, "A surface needs a network with one output.")
        sure = guess(outputs.reshape(len(outputs), -1), scene.recipe.loss)
        units = shown_values(scene, _grid(low, high, look.unit_resolution), look.blocks)[0] if look.blocks else {}
    points, targets, held_out = _points(scene)
    return Surface(
        step=step,
        look=look,
        low=_numbers(scene.data.train, low),
        high=_numbers(scene.data.train, high),
        points=points,
        targets=targets,
        held_out=held_out,
        answer=_on_grid(sure, axes, look.resolution),
        probabilities=scene.recipe.loss.wants != "values",
        units=_units(look, units, axes),
    )


def _bounds(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The corners of the grid, in the numbers that the network gets."""
    low, high = inputs.amin(0), inputs.amax(0)
    margin = BEYOND * (high - low).clamp(min=1e-6)
    return low - margin, high + margin


def _grid(low: torch.Tensor, high: torch.Tensor, resolution: int) -> torch.Tensor:
    """Every place of the grid as an example, (places, axes): row by row, from low to high."""
    share = torch.linspace(0, 1, resolution, device=low.device)
    along = [low[axis] + share * (high[axis] - low[axis]) for axis in range(len(low))]
    if len(along) == 1:
        return along[0][:, None]
    down, across = torch.meshgrid(along[1], along[0], indexing="ij")
    return torch.stack([across.flatten(), down.flatten()], dim=1)


def _on_grid(values: torch.Tensor, axes: int, resolution: int) -> Floats:
    """(places, numbers) as (numbers, rows, columns), or (numbers, columns)."""
    return array(values.T.reshape(-1, *(resolution for _ in range(axes))))


def _units(look: SurfaceOf, values: Mapping[str, torch.Tensor], axes: int) -> dict[str, Floats]:
    """The first units of the blocks that give a row of numbers for each example."""
    seen = ((block, values.get(block)) for block in look.blocks)
    return {
        block: _on_grid(value[:, :MOST_UNITS], axes, look.unit_resolution)
        for block, value in seen
        if isinstance(value, torch.Tensor) and value.dim() == 2
    }


def _points(scene: Scene) -> tuple[Floats, Floats, np.ndarray[tuple[int, ...], np.dtype[np.bool_]]]:
    """Some of the examples of both parts, as people know them."""
    parts = [(scene.data.train, False), (scene.validation, True)]
    room = MOST_POINTS // len(parts)
    points = np.concatenate([array(_known(part, part.inputs[:room])) for part, _ in parts])
    targets = np.concatenate(
        [array(part.labels[:room].reshape(len(part.labels[:room]), -1)[:, 0]) for part, _ in parts]
    )
    held_out = np.concatenate([np.full(len(part.labels[:room]), held) for part, held in parts])
    return points, targets, held_out


def _known(examples: Examples, inputs: torch.Tensor) -> torch.Tensor:
    """Before normalising."""
    return inputs * examples.scale + examples.offset


def _numbers(examples: Examples, corner: torch.Tensor) -> tuple[float, ...]:
    return tuple(float(value) for value in _known(examples, corner))
