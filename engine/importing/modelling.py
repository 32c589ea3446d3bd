"""From a module in memory to its drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn

from engine.importing.drawing import drawn
from engine.importing.modes import differences
from engine.importing.outcome import Imported
from engine.importing.tracing import Trace, follow


def import_module(
    module: nn.Module, shapes: Sequence[tuple[int, ...]], title: str = "", dtypes: Sequence[torch.dtype] = ()
) -> Imported:
    """The drawing of a module, for examples of these shapes.

    The module is followed as it trains, so that what it does only then, such as dropout and further heads, is drawn.
    Raises what its forward raises, and DataDecides.
    """
    training, evaluating = (_followed(module, shapes, dtypes, mode) for mode in (True, False))
    found = drawn(training, title or type(module).__name__)
    return replace(found, notes=(*differences(training, evaluating), *found.notes))


def _followed(module: nn.Module, shapes: Sequence[tuple[int, ...]], dtypes: Sequence[torch.dtype], mode: bool) -> Trace:
    """What the module does in training or after it; its parts are left as they were."""
    before = {part: part.training for part in module.modules()}
    module.train(mode)
    try:
        return follow(module, shapes, dtypes)
    finally:
        for part, was in before.items():
            part.training = was
