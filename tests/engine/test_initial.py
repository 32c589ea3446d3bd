"""Initial weights are PyTorch's own, with the values that the form shows."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.check import check
from engine.graph import Graph
from engine.initial import USES, Initial
from engine.lower import lower, write
from engine.model import build
from engine.sketching import row

SIZE = 100


def weights(initial: Initial) -> nn.Linear:
    graph = row(Graph(), "", x=Input(shape=(SIZE,)), fc=Linear(out_features=SIZE), y=Output())
    graph = graph.add(replace(graph.nodes["fc"], initial=initial))
    torch.manual_seed(0)
    layer = build(write(lower(graph, check(graph)))).fc
    assert isinstance(layer, nn.Linear)
    return layer


def spread(initial: Initial) -> float:
    return float(weights(initial).weight.detach().std())


@pytest.mark.parametrize(
    ("initial", "std"),
    [
        (Initial(weight="xavier_normal"), math.sqrt(1 / SIZE)),
        (Initial(weight="xavier_uniform", gain=2.0), 2 * math.sqrt(1 / SIZE)),
        (Initial(weight="kaiming_normal", nonlinearity="relu"), math.sqrt(2 / SIZE)),
        (Initial(weight="kaiming_uniform", nonlinearity="linear"), math.sqrt(1 / SIZE)),
        (Initial(weight="uniform", low=-3.0, high=3.0), math.sqrt(3)),
        (Initial(weight="normal", mean=5.0, std=0.25), 0.25),
        (Initial(weight="orthogonal"), math.sqrt(1 / SIZE)),
    ],
    ids=lambda value: value.weight if isinstance(value, Initial) else "",
)
def test_the_spread_is_that_of_the_formula(initial: Initial, std: float) -> None:
    assert spread(initial) == pytest.approx(std, rel=0.03)


def test_orthogonal_rows_are_orthogonal() -> None:
    weight = weights(Initial(weight="orthogonal")).weight
    torch.testing.assert_close(weight @ weight.T, torch.eye(SIZE), atol=1e-5, rtol=0)


def test_constant_and_bias_are_exact() -> None:
    layer = weights(Initial(weight="constant", val=0.5, bias=-1.0))
    assert torch.all(layer.weight == 0.5)
    assert torch.all(layer.bias == -1.0)


def test_pytorchs_own_start_is_left_alone() -> None:
    mine = weights(Initial())
    torch.manual_seed(0)
    assert torch.equal(mine.weight, nn.Linear(SIZE, SIZE).weight)


def test_every_method_shows_the_settings_it_reads() -> None:
    for method in USES:
        assert Initial(weight=method).used() == ("weight", *USES[method], "bias")
    assert Initial().used() == ("weight", "bias")
