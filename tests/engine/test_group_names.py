"""A new group is named by what stands out in it."""

from __future__ import annotations

import pytest

from engine.blocks.attention import MultiheadAttention
from engine.composites import COMPOSITES
from engine.graph import Graph, Node
from engine.group_names import class_name_for
from engine.groups import is_class_name
from engine.templates import TEMPLATES


def test_blocks_of_a_template_give_their_group_a_name() -> None:
    graph = TEMPLATES["cnn"].project().graph
    assert class_name_for(graph.part(["conv1", "norm1", "relu1"])) == "ConvBlock"
    assert class_name_for(graph.part(["flatten", "hidden", "relu3"])) == "LinearBlock"
    assert class_name_for(graph.part(["norm1", "relu1"])) == "NormBlock"
    assert class_name_for(Graph()) == "Block"


@pytest.mark.parametrize(
    ("ready", "name"),
    [("BasicBlock", "ResidualBlock"), ("Bottleneck", "ResidualBlock"), ("Inception", "BranchesBlock")],
)
def test_skips_and_branches_are_seen(ready: str, name: str) -> None:
    assert class_name_for(COMPOSITES[ready].group.graph) == name


def test_attention_stands_out() -> None:
    assert class_name_for(Graph().add(Node("it", MultiheadAttention()))) == "AttentionBlock"


def test_every_name_can_be_a_class() -> None:
    assert all(is_class_name(class_name_for(ready.group.graph)) for ready in COMPOSITES.values())
