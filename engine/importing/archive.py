"""Look into a .pt2 file before PyTorch loads it: nothing in it may run, and nothing may be larger than can be held."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from engine.importing.outcome import ImportFailed

LARGEST = 8 * 2**30
"""Bytes that all parts of a file may have together."""
MOST_TEXT = 256 * 2**20
"""Bytes that the description of the graph may have."""
WORDS = re.compile(r"(?:s|u|z|f|zf|uf)\d+|int_oo|oo|True|False|[A-Z][A-Za-z]{2,30}|\d+(?:\.\d+)?(?:e[+-]?\d+)?")
SYMBOL = re.compile(r"Symbol\('[a-z]{1,3}\d+'(?:, (?:positive|nonnegative|integer|real)=(?:True|False))*\)")
BETWEEN = re.compile(r"[\s+\-*/%(),<>=!&|~]*")
"""What expressions for sizes are made of: symbols, numbers, functions such as FloorDiv, and signs between them."""


def inspect_archive(path: Path) -> None:
    """Raise ImportFailed for a file that is damaged, too large, or holds more than a graph and tensors."""
    try:
        with zipfile.ZipFile(path) as archive:
            _inspect(archive, path.name)
    except (zipfile.BadZipFile, EOFError, UnicodeDecodeError, json.JSONDecodeError, NotImplementedError) as error:
        raise ImportFailed(
            f"{path.name} is damaged or is no file of torch.export.save: {first_line(error)}. Save it again."
        ) from error
    except (OSError, RecursionError) as error:
        raise ImportFailed(f"{path.name} cannot be read: {first_line(error)}.") from error


def _inspect(archive: zipfile.ZipFile, name: str) -> None:
    members = archive.infolist()
    size = sum(member.file_size for member in members)
    if size > LARGEST:
        raise ImportFailed(f"{name} holds {size:,} bytes. At most {LARGEST:,} can be imported.")
    if damaged := archive.testzip():
        raise ImportFailed(f"{name} is damaged: its part {damaged} has changed. Copy or save the file again.")
    if not any(_is_graph(member.filename) for member in members):
        raise ImportFailed(f"{name} holds no graph of torch.export. Save the network with torch.export.save.")
    for member in members:
        if "/aotinductor/" in member.filename:
            raise ImportFailed(f"{name} holds compiled code. Save the network with torch.export.save instead.")
        if member.filename.endswith(".pt"):
            _inspect_pickle(archive.read(member), member.filename, name)
        elif member.filename.endswith(".json"):
            if member.file_size > MOST_TEXT:
                raise ImportFailed(f"{name} describes its graph in {member.file_size:,} bytes, which is too much.")
            _inspect_words(json.loads(archive.read(member)), name)


def _is_graph(member: str) -> bool:
    return re.search(r"(^|/)models/[^/]+\.json$", member) is not None or member.endswith(
        "serialized_exported_program.json"
    )


def _inspect_pickle(content: bytes, member: str, name: str) -> None:
    """PyTorch falls back to running what such a part asks for; so only those pass that need no such thing."""
    if not content:
        return
    try:
        torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:
        raise ImportFailed(
            f"{name} is not imported: its part {member} is more than tensors, and loading it could run code. "
            "Save the network again with tensors alone as its example."
        ) from error


def _inspect_words(value: Any, name: str) -> None:
    """Refuse objects that are no tensors, and expressions for sizes that are more than sums and products."""
    for key, part in _entries(value):
        if key == "use_pickle" and part:
            raise ImportFailed(f"{name} is not imported: it holds pickled tensors, and loading them could run code.")
        if key == "path_name" and str(part).startswith(("custom_obj", "opaque_obj")):
            raise ImportFailed(f"{name} is not imported: it holds an object of its own kind, {str(part)[:60]}.")
        if key == "expr_str" and not harmless(str(part)):
            raise ImportFailed(f"{name} is not imported: {str(part)[:60]!r} is no size of a tensor.")


def harmless(expression: str) -> bool:
    """Whether an expression for a size is one: PyTorch reads it in a way that could run code."""
    return len(expression) < 10_000 and BETWEEN.fullmatch(WORDS.sub("", SYMBOL.sub("", expression))) is not None


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    """All names with their values, at any depth."""
    waiting = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield from part.items()
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part


def first_line(error: BaseException) -> str:
    """The first line of an error, shortened, without a full stop."""
    text = str(error).strip().split("\n")[0].rstrip(".") or type(error).__name__
    return text if len(text) <= 200 else f"{text[:199]}…"
