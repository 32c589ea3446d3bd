"""Groups: their ports, shapes and cost, and the classes that they become."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from engine.blocks import BLOCKS, Block
from engine.blocks.activation import ReLU
from engine.blocks.base import Ids
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Embedding, Linear
from engine.blocks.normalisation import BatchNorm2d
from engine.check import check
from engine.evaluation import evaluate
from engine.graph import Graph, Node, Wire
from engine.groups import LARGEST, Group
from engine.lower import lower, write
from engine.model import blame, build
from engine.sketching import linked, row
from engine.writing.manner import MODULE_LIST, SEQUENTIAL


def unit(channels: int, **settings: object) -> Group:
    conv = Conv2d(out_channels=channels, padding=1, bias=False)
    graph = row(Graph(), "", x=Input(), conv=conv, norm=BatchNorm2d(), relu=ReLU(), y=Output())
    return _group(graph, **settings)


def _group(graph: Graph, **settings: object) -> Group:
    return replace(Group.read({"class_name": "Unit", **settings}), graph=graph)


def network(**blocks: Block) -> Graph:
    return row(Graph(), "", image=Input(shape=(3, 8, 8)), **blocks, scores=Output())


def text_of(graph: Graph) -> str:
    return write(lower(graph, check(graph))).text


def test_the_ports_of_a_group_are_the_ends_inside() -> None:
    graph = row(Graph(), "", left=Input(), add=BLOCKS["Add"](), sum=Output())
    graph = linked(row(graph, "", right=Input()), ("right", "add.other"))
    graph = row(graph, "left", again=Output())
    group = _group(graph)
    assert (group.input_ports(), group.output_ports()) == (("left", "right"), ("sum", "again"))
    assert evaluate(group, ((5,), (5,))).shapes == ((5,), (5,))


def test_groups_built_alike_share_one_class_with_arguments_for_what_differs() -> None:
    text = text_of(network(first=unit(8), second=unit(16), third=unit(16)))
    assert text == TWO_WIDTHS


TWO_WIDTHS = """from torch import nn


class Unit(nn.Module):
    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU()

    def forward(self, x):
        conv = self.conv(x)
        norm = self.norm(conv)
        relu = self.relu(norm)
        return relu


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Unit(3, 8)
        self.second = Unit(8, 16)
        self.third = Unit(16, 16)

    def forward(self, image):
        first = self.first(image)  # N x 8 x 8 x 8
        second = self.second(first)  # N x 16 x 8 x 8
        third = self.third(second)  # N x 16 x 8 x 8
        return third
"""


def test_an_option_that_only_some_state_becomes_an_argument_too() -> None:
    slow, fast = unit(8), unit(8)
    fast = replace(fast, graph=fast.graph.configure("conv", stride=2))
    text = text_of(network(first=slow, second=fast))
    assert "def __init__(self, in_channels, stride):" in text
    assert "self.first = Unit(3, 1)" in text
    assert "self.second = Unit(8, 2)" in text


def test_groups_of_the_same_name_that_are_built_differently_get_classes_of_their_own() -> None:
    other = _group(row(Graph(), "", x=Input(), relu=ReLU(), y=Output()))
    text = text_of(network(first=unit(8), second=other))
    assert "class Unit(nn.Module)" in text
    assert "class Unit2(nn.Module)" in text


def test_copies_follow_each_other_with_weights_of_their_own() -> None:
    graph = network(stage=unit(8, repeat=4))
    report = check(graph)
    assert report.parameters == 3 * 8 * 9 + 3 * 8 * 8 * 9 + 4 * 16
    built = build(write(lower(graph, report)))
    assert sum(p.numel() for p in built.parameters()) == report.parameters
    assert "stage.3.conv.weight" in built.state_dict()
    looped = write(lower(graph, report), manner=MODULE_LIST).text
    assert "for layer in self.stage:" in looped
    assert "nn.Sequential" not in looped


def test_equal_copies_are_written_as_one_line() -> None:
    text = text_of(network(first=unit(8), stage=unit(8, repeat=4)))
    assert "self.stage = nn.Sequential(*(Unit(8) for _ in range(4)))" in text


def test_a_numbered_chain_is_a_plain_sequential() -> None:
    text = text_of(network(stage=unit(8, numbered=True)))
    assert "class Unit" not in text
    assert set(build_of(network(stage=unit(8, numbered=True))).state_dict()) >= {"stage.0.weight", "stage.1.weight"}


def test_a_numbered_group_with_a_branch_still_counts_its_blocks() -> None:
    graph = row(Graph(), "", x=Input(), conv=Conv2d(out_channels=3, padding=1), add=BLOCKS["Add"](), y=Output())
    graph = linked(graph, ("x", "add.other"))
    built = build_of(network(stage=_group(graph, numbered=True)))
    assert set(built.state_dict()) == {"stage.0.weight", "stage.0.bias"}
    built(torch.zeros(1, 3, 8, 8))


def build_of(graph: Graph) -> torch.nn.Module:
    return build(write(lower(graph, check(graph))))


def test_the_sequential_manner_nests_where_groups_are_chains() -> None:
    graph = network(stage=unit(8, repeat=2), flatten=BLOCKS["Flatten"](), head=Linear(out_features=4))
    source = write(lower(graph, check(graph)), manner=SEQUENTIAL)
    assert "OrderedDict(" in source.text
    assert build(source).state_dict().keys() == build_of(graph).state_dict().keys()


def test_a_block_inside_is_found_by_its_path() -> None:
    graph = network(first=unit(8), second=unit(16))
    source = write(lower(graph, check(graph)))
    lines = source.text.split("\n")
    for path in ("first/conv", "second/conv"):
        assert [lines[number - 1].strip()[:9] for number in source.lines_of(path)] == ["self.conv", "conv = se"]
    with pytest.raises(RuntimeError) as caught:
        build(source)(torch.zeros(2, 5, 8, 8))
    assert blame(caught.value, source) == "first/conv"


def test_shared_weights_are_created_once_and_counted_once() -> None:
    graph = network(one=Conv2d(out_channels=3, padding=1), two=Conv2d(out_channels=3, padding=1)).share("two", "one")
    report = check(graph)
    assert report.parameters == 3 * 3 * 9 + 3
    assert text_of(graph).count("nn.Conv2d") == 1
    assert graph.configure("two", out_channels=5).nodes["one"].block == Conv2d(out_channels=5, padding=1)
    wider = graph.configure("one", out_channels=5)
    assert [problem.block for problem in check(wider).errors] == ["two"]
    assert "shares the weights of one" in check(wider).errors[0].text


def test_without_its_owner_a_sharer_has_the_weights_itself() -> None:
    same = Conv2d(out_channels=3, padding=1)
    graph = network(one=same, two=same, three=same).share("two", "one").share("three", "two")
    assert graph.sharers("three") == ("one", "two", "three")
    left = graph.bypass("one")
    assert (left.nodes["two"].same_as, left.nodes["three"].same_as) == ("", "two")
    assert check(left).parameters == 84


def test_ids_that_are_embedded_inside_leave_as_numbers() -> None:
    inner = row(Graph(), "", x=Input(shape=(4,), dtype="int64"), words=Embedding(num_embeddings=9), y=Output())
    outcome = evaluate(_group(inner), (Ids((4,)),))
    assert outcome.error is None
    assert type(outcome.shapes[0]) is tuple


def test_a_group_says_which_block_inside_stops_it() -> None:
    graph = network(first=_group(row(Graph(), "", x=Input(), norm=BLOCKS["BatchNorm1d"](), y=Output())))
    text = check(graph).errors[0].text
    assert text.startswith("first cannot compute: inside it norm needs")


def test_copies_of_copies_are_bounded() -> None:
    inner = unit(8, repeat=1000)
    outer = row(Graph(), "", x=Input(), inner=inner, y=Output())
    with pytest.raises(ValueError, match=f"at most {LARGEST:,}"):
        _group(outer, repeat=1000)


def test_class_names_cannot_smuggle_code() -> None:
    for name in ("x", "A; import os", "Network", "", "A" * 61, "Ünit", "None"):
        with pytest.raises(ValueError, match="class_name"):
            _group(Graph(), class_name=name)


def test_wires_between_ports_of_groups_are_kept_when_names_clash() -> None:
    """The variable of a port never hides another block's."""
    pair = row(Graph(), "", x=Input(), relu=ReLU(), a=Output())
    pair = row(pair, "x", b=Output())
    graph = row(Graph(), "", image=Input(shape=(3,)), two=_group(pair))
    graph = graph.add(Node("two_a", ReLU()), Node("sum", BLOCKS["Add"]()), Node("out", Output()))
    graph = graph.connect(
        Wire("two", "a", "two_a", "input"),
        Wire("two_a", "output", "sum", "input"),
        Wire("two", "a", "sum", "other"),
        Wire("sum", "output", "out", "input"),
    )
    answer = build_of(graph)(torch.tensor([[-1.0, 2.0, 3.0]]))
    assert answer.tolist() == [[0.0, 4.0, 6.0]]


def test_a_module_is_kept_under_a_key_that_is_no_name() -> None:
    graph = network(first=unit(8), conv=Conv2d(out_channels=4))
    graph = graph.add(
        replace(graph.nodes["first"], key="block1-0", frozen=True), replace(graph.nodes["conv"], key="a b")
    )
    source = write(lower(graph, check(graph)))
    assert 'self.add_module("block1-0", Unit())' in source.text
    built = build(source)
    assert {key.rpartition(".")[0] for key in built.state_dict()} == {"block1-0.conv", "block1-0.norm", "a b"}
    assert not any(p.requires_grad for name, p in built.named_parameters() if name.startswith("block1-0"))
    assert built.train()(torch.zeros(2, 3, 8, 8)).shape == (2, 4, 6, 6)
    for key in ("a.b", 'x"', "x\\", "train", "x" * 61, "1"):
        with pytest.raises(ValueError, match="cannot be the key"):
            Node("x", ReLU(), key=key)
