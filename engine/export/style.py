"""What a way to take the network along is: its name, the kind of file, and the function that makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.project import Project

Content = str | bytes | Mapping[str, str | bytes]
"""A text, the bytes of a file, or the files of a folder by their path inside it (with /)."""


class CannotExport(Exception):
    """This style cannot hold the drawing, or needs what is missing here; the text says what and what to do."""


@dataclass(frozen=True)
class Wishes:
    """What a person may ask for besides the style."""

    weights: Path | None = None
    """A safetensors file with trained weights; without one the weights are new, drawn with the recipe's seed."""
    theme: str = "light"
    """How a picture looks: light or dark."""


@dataclass(frozen=True)
class Style:
    """One way to take the network along."""

    name: str
    """The word for the command line: `--to onnx`."""
    title: str
    """The words of the menu: "ONNX model"."""
    suffix: str
    """How the file's name ends, `.onnx`; nothing for a folder."""
    help: str
    """One sentence: what comes out and what it is good for."""
    write: Callable[[Project, Wishes], Content] | None
    """Makes the content. None for pictures: they are drawn by Qt, which only the program around the engine has.

    Raises NotReady while the drawing has problems, and CannotExport.
    """
    form: Literal["text", "bytes", "folder"] = "text"
    needs_torch: bool = False
    """Whether PyTorch is loaded while it is made: never in the process of the window then."""
    takes_weights: bool = False
    """Whether it holds weights, so that trained ones may be given."""
    beside: Callable[[Project], Mapping[str, Path]] | None = None
    """Finds the files of this machine that the content reads, by the names that they have beside it or in its folder.

    Raises NotReady, and CannotExport where one is missing.
    """
    unfinished: bool = False
    """Whether a drawing with problems can be taken along as well."""

    @property
    def needs_qt(self) -> bool:
        """Whether Qt draws it."""
        return self.write is None

    @property
    def file_kinds(self) -> str:
        """The kind of file as a file dialog lists it: "ONNX model (*.onnx)"."""
        return f"{self.title} (*{self.suffix})" if self.suffix else ""


def from_drawing(make: Callable[[Project], Content]) -> Callable[[Project, Wishes], Content]:
    """For a style that has nothing to wish for: a function of the project alone."""
    return lambda project, _wishes: make(project)
