"""Where the batch may lie in what a module is given, so that a block, which has it in front, computes the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from engine.importing.layouts import CannotDraw, Layout

EACH_NUMBER = (
    "ReLU", "LeakyReLU", "Sigmoid", "Tanh", "ReLU6", "GELU", "SiLU", "Softplus", "ELU", "SELU", "Mish", "Hardswish",
    "Hardsigmoid", "CELU", "RReLU", "Hardtanh", "Softsign", "LogSigmoid", "Hardshrink", "Softshrink", "Tanhshrink",
    "Threshold", "Identity", "Dropout", "AlphaDropout", "Embedding",
)  # fmt: skip
"""Modules that treat every number alone, wherever it stands."""

SEQUENCES = (
    "RNN", "LSTM", "GRU", "MultiheadAttention", "TransformerEncoderLayer", "TransformerEncoder",
    "TransformerDecoderLayer", "TransformerDecoder",
)  # fmt: skip
"""Modules that can be told in which of the first two dimensions the batch lies."""


def check_places(module: nn.Module, layouts: Sequence[Layout]) -> None:
    """Raise CannotDraw unless the block with the batch in front does the same for tensors that are laid out so."""
    kind = type(module).__name__
    if kind in SEQUENCES:
        _check_sequences(0 if is_batch_first(module) else 1, layouts)
    elif any(layout.place not in (0, None) and not _is_aside(module, layout) for layout in layouts):
        raise CannotDraw("the batch is not the first dimension of its input")


def is_batch_first(module: Any) -> bool:
    """Whether a module that reads sequences takes the batch as their first dimension."""
    while hasattr(module, "layers"):
        module = module.layers[0]
    inner = getattr(module, "self_attn", module)
    return bool(inner.batch_first)


def _check_sequences(wanted: int, layouts: Sequence[Layout]) -> None:
    for layout in layouts:
        if layout.place not in (wanted, None) or len(layout.sizes) != 3:
            told = "batch_first=False, so the length comes first" if wanted else "batch_first=True"
            raise CannotDraw(f"it has {told}, but its input has the batch elsewhere")


def _is_aside(module: nn.Module, layout: Layout) -> bool:
    """Whether the module leaves the dimension with the batch alone, wherever it lies."""
    assert layout.place is not None
    kind, rank = type(module).__name__, len(layout.sizes)
    if isinstance(module, nn.LayerNorm | nn.RMSNorm):
        return layout.place < rank - len(module.normalized_shape)
    return kind in EACH_NUMBER or (kind == "Linear" and layout.place != rank - 1)
