"""What goes into blocks, comes out of them and what they cost, as pairs of a heading and a value."""

from __future__ import annotations

from collections.abc import Sequence

from engine.blocks.base import Shape, shape_text
from engine.check import Report
from engine.cost.counting import BlockCost, cost
from engine.cost.memory_guard import need_of
from engine.cost.weights_size import weights_size
from engine.graph import Graph, Node
from engine.recipes.recipe import Recipe
from widgets.value_text import cost_text, count_text, examples_text, field_text, size_text, stride_text

UNKNOWN = "unknown until fixed"

Fact = tuple[str, str]
"""A heading and what stands under it."""


def facts_of(graph: Graph, report: Report, node: Node, batch: int) -> list[Fact]:
    """What goes in and comes out of a block, and what it costs; memory for a batch."""
    inputs, known = input_shapes(graph, report, node.name), report.blocks.get(node.name)
    ports = node.block.input_ports()
    facts = []
    if ports:
        texts = [shape_text(inputs[port], batch=True) if port in inputs else "unknown" for port in ports]
        facts.append(("In", "\n".join(dict.fromkeys(texts))))
    if node.block.output_ports():
        out = "\n".join(shape_text(shape, batch=True) for shape in known.outputs) if known else UNKNOWN
        facts.append(("Out", out))
    if known:
        spent = cost(graph, report, batch).blocks[node.name]
        facts += [
            ("Parameters", parameters_text(known.parameters, known.frozen)),
            ("Multiply-adds", cost_text(known.macs)),
            *_memory(spent.memory, spent.kept, batch),
            *_sight(spent),
        ]
    return facts


def facts_together(graph: Graph, report: Report, names: Sequence[str], batch: int) -> list[Fact]:
    """What several blocks cost together."""
    known = [name for name in names if name in report.blocks]
    blocks, spent = [report.blocks[name] for name in known], cost(graph, report, batch).blocks
    learned = parameters_text(sum(block.parameters for block in blocks), sum(block.frozen for block in blocks))
    memory, kept = sum(spent[name].memory for name in known), sum(spent[name].kept for name in known)
    macs = cost_text(sum(block.macs for block in blocks))
    return [("Parameters", learned), ("Multiply-adds", macs), *_memory(memory, kept, batch)]


def facts_in_total(graph: Graph, report: Report, recipe: Recipe) -> list[Fact]:
    """What a whole drawing costs."""
    need, batch = need_of(graph, report, recipe), recipe.batch_size
    in_use = need.weights + cost(graph, report, batch).inference
    return [
        ("Blocks", count_text(len(graph.nodes))),
        ("Parameters", parameters_text(report.parameters, report.frozen)),
        ("Multiply-adds", cost_text(report.macs)),
        ("Size of the weights", size_text(weights_size(graph, report.blocks))),
        (f"In use, {examples_text(batch)}", size_text(in_use)),
        ("In training", size_text(need.total)),
    ]


def input_shapes(graph: Graph, report: Report, name: str) -> dict[str, Shape]:
    """What is known of the shapes at a block's input ports."""
    feeds = graph.feeds(name)
    ports = (port for port in graph.nodes[name].block.input_ports() if feeds.get(port) in report.shapes)
    return {port: report.shapes[feeds[port]] for port in ports}


def parameters_text(count: int, frozen: int) -> str:
    """How many parameters there are, and how many of them do not learn."""
    if not frozen:
        return cost_text(count)
    return f"{cost_text(count)}, {'all' if frozen == count else cost_text(frozen)} frozen"


def _memory(memory: int, kept: int, batch: int) -> list[Fact]:
    """What a block computes, and what of it must be kept until the gradients have come back."""
    if not memory and not kept:
        return []
    return [(f"Memory, {examples_text(batch)}", size_text(memory)), ("Kept in training", size_text(kept))]


def _sight(spent: BlockCost) -> list[Fact]:
    """How much of the example one number sees; left out where each sees its own place alone."""
    if spent.field == ():
        return []
    facts = [("Receptive field", field_text(spent.field))]
    return [*facts, ("Effective stride", stride_text(spent.field))] if spent.field else facts
