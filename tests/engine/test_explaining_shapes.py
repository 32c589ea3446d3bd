"""A network that has learned shapes looks at the shape: saliency and class maps peak where it lies."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.data import load
from engine.events import Finished
from engine.insight.cam import class_maps
from engine.insight.explanations import see_explanation
from engine.insight.scene import Scene, evaluating
from engine.looks.explanations import CAM, GRAD_CAM, SALIENCY, Explain
from engine.lower import Source
from engine.recipes.data_sets.computed import Shapes
from engine.recipes.optimizers import Adam
from engine.recipes.recipe import Recipe
from engine.training.trainer import Trainer
from tests.engine.networks import row

LOOKED_AT, MARGIN = 100, 2
LEAST = {SALIENCY: 0.85, CAM: 0.8, GRAD_CAM: 0.8}
"""Of the pictures, how many have their peak within the shape's box and a margin of two pixels."""


def shapes_network() -> Source:
    def stage(width: int) -> tuple[tuple[str, dict[str, object]], ...]:
        return ("Conv2d", {"out_channels": width, "padding": 1}), ("BatchNorm2d", {}), ("ReLU", {})

    return row(
        ("Input", {"shape": [1, 32, 32]}),
        *stage(16),
        ("MaxPool2d", {}),
        *stage(32),
        ("MaxPool2d", {}),
        *stage(32),
        ("AdaptiveAvgPool2d", {"output_size": 1}),
        ("Flatten", {}),
        ("Linear", {"out_features": 5}),
        ("Output", {}),
    )


@pytest.fixture(scope="module")
def scene() -> Scene:
    recipe = Recipe(data=Shapes(examples=1000), optimizer=Adam(lr=3e-3), batch_size=50, epochs=4, threads=1)
    trainer = Trainer(shapes_network(), recipe)
    last = [event for handful in trainer.story() for event in handful][-1]
    assert isinstance(last, Finished) and last.accuracy is not None and last.accuracy >= 0.95
    assert trainer.network is not None
    assert sum(part.numel() for part in trainer.network.parameters()) == 14_373
    return Scene(trainer.network, trainer.source, recipe, load(recipe.data))


@pytest.mark.parametrize("method", LEAST)
def test_the_peak_lies_on_the_shape(scene: Scene, method: str) -> None:
    inside = 0
    for example, box in enumerate(scene.validation.beside["boxes"][:LOOKED_AT].tolist()):
        with evaluating(scene.network):
            values = see_explanation(Explain(method, example), scene, 1).values
        assert values is not None
        down, across = np.unravel_index(np.abs(values).argmax(), values.shape)
        first_column, first_row, last_column, last_row = box
        inside += bool(
            first_row - MARGIN <= down <= last_row + MARGIN and first_column - MARGIN <= across <= last_column + MARGIN
        )
    assert inside / LOOKED_AT >= LEAST[method]


def test_class_maps_add_up_to_the_scores(scene: Scene) -> None:
    for example in range(20):
        inputs = scene.validation.inputs[example : example + 1]
        with evaluating(scene.network), torch.inference_mode():
            found, scores = class_maps(scene, inputs), scene.network(inputs)[0]
        assert float((found.maps.mean((1, 2)) + found.bias - scores).abs().max()) < 1e-4
