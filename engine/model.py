"""The model that trains is the text that people read: this module runs the text."""

from __future__ import annotations

import linecache
import traceback
from functools import lru_cache
from types import CodeType
from typing import Any

import torch
from torch import nn

from engine.lower import Source
from engine.weight_files import load_pretrained

ANSWER = "answer_of_the_network"
FILE = "<your network>"
"""The name under which tracebacks show the text."""


def build(source: Source) -> nn.Module:
    """Make the network by executing its text. Every name in it was checked when the drawing was made.

    Raises NoWeights if a part should begin with weights from a file that is missing or does not suit it.
    """
    network: nn.Module = _run(source.text)[source.name]()
    for part, file in source.pretrained:
        load_pretrained(network.get_submodule(part), part, file)
    return network


def blame(error: BaseException, source: Source) -> str | None:
    """The block whose line raised the error, or None for an error from elsewhere.

    A block inside a group is named by its path, `stage1/conv2`.
    """
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == FILE]
    owners = [source.lines.get(frame.lineno or 0, "").rpartition("/")[2] for frame in frames]
    return "/".join(owner for owner in owners if owner) or None


def peek(source: Source, network: nn.Module, *inputs: torch.Tensor) -> dict[str, torch.Tensor]:
    """What flows out of every block, by the name of its variable, for a batch of inputs.

    It runs the very same lines as `forward` and returns what they assigned.
    """
    seen: dict[str, Any] = _run(source.telling(ANSWER))[source.name].forward(network, *inputs)
    return {name: value for name, value in seen.items() if isinstance(value, torch.Tensor) and name != ANSWER}


def _run(text: str) -> dict[str, Any]:
    linecache.cache[FILE] = (len(text), None, text.splitlines(keepends=True), FILE)
    scope: dict[str, Any] = {"__name__": "your_network"}
    exec(_compiled(text), scope)
    return scope


@lru_cache(maxsize=8)
def _compiled(text: str) -> CodeType:
    """The text as Python holds it after reading; a network is built more than once in a run."""
    return compile(text, FILE, "exec")
