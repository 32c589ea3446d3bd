"""The drawing as data for other programs: blocks, wires, shapes and costs, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.blocks.base import Shape
from engine.blocks.data import Input
from engine.check import Report, check
from engine.cost.counting import cost
from engine.cost.weights_size import weights_size
from engine.evaluation import BlockReport
from engine.graph import Graph, Node
from engine.groups import Group, copies_of
from engine.project import Project, graph_data

FORMAT, VERSION = "layerloom-drawing", 1

Data = dict[str, Any]


def export_data(project: Project) -> str:
    """One JSON object. A drawing with problems has null for what is not known, and lists the problems."""
    graph, report = project.graph, check(project.graph, project.recipe)
    data = {
        "format": FORMAT,
        "version": VERSION,
        "title": project.title,
        "cost": _cost(project, report),
        **drawing_data(graph, report.blocks),
        "problems": [problem.as_data() for problem in report.problems],
    }
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def drawing_data(graph: Graph, blocks: Mapping[str, BlockReport]) -> Data:
    """Blocks in the order of the drawing, and wires, with the shape of one example wherever it is known."""
    kept = {entry["name"]: entry for entry in graph_data(graph)["nodes"]}
    nodes = [_node(node, kept[name], blocks.get(name)) for name, node in graph.nodes.items()]
    shapes = {
        (name, port): shape
        for name, found in blocks.items()
        for port, shape in zip(graph.nodes[name].block.output_ports(), found.outputs, strict=True)
    }
    wires = [{**wire._asdict(), "shape": _shape(shapes.get(wire[:2]))} for wire in graph.wires]
    return {"nodes": nodes, "wires": wires}


def _node(node: Node, kept: Data, found: BlockReport | None) -> Data:
    block = node.block
    inputs = found.inputs if found else (None,) * len(block.input_ports())
    outputs = found.outputs if found else (None,) * len(block.output_ports())
    data = {name: value for name, value in kept.items() if name != "graph"}
    data |= {
        "family": block.family or None,
        "inputs": _ports(block.input_ports(), inputs),
        "outputs": _ports(block.output_ports(), outputs),
        "parameters": found.parameters if found else None,
        "frozen_parameters": found.frozen if found else None,
        "macs": found.macs if found else None,
    }
    if isinstance(block, Group):
        flow = copies_of(block, found.inputs)[0] if found else None
        data["graph"] = drawing_data(block.graph, flow.blocks if flow else {})
    return data


def _ports(names: tuple[str, ...], shapes: tuple[Shape | None, ...]) -> list[Data]:
    return [{"name": name, "shape": _shape(shape)} for name, shape in zip(names, shapes, strict=True)]


def _shape(shape: Shape | None) -> list[int] | None:
    return None if shape is None else list(shape)


def _cost(project: Project, report: Report) -> Data:
    batch = project.recipe.batch_size
    memory = cost(project.graph, report, batch)
    known = any(isinstance(project.graph.nodes[name].block, Input) for name in report.blocks)
    return {
        "parameters": report.parameters,
        "frozen_parameters": report.frozen,
        "macs": report.macs,
        "batch_size": batch,
        "activation_bytes_training": memory.training if known else None,
        "activation_bytes_inference": memory.inference if known else None,
        "weights_file_bytes": weights_size(project.graph, report.blocks),
    }
