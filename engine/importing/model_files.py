"""Import of a file that holds a network: its graph becomes the drawing, its weights a file beside it."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from pathlib import Path

import torch

from engine.importing.exported import import_exported
from engine.importing.outcome import Imported, ImportFailed
from engine.importing.request import Request

PACKAGE = "onnx"
State = dict[str, torch.Tensor]


def import_file(request: Request) -> Imported:
    """The drawing of a file; its weights are written where the request says. Raises ImportFailed."""
    path = Path(request.source)
    found, state = import_exported(path) if path.suffix == ".pt2" else _import_onnx(path)
    if request.weights_file and state:
        _save(state, Path(request.weights_file), path.name)
    return found


def _import_onnx(path: Path) -> tuple[Imported, State]:
    if find_spec(PACKAGE) is None:
        raise ImportFailed(f"ONNX files need {PACKAGE}. Install: pip install {PACKAGE}")
    found: tuple[Imported, State] = importlib.import_module("engine.importing.onnx_graph").import_onnx(path)
    return found


def _save(state: State, path: Path, origin: str) -> None:
    from safetensors.torch import save_file

    tensors = {name: value.detach().clone().contiguous() for name, value in state.items()}
    try:
        save_file(tensors, path, {"format": "pt", "weights": f"from {origin}"})
    except OSError as error:
        raise ImportFailed(f"The weights cannot be written to {path}: {error.strerror or error}.") from error
