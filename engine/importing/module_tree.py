"""The module that is rebuilt from a file: its parts by their paths, with the numbers that the file has for them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping

import torch
from torch import nn

from engine.blocks import BLOCKS
from engine.groups import is_class_name
from engine.importing.attributes import different, written
from engine.importing.layers import Weight
from engine.importing.layouts import CannotDraw

FEWEST, FEWER = 8, 4
"""How many numbers a table with a pattern has at least, and how many times fewer of them are different."""


class ModuleTree:
    """A module that grows, and for each part that is called a copy without numbers to follow it with."""

    def __init__(self, file: Mapping[str, torch.Tensor]) -> None:
        self.file = file
        """All tensors of the file by the names that they have there."""
        self.root: nn.Module = nn.Module()
        self._sketches: dict[str, nn.Module] = {}

    def holder(self, path: str, kind: str = "") -> nn.Module:
        """The module at a path that holds others, made where it is not there yet."""
        module = self.root
        for name in path.split(".") if path else ():
            if name not in module._modules:
                module.add_module(name, nn.Module())
            module = module.get_submodule(name)
        if kind and type(module) is nn.Module:
            module.__class__ = type(kind, (nn.Module,), {})
        return module

    def name_holders(self) -> None:
        """Give modules whose class no file tells one after the last word of their path."""
        for path, module in self.root.named_modules():
            if path and type(module) is nn.Module:
                module.__class__ = type(_class_of(path), (nn.Module,), {})

    def known(self, path: str) -> nn.Module | None:
        """The module that is called at a path so far."""
        return self._sketches.get(path)

    def release(self, paths: Iterable[str]) -> None:
        """Take modules out, and those that hold nothing else."""
        for path in paths:
            del self._sketches[path]
            while path and not list(self.root.get_submodule(path).children()):
                path, _, name = path.rpartition(".")
                del self.root.get_submodule(path)._modules[name]
                if any(True for _ in self.root.get_submodule(path).parameters()):
                    break

    def _install(self, path: str, module: nn.Module, tensors: Mapping[str, Weight] | None = None) -> None:
        owner, _, name = path.rpartition(".")
        self._sketches[path] = copy.deepcopy(module).eval()
        state = {key: self._numbers(path, key, empty) for key, empty in module.state_dict().items()}
        for key, weight in (tensors or {}).items():
            state[key] = real(weight.tensor)
        for key, parameter in module.named_parameters():
            parameter.requires_grad_(not tensors or key not in tensors or tensors[key].learns)
        module.load_state_dict(state, assign=True)
        self.holder(owner).add_module(name, module)

    def _numbers(self, path: str, key: str, empty: torch.Tensor) -> torch.Tensor:
        """What a tensor holds that no step mentions, such as a count of batches or a weight of ones."""
        found = self.file.get(f"{path}.{key}")
        if found is not None and found.shape == empty.shape:
            return real(found)
        fill = 1.0 if key.endswith(("weight", "running_var")) else 0.0
        return torch.full(empty.shape, fill, dtype=empty.dtype)


def real(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor as drawings compute with it: real numbers of 32 bits."""
    tensor = tensor.detach()
    return tensor.float() if tensor.is_floating_point() and tensor.dtype != torch.float32 else tensor


def kept(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor as the drawing can hold it: a fixed table that it cannot write down as a parameter, not trained."""
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(real(tensor), tensor.requires_grad)
    tensor = real(tensor)
    as_parameter = tensor.is_floating_point() and tensor.dim() and tensor.numel() and unwritten(tensor)
    return nn.Parameter(tensor, False) if as_parameter else tensor


def unwritten(tensor: torch.Tensor) -> str:
    """Why a table of fixed numbers cannot stand in a drawing itself; nothing where it can."""
    try:
        written(real(tensor))
    except CannotDraw as reason:
        return str(reason)
    return ""


def has_pattern(tensor: torch.Tensor) -> bool:
    """Whether a table is one that somebody wrote: few different numbers, in an order that takes few words to say."""
    numbers = real(tensor)
    if numbers.numel() < FEWEST or not 1 < different(numbers) <= numbers.numel() // FEWER:
        return False  # a parameter that is not trained yet may be alike everywhere
    try:
        return len(written(numbers)["data"]) <= 2 * numbers.numel()
    except CannotDraw:
        return False


def _class_of(path: str) -> str:
    """A class for the module at a path: layers.self_attention as SelfAttention, layers.0 as Block."""
    words = re.split(r"[\W_]+", path.rpartition(".")[2])
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if is_class_name(name) and name not in BLOCKS else "Block"
