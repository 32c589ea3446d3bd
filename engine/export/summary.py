"""A table of the network as plain text: every block with its shape, parameters and multiply-accumulates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from engine.blocks.base import Shape, shape_text
from engine.check import check
from engine.cost.counting import cost
from engine.cost.weights_size import weights_size
from engine.evaluation import BlockReport, Flow
from engine.export.module import harmless
from engine.graph import Graph, Node
from engine.groups import Group, copies_of
from engine.lower import NotReady, lower
from engine.pretrained import pretrained_parts
from engine.project import Project

INDENT = "  "
UNITS = ("bytes", "kB", "MB", "GB", "TB")


class Row(NamedTuple):
    """One line of the table."""

    block: str
    kind: str
    output: str
    parameters: str
    macs: str


HEAD = Row("Block", "Kind", "Output shape", "Parameters", "MACs")


def export_summary(project: Project) -> str:
    """The table and the totals below it. Raises NotReady while the drawing is empty or has problems."""
    graph, report = project.graph, check(project.graph)
    if not graph.nodes:
        raise NotReady("The drawing is empty, so there is nothing to sum up.")
    parts = pretrained_parts(lower(graph, report))
    rows = [HEAD, *_rows(graph, report.blocks)]
    totals = _totals(project, parts)
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [_line(row, widths) for row in rows]
    broad = max(map(len, (*lines, *totals)))
    title = " ".join(project.title.split())
    body = [title, "═" * broad, lines[0], "─" * broad, *lines[1:], "═" * broad, *totals]
    return "\n".join(line.rstrip() for line in body) + "\n"


def bytes_text(size: float) -> str:
    """A size as people write it: 31.4 kB."""
    power = min((len(str(int(size))) - 1) // 3, len(UNITS) - 1)
    return f"{size / 1000**power:.4g} {UNITS[power]}"


def _line(row: Row, widths: Sequence[int]) -> str:
    words = zip(row[:3], widths[:3], strict=True)
    figures = zip(row[3:], widths[3:], strict=True)
    return "   ".join([*(f"{word:{width}}" for word, width in words), *(f"{word:>{width}}" for word, width in figures)])


def _rows(graph: Graph, blocks: Mapping[str, BlockReport], indent: str = "") -> Iterator[Row]:
    """One row for each block in the order of computation, and indented below a group those inside it."""
    for name in graph.order:
        node = graph.nodes[name]
        if (report := blocks.get(name)) is None:
            continue
        yield _row(node, report, indent)
        if isinstance(node.block, Group) and not node.same_as:
            yield from _copies(node.block, copies_of(node.block, report.inputs), indent + INDENT)


def _row(node: Node, report: BlockReport, indent: str) -> Row:
    shapes = report.outputs or report.inputs  # what arrives at an Output is its shape
    parameters = f"{report.parameters:,}" if report.parameters else ""
    if node.same_as:
        parameters = f"those of {node.same_as}"
    elif report.frozen:
        parameters += " frozen" if report.frozen == report.parameters else f" ({report.frozen:,} frozen)"
    kind = f"{node.block.kind()} {node.block.key_settings()}".strip()
    macs = f"{report.macs:,}" if report.macs else ""
    return Row(f"{indent}{node.name}", kind, ", ".join(map(_shape, shapes)), parameters, macs)


def _copies(group: Group, flows: Sequence[Flow], indent: str) -> Iterator[Row]:
    """What is in a group; copies that are alike are told once."""
    first = 0
    for _, alike in groupby(flows, key=id):
        count = len(list(alike))
        last = first + count - 1
        if len(flows) > 1:
            yield Row(f"{indent}{first}" if count == 1 else f"{indent}{first} to {last}, each", "", "", "", "")
        inside = indent + INDENT if len(flows) > 1 else indent
        yield from _rows(group.graph, flows[first].blocks, inside)
        first = last + 1


def _totals(project: Project, parts: tuple[tuple[str, str], ...]) -> list[str]:
    graph, report, batch = project.graph, check(project.graph), project.recipe.batch_size
    memory = cost(graph, report, batch)
    figures = (
        ("Parameters", f"{report.parameters:,}"),
        ("  that learn", f"{report.parameters - report.frozen:,}"),
        ("  frozen", f"{report.frozen:,}"),
        ("Multiply-accumulates for one example", f"{report.macs:,}"),
        ("Size of the weights file", bytes_text(weights_size(graph, report.blocks))),
        (f"Activations of a batch of {batch:,}, training", bytes_text(memory.training)),
        (f"Activations of a batch of {batch:,}, in use", bytes_text(memory.inference)),
        *((f"Weights that {part} begins with", harmless(Path(file).name)) for part, file in parts),
    )
    width = max(len(words) for words, _ in figures)
    longest = max(len(figure) for _, figure in figures)
    return [f"{words:{width}}   {figure:>{longest}}" for words, figure in figures]


def _shape(shape: Shape) -> str:
    return shape_text(shape, batch=True)
