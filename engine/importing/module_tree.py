"""The module that is rebuilt from a file: its parts by their paths, with the numbers that the file has for them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping

import torch
from torch import nn

from engine.importing.layers import Weight


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
    """A tensor as the drawing can hold it: a table of fixed numbers as a parameter that is not trained."""
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(real(tensor), tensor.requires_grad)
    alike = not tensor.numel() or bool((tensor == tensor.flatten()[0]).all())
    return nn.Parameter(real(tensor), False) if tensor.is_floating_point() and tensor.dim() and not alike else tensor
