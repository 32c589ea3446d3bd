"""Modules of which only the form is wanted, made without waiting for millions of random numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

ENOUGH = 1000
"""How many numbers of a tensor are random: fewer than any that takes time, more than tell how a parameter starts."""

RANDOM = {torch.Tensor.uniform_, torch.Tensor.normal_, nn.init.uniform_, nn.init.normal_, nn.init.kaiming_uniform_}
"""What PyTorch's own layers fill their weights with, and what other functions of `nn.init` call."""


def few_random_numbers() -> TorchFunctionMode:
    """Inside, filling a tensor with random numbers leaves all but its first ones as they are in memory.

    Everything else has its real values: fixed tables, ones and zeros, and the shapes of all.
    """
    return _FewRandomNumbers()


class _FewRandomNumbers(TorchFunctionMode):
    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        options = kwargs or {}
        if func not in RANDOM:
            return func(*args, **options)
        tensor = args[0] if args else options["tensor"]
        if tensor.numel() <= ENOUGH or not tensor.is_contiguous():
            return func(*args, **options)
        with torch.no_grad():
            tensor.view(-1)[:ENOUGH].normal_()
        return tensor
