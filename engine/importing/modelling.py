"""From a module in memory to its drawing."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from engine.importing.drawing import drawn
from engine.importing.outcome import Imported
from engine.importing.tracing import follow


def import_module(
    module: nn.Module, shapes: Sequence[tuple[int, ...]], title: str = "", dtypes: Sequence[torch.dtype] = ()
) -> Imported:
    """The drawing of a module, for examples of these shapes.

    The module is followed as it trains, so that what it does only then, such as dropout and further heads, is drawn.
    Raises what its forward raises, and DataDecides.
    """
    was = module.training
    module.train()
    try:
        trace = follow(module, shapes, dtypes)
    finally:
        module.train(was)
    return drawn(trace, title or type(module).__name__)
