"""Networks made without most of their random numbers give the same drawing."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.importing.loading import imported, make
from engine.importing.modelling import import_module
from engine.importing.request import read_request
from engine.importing.untrained import ENOUGH, few_random_numbers

LARGE = 4 * ENOUGH


class Learns(nn.Module):
    """Parameters of every beginning, and a table that is none."""

    def __init__(self) -> None:
        super().__init__()
        self.by_hand = nn.Parameter(torch.empty(LARGE).normal_())
        self.later = nn.Parameter(torch.zeros(LARGE))
        self.kaiming = nn.Parameter(torch.ones(LARGE, 2))
        self.zeros = nn.Parameter(torch.zeros(LARGE))
        self.ones = nn.Parameter(torch.ones(LARGE))
        self.register_buffer("table", torch.arange(LARGE))
        self.norm = nn.BatchNorm1d(LARGE)
        nn.init.trunc_normal_(self.later)
        nn.init.kaiming_normal_(self.kaiming)


def test_beginnings_are_told_apart_as_ever() -> None:
    with few_random_numbers():
        made = Learns()
    for tensor in (made.by_hand, made.later, made.kaiming):
        first = tensor.detach().flatten()[:ENOUGH]
        assert len(set(first.tolist())) > ENOUGH / 2
    state = made.state_dict()
    assert all(bool((state[name] == 1).all()) for name in ("ones", "norm.weight", "norm.running_var"))
    assert not any(bool(state[name].any()) for name in ("zeros", "norm.bias", "norm.running_mean"))
    assert torch.equal(state["table"], torch.arange(LARGE))


def test_large_weights_are_left_alone_and_later_ones_are_not() -> None:
    weight = torch.zeros(LARGE)
    with few_random_numbers():
        nn.init.normal_(weight)
    assert int(weight.count_nonzero()) == ENOUGH
    nn.init.normal_(weight)
    assert int(weight.count_nonzero()) > ENOUGH


@pytest.mark.parametrize("name", ["vit_b_32", "swin_t", "googlenet", "resnet18"])
def test_the_drawing_is_that_of_a_model_with_all_its_numbers(name: str) -> None:
    request = read_request(f"torchvision:{name}", "", ("3,224,224",))
    quick, whole = imported(request), import_module(make(request), [(3, 224, 224)], name)
    assert (quick.graph, quick.notes, quick.keys) == (whole.graph, whole.notes, whole.keys)
