"""Read an ONNX file: its graph, and its tensors as PyTorch's."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.importing.archive import first_line
from engine.importing.layers import Weight
from engine.importing.masks import hides
from engine.importing.module_tree import real
from engine.importing.outcome import ImportFailed

LARGEST = 2**31 - 1
"""Bytes that a single ONNX file can have."""
NAME = re.compile(r"[A-Za-z_]\w{0,59}(\.\w{1,60}){0,30}")
"""Names of tensors that can be those of a state_dict."""


@dataclass(frozen=True)
class Entrance:
    """An input of the graph: its name, its sizes with None for those that are not fixed, and its kind of numbers."""

    name: str
    sizes: tuple[int | str | None, ...]
    dtype: torch.dtype


@dataclass(frozen=True)
class Model:
    """What a file holds."""

    title: str
    nodes: tuple[Any, ...]
    tensors: dict[str, Weight | torch.Tensor]
    inputs: tuple[Entrance, ...]
    outputs: tuple[Entrance, ...]
    values: dict[str, Entrance]
    """Sizes of values in between, as far as they are known."""
    opset: int


def read_model(path: Path) -> Model:
    """The graph of a file. Raises ImportFailed."""
    if path.stat().st_size > LARGEST:
        raise ImportFailed(f"{path.name} has {path.stat().st_size:,} bytes. At most {LARGEST:,} can be imported.")
    onnx = importlib.import_module("onnx")
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
        model = importlib.import_module("onnx.inliner").inline_local_functions(model)
    except Exception as error:  # the reader's errors share no base of their own
        raise ImportFailed(f"{path.name} is damaged or is no ONNX file: {first_line(error)}.") from error
    graph = _with_sizes(onnx, model).graph
    tensors = Tensors()
    for tensor in graph.initializer:
        tensors.add(tensor.name, tensor)
    entrances = [value for value in graph.input if value.name not in tensors.found]
    facts = {entry.key: entry.value for entry in model.metadata_props}
    opset = max((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), default=1)
    return Model(
        str(facts.get("title") or path.stem)[:200],
        tuple(graph.node),
        tensors.found,
        tuple(map(_entrance, entrances)),
        tuple(map(_entrance, graph.output)),
        {value.name: _entrance(value) for value in graph.value_info},
        opset,
    )


def _with_sizes(onnx: Any, model: Any) -> Any:
    """The model with the sizes that can be worked out; without where that fails."""
    try:
        return onnx.shape_inference.infer_shapes(model)
    except Exception:
        return model


class Tensors:
    """A file's tensors by their names there; those that are learned get names that a state_dict can have."""

    def __init__(self) -> None:
        self.found: dict[str, Weight | torch.Tensor] = {}
        self._taken: set[str] = set()

    def add(self, name: str, tensor: Any) -> None:
        """Read one more."""
        value = read_tensor(tensor)
        self.found[name] = self._weight(name, value) if value.is_floating_point() else value

    def _weight(self, name: str, value: torch.Tensor) -> Weight:
        wish = name if NAME.fullmatch(name) else "tensor1"
        path, number = wish, 1
        while path in self._taken:
            number += 1
            path = f"{wish.rstrip('0123456789')}{number}"
        self._taken.add(path)
        return Weight(path, nn.Parameter(value, requires_grad=not hides(value)))


def read_tensor(tensor: Any) -> torch.Tensor:
    """A tensor of the file; real numbers as a drawing computes with them."""
    numbers = importlib.import_module("onnx.numpy_helper").to_array(tensor)
    if numbers.dtype.kind not in "biuf":
        numbers = numbers.astype("float32")
    return real(torch.from_numpy(numbers.copy() if numbers.shape else numbers.reshape(()).copy()))


def settings_of(node: Any) -> dict[str, Any]:
    """A node's settings by name, with tensors as PyTorch's."""
    helper = importlib.import_module("onnx.helper")
    found = {}
    for entry in node.attribute:
        value = helper.get_attribute_value(entry)
        value = value.decode(errors="replace") if isinstance(value, bytes) else value
        found[entry.name] = read_tensor(value) if hasattr(value, "data_type") and hasattr(value, "dims") else value
    return found


DTYPES = {6: torch.int64, 7: torch.int64, 2: torch.int64, 3: torch.int64, 5: torch.int64, 9: torch.int64}
"""ONNX's numbers for whole numbers; the others are real."""


def _entrance(value: Any) -> Entrance:
    tensor = value.type.tensor_type
    sizes = tuple(part.dim_value if part.HasField("dim_value") else part.dim_param or None for part in tensor.shape.dim)
    return Entrance(value.name, sizes, DTYPES.get(tensor.elem_type, torch.float32))
