"""Grouping and taking apart change nothing but the order of things; ports keep their wires."""

from __future__ import annotations

import warnings
from itertools import pairwise

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from engine.blocks import BLOCKS
from engine.blocks.activation import ReLU
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.check import check
from engine.graph import Graph, Node
from engine.groups import Group
from engine.lower import lower, write
from engine.model import build
from engine.nesting import NotPossible, given_inside, grouped, inside, ungrouped, with_inside
from engine.sketching import linked, row
from tests.engine.strategies import healthy_graphs


def chain() -> Graph:
    return row(
        Graph(),
        "",
        image=Input(shape=(3, 8, 8)),
        conv1=Conv2d(out_channels=4),
        relu1=ReLU(),
        conv2=Conv2d(out_channels=5),
        relu2=ReLU(),
        scores=Output(),
    )


def model(graph: Graph) -> nn.Module:
    torch.manual_seed(0)
    return build(write(lower(graph, check(graph)))).eval()


@given(healthy_graphs(8), st.data())
@settings(max_examples=60)
def test_grouping_and_ungrouping_compute_the_same(graph: Graph, data: st.DataObject) -> None:
    names = sorted(graph.nodes.keys() - {"picture", "answer"})
    assume(names)
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    try:
        nested, name = grouped(graph, chosen)
    except NotPossible:
        return
    flat, freed = ungrouped(nested, name)
    assert sorted(freed) == sorted(chosen)
    for other in (nested, flat):
        assert check(other).parameters == check(graph).parameters
        assert not check(other).errors
    batch = torch.randn(2, *check(graph).shapes["picture", "output"])
    one, two = model(graph), model(flat)
    two.load_state_dict(one.state_dict())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.testing.assert_close(one(batch), two(batch), equal_nan=True)


def test_a_group_of_two_blocks_has_one_door_on_each_side() -> None:
    graph, name = grouped(chain(), ["conv1", "relu1"], "Stage")
    block = graph.nodes[name].block
    assert isinstance(block, Group)
    assert (block.input_ports(), block.output_ports(), block.class_name) == (("input",), ("output",), "Stage")
    assert set(block.graph.nodes) == {"conv1", "relu1", "input", "output"}
    assert check(graph).shapes[name, "output"] == (4, 6, 6)


def test_one_source_for_several_blocks_enters_by_one_door() -> None:
    graph = row(Graph(), "", x=Input(shape=(3,)), a=Linear(out_features=3), add=BLOCKS["Add"](), out=Output())
    graph, name = grouped(linked(graph, ("x", "add.other")), ["a", "add"])
    assert graph.nodes[name].block.input_ports() == ("input",)
    assert check(graph).ok


def test_what_lies_between_must_come_along() -> None:
    with pytest.raises(NotPossible, match=r"relu1 lies between these blocks\. Choose it too"):
        grouped(chain(), ["conv1", "conv2"])


def test_ends_of_the_drawing_stay_outside() -> None:
    graph, name = grouped(chain(), list(chain().nodes))
    assert set(graph.nodes) == {"image", name, "scores"}
    with pytest.raises(NotPossible, match="other than Input and Output"):
        grouped(chain(), ["image", "scores"])


def test_weights_are_not_shared_across_the_border() -> None:
    graph = row(Graph(), "", x=Input(shape=(3,)), a=Linear(out_features=3), b=Linear(out_features=3), out=Output())
    graph = graph.share("b", "a")
    with pytest.raises(NotPossible, match="shares its weights with b"):
        grouped(graph, ["a"])
    nested, name = grouped(graph, ["a", "b"])
    assert check(nested).parameters == 12
    assert check(ungrouped(nested, name)[0]).parameters == 12


def test_every_copy_is_unpacked_in_a_row() -> None:
    graph, name = grouped(chain(), ["conv1", "relu1"])
    graph = graph.configure(name, repeat=2)
    flat, freed = ungrouped(graph, name)
    assert len(freed) == 4
    assert check(flat).parameters == check(graph).parameters
    assert check(flat).shapes["conv2", "output"] == check(graph).shapes["conv2", "output"]


def test_a_renamed_door_keeps_its_wire() -> None:
    graph, name = grouped(chain(), ["conv1", "relu1"])
    inner = inside(graph, [name]).rename("input", "picture")
    changed = with_inside(graph, [name], inner)
    assert changed.feeds(name) == {"picture": ("image", "output")}
    assert check(changed).ok


def test_shapes_inside_are_those_that_reach_the_group() -> None:
    graph, outer = grouped(chain(), ["conv1", "relu1", "conv2"])
    inner, name = grouped(inside(graph, [outer]), ["conv2"])
    graph = with_inside(graph, [outer], inner)
    assert given_inside(graph, []) is None
    assert given_inside(graph, [outer]) == {"input": (3, 8, 8)}
    assert given_inside(graph, [outer, name]) == {"input": (4, 6, 6)}
    report = check(inside(graph, [outer, name]), given=given_inside(graph, [outer, name]))
    assert report.shapes["conv2", "output"] == (5, 4, 4)


def test_a_group_that_cannot_compute_still_shows_what_reaches_it() -> None:
    graph, name = grouped(chain(), ["conv2"])
    broken = with_inside(graph, [name], inside(graph, [name]).configure("conv2", kernel_size=99))
    assert given_inside(broken, [name]) == {"input": (4, 6, 6)}


def test_an_edit_inside_reaches_every_group_that_shares_the_weights() -> None:
    same = Group(graph=row(Graph(), "", x=Input(), fc=Linear(out_features=3), y=Output()))
    graph = row(Graph(), "", x=Input(shape=(3,)), a=same, b=same, out=Output()).share("b", "a")
    inner = inside(graph, ["b"])
    changed = with_inside(graph, ["b"], inner.put(Node("fc", Linear(out_features=3, bias=False))))
    assert check(changed).parameters == 9
    assert [one.block for one, two in pairwise((changed.nodes["a"], changed.nodes["b"])) if one.block == two.block]
