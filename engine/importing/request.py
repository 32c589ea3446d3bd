"""What a person asks to import: which module, made with what, for examples of which size. No torch is needed here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.importing.outcome import ImportFailed

TORCHVISION = "torchvision"
PICTURE = (3, 224, 224)
USUAL_SHAPES = {"inception_v3": (3, 299, 299)}
"""Sizes of pictures for models of torchvision that are not made for the usual one."""

MAX_SIZE = 1_000_000
MODEL_FILES = (".pt2", ".onnx")
"""Endings of files that hold a network with its weights."""
SPEC_HELP = (
    "torchvision:NAME, such as torchvision:resnet18, FILE.py:CLASS, such as model.py:Net, "
    "FILE.pt2 from torch.export.save, or FILE.onnx"
)


@dataclass(frozen=True)
class Entry:
    """The size of one example at one input, and whether it holds whole numbers such as token ids."""

    shape: tuple[int, ...]
    ids: bool = False


@dataclass(frozen=True)
class Request:
    """A module to import, by where it comes from, its name there and what it is made with."""

    source: str
    """`torchvision`, or the path of a Python file or of one that holds a network."""
    name: str
    arguments: str = ""
    """JSON: an object for arguments by name, a list for arguments in order."""
    entries: tuple[Entry, ...] = ()
    weights_file: str = ""
    """Where the weights of a file that holds a network are written, beside its drawing."""

    @property
    def needs_consent(self) -> bool:
        """Whether code of a stranger would run."""
        return self.source != TORCHVISION and not self.is_model_file

    @property
    def is_model_file(self) -> bool:
        """Whether a file with a graph and weights is meant, in which there is no code."""
        return Path(self.source).suffix in MODEL_FILES

    def shapes(self) -> tuple[Entry, ...]:
        """The size of an example at each input, the usual picture if none was given."""
        if self.entries:
            return self.entries
        return (Entry(USUAL_SHAPES.get(self.name, PICTURE) if not self.needs_consent else PICTURE),)

    def made_with(self) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of the class, by order and by name. Raises ImportFailed."""
        try:
            values = json.loads(self.arguments or "{}")
        except json.JSONDecodeError as error:
            raise ImportFailed(
                f"--args is no JSON: {error.msg} at character {error.pos + 1}. Write it like '{{\"num_classes\": 10}}'."
            ) from error
        if isinstance(values, list):
            return values, {}
        if isinstance(values, dict):
            return [], values
        raise ImportFailed("--args must be a JSON object or list, such as '{\"num_classes\": 10}' or '[10]'.")


def read_request(spec: str, arguments: str = "", shapes: tuple[str, ...] = ()) -> Request:
    """What the words of a command ask for. Raises ImportFailed."""
    if Path(spec).suffix in MODEL_FILES:
        return _read_model_file(Path(spec))
    source, colon, name = spec.rpartition(":")
    if not colon or not source or not name.isidentifier():
        raise ImportFailed(f"{spec!r} names no module. Write {SPEC_HELP}.")
    if source != TORCHVISION:
        path = Path(source)
        if path.suffix != ".py":
            raise ImportFailed(f"{source!r} is no Python file. Write {SPEC_HELP}.")
        if not path.is_file():
            raise ImportFailed(f"There is no file {source}.")
        source = str(path.resolve())
    request = Request(source, name, arguments, tuple(map(read_shape, shapes)))
    request.made_with()
    return request


def _read_model_file(path: Path) -> Request:
    if not path.is_file():
        raise ImportFailed(f"There is no file {path}.")
    return Request(str(path.resolve()), path.stem)


def read_shape(text: str) -> Entry:
    """A size as a person writes it: `3,224,224`, or `ids:12` for twelve whole numbers. Raises ImportFailed."""
    numbers = text.removeprefix("ids:")
    sizes = [part.strip() for part in numbers.replace("x", ",").replace("×", ",").split(",")]
    if not all(size.isdecimal() and 0 < int(size) <= MAX_SIZE for size in sizes):
        raise ImportFailed(f"--shape {text!r} is no size of an example. Write 3,224,224 for pictures, ids:12 for ids.")
    return Entry(tuple(map(int, sizes)), ids=numbers != text)
