"""From a module in memory to its drawing."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from engine.importing.drawing import drawn
from engine.importing.outcome import Imported
from engine.importing.tracing import follow


def import_module(module: nn.Module, shapes: Sequence[tuple[int, ...]], title: str = "") -> Imported:
    """The drawing of a module, for examples of these shapes."""
    was = module.training
    module.train()
    try:
        trace = follow(module, shapes)
    finally:
        module.train(was)
    return drawn(trace, title or type(module).__name__)
