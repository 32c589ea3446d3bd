"""The size of a weights file before there is one: every tensor's name and shape is known from the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import prod
from typing import NamedTuple

from engine.blocks.base import Block, Ids, Shape
from engine.evaluation import BlockReport
from engine.graph import Graph
from engine.groups import Group, copies_of

LENGTH_FIELD, STEP = 8, 8
"""Bytes of the header's own length, and what the header is padded to."""

COUNTER = "num_batches_tracked"
"""The tensor of a layer that holds a whole number; the others hold float32."""


class Tensor(NamedTuple):
    """One tensor of the file: where whole numbers come first, then names in order."""

    real: bool
    name: str
    entry: str
    """What the header says of it, but for its name and place."""
    size: int


def weights_size(graph: Graph, blocks: Mapping[str, BlockReport]) -> int:
    """Bytes of the safetensors file with everything that a network learns and what is saved with it."""
    at, header = 0, 1
    for _, name, entry, size in sorted(_tensors(graph, blocks)):
        places = f"{at},{(at := at + size)}"
        header += len(name) + len(entry) + len(places) + 1
    header = max(header, 2)
    return LENGTH_FIELD + -(-header // STEP) * STEP + at


def _tensors(
    graph: Graph, blocks: Mapping[str, BlockReport], prefix: str = "", numbered: bool = False
) -> Iterator[Tensor]:
    """Every tensor of the network's `state_dict`."""
    index = 0
    for name, node in graph.nodes.items():
        report, block = blocks.get(name), node.block
        if report is None or node.same_as:
            continue
        place = f"{prefix}{index if numbered else name}"
        if isinstance(block, Group):
            copies = copies_of(block, report.inputs)
            for number, copy in enumerate(copies):
                inside = f"{place}.{number}." if len(copies) > 1 else f"{place}."
                yield from _tensors(block.graph, copy.blocks, inside, block.numbered)
        for real, tensor, entry, size in () if isinstance(block, Group) else _own(block, report.inputs):
            yield Tensor(real, f"{place}.{tensor}" if tensor else place, entry, size)
        index += numbered and block.layer(*report.inputs) is not None


@lru_cache(maxsize=100_000)
def _own(block: Block, inputs: tuple[Shape, ...]) -> tuple[Tensor, ...]:
    found = []
    for name, shape in {**block.weights(*inputs), **block.buffers(*inputs)}.items():
        real = name != COUNTER and not isinstance(shape, Ids)
        kind, width = ("F32", 4) if real else ("I64", 8)
        entry = f'"":{{"dtype":"{kind}","shape":[{",".join(map(str, shape))}],"data_offsets":[]}}'
        found.append(Tensor(real, name, entry, width * prod(shape)))
    return tuple(found)
