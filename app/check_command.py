"""`layerloom check`: every shape, the cost and what is wrong, in words or as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.blocks.base import shape_text
from engine.check import Report, check
from engine.evaluation import BlockReport
from engine.graph import Node
from engine.project import open_project

FINE, PROBLEMS = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a drawing (*.loom)")
    parser.add_argument("--json", action="store_true", help="print one JSON object on each line")


def run(arguments: argparse.Namespace) -> int:
    """Check the drawing of a file. Returns the exit code. Raises ProjectError."""
    project = open_project(arguments.file)
    report = check(project.graph, project.recipe)
    nodes = project.graph.nodes.values()
    if arguments.json:
        print(json.dumps(_check_data(report, nodes), ensure_ascii=False))
    else:
        _print_blocks(report, list(nodes))
        _print_problems(report)
    return FINE if report.ok else PROBLEMS


def _check_data(report: Report, nodes: Any) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "parameters": report.parameters,
        "macs": report.macs,
        "blocks": {node.name: _block_data(node, report.blocks.get(node.name)) for node in nodes},
        "problems": [problem.as_data() for problem in report.problems],
    }


def _block_data(node: Node, found: BlockReport | None) -> dict[str, Any]:
    """A block's line of the JSON; the shape of an Output is what arrives there, null where it is not known."""
    shape = (*found.outputs, *found.inputs)[0] if found else None
    kind = getattr(node.block, "known_as", "") or node.block.kind()
    return {
        "type": kind,
        "shape": None if shape is None else list(shape),
        "parameters": found.parameters if found else 0,
    }


def _print_blocks(report: Report, nodes: Sequence[Node]) -> None:
    rows = [("block", "type", "gives", "parameters")]
    for node in nodes:
        data = _block_data(node, report.blocks.get(node.name))
        shape = "?" if data["shape"] is None else shape_text(tuple(data["shape"]), batch=True)
        rows.append((node.name, data["type"], shape, f"{data['parameters']:,}" if data["parameters"] else ""))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for name, kind, shape, parameters in rows:
        print(f"{name:{widths[0]}}  {kind:{widths[1]}}  {shape:{widths[2]}}  {parameters:>{widths[3]}}".rstrip())
    print(f"\n{report.parameters:,} parameters, {report.macs:,} multiply-accumulates for one example")


def _print_problems(report: Report) -> None:
    if not report.problems:
        print("No problems.")
    for problem in report.problems:
        print(f"\n{problem.level}: {problem.text}")
        for fix in problem.fixes:
            print(f"  → {fix.label}" + (f" ({fix.note})" if fix.note else ""))
