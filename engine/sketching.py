"""Short ways to write drawings down in code: rows of blocks, and wires by name."""

from __future__ import annotations

from engine.blocks.base import Block
from engine.graph import Graph, Node, Wire


def row(graph: Graph, source: str, **blocks: Block) -> Graph:
    """Blocks one after another behind `source`; a new row begins where that is empty."""
    for name, block in blocks.items():
        graph = graph.add(Node(name, block))
        if source:
            graph = graph.connect(_wire(graph, source, name))
        source = name
    return graph


def linked(graph: Graph, *links: tuple[str, str]) -> Graph:
    """With wires between ends such as "conv1" or "add1.other"; a block alone means its first port."""
    return graph.connect(*(_wire(graph, source, target) for source, target in links))


def _wire(graph: Graph, source: str, target: str) -> Wire:
    (start, _, output), (end, _, port) = source.partition("."), target.partition(".")
    output = output or graph.nodes[start].block.output_ports()[0]
    return Wire(start, output, end, port or graph.nodes[end].block.input_ports()[0])
