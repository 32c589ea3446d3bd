"""Import every classification model of torchvision, export it again, and write docs/zoo.md about it.

A model is exact if the drawing has no problems, the code written from it has the very same names in its state_dict,
loads the original's, and gives the same outputs in evaluation mode with random weights.
"""

from __future__ import annotations

import gc
import math
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import nn

from engine.check import Report, check
from engine.graph import Graph
from engine.groups import Group
from engine.importing.loading import make
from engine.importing.modelling import import_module
from engine.importing.outcome import Imported
from engine.importing.request import TORCHVISION, Request
from engine.lower import lower, write
from engine.model import build
from engine.torch_setup import import_torchvision

PAGE = Path(__file__).parents[1] / "docs" / "zoo.md"
CLOSE = 1e-5
"""How far outputs may differ, as a part of the largest."""

HEAVY = 20e9
"""Multiply-accumulates from which one picture must do instead of two."""

HEAD = """# The zoo: classification models of torchvision as drawings

Written by `make zoo`. Each model is imported with `layerloom import torchvision:NAME`, checked, written as PyTorch code
again, built from that code, loaded with the original's `state_dict`, and compared with it in evaluation mode on random
pictures with random weights. "Exact" means: no problems in the drawing, the same names in the `state_dict`, and outputs
that differ by at most 1e-5 of the largest one.

"""


@dataclass(frozen=True)
class Row:
    """What became of one model."""

    name: str
    blocks: int
    parameters: int
    outcome: str
    seconds: float
    milliseconds: float

    def __str__(self) -> str:
        return (
            f"| {self.name} | {self.blocks:,} | {self.parameters:,} | {self.outcome} | {self.seconds:.2f} | "
            f"{self.milliseconds:.1f} |"
        )


def main(words: list[str]) -> int:
    """Write the page about all models, or print the rows of those that are named."""
    warnings.simplefilter("ignore")
    models = import_torchvision().models
    names = words or models.list_models(module=models)
    rows = []
    for name in names:
        rows.append(row(name))
        print(rows[-1], flush=True)
        gc.collect()
    if not words:
        PAGE.write_text(page(rows), "utf-8")
    return 0 if all(found.outcome == "exact" for found in rows) else 1


def page(rows: list[Row]) -> str:
    """The whole page."""
    exact = sum(found.outcome == "exact" for found in rows)
    table = ["| model | blocks | parameters | outcome | import, s | check, ms |", "|---|---:|---:|---|---:|---:|"]
    lines = [f"{exact} of {len(rows)} models are exact.", "", *table, *map(str, rows), ""]
    return HEAD + "\n".join(lines)


def row(name: str) -> Row:
    """Import one model and say what became of it."""
    request = Request(TORCHVISION, name)
    with without_initial_weights():
        module = make(request)
    shape = request.shapes()[0].shape
    parameters = sum(parameter.numel() for parameter in module.parameters())
    start = time.perf_counter()
    try:
        found = import_module(module, [shape], name)
        seconds = time.perf_counter() - start
        report = check(found.graph)
        milliseconds = _again(found.graph)
        outcome = compared(module, found, report, shape)
    except Exception as error:
        return Row(name, 0, parameters, f"failed: {type(error).__name__}: {str(error)[:80]}", 0.0, 0.0)
    return Row(name, size(found.graph), parameters, outcome, seconds, milliseconds)


def _again(graph: Graph) -> float:
    """How many milliseconds a check takes after an edit that moves one block."""
    moved = graph.move({next(iter(graph.nodes)): (1.0, 1.0)})
    start = time.perf_counter()
    check(moved)
    return 1e3 * (time.perf_counter() - start)


def compared(module: nn.Module, found: Imported, report: Report, shape: tuple[int, ...]) -> str:
    """What is not as in the original, or "exact"."""
    if report.errors:
        first_note = found.notes[0].reason if found.notes else report.errors[0].text
        return f"{len(found.notes)} steps cannot be drawn, first: {first_note}"
    with without_initial_weights():
        copy = build(write(lower(found.graph, report)))
    fill(module)
    weights = {found.keys.get(key, key): value for key, value in module.state_dict().items()}
    copy.load_state_dict(weights, assign=True)
    pictures = torch.randn(1 if report.macs > HEAVY else 2, *shape)
    with torch.inference_mode():
        ours, theirs = first(copy.eval()(pictures)), first(module.eval()(pictures))
    apart = float((ours - theirs).abs().max() / theirs.abs().max())
    if not apart <= CLOSE:
        return f"outputs differ by {apart:.1e}"
    return f"equal outputs, but {len(found.keys)} other names" if found.keys else "exact"


def first(output: Any) -> torch.Tensor:
    """The answer itself where there are further heads."""
    answer = output if isinstance(output, torch.Tensor) else output[0]
    assert isinstance(answer, torch.Tensor)
    return answer


def size(graph: Graph) -> int:
    """How many blocks a drawing has, those inside groups counted."""
    return sum(node.block.size if isinstance(node.block, Group) else 1 for node in graph.nodes.values())


@torch.no_grad()
def fill(module: nn.Module) -> None:
    """Random weights that keep numbers at a usual size through many layers."""
    real = ((name, tensor) for name, tensor in module.state_dict().items() if tensor.is_floating_point())
    for name, tensor in real:
        if name.endswith("running_var"):
            tensor.uniform_(0.5, 1.5)
        elif tensor.dim() > 1:
            tensor.normal_(0, math.sqrt(1 / tensor[0].numel()))
        elif name.endswith("weight"):
            tensor.uniform_(0.5, 1.0)
        else:
            tensor.normal_(0, 0.1)


@contextmanager
def without_initial_weights() -> Iterator[None]:
    """Spare the time for weights that are overwritten at once."""

    def leave(tensor: torch.Tensor, *args: Any, **options: Any) -> torch.Tensor:
        return tensor

    names = [name for name in vars(nn.init) if name.endswith("_") and not name.startswith("_")]
    with ExitStack() as stack:
        for name in names:
            stack.enter_context(patch.object(nn.init, name, leave))
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
