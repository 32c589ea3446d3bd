"""A drawing in Markdown, for notebooks and read-me files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.blocks.base import shape_text
from engine.blocks.data import Output
from engine.export.training_code import Plan
from engine.groups import Group


def plain_text(text: str) -> str:
    """Text that Markdown shows as it stands: no link, picture or tag can hide in it."""
    return re.sub(r"([^\w\s])", r"\\\1", text, flags=re.ASCII)


def table_of_blocks(plan: Plan) -> str:
    """Every block that the answer depends on, with its shape and parameters, and the total."""
    rows = ["| block | kind | gives | parameters |", "|---|---|---|---|", *_rows(plan)]
    return "\n".join([*rows, "", f"{plan.report.parameters:,} parameters in all; N is the number of examples."])


def _rows(plan: Plan) -> Iterator[str]:
    for name in plan.graph.order:
        found, block = plan.report.blocks.get(name), plan.graph.nodes[name].block
        if found is None or isinstance(block, Output):
            continue
        kind = block.class_name if isinstance(block, Group) else block.kind()
        shapes = ", ".join(shape_text(shape, batch=True) for shape in found.outputs)
        yield f"| `{name}` | `{kind}` | {shapes} | {found.parameters:,} |"
