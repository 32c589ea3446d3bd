"""The size of a weights file before there is one: every tensor's name and shape is known from the drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

from engine.blocks.base import Shape
from engine.evaluation import BlockReport
from engine.graph import Graph
from engine.groups import Group, copies_of

LENGTH_FIELD, STEP = 8, 8
"""Bytes of the header's own length, and what the header is padded to."""

COUNTER = "num_batches_tracked"
"""The one kind of tensor that holds a whole number; the others hold float32."""

Tensor = tuple[str, Shape]
"""The name that the file has for a tensor, and its shape."""


def weights_size(graph: Graph, blocks: Mapping[str, BlockReport]) -> int:
    """Bytes of the safetensors file with everything that a network learns and what is saved with it."""
    tensors = sorted(tensors_of(graph, blocks), key=lambda tensor: (not _counts(tensor[0]), tensor[0]))
    at, entries = 0, []
    for name, shape in tensors:
        kind, width = ("I64", 8) if _counts(name) else ("F32", 4)
        start, at = at, at + width * prod(shape)
        sizes = ",".join(map(str, shape))
        entries.append(f'"{name}":{{"dtype":"{kind}","shape":[{sizes}],"data_offsets":[{start},{at}]}}')
    header = 2 + sum(map(len, entries)) + max(len(entries) - 1, 0)
    return LENGTH_FIELD + -(-header // STEP) * STEP + at


def tensors_of(
    graph: Graph, blocks: Mapping[str, BlockReport], prefix: str = "", numbered: bool = False
) -> Iterator[Tensor]:
    """Every tensor of the network's `state_dict`, as its name and shape."""
    index = 0
    for name, node in graph.nodes.items():
        report, block = blocks.get(name), node.block
        if report is None or node.same_as:
            continue
        if isinstance(block, Group):
            place = f"{prefix}{index if numbered else name}"
            copies = copies_of(block, report.inputs)
            for number, copy in enumerate(copies):
                inside = f"{place}.{number}." if len(copies) > 1 else f"{place}."
                yield from tensors_of(block.graph, copy.blocks, inside, block.numbered)
        elif block.layer(*report.inputs) is None:
            continue
        else:
            own = {**block.weights(*report.inputs), **block.buffers(*report.inputs)}
            place = f"{prefix}{index if numbered else name}"
            yield from ((f"{place}.{tensor}" if tensor else place, shape) for tensor, shape in own.items())
        index += 1


def _counts(name: str) -> bool:
    return name.endswith(COUNTER)
