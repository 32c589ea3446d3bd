"""Every block's own line is read back as that block, also where nothing like it stood before."""

from __future__ import annotations

import inspect
import os

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from torch import nn

from engine.blocks import BLOCKS
from engine.blocks.base import Block, Ids, Shape
from engine.blocks.data import Input, Output
from engine.blocks.help import help_of
from engine.evaluation import evaluate
from engine.graph import Graph, Node, Wire
from engine.reading import read
from engine.reading.functions import kinds_by_head
from engine.reading.positions import function_positions, positions
from engine.writing.manner import FUNCTIONAL, MODULE, Manner
from tests.engine.strategies import INNER, cases
from tests.engine.test_every_block import read_example
from tests.engine.test_reading import source_of

EXAMPLES = int(os.environ.get("LAYERLOOM_EXAMPLES", "8"))
LARGEST = 40.0
ONLY_OURS = {"dimensions", "per_channel", "last_step", "causal", "average_attn_weights", "parts", "tensors"}
"""Settings that PyTorch has no argument for."""


def doors(sizes: tuple[Shape, ...]) -> Graph:
    """A drawing with nothing but Inputs of these sizes, and one of its own for blocks without any."""
    graph = Graph()
    for number, size in enumerate(sizes or ((3,),)):
        dtype = "int64" if isinstance(size, Ids) else "float32"
        graph = graph.add(Node(f"x{number}", Input(shape=tuple(size), dtype=dtype)))
    return graph


def alone(block: Block, sizes: tuple[Shape, ...]) -> Graph:
    """The block between Inputs and an Output for each of its results."""
    graph = doors(sizes).add(Node("block", block))
    graph = graph.connect(*(Wire(f"x{n}", "output", "block", port) for n, port in enumerate(block.input_ports())))
    for port in block.output_ports():
        graph = graph.add(Node(f"y_{port}", Output())).connect(Wire("block", port, f"y_{port}", "input"))
    if not sizes:
        graph = graph.add(Node("y", Output())).connect(Wire("x0", "output", "y", "input"))
    return graph


def compare(block: Block, sizes: tuple[Shape, ...], manner: Manner = MODULE) -> None:
    """Write the block and read it where only the Inputs are known."""
    graph = alone(block, sizes)
    text = source_of(graph, manner).text
    again = read(text, doors(sizes), frozenset())
    found = [node.block for node in again.nodes.values() if not isinstance(node.block, Input | Output)]
    assert len(found) == 1, text
    if manner is MODULE:
        assert type(found[0]) is type(block), text
    if found[0] != block:  # the same said in another way, such as None for (None, None)
        assert source_of(again, manner).text == text
        assert evaluate(found[0], sizes) == evaluate(block, sizes)


def examples(kind: type[Block]) -> list[tuple[Block, tuple[Shape, ...]]]:
    """Those of its help page; an Input cannot give one number alone."""
    found = (read_example(text) for text in help_of(kind).examples)
    return [(kind.read(values), sizes) for _, values, sizes, _ in found if all(sizes)]


@pytest.mark.parametrize("kind", INNER, ids=lambda kind: kind.kind())
def test_a_line_of_a_block_typed_anew_is_that_block(kind: type[Block]) -> None:
    for block, sizes in examples(kind):
        compare(block, sizes)

    @given(cases(kind, LARGEST))
    @settings(max_examples=EXAMPLES)
    def check(case: tuple[Block, tuple[Shape, ...]]) -> None:
        block, sizes = case
        if not evaluate(block, sizes).error and all(sizes):
            compare(block, sizes)

    check()


@pytest.mark.parametrize("kind", [kind for kind in INNER if kind().functional], ids=lambda kind: kind.kind())
def test_the_functional_line_of_a_block_computes_the_same(kind: type[Block]) -> None:
    for block, sizes in examples(kind):
        compare(block, sizes, FUNCTIONAL)


TENSORS = ("nn.Parameter", "nn.Buffer")
CLASSES = [kind for kind in BLOCKS.values() if kind.torch_name.startswith("nn.") and kind.torch_name not in TENSORS]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.kind())
def test_values_without_a_name_stand_in_pytorchs_order(kind: type[Block]) -> None:
    theirs = list(inspect.signature(getattr(nn, kind.torch_name.removeprefix("nn."))).parameters)
    ours = [name for name in positions(kind, None) if name not in ONLY_OURS]
    if theirs[:1] != ["args"]:  # the recurrent ones do not say what they take
        assert theirs[: len(ours)] == ours


def signature(head: str) -> list[str]:
    """What PyTorch calls the arguments of a function, where it says that."""
    module, name = head.split(".")
    try:
        return list(inspect.signature(getattr({"F": F, "torch": torch}[module], name)).parameters)
    except ValueError:  # functions of C have no signature that can be asked for
        return []


@pytest.mark.parametrize("head", [h for h in kinds_by_head() if h.startswith(("F.", "torch.")) and signature(h)])
def test_values_of_functions_stand_in_pytorchs_order(head: str) -> None:
    for kind, length in kinds_by_head()[head]:
        ours = [name for name in function_positions(head, kind) if name not in ONLY_OURS]
        values = signature(head)[len(kind().input_ports()) :]
        if length == 1 and set(ours) <= set(values):
            assert values[: len(ours)] == ours, kind
