"""Load weights from files into parts of a network."""

from __future__ import annotations

import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from engine.pretrained import NoWeights, file_of, missing_file

COUNTER = "num_batches_tracked"
"""What batch norms count, and what files with weights often leave out."""


def load_pretrained(part: nn.Module, name: str, file: str) -> None:
    """Fill one part of a network from a file. Tensors that the part does not have are left alone.

    Raises NoWeights with what is missing or has another shape.
    """
    path = file_of(file)
    if path is None:
        raise missing_file(name, file)
    tensors = _tensors(path, name)
    for key, own in part.state_dict().items():
        if key not in tensors:
            if key.endswith(COUNTER):
                continue
            raise NoWeights(f"{path.name} has no {key}, which {name} needs. It belongs to another network.")
        if tensors[key].shape != own.shape:
            sizes = f"{tuple(tensors[key].shape)} instead of {tuple(own.shape)}"
            raise NoWeights(f"{key} in {path.name} has the shape {sizes}, which {name} needs.")
    known = part.state_dict().keys()
    part.load_state_dict({key: value for key, value in tensors.items() if key in known}, strict=False)


def _tensors(path: Path, name: str) -> dict[str, torch.Tensor]:
    try:
        found = load_file(path) if path.suffix == ".safetensors" else torch.load(path, "cpu", weights_only=True)
    except (SafetensorError, OSError, RuntimeError, EOFError, ValueError, pickle.UnpicklingError) as error:
        said = str(error).strip().split("\n")[0][:120]
        raise NoWeights(f"The weights for {name} in {path.name} cannot be read: {said}.") from error
    if not isinstance(found, dict) or not all(isinstance(value, torch.Tensor) for value in found.values()):
        raise NoWeights(f"{path.name} holds no plain table of weights for {name}; save the model's state_dict.")
    return found
