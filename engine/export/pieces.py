"""Pieces of Python text with the imports that each needs, and how they become one tidy file."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTH = 88
"""The longest line that a formatter leaves as it is, unless a project says otherwise."""


@dataclass(frozen=True)
class Piece:
    """Some definitions or statements, and the lines that import what they use."""

    text: str
    imports: tuple[str, ...] = ()
    about: str = ""
    """What the piece is for, in a few sentences, where it stands in a notebook."""


def as_file(head: str, pieces: Sequence[Piece], own: Iterable[str] = ()) -> str:
    """One file: a docstring, the imports, and the pieces. `own` imports from other files of the same folder."""
    head = head.strip()
    docstring = f'"""{head}\n"""' if "\n" in head else f'"""{head}"""'
    first, *others = (piece.text.strip() for piece in pieces)
    gap = "\n\n\n" if first.startswith(("class ", "def ", "@")) else "\n\n"
    start = f"{docstring}\n\n{import_block(pieces, own)}{gap}{first}"
    return "\n\n\n".join((start, *others)) + "\n"


def import_block(pieces: Iterable[Piece], own: Iterable[str] = ()) -> str:
    """The imports of all pieces, once each, as a formatter would order them."""
    needed = {line for piece in pieces for line in piece.imports if line}
    ours = set(own)
    sections = (
        {line for line in needed if _package(line) in sys.stdlib_module_names},
        {line for line in needed if _package(line) not in sys.stdlib_module_names},
        ours,
    )
    return "\n\n".join("\n".join(_ordered(section)) for section in sections if section)


def names_in(pieces: Iterable[Piece]) -> frozenset[str]:
    """Every name that the pieces read, define or import, so that nothing else takes it."""
    found = set[str]()
    for piece in pieces:
        for node in ast.walk(ast.parse("\n".join((*piece.imports, piece.text)))):
            if isinstance(node, ast.Name):
                found.add(node.id)
            elif isinstance(node, ast.ClassDef | ast.FunctionDef):
                found.add(node.name)
            elif isinstance(node, ast.alias):
                found.add(node.asname or node.name)
    return frozenset(found)


def call_text(start: str, arguments: Sequence[str], indent: int = 0) -> str:
    """`start(arguments)` at an indentation, broken into lines where it is too long for one."""
    margin = " " * indent
    whole = f"{margin}{start}({', '.join(arguments)})"
    if len(whole) <= WIDTH:
        return whole
    inner = f"{margin}    {', '.join(arguments)}"
    if len(inner) <= WIDTH:
        return f"{margin}{start}(\n{inner}\n{margin})"
    rows = "".join(f"{margin}    {argument},\n" for argument in arguments)
    return f"{margin}{start}(\n{rows}{margin})"


def _package(line: str) -> str:
    return line.split()[1].partition(".")[0]


def _ordered(lines: Iterable[str]) -> list[str]:
    """Plain imports first, then one line for each module that names are taken from."""
    plain, taken = list[str](), dict[str, set[str]]()
    for line in lines:
        if line.startswith("import "):
            plain.append(line)
        else:
            module, _, names = line.removeprefix("from ").partition(" import ")
            taken.setdefault(module, set()).update(names.split(", "))
    return [*sorted(plain), *(f"from {module} import {', '.join(sorted(taken[module]))}" for module in sorted(taken))]
