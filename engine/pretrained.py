"""Weights from a file with which a group begins: bundled ones by name, any other by its path.

Files are safetensors or plain PyTorch state dicts; nothing in them is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import resources
from engine.program import Part, Program

SUFFIXES = (".safetensors", ".pth", ".pt")
WRITTEN = ("checkpoint.pt", "weights.pt")
"""Files that an exported program writes, so that no weights to begin with may be called so beside it."""
MOST_LETTERS = 50


class NoWeights(Exception):
    """A file with weights that is missing or does not suit the group; the text says which and what to do."""


def file_of(name: str) -> Path | None:
    """The file that a group names, if it is there."""
    found = resources.path("pretrained", f"{name}.safetensors") if is_bundled(name) else Path(name)
    return found if found.suffix in SUFFIXES and found.is_file() else None


def is_bundled(name: str) -> bool:
    """Whether a group names weights that come with the program, not a file of one's own."""
    return name.isidentifier()


def missing_file(part: str, name: str) -> NoWeights:
    """What to say where `file_of` finds nothing."""
    return NoWeights(f"{part} begins with weights from {name}, but there is no such file ({', '.join(SUFFIXES)}).")


def names_beside(files: Iterable[str]) -> dict[str, str]:
    """What each file that groups name is called beside an exported program: like itself, as far as that is free."""
    names, taken = dict[str, str](), set(WRITTEN)
    for file in dict.fromkeys(files):
        whole = Path(f"{file}.safetensors" if is_bundled(file) else file)
        stem = re.sub(r"[^\w.-]", "_", whole.stem)[:MOST_LETTERS]
        suffix = whole.suffix if whole.suffix in SUFFIXES else ""
        name, number = f"{stem}{suffix}", 1
        while name.lower() in taken:  # some systems do not tell capitals from small letters
            number += 1
            name = f"{stem}_{number}{suffix}"
        names[file] = name
        taken.add(name.lower())
    return names


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
