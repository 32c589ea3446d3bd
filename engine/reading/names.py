"""Names that a text may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from engine.blocks import BLOCKS


def why_no_module(name: str) -> str:
    """Why a class of PyTorch cannot be created."""
    return f"there is no block for {name}{like(name, (kind.torch_name for kind in BLOCKS.values()))}"


def like(name: str, known: Iterable[str]) -> str:
    """A question for a name that is almost one that is known in the same module of PyTorch."""
    module, _, last = name.rpartition(".")
    names = {other.rpartition(".")[2] for other in known if module and other.rpartition(".")[0] == module}
    close = get_close_matches(last, names, 1, 0.75)
    return f"; did you mean {module}.{close[0]}?" if close else ""
