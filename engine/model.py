"""The model that trains is the text that people read: this module runs the text."""

from __future__ import annotations

import linecache
import traceback
from typing import Any

import torch
from torch import nn

from engine.lower import Source

FILE = "<your network>"
"""The name under which tracebacks show the text."""


def build(source: Source) -> nn.Module:
    """Make the network by executing its text. Every name in it was checked when the drawing was made."""
    network: nn.Module = _run(source.text)[source.name]()
    return network


def blame(error: BaseException, source: Source) -> str | None:
    """The block whose line raised the error, or None for an error from elsewhere."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    return source.lines.get(frames[-1].lineno or 0) if frames else None


def peek(source: Source, network: nn.Module, *inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """What flows out of every block, by the name of its variable, for a batch of inputs.

    It runs the very same lines as `forward` and returns what they assigned.
    """
    *lines, _ = source.text.rstrip("\n").split("\n")
    scope = _run("\n".join([*lines, "        return locals()", ""]))
    seen: dict[str, Any] = scope[source.name].forward(network, *inputs)
    return {name: value for name, value in seen.items() if isinstance(value, torch.Tensor)}


def _run(text: str) -> dict[str, Any]:
    linecache.cache[FILE] = (len(text), None, text.splitlines(keepends=True), FILE)
    scope: dict[str, Any] = {"__name__": "your_network"}
    exec(compile(text, FILE, "exec"), scope)
    return scope
