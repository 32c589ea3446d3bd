"""Every block comes back: its code, as modules and as functions, becomes that drawing again."""

from __future__ import annotations

import pytest
import torch

from engine.blocks import BLOCKS
from engine.blocks.base import Block, Ids
from engine.blocks.data import Input, Output
from engine.blocks.help import help_of
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.importing.modelling import import_module
from engine.lower import lower, write
from engine.model import build
from engine.writing.manner import FUNCTIONAL, MODULE, Manner
from tests.engine.test_every_block import read_example

AT_RANDOM = {"DropPath", "FractionalMaxPool2d", "FractionalMaxPool3d"}
"""Their code draws numbers while it runs, which no drawing can hold."""

KINDS = [kind for name, kind in BLOCKS.items() if kind.family not in ("data", "group", "") and name not in AT_RANDOM]


def around(block: Block, shapes: tuple[tuple[int, ...], ...]) -> Graph:
    """A drawing of one block with its inputs and outputs."""
    graph = Graph().add(Node("it", block))
    for port, shape in zip(block.input_ports(), shapes, strict=True):
        dtype = "int64" if isinstance(shape, Ids) else "float32"
        name = f"in_{port}"
        graph = graph.add(Node(name, Input(shape=tuple(shape) or (1,), dtype=dtype)))
        graph = graph.connect(Wire(name, "output", "it", port))
    if not shapes:
        graph = graph.add(Node("beside", Input(shape=(2,))))
    for port in block.output_ports():
        name = f"out_{port}"
        graph = graph.add(Node(name, Output())).connect(Wire("it", port, name, "input"))
    return graph


def inputs_of(graph: Graph) -> list[Input]:
    return [node.block for node in graph.nodes.values() if isinstance(node.block, Input)]


@pytest.mark.parametrize("manner", [MODULE, FUNCTIONAL], ids=["module", "functional"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_block_comes_back(kind: type[Block], manner: Manner) -> None:
    torch.manual_seed(0)
    _, values, shapes, _ = read_example(help_of(kind).examples[0])
    graph = around(kind.read(values), shapes)
    network = build(write(lower(graph, check(graph)), manner=manner)).eval()
    entries = inputs_of(graph)
    kinds = [torch.int64 if entry.dtype == "int64" else torch.float32 for entry in entries]
    found = import_module(network, [entry.shape for entry in entries], dtypes=kinds)
    assert not found.notes, [str(note) for note in found.notes]
    report = check(found.graph)
    assert not report.errors, [problem.text for problem in report.errors]
    copy = build(write(lower(found.graph, report))).eval()
    copy.load_state_dict(network.state_dict())
    examples = [
        torch.randint(0, 3, (2, *entry.shape)) if entry.dtype == "int64" else torch.rand(2, *entry.shape) + 0.5
        for entry in entries
    ]
    with torch.no_grad():
        ours, theirs = copy(*examples), network(*examples)
    pairs = zip(*((answer if isinstance(answer, tuple) else (answer,)) for answer in (ours, theirs)), strict=True)
    assert all(torch.allclose(one, other, atol=1e-5) for one, other in pairs)
