"""What a new group may be called, by what is in it."""

from __future__ import annotations

from engine.blocks.attention import MultiheadAttention
from engine.blocks.base import Block
from engine.blocks.merge import Add, Concatenate
from engine.graph import Graph

BY_FAMILY = (
    ("recurrent", "Recurrent"),
    ("convolution", "Conv"),
    ("linear", "Linear"),
    ("pooling", "Pooling"),
    ("normalisation", "Norm"),
    ("activation", "Activation"),
)
"""The first family of which a block is there names the group."""


def class_name_for(graph: Graph) -> str:
    """A class name for a group with this drawing inside, such as ConvBlock; Block where nothing stands out."""
    blocks = [node.block for node in graph.nodes.values()]
    if any(_joins_a_skip(graph, name) for name in graph.nodes):
        return "ResidualBlock"
    if any(isinstance(block, Concatenate) for block in blocks):
        return "BranchesBlock"
    if any(isinstance(block, MultiheadAttention) or "Transformer" in block.kind() for block in blocks):
        return "AttentionBlock"
    families = {_family(block) for block in blocks}
    return next((f"{word}Block" for family, word in BY_FAMILY if family in families), "Block")


def _family(block: Block) -> str:
    return "recurrent" if block.kind() in ("RNN", "LSTM", "GRU") else block.family


def _joins_a_skip(graph: Graph, name: str) -> bool:
    """Whether a block adds up ways that part at one block before it."""
    block, feeds = graph.nodes[name].block, graph.feeds(name)
    if not isinstance(block, Add) or len(feeds) < 2:
        return False
    ways = [{source} | graph.before(source) for source, _ in feeds.values()]
    return bool(set.intersection(*map(set, ways)))
