"""Weights, gradients and units are told as they are, for blocks inside groups as well, and looking leaves no trace."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.check import check
from engine.data import load
from engine.events import Event, Gradients, Steps
from engine.insight.distributions import histogram
from engine.insight.leaves import leaves
from engine.looks.base import Look, Unseen
from engine.looks.distributions import Distributions, DistributionsOf, Layer
from engine.looks.gradients import BINS, LARGEST, SMALLEST, GradientSizes, GradientsOf
from engine.looks.weights import MOST_NUMBERS, Tensor, Weights, WeightsOf
from engine.lower import Source, lower, write
from engine.model import build
from engine.recipes.data_sets import Digits, Gauss
from engine.recipes.losses import BCEWithLogitsLoss, MSELoss
from engine.recipes.optimizers import SGD
from engine.recipes.recipe import Recipe
from engine.training.control import Control
from engine.training.trainer import Trainer
from tests.engine.networks import nested_groups, points_network, row, small_cnn

DIGITS = Recipe(data=Digits(examples=320), loss=MSELoss(), epochs=1, batch_size=32)
POINTS = Recipe(data=Gauss(), loss=BCEWithLogitsLoss(), optimizer=SGD(lr=0.1), batch_size=25, epochs=1, shuffle=False)


def begun(source: Source, recipe: Recipe = DIGITS) -> tuple[Trainer, nn.Module]:
    """A run that waits after its first step."""
    trainer = Trainer(source, recipe, Control(stop_at=1))
    told = next(trainer.story())
    assert trainer.network is not None and trainer.step == 1, told
    return trainer, trainer.network


def seen(trainer: Trainer, look: Look) -> Event:
    (sight,) = trainer.see((look,))
    return sight


def tensors(trainer: Trainer, block: str, whole_rows: bool = False) -> dict[str, Tensor]:
    sight = seen(trainer, WeightsOf(block, whole_rows))
    assert isinstance(sight, Weights)
    return {tensor.name: tensor for tensor in sight.tensors}


def layers(trainer: Trainer) -> dict[str, Layer]:
    sight = seen(trainer, DistributionsOf())
    assert isinstance(sight, Distributions)
    return {layer.path: layer for layer in sight.layers}


def nested(repeat: int, numbered: bool) -> Source:
    """Two groups in each other, the inner one with copies."""
    graph = nested_groups(repeat, numbered)
    report = check(graph)
    assert report.ok, report.problems
    return write(lower(graph, report))


def test_weights_are_those_of_the_network() -> None:
    trainer, network = begun(small_cnn())
    for block in ("conv1", "norm1", "linear1"):
        own = dict(network.get_submodule(block).named_parameters())
        told = tensors(trainer, block)
        assert told.keys() == own.keys()
        for name, tensor in told.items():
            assert tensor.whole and np.array_equal(tensor.values, own[name].detach().numpy())


def test_who_has_no_weights_says_so() -> None:
    trainer, _ = begun(small_cnn())
    for block, words in (("relu1", "has no weights"), ("gone", "not part of the network")):
        sight = seen(trainer, WeightsOf(block))
        assert isinstance(sight, Unseen) and block in sight.text and words in sight.text


def test_large_tables_are_sampled_evenly_or_by_whole_rows() -> None:
    source = row(
        ("Input", {"shape": [1, 8, 8]}),
        ("Flatten", {}),
        ("Linear", {"out_features": 3000}),
        ("Linear", {"out_features": 10}),
        ("Output", {}),
    )
    trainer, network = begun(source)
    weight = network.get_submodule("linear1").get_parameter("weight").detach().numpy()
    sampled = tensors(trainer, "linear1")["weight"]
    assert sampled.shape == (3000, 64) and not sampled.whole and sampled.values.size <= MOST_NUMBERS
    rows = np.arange(len(sampled.values)) * 3000 // len(sampled.values)
    assert np.array_equal(sampled.values, weight[rows])
    whole = tensors(trainer, "linear1", whole_rows=True)["weight"].values
    assert whole.size <= MOST_NUMBERS and np.array_equal(whole, weight[: len(whole)])


def test_of_many_filters_the_first_ones_travel() -> None:
    source = row(
        ("Input", {"shape": [1, 8, 8]}),
        ("Conv2d", {"out_channels": 90}),
        ("Conv2d", {"out_channels": 100}),
        ("Flatten", {}),
        ("Linear", {"out_features": 10}),
        ("Output", {}),
    )
    trainer, network = begun(source)
    weight = network.get_submodule("conv2").get_parameter("weight").detach().numpy()
    told = tensors(trainer, "conv2")["weight"].values
    assert told.shape[0] == 64 and told.size <= MOST_NUMBERS
    assert np.array_equal(told, weight[:64, : told.shape[1]])


@pytest.mark.parametrize(("kind", "parts"), [("LSTM", 4), ("GRU", 3)])
def test_gates_are_named(kind: str, parts: int) -> None:
    source = row(
        ("Input", {"shape": [1, 8, 8]}),
        ("Flatten", {"start_dim": 1, "end_dim": 2}),
        (kind, {"hidden_size": 5}),
        ("Flatten", {}),
        ("Linear", {"out_features": 10}),
        ("Output", {}),
    )
    trainer, _ = begun(source)
    told = tensors(trainer, f"{kind.lower()}1")
    assert len(told["weight_ih_l0"].parts) == parts and told["weight_ih_l0"].shape == (5 * parts, 8)
    assert len(set(told["bias_hh_l0"].parts)) == parts


@pytest.mark.parametrize("numbered", [False, True])
def test_blocks_inside_groups_are_named_by_path(numbered: bool) -> None:
    source = nested(3, numbered)
    network = build(source)
    found = leaves(network, source)
    copies = [f"{group}/{name}" for group in ("inner", "inner (2)", "inner (3)") for name in ("conv2", "relu1")]
    inside = [path.replace("inner", "group1") for path in ("conv1", *copies, "norm1")]
    assert set(found) == {*(f"group2/{path}" for path in inside), "flatten1", "linear1"}
    assert isinstance(found["group2/group1 (2)/conv2"], nn.Conv2d)
    assert isinstance(found["group2/norm1"], nn.BatchNorm2d)
    weights = [id(parameter) for module in found.values() for parameter in module.parameters()]
    assert sorted(weights) == sorted(id(parameter) for parameter in network.parameters())


def test_units_of_groups_are_judged_as_well() -> None:
    trainer, network = begun(nested(2, False))
    second = leaves(network, nested(2, False))["group2/group1 (2)/conv2"]
    with torch.no_grad():
        second.get_parameter("bias").fill_(-1000.0)
    found = layers(trainer)
    assert found["group2/group1 (2)/relu1"].worst == 1.0
    assert found["group2/group1/relu1"].dead is not None


def test_dead_maps_are_found_and_only_those() -> None:
    trainer, network = begun(small_cnn())
    with torch.no_grad():
        network.get_submodule("norm1").get_parameter("bias")[[1, 3]] = -1000.0
    relu = layers(trainer)["relu1"]
    assert relu.dead is not None and relu.dead.tolist() == [False, True, False, True]
    assert relu.maps and relu.units == 4 and relu.worst == 0.5 and relu.saturated is None


def test_saturated_units_are_found_and_only_those() -> None:
    trainer, network = begun(points_network(), POINTS)
    with torch.no_grad():
        network.get_submodule("linear1").get_parameter("bias")[:4] = torch.tensor([50.0, -50.0, 50.0, -50.0])
    tanh = layers(trainer)["tanh1"]
    assert tanh.saturated is not None and tanh.dead is None
    assert tanh.saturated[:4].all() and tanh.units == 16 and not tanh.maps
    assert not tanh.saturated[4:].all()


def test_histograms_count_the_block_on_the_probe() -> None:
    trainer, network = begun(small_cnn())
    sight = seen(trainer, DistributionsOf("relu1"))
    assert isinstance(sight, Distributions) and sight.histograms.keys() == {"activations"}
    found = sight.histograms["activations"]
    assert found.low == 0.0 and found.zeros > 0.1 and found.counts.sum() == pytest.approx(1, abs=1e-4)
    sight = seen(trainer, DistributionsOf("conv1"))
    assert isinstance(sight, Distributions) and sight.histograms.keys() == {"weight", "bias", "activations"}
    weight = network.get_submodule("conv1").get_parameter("weight").detach().numpy()
    expected, _ = np.histogram(weight, BINS, (weight.min(), weight.max()))
    assert sight.histograms["weight"].counts == pytest.approx(expected / weight.size, abs=1.1 / weight.size)
    assert sight.histograms["weight"].spread == pytest.approx(weight.std(), rel=1e-4)
    assert sight.examples == 128


@given(st.lists(st.floats(width=32), max_size=40))
def test_any_numbers_have_a_histogram_or_none(numbers: list[float]) -> None:
    found = histogram(torch.tensor(numbers))
    finite = [number for number in numbers if np.isfinite(number)]
    assert (found is None) == (not finite)
    if found:
        assert found.low <= min(finite) <= max(finite) <= found.high
        assert found.counts.shape == (BINS,)


def test_ratios_are_those_of_the_step() -> None:
    trainer = Trainer(points_network(), POINTS, Control(stop_at=1))
    told = [event for event in next(trainer.story()) if isinstance(event, Gradients)]
    torch.manual_seed(POINTS.seed)
    before, after = build(points_network()), trainer.network
    assert after is not None and told[0].ratios.keys() == {"linear1", "linear2"}
    for block, ratio in told[0].ratios.items():
        old, new = (
            torch.cat([value.detach().flatten() for value in network.get_submodule(block).parameters()])
            for network in (before, after)
        )
        assert ratio == pytest.approx(float((new - old).norm() / old.norm()), rel=1e-4)


def test_gradients_are_counted_by_size() -> None:
    trainer, _ = begun(points_network(), POINTS)
    sight = seen(trainer, GradientsOf())
    assert isinstance(sight, GradientSizes)
    torch.manual_seed(POINTS.seed)
    fresh, data = build(points_network()), load(POINTS.data).train
    loss = nn.functional.binary_cross_entropy_with_logits(fresh(data.inputs[:25])[:, 0], data.labels[:25].float())
    torch.autograd.backward(loss)
    for block, counts in sight.counts.items():
        own = [value.grad.flatten() for value in fresh.get_submodule(block).parameters() if value.grad is not None]
        sizes = np.abs(torch.cat(own).numpy())
        expected, _ = np.histogram(np.log10(sizes[sizes > 0]), BINS, (SMALLEST, LARGEST))
        assert counts.sum() + sight.zeros[block] == pytest.approx(1, abs=1e-5)
        assert np.abs(np.cumsum(counts) - np.cumsum(expected / sizes.size)).max() < 0.06


def test_looking_changes_no_bit_and_leaves_nothing_behind() -> None:
    looks = (GradientsOf(), WeightsOf("conv1"), WeightsOf("linear1", True), DistributionsOf("relu1"))
    alone, watched = Trainer(small_cnn(), DIGITS), Trainer(small_cnn(), DIGITS)
    blind = [event for handful in alone.story() for event in handful]
    watched.watch(looks)
    told: list[Event] = []
    for handful in watched.story():
        state = torch.get_rng_state()
        told += [*handful, *watched.see(looks)]
        assert torch.equal(state, torch.get_rng_state())
    losses = [
        [float(loss) for event in events if isinstance(event, Steps) for loss in event.losses]
        for events in (blind, told)
    ]
    assert losses[0] == losses[1] and {Weights, Distributions, GradientSizes} <= {type(event) for event in told}
    assert alone.network is not None and watched.network is not None
    for name, value in alone.network.state_dict().items():
        assert torch.equal(value, watched.network.state_dict()[name]), name
    assert not any(module._forward_hooks for module in watched.network.modules())
