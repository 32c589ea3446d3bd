"""Checkpoints: everything that a run needs to go on, in one safetensors file, written whole or not at all.

Tensors are tensors of the file; what lies around them (numbers, words, lists, dictionaries) is JSON in its
header. Nothing is ever pickled, and a damaged or foreign file is refused with a sentence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as tensors_as_bytes

from engine.data import Examples, Tensors
from engine.project import ProjectError, write_atomically

SKELETON, FORMAT = "layerloom", "format"
TENSOR, PAIRS, TUPLE = "$tensor", "$pairs", "$tuple"
DEEPEST = 40
HASHED_TOGETHER = 2**24
"""Bytes that are hashed at once; on a graphics card so many are copied for it."""

_HASHES: WeakKeyDictionary[Tensors, str] = WeakKeyDictionary()


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a tree of dictionaries, lists, plain values and tensors. Raises ProjectError when the disk refuses."""
    tensors: dict[str, torch.Tensor] = {}
    skeleton = json.dumps(_packed(state, tensors))
    write_atomically(path, tensors_as_bytes(tensors, {SKELETON: skeleton}))


def read_state(path: Path) -> dict[str, Any]:
    """Read what `write_state` wrote, tensors on the CPU. Raises ProjectError for anything else."""
    try:
        with safe_open(path, "pt") as file:
            skeleton = json.loads((file.metadata() or {})[SKELETON])
            state = _unpacked(skeleton, file, 0)
    except (SafetensorError, OSError, RecursionError, ValueError, TypeError, KeyError) as error:
        said = str(error).strip().split("\n")[0][:120]
        raise ProjectError(f"{path.name} is damaged, so the run cannot go on: {said}.") from error
    if not isinstance(state, dict):
        raise ProjectError(f"{path.name} is damaged, so the run cannot go on: it holds no state.")
    return state


def write_weights(path: Path, weights: Mapping[str, torch.Tensor]) -> None:
    """Write the weights alone, for people to load. Raises ProjectError when the disk refuses."""
    write_atomically(path, tensors_as_bytes({name: value.contiguous() for name, value in weights.items()}))


class Snapshot:
    """A copy of a network's weights that is taken again and again in place, for it must cost next to nothing."""

    def __init__(self, network: torch.nn.Module) -> None:
        self._live = {name: value.detach() for name, value in network.state_dict().items()}
        self._kept = {name: value.clone() for name, value in self._live.items()}

    def take(self) -> None:
        """Copy the weights as they are now."""
        with torch.no_grad():
            torch._foreach_copy_(list(self._kept.values()), list(self._live.values()))

    def weights(self) -> dict[str, torch.Tensor]:
        """The copy, on the CPU."""
        return {name: value.cpu() for name, value in self._kept.items()}


def data_hash(data: Tensors) -> str:
    """The fingerprint of all examples as the network gets them, before any change by chance; kept for the next time."""
    if data not in _HASHES:
        digest = hashlib.blake2b(digest_size=16)
        for examples in (data.train, data.test):
            _hash_examples(examples, digest)
        _HASHES[data] = digest.hexdigest()
    return _HASHES[data]


def _hash_examples(examples: Examples, digest: hashlib.blake2b) -> None:
    for tensor in (examples.inputs, examples.labels):
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
        rows = max(1, HASHED_TOGETHER // max(1, tensor[:1].numel() * tensor.element_size()))
        for start in range(0, len(tensor), rows):
            digest.update(tensor[start : start + rows].detach().cpu().contiguous().numpy().data)


def _packed(value: Any, tensors: dict[str, torch.Tensor]) -> Any:
    """The JSON of a value, its tensors gathered under numbers."""
    if isinstance(value, torch.Tensor):
        name = str(len(tensors))
        tensors[name] = value.detach().cpu().clone().contiguous()  # two names for one memory are refused by the format
        return {TENSOR: name}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and not key.startswith("$") for key in value):
            return {key: _packed(entry, tensors) for key, entry in value.items()}
        return {PAIRS: [[_packed(key, tensors), _packed(entry, tensors)] for key, entry in value.items()]}
    if isinstance(value, tuple):
        return {TUPLE: [_packed(entry, tensors) for entry in value]}
    if isinstance(value, list):
        return [_packed(entry, tensors) for entry in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"a checkpoint cannot hold a {type(value).__name__}")


def _unpacked(value: Any, file: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError("it is nested deeper than any state")
    if isinstance(value, list):
        return [_unpacked(entry, file, depth + 1) for entry in value]
    if not isinstance(value, dict):
        return value
    if TENSOR in value:
        return file.get_tensor(str(value[TENSOR]))
    if TUPLE in value:
        return tuple(_unpacked(value[TUPLE], file, depth + 1))
    if PAIRS in value:
        return {_unpacked(k, file, depth + 1): _unpacked(v, file, depth + 1) for k, v in value[PAIRS]}
    return {key: _unpacked(entry, file, depth + 1) for key, entry in value.items()}
