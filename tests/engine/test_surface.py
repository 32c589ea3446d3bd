"""Decision surfaces are what the network answers at those places, and looking changes no bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.events import Event, Finished, Steps
from engine.insight.scene import evaluating
from engine.looks.base import Sight, Unseen
from engine.looks.surface import MOST_UNITS, Surface, SurfaceOf
from engine.recipes.data_sets import Box, DataSet, Digits, Spiral
from engine.recipes.losses import BCEWithLogitsLoss, CrossEntropyLoss, Loss, MSELoss
from engine.recipes.recipe import Recipe
from engine.training.trainer import Control, Trainer
from tests.engine.networks import points_network, row, small_cnn


def trained(data: DataSet, loss: Loss, outputs: int, look: SurfaceOf, width: int = 5) -> tuple[Trainer, list[Event]]:
    source = row(
        ("Input", {"shape": list(data.input_shape)}),
        ("Linear", {"out_features": width}),
        ("Tanh", {}),
        ("Linear", {"out_features": outputs}),
        ("Output", {}),
    )
    trainer = Trainer(source, Recipe(data=data, loss=loss, epochs=2, threads=1), Control(looks=(look,)))
    return trainer, [event for handful in trainer.story() for event in handful]


def losses(events: list[Event]) -> list[float]:
    return [float(loss) for event in events if isinstance(event, Steps) for loss in event.losses]


def seen(trainer: Trainer, look: SurfaceOf) -> Sight:
    (sight,) = trainer.see((look,))
    return sight


@pytest.mark.parametrize(("data", "axes"), [(Spiral(), 2), (Box(), 1)], ids=["plane", "line"])
@pytest.mark.parametrize(("loss", "outputs"), [(CrossEntropyLoss(), 2), (BCEWithLogitsLoss(), 1), (MSELoss(), 1)])
def test_every_place_of_the_grid_is_the_network_s_own_answer(
    data: DataSet, axes: int, loss: Loss, outputs: int
) -> None:
    look = SurfaceOf(("linear1", "gone"), resolution=9, unit_resolution=4)
    trainer, _ = trained(data, loss, outputs, look)
    surface = seen(trainer, look)
    assert isinstance(surface, Surface) and trainer.network is not None
    assert surface.answer.shape == (1 if loss.wants == "values" else 2, *[9] * axes)
    assert {name: units.shape for name, units in surface.units.items()} == {"linear1": (5, *[4] * axes)}
    across, up = 2, 7
    at = [np.linspace(surface.low[0], surface.high[0], 9)[across]]
    if axes == 2:
        at.append(np.linspace(surface.low[1], surface.high[1], 9)[up])
    with evaluating(trainer.network), torch.inference_mode():
        outputs_there = trainer.network(torch.tensor([at], dtype=torch.float32))[0]
    here = surface.answer[:, up, across] if axes == 2 else surface.answer[:, across]
    if isinstance(loss, CrossEntropyLoss):
        expected = outputs_there.softmax(0)
    elif isinstance(loss, BCEWithLogitsLoss):
        expected = torch.cat([1 - outputs_there.sigmoid(), outputs_there.sigmoid()])
    else:
        expected = outputs_there
    assert here == pytest.approx(expected.numpy(), abs=1e-5)


def test_the_points_lie_inside_and_say_which_are_held_out() -> None:
    look = SurfaceOf()
    trainer, _ = trained(Spiral(), CrossEntropyLoss(), 2, look)
    surface = seen(trainer, look)
    assert isinstance(surface, Surface)
    assert len(surface.points) == len(surface.targets) == 500 and surface.held_out.sum() == 250
    assert (surface.points > surface.low).all() and (surface.points < surface.high).all()


def test_wide_blocks_send_their_first_units() -> None:
    look = SurfaceOf(("linear1",), 4, 4)
    trainer, _ = trained(Spiral(), CrossEntropyLoss(), 2, look, width=200)
    surface = seen(trainer, look)
    assert isinstance(surface, Surface) and len(surface.units["linear1"]) == MOST_UNITS


def test_pictures_have_no_surface_and_that_is_said() -> None:
    trainer = Trainer(small_cnn(), Recipe(data=Digits(examples=64), epochs=1))
    assert isinstance([*trainer.story()][-1][-1], Finished)
    sight = seen(trainer, SurfaceOf())
    assert isinstance(sight, Unseen) and "one or two numbers" in sight.text


def test_looking_changes_no_bit() -> None:
    recipe = Recipe(data=Spiral(), epochs=3, threads=1)
    blind = [event for handful in Trainer(points_network(), recipe).story() for event in handful]
    trainer = Trainer(points_network(), recipe)
    told: list[Event] = []
    for handful in trainer.story():
        told += [*handful, *trainer.see((SurfaceOf(("linear1",), 8, 8),))]
    assert losses(told) == losses(blind)
    assert any(isinstance(event, Surface) for event in told)
