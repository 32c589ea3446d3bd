"""What tests of imported files share: files of modules, and the drawing's answers held to the file's own."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from engine.check import check
from engine.export.exported_program import answers, difference
from engine.graph import Graph
from engine.importing.exported import import_exported
from engine.importing.onnx_graph import import_onnx
from engine.importing.outcome import Imported
from engine.lower import lower, write
from engine.model import build

CLOSE = 1e-5
State = dict[str, torch.Tensor]
Tensors = tuple[torch.Tensor, ...]


def rebuilt(found: Imported, state: State) -> nn.Module:
    """The module that the drawing describes, with the file's weights."""
    report = check(found.graph)
    assert not report.errors, [problem.text for problem in report.errors]
    module = build(write(lower(found.graph, report))).eval()
    module.load_state_dict(state)
    return module


def run_onnx(path: Path, inputs: Tensors) -> Tensors:
    """What onnxruntime makes of the inputs."""
    runtime: Any = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 4, 1
    session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    fed = {value.name: tensor.numpy() for value, tensor in zip(session.get_inputs(), inputs, strict=True)}
    return tuple(map(torch.as_tensor, session.run(None, fed)))


def same(path: Path, *inputs: torch.Tensor) -> Imported:
    """Import a file and hold the drawing's answers to the file's own."""
    reader = import_onnx if path.suffix == ".onnx" else import_exported
    found, state = reader(path)
    wanted = run_onnx(path, inputs) if path.suffix == ".onnx" else answers(torch.export.load(path).module(), inputs)
    assert difference(wanted, answers(rebuilt(found, state), inputs)) < CLOSE
    return found


def kinds(graph: Graph) -> list[str]:
    return [node.block.kind() for node in graph.nodes.values()]


@torch.no_grad()
def shuffled(module: nn.Module) -> nn.Module:
    """Random weights and running statistics, so that a confusion of two shows."""
    for name, tensor in module.state_dict().items():
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif tensor.is_floating_point():
            tensor.normal_(0, 0.1)
    return module.eval()


def saved(module: nn.Module, path: Path, *inputs: torch.Tensor, any_batch: bool = True) -> Path:
    """A .pt2 file of a module."""
    batch = torch.export.Dim("batch")
    shapes = tuple({0: batch} for _ in inputs) if any_batch else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.export.export(shuffled(module), inputs, dynamic_shapes=shapes)
        torch.export.save(program, path)
        if path.suffix == ".onnx":
            torch.onnx.export(program, (), str(path), external_data=False, verbose=False)
    return path
