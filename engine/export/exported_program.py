"""The network as PyTorch's own exported program (.pt2): loaded and run without its Python code."""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

from engine.blocks.base import Ids, Shape
from engine.blocks.data import Output
from engine.check import check
from engine.export.style import CannotExport, Wishes
from engine.export.weights import Network, ready_network
from engine.project import Project

if TYPE_CHECKING:  # PyTorch is loaded when a function is called: the table of styles needs none of it
    from torch import Tensor, nn
    from torch.export import ExportedProgram

FACTS = "layerloom.json"
"""The file inside the .pt2 with title, names and origin of the weights."""
EXAMPLES, OTHER_EXAMPLES = 2, 3
"""Batches for recording and for comparing; of one example PyTorch would take the batch for fixed."""
CLOSE = 1e-4
COLOURS = re.compile("\x1b\\[[0-9;]*m")
UNKNOWN_OPERATOR = re.compile(r"No ONNX function found for <OpOverload\(op='aten\.(\w+)'")


@dataclass(frozen=True)
class Recorded:
    """A network that PyTorch has recorded, in evaluation mode, for batches of any size."""

    network: Network
    program: ExportedProgram
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    shapes: tuple[Shape, ...]

    @property
    def facts(self) -> dict[str, str]:
        """What a file says about itself."""
        names = {"inputs": ", ".join(self.inputs), "outputs": ", ".join(self.outputs)}
        return {**self.network.facts, **names, "mode": "evaluation", "made by": "Layerloom"}


def export_program(project: Project, wishes: Wishes) -> bytes:
    """The .pt2 file, loaded again and compared. Raises NotReady and CannotExport."""
    recorded = record(project, wishes)
    import torch

    file = BytesIO()
    with quiet():
        torch.export.save(recorded.program, file, extra_files={FACTS: json.dumps(recorded.facts, ensure_ascii=False)})
        again = torch.export.load(BytesIO(file.getvalue())).module()
    example = examples(recorded, OTHER_EXAMPLES)
    if difference(answers(recorded.network.module, example), answers(again, example)) > CLOSE:
        raise CannotExport("The exported program does not compute what the drawing computes, so it is not written.")
    return file.getvalue()


def record(project: Project, wishes: Wishes) -> Recorded:
    """Let PyTorch record the network. Raises NotReady and CannotExport."""
    network = ready_network(project, wishes)
    import torch

    network.module.eval()
    graph, report = project.graph, check(project.graph)
    shapes = tuple(report.blocks[name].outputs[0] for name in network.program.inputs)
    outputs = tuple(name for name, node in graph.nodes.items() if isinstance(node.block, Output))
    batch = torch.export.Dim("batch")
    inputs = tuple(_example(network.module, shape, EXAMPLES) for shape in shapes)
    try:
        with quiet(), torch.no_grad():
            program = torch.export.export(network.module, inputs, dynamic_shapes=tuple({0: batch} for _ in inputs))
    except Exception as error:  # what the recorder cannot follow ends in many kinds of errors
        raise CannotExport(f"PyTorch cannot record this network: {reason(error)}") from error
    _forget_places(program)
    return Recorded(network, program, network.program.inputs, outputs, shapes)


def examples(recorded: Recorded, count: int) -> tuple[Tensor, ...]:
    """Some numbers for each input, the same ones each time."""
    import torch

    torch.manual_seed(0)
    return tuple(_example(recorded.network.module, shape, count) for shape in recorded.shapes)


def answers(network: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """What a network makes of the inputs, always as a tuple; what it draws at random is the same each time."""
    import torch

    torch.manual_seed(0)
    with torch.no_grad():
        found = network(*inputs)
    return found if isinstance(found, tuple) else (found,)


def difference(one: tuple[Tensor, ...], other: tuple[Tensor, ...]) -> float:
    """How far answers lie apart at most, measured by the largest of them where that is above 1."""
    return max(map(_apart, one, other), default=0.0)


def reason(error: BaseException) -> str:
    """Why PyTorch could not do it: the first line of what first went wrong, shortened."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = COLOURS.sub("", str(error)).strip().split("\n")[0] or type(error).__name__
    if text.startswith("Constraints violated (batch)"):
        text = "one of its operations takes the size of the batch for fixed"
    if operator := UNKNOWN_OPERATOR.search(text):
        text = f"there is no translation of {operator[1]}"
    return text if len(text) <= 300 else f"{text[:299]}…"


@contextmanager
def quiet() -> Iterator[None]:
    """Without the remarks of PyTorch's exporters about their own work."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _apart(one: Tensor, other: Tensor) -> float:
    if one.shape != other.shape:
        return float("inf")
    if not one.numel():
        return 0.0
    both_odd = (one.isnan() & other.isnan()) | (one == other)
    apart = (one.double() - other.double()).abs().masked_fill(both_odd, 0.0).nan_to_num(float("inf"))
    largest = one.double().abs().nan_to_num(0.0, 0.0, 0.0).max()
    return float(apart.max() / max(1.0, float(largest)))


def _example(module: nn.Module, shape: Shape, count: int) -> Tensor:
    import torch
    from torch import nn

    if not isinstance(shape, Ids):
        return torch.randn(count, *shape)
    known = (part.num_embeddings for part in module.modules() if isinstance(part, nn.Embedding))
    return torch.randint(0, min(known, default=2), (count, *shape))


def _forget_places(program: ExportedProgram) -> None:
    """Take the traces of recording out: they name folders of this computer."""
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)
