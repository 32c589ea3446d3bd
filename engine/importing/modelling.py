"""From a module in memory to its drawing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import torch
from torch import nn

from engine.importing.drawing import drawn
from engine.importing.modes import differences
from engine.importing.outcome import Imported, Note
from engine.importing.tracing import Trace, follow


def import_module(
    module: nn.Module, shapes: Sequence[tuple[int, ...]], title: str = "", dtypes: Sequence[torch.dtype] = ()
) -> Imported:
    """The drawing of a module, for examples of these shapes.

    The module is followed as it trains, so that what it does only then, such as dropout and further heads, is drawn.
    Where that cannot be, it is followed as it is after training. Raises what its forward raises, and DataDecides.
    """
    traces, errors = dict[bool, Trace](), dict[bool, Exception]()
    for mode in (True, False):
        try:
            traces[mode] = _followed(module, shapes, dtypes, mode)
        except Exception as error:
            errors[mode] = error
    if not traces:
        raise errors[True]
    found = drawn(traces.get(True) or traces[False], title or type(module).__name__)
    notes = differences(traces[True], traces[False]) if len(traces) == 2 else _one_mode(errors)
    return replace(found, notes=(*notes, *found.notes))


def _one_mode(errors: Mapping[bool, Exception]) -> Iterator[Note]:
    """What is to be said of a module that could be followed only while it trains, or only after that."""
    for mode, error in errors.items():
        said = str(error).strip().split("\n")[0]
        if mode:
            yield Note(
                "the network", f"is drawn as it is after training: while it trains it cannot be followed ({said})"
            )
        else:
            yield Note("the network", f"is drawn as it trains: after training it cannot be followed ({said})")


def _followed(module: nn.Module, shapes: Sequence[tuple[int, ...]], dtypes: Sequence[torch.dtype], mode: bool) -> Trace:
    """What the module does in training or after it; its parts are left as they were."""
    before = {part: part.training for part in module.modules()}
    module.train(mode)
    try:
        return follow(module, shapes, dtypes)
    finally:
        for part, was in before.items():
            part.training = was
