"""Every ready group computes in the shape it is drawn for and in others, and is what its name says."""

from __future__ import annotations

import pytest
import torch

from engine.blocks.base import Shape
from engine.blocks.data import Input, Output
from engine.check import check
from engine.composites import COMPOSITES, PICTURE, Composite
from engine.evaluation import evaluate
from engine.graph import Graph, Node, Wire
from engine.lower import lower, write
from engine.model import build

every = pytest.mark.parametrize("composite", COMPOSITES.values(), ids=lambda composite: composite.class_name)


def entrances(composite: Composite, shape: Shape) -> list[Shape]:
    block = composite.group_for(shape)
    inner = [node.block for node in block.graph.nodes.values() if isinstance(node.block, Input)]
    return [shape, *(door.shape for door in inner[1:])]


@every
def test_a_ready_group_computes(composite: Composite) -> None:
    other = (8, 16, 16) if len(composite.usual) == 3 else (5, 32)
    for shape in (composite.usual, composite.usual if composite.pretrained else other):
        block, shapes = composite.group_for(shape), entrances(composite, shape)
        graph = Graph().add(Node("g", block))
        for number, (port, size) in enumerate(zip(block.input_ports(), shapes, strict=True)):
            graph = graph.add(Node(f"x{number}", Input(shape=size))).connect(Wire(f"x{number}", "output", "g", port))
        for port in block.output_ports():
            name = graph.fresh_name("y1")
            graph = graph.add(Node(name, Output())).connect(Wire("g", port, name, "input"))
        report = check(graph)
        assert not report.problems
        network = build(write(lower(graph, report))).eval()
        answers = network(*(torch.randn(2, *size) for size in shapes))
        answers = answers if isinstance(answers, tuple) else (answers,)
        assert [tuple(a.shape) for a in answers] == [(2, *out) for out in evaluate(block, tuple(shapes)).shapes]
        assert sum(p.numel() for p in network.parameters()) == report.parameters


OTHER_SHAPE = {"UNetDown", "UNetUp", "DenseBlock", "EfficientNetLite0"}


@every
def test_what_can_follow_itself_keeps_the_shape(composite: Composite) -> None:
    if composite.class_name in OTHER_SHAPE:
        return
    assert evaluate(composite.group, (composite.usual,)).shapes == (composite.usual,)


def test_an_unsuitable_shape_gives_the_usual_group() -> None:
    for composite in COMPOSITES.values():
        assert composite.group_for((7,)) == composite.group


def test_the_bottleneck_of_256_channels_is_that_of_resnet_50_with_its_projection() -> None:
    block = COMPOSITES["Bottleneck"].group_for((256, 56, 56))
    plain = 256 * 64 + 64 * 64 * 9 + 64 * 256 + 2 * (64 + 64 + 256)
    assert evaluate(block, ((256, 56, 56),)).parameters == plain + 256 * 256 + 2 * 256


def test_pictures_may_have_any_channels() -> None:
    assert evaluate(COMPOSITES["BasicBlock"].group_for((3, 9, 9)), ((3, 9, 9),)).shapes == ((3, 9, 9),)
    assert PICTURE[0] > 3
