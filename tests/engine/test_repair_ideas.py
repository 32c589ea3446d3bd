"""Each kind of block is offered repairs that suit it, and each of them leaves it in order."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.blocks import BLOCKS
from engine.blocks.base import Shape
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.pooling import MaxPool2d
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.groups import Group
from tests.engine.test_repairs import assert_repairs_work, fed, labels

OFFERED: tuple[tuple[str, dict[str, Any], tuple[Shape, ...], str], ...] = (
    ("MatMul", {}, ((8, 16), (12, 16)), "Transpose other"),
    ("MatMul", {}, ((8, 16), (8, 12)), "Transpose input"),
    ("MatMul", {}, ((8, 16), (5, 8)), "Swap the inputs"),
    ("MatMul", {}, ((8, 16), (7, 5)), "Put a Linear on input"),
    ("Concatenate", {}, ((12, 64), (12, 32)), "Set dim to 2"),
    ("Concatenate", {"dim": 2}, ((8, 14, 14), (16, 14, 14)), "Set dim to 1"),
    ("Concatenate", {}, ((8, 14, 14), (8, 7, 7)), "Pool the larger pictures"),
    ("Concatenate", {}, ((8, 14, 14), (8, 7, 7)), "Enlarge the smaller pictures"),
    ("Stack", {}, ((8,), (9,)), "Put a Linear on tensor1"),
    ("Add", {}, ((16, 8, 8), (16,)), "Reshape other to 16×1×1"),
    ("Multiply", {}, ((64,), (12, 64)), "Reshape input to 1×64"),
    ("Add", {}, ((16, 50), (8, 50)), "Put a 1×1 Conv1d on the skip wire"),
    ("Add", {}, ((16, 50), (16, 25)), "Insert a pooling layer on the skip wire"),
    ("Add", {}, ((4, 8, 8, 8), (8, 8, 8, 8)), "Put a 1×1 Conv3d on the skip wire"),
    ("MultiheadAttention", {}, ((16, 7, 7),) * 3, "Read the places of the picture as steps"),
    ("MultiheadAttention", {}, ((12, 64), (10, 64), (12, 64)), "Feed value from input_key too"),
    ("TransformerEncoderLayer", {}, ((16, 7, 7),), "Read the places of the picture as steps"),
    ("TransformerDecoderLayer", {}, ((12, 64), (10, 32)), "Put a Linear on memory"),
    ("LSTM", {}, ((1, 28, 28),), "Read the rows of the picture as steps"),
    ("GRU", {}, ((16, 7, 7),), "Read the places of the picture as steps"),
    ("RNN", {}, ((784,),), "Reshape to 784×1, a number a step"),
    ("GroupNorm", {}, ((6, 5, 5),), "Set num_groups to 3"),
    ("InstanceNorm2d", {}, ((8, 16),), "Use InstanceNorm1d"),
    ("BatchNorm3d", {}, ((8, 4, 4),), "Use BatchNorm2d"),
    ("Conv2d", {}, ((16, 50),), "Use Conv1d"),
    ("Conv2d", {}, ((16, 50),), "Reshape to 1×16×50"),
    ("Conv1d", {}, ((16,),), "Reshape to 1×16"),
    ("Conv3d", {}, ((3, 8, 8),), "Use Conv2d"),
    ("CosineSimilarity", {}, ((8,), (9,)), "Put a Linear on x2"),
)


@pytest.mark.parametrize(("kind", "values", "shapes", "label"), OFFERED)
def test_a_block_is_offered_what_suits_it(
    kind: str, values: dict[str, Any], shapes: tuple[Shape, ...], label: str
) -> None:
    graph = fed(BLOCKS[kind](**values), *shapes)
    assert label in labels(graph)
    assert_repairs_work(graph)


MANY_INPUTS = sorted(kind for kind, block in BLOCKS.items() if 1 < len(block().input_ports()) < 4)
SHAPES = st.lists(st.sampled_from((1, 2, 3, 4, 8, 16)), min_size=1, max_size=4).map(tuple)


@given(st.data())
@settings(max_examples=150)
def test_repairs_of_blocks_with_several_inputs_work_whatever_reaches_them(data: st.DataObject) -> None:
    block = BLOCKS[data.draw(st.sampled_from(MANY_INPUTS))]()
    assert_repairs_work(fed(block, *(data.draw(SHAPES) for _ in block.input_ports())))


def group_with(*blocks: Any, repeat: int = 1) -> Group:
    """A group in which blocks follow each other."""
    chain = [Node("input", Input(shape=(3, 8, 8))), *(Node(f"b{n}", b) for n, b in enumerate(blocks))]
    graph = Graph().add(*chain, Node("output", Output()))
    names = [node.name for node in chain] + ["output"]
    wires = (Wire(a, "output", b, "input") for a, b in pairwise(names))
    return Group(graph=graph.connect(*wires), repeat=repeat)


def test_a_group_is_offered_the_repairs_of_the_block_inside() -> None:
    graph = fed(group_with(Conv2d(kernel_size=9), MaxPool2d(kernel_size=2)), (3, 8, 8))
    assert labels(graph)[0] == "In it: Set kernel_size to 3"
    assert_repairs_work(graph)


def test_a_repeated_group_is_mended_for_the_copy_that_fails() -> None:
    graph = fed(group_with(MaxPool2d(kernel_size=3), repeat=3), (3, 16, 16))
    (problem,) = check(graph).errors
    assert "copy 3" in problem.text
    assert problem.fixes
    assert_repairs_work(graph)


def test_a_group_inside_a_group_says_where_the_repair_lies() -> None:
    inner = group_with(Conv2d(kernel_size=9))
    outer = group_with(replace(inner, class_name="Inner"))
    assert labels(fed(outer, (3, 8, 8)))[0] == "In it: In b0: Set kernel_size to 3"


def test_what_cannot_be_mended_inside_is_not_offered() -> None:
    without_output = Group(graph=Graph().add(Node("input", Input(shape=(3,)))))
    assert labels(fed(without_output, (3,))) == []


@given(st.lists(st.tuples(st.integers(-300, 300), st.integers(-300, 300)), max_size=8))
@settings(max_examples=60)
def test_what_is_inserted_lies_on_no_other_block_and_not_far_away(places: list[tuple[int, int]]) -> None:
    graph = fed(BLOCKS["MatMul"](), (8, 16), (12, 16))
    others = (Node(f"far{n}", Input(shape=(1,)), (float(x), float(y))) for n, (x, y) in enumerate(places))
    mended = check(graph.add(*others)).errors[0].fixes[0].apply(graph.add(*others))
    x, y = mended.nodes["transpose1"].at
    rest = [node.at for node in mended.nodes.values() if node.name != "transpose1"]
    assert all(abs(x - a) >= 168 or abs(y - b) >= 64 for a, b in rest)
    assert abs(y) <= 100 * len(rest) + 100
