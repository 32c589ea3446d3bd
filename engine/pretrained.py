"""Weights from a file with which a group begins: bundled ones by name, any other by its path.

Files are safetensors or plain PyTorch state dicts; nothing in them is ever executed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import resources
from engine.program import Part, Program

SUFFIXES = (".safetensors", ".pth", ".pt")


class NoWeights(Exception):
    """A file with weights that is missing or does not suit the group; the text says which and what to do."""


def file_of(name: str) -> Path | None:
    """The file that a group names, if it is there."""
    bundled = resources.path("pretrained", f"{name}.safetensors") if name.isidentifier() else Path(name)
    return bundled if bundled.suffix in SUFFIXES and bundled.is_file() else None


def pretrained_parts(program: Program, prefix: str = "") -> tuple[tuple[str, str], ...]:
    """PyTorch's name of every part that begins with weights from a file, and the file; outer parts first."""
    return tuple(_parts(program, prefix))


def _parts(program: Program, prefix: str, numbered: bool = False) -> Iterator[tuple[str, str]]:
    for index, module in enumerate(program.modules):
        part = module.create
        if not isinstance(part, Part):
            continue
        name = f"{prefix}{index if numbered else module.key or module.name}"
        for number, copy in enumerate(part.copies):
            inner = f"{name}.{number}" if len(part.copies) > 1 else name
            if part.pretrained:
                yield inner, part.pretrained
            yield from _parts(copy, f"{inner}.", part.numbered)
