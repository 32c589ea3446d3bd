"""Explanations by hand: slopes against finite differences, averages that add up, and no trace left behind."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from engine.events import Event, Steps
from engine.insight.attributions import STEPS, explained_by_covering, explained_by_path
from engine.insight.cam import class_maps
from engine.insight.explanations import convolutions, see_explanation
from engine.insight.scene import Scene, array, evaluating
from engine.looks.explanations import CAM, GRAD_CAM, GRADIENTS, METHODS, NONE, OCCLUSION, SALIENCY, Explain, Explanation
from engine.looks.predictions import AnswerTo, OwnPicture, PicturesOf, PredictionsOf
from engine.lower import Source
from engine.recipes.data_sets import Digits, Gauss
from engine.recipes.losses import BCEWithLogitsLoss
from engine.recipes.recipe import Recipe
from engine.training.learner import Learner
from engine.training.trainer import Control, Trainer
from tests.engine.networks import points_network, row, small_cnn

RECIPE = Recipe(data=Digits(examples=320), epochs=2, batch_size=32, threads=1)
POINTS = Recipe(data=Gauss(), loss=BCEWithLogitsLoss(), batch_size=25, epochs=1, threads=1)


def averaging(*behind: tuple[str, dict[str, object]]) -> Source:
    """A network that ends in the average of each map and one Linear, with more behind it if wanted."""
    return row(
        ("Input", {"shape": [1, 8, 8]}),
        ("Conv2d", {"out_channels": 6, "padding": 1}),
        ("BatchNorm2d", {}),
        ("ReLU", {}),
        ("Conv2d", {"out_channels": 8, "padding": 1}),
        ("ReLU", {}),
        ("AdaptiveAvgPool2d", {"output_size": 1}),
        ("Flatten", {}),
        ("Linear", {"out_features": 10}),
        *behind,
        ("Output", {}),
    )


def learned(source: Source, recipe: Recipe = RECIPE) -> Scene:
    """After some steps, so that averages of BatchNorm are no longer the first ones."""
    learner = Learner(source, recipe)
    for batch, _ in zip(learner.batches(), range(8), strict=False):
        learner.step(batch, None)
    return learner.scene


def explained(scene: Scene, look: Explain) -> Explanation:
    with evaluating(scene.network):
        return see_explanation(look, scene, 8)


@pytest.fixture(scope="module")
def scene() -> Scene:
    return learned(averaging())


def test_saliency_is_the_slope_of_the_score(scene: Scene) -> None:
    found = explained(scene, Explain(SALIENCY, 3, target=4)).values
    inputs = scene.validation.inputs[3:4].double()
    network = scene.network.double()
    try:
        with evaluating(network), torch.inference_mode():
            for place in ((2, 3), (4, 4), (7, 0)):
                nudge = torch.zeros_like(inputs)
                nudge[0, 0, *place] = 1e-6
                slope = float((network(inputs + nudge)[0, 4] - network(inputs - nudge)[0, 4]) / 2e-6)
                assert found is not None and found[place] == pytest.approx(slope, abs=1e-5)
    finally:
        network.float()


@pytest.mark.parametrize("example", [0, 7])
def test_class_maps_add_up_to_the_scores(scene: Scene, example: int) -> None:
    inputs = scene.validation.inputs[example : example + 1]
    with evaluating(scene.network), torch.inference_mode():
        found, scores = class_maps(scene, inputs), scene.network(inputs)[0]
    error = (found.maps.mean((1, 2)) + found.bias - scores).abs().max()
    assert float(error) < 1e-4 and found.maps.shape == (10, 8, 8)


def test_grad_cam_is_what_one_computes_by_hand(scene: Scene) -> None:
    layers = convolutions(scene.network)
    assert list(layers) == ["conv1", "conv2"]
    inputs = scene.validation.inputs[5:6].clone().requires_grad_()
    with evaluating(scene.network):
        maps = layers["conv2"](torch.relu(scene.network.get_submodule("norm1")(layers["conv1"](inputs))))
        scores = scene.network.get_submodule("linear1")(torch.relu(maps).mean((2, 3)))
        (slopes,) = torch.autograd.grad(scores[0, 2], maps)
    by_hand = (slopes.mean((2, 3), keepdim=True) * maps).sum(1).relu()[0]
    seen = explained(scene, Explain(GRAD_CAM, 5, target=2))
    assert seen.layer == "conv2" and seen.values is not None
    assert seen.values == pytest.approx(array(by_hand), abs=1e-6)
    other = explained(scene, Explain(GRAD_CAM, 5, target=2, layer="conv1"))
    assert other.layer == "conv1" and other.values is not None and not np.allclose(other.values, seen.values)


@pytest.mark.parametrize(("source", "recipe"), [(averaging(), RECIPE), (points_network(), POINTS)])
def test_integrated_gradients_add_up(source: Source, recipe: Recipe) -> None:
    scene = learned(source, recipe)
    inputs, empty = scene.validation.inputs[2:3], torch.zeros_like(scene.validation.inputs[2:3])
    with evaluating(scene.network):
        values, note, coarse = explained_by_path(scene.network, inputs, empty, 0, seconds=30)
        gained = float((scene.network(inputs) - scene.network(empty))[0, 0].detach())
    assert float(values.sum()) == pytest.approx(gained, abs=0.02 * max(1, abs(gained)))
    assert not coarse and note.startswith(f"{STEPS} steps")


def test_occlusion_is_the_fall_of_the_score() -> None:
    """With patches of one pixel (an 8 × 8 picture) on a linear network the fall is weight times number."""
    network = learned(flat_for_digits()).network
    weight = network.get_submodule("linear1").get_parameter("weight").detach()
    inputs = torch.rand(1, 1, 8, 8)
    values, _, coarse = explained_by_covering(network, inputs, torch.zeros_like(inputs), 1, seconds=30)
    assert values.flatten().tolist() == pytest.approx((weight[1] * inputs.flatten()).tolist(), abs=1e-5)
    assert not coarse


def flat_for_digits() -> Source:
    return row(("Input", {"shape": [1, 8, 8]}), ("Flatten", {}), ("Linear", {"out_features": 10}), ("Output", {}))


def test_occlusion_takes_larger_steps_or_refuses_when_time_is_short() -> None:
    def slow(inputs: torch.Tensor) -> torch.Tensor:
        torch.rand(300, 300) @ torch.rand(300, 300)
        return inputs.flatten(1)[:, :2]

    inputs = torch.rand(1, 1, 56, 56)
    fine, _, whole = explained_by_covering(slow, inputs, torch.zeros_like(inputs), 1, seconds=60)
    assert fine.shape == inputs.shape and not whole
    with pytest.raises(Exception, match=r"Occlusion takes about .* Pause the run"):
        explained_by_covering(slow, inputs, torch.zeros_like(inputs), 1, seconds=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_every_way_gives_values_for_every_pixel(scene: Scene, method: str) -> None:
    seen = explained(scene, Explain(method, 1, seconds=5.0))
    assert seen.missing == "" and seen.layers == ("conv1", "conv2")
    assert (None if seen.values is None else seen.values.shape) == (None if method == NONE else (8, 8))
    assert seen.guess.sum() == pytest.approx(1, abs=1e-5) and seen.target == int(seen.guess.argmax())
    assert seen.label == float(scene.validation.labels[1])


@pytest.mark.parametrize("method", [SALIENCY, OCCLUSION, GRADIENTS])
@pytest.mark.parametrize("target", [0, 1])
def test_rows_of_numbers_have_a_value_for_each(method: str, target: int) -> None:
    seen = explained(learned(points_network(), POINTS), Explain(method, 4, target=target, seconds=5.0))
    assert seen.values is not None and seen.values.shape == (2,) and seen.missing == ""
    other = explained(learned(points_network(), POINTS), Explain(method, 4, target=1 - target, seconds=5.0))
    assert other.values == pytest.approx(-seen.values, abs=1e-5)


def test_what_a_drawing_lacks_for_class_maps_is_said() -> None:
    def said(source: Source, recipe: Recipe = RECIPE) -> str:
        return explained(learned(source, recipe), Explain(CAM)).missing

    assert "one Linear behind pool1; here follow flatten1, dropout1, linear1" in said(small_cnn())
    assert "needs pictures" in said(points_network(), POINTS)
    assert "Here softmax1 comes last" in said(averaging(("Softmax", {"dim": 1})))
    assert "needs a convolution" in said(flat_for_digits())
    assert explained(learned(points_network(), POINTS), Explain(GRAD_CAM)).missing.startswith("Grad-CAM needs pictures")


def test_a_picture_of_ones_own_is_normalised_like_the_data(scene: Scene) -> None:
    number = 9
    own = OwnPicture.of(array(scene.validation.picture(number)))
    seen, known = explained(scene, Explain(NONE, picture=own)), explained(scene, Explain(NONE, number))
    assert seen.guess == pytest.approx(known.guess, abs=0.02) and seen.label is None and known.label is not None


def losses(events: list[Event]) -> list[float]:
    return [float(loss) for event in events if isinstance(event, Steps) for loss in event.losses]


def test_explaining_changes_no_bit() -> None:
    own = OwnPicture.of(np.ones((1, 8, 8)))
    open_ones = PredictionsOf(), Explain(SALIENCY), AnswerTo(own, ("conv1",))
    explanations = (Explain(method, number) for number, method in enumerate(METHODS))
    looks = (
        *explanations,
        Explain(SALIENCY, picture=own),
        AnswerTo(own, ("conv1",)),
        PicturesOf((1,)),
        PredictionsOf(now=True),
    )
    alone, watched = Trainer(small_cnn(), RECIPE), Trainer(small_cnn(), RECIPE, Control(stop_at=3, looks=open_ones))
    blind, told = losses([event for handful in alone.story() for event in handful]), list[Event]()
    for handful in watched.story():
        told += handful
        network = watched.network
        assert network is not None
        grads = {name: part.grad for name, part in network.named_parameters()}
        modes, chance = [part.training for part in network.modules()], torch.get_rng_state()
        assert len(watched.see(looks)) == len(looks)
        assert modes == [part.training for part in network.modules()]
        assert torch.equal(chance, torch.get_rng_state())
        assert all(part.grad is grads[name] for name, part in network.named_parameters())
        assert not any(part._forward_hooks or part._forward_pre_hooks for part in network.modules())
    assert losses(told) == blind
    assert alone.network is not None and watched.network is not None
    for name, value in alone.network.state_dict().items():
        assert torch.equal(value, watched.network.state_dict()[name]), name


def test_a_linear_layer_without_bias_adds_up_too() -> None:
    scene = learned(averaging())
    scene.network.get_submodule("linear1").register_parameter("bias", None)
    with evaluating(scene.network), torch.inference_mode():
        found = class_maps(scene, scene.validation.inputs[:1])
        assert not found.bias.any()
        assert torch.allclose(found.maps.mean((1, 2)), scene.network(scene.validation.inputs[:1])[0], atol=1e-4)
