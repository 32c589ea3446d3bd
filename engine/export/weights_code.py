"""How a training program gives parts of its network the weights with which they begin, and the files that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from engine.check import check
from engine.export.pieces import Piece
from engine.export.style import CannotExport
from engine.lower import lower
from engine.pretrained import file_of, is_bundled, missing_file, names_beside, pretrained_parts
from engine.program import Program
from engine.project import Project


@dataclass(frozen=True)
class Beginning:
    """The weights with which one part of a network begins."""

    part: str
    """PyTorch's name of the part."""
    name: str
    """What the file is called beside the exported program."""
    file: Path
    """Where it lies on this machine."""
    bundled: bool
    """Whether it comes with Layerloom."""


def beginnings(program: Program) -> tuple[Beginning, ...]:
    """Every part that begins with weights from a file, outer parts first. Raises CannotExport where one is missing."""
    return tuple(_found(pretrained_parts(program)))


def files_beside(project: Project) -> Mapping[str, Path]:
    """The weights files that a training program of the project reads, by their names beside it.

    Raises NotReady while the drawing has problems, and CannotExport where a file is missing.
    """
    return {begin.name: begin.file for begin in beginnings(lower(project.graph, check(project.graph)))}


def loading_piece(begins: tuple[Beginning, ...], wish: str) -> Piece:
    """The text with `load_weights`. `wish` says how to name another folder: "--weights"."""
    kinds = {begin.file.suffix == ".safetensors" for begin in begins}
    rows = "".join(f'    "{begin.part}": "{begin.name}",\n' for begin in begins)
    text = Template(_LOADING).substitute(rows=rows, where=_where(begins, wish), read=_READ[frozenset(kinds)])
    imports = ["from pathlib import Path"]
    imports += ["from safetensors.torch import load_file"] * (True in kinds) + ["import torch"] * (False in kinds)
    return Piece(text, tuple(imports), in_words(begins))


def in_words(begins: tuple[Beginning, ...]) -> str:
    """Which part begins with which file, in Markdown; nothing where none does."""
    return " ".join(f"`{begin.part}` begins with the weights in `{begin.name}`." for begin in begins)


def _found(parts: tuple[tuple[str, str], ...]) -> Iterator[Beginning]:
    names = names_beside(file for _, file in parts)
    for part, file in parts:
        path = file_of(file)
        if path is None:
            raise CannotExport(f"{missing_file(part, file)} Put it back, or choose another file for that group.")
        yield Beginning(part, names[file], path, is_bundled(file))


def _where(begins: tuple[Beginning, ...], wish: str) -> str:
    """Where the files are to be had."""
    bundled = list(dict.fromkeys(begin.name for begin in begins if begin.bundled))
    own = list(dict.fromkeys(begin.name for begin in begins if not begin.bundled))
    lines = [f"Layerloom has {name} in its folder resources/pretrained." for name in bundled]
    lines += [f"{name} is a file that the drawing names." for name in own]
    return "\n".join([*lines, f"Copy it here, or name its folder with {wish}."])


_LOADING = '''
WEIGHTS = {  # parts of the network, and the files whose weights they begin with
$rows}

NO_WEIGHTS = """{path} is not there; {part} begins with the weights in it.
$where"""


def load_weights(network, folder):
    """Fill parts of the network from files; tensors that a part does not have are left out."""
    for part, name in WEIGHTS.items():
        path = Path(folder, name)
        if not path.exists():
            raise SystemExit(NO_WEIGHTS.format(path=path, part=part))
$read
        inner = network.get_submodule(part)
        try:
            lacking, _ = inner.load_state_dict(found, strict=False)
        except RuntimeError as error:
            raise SystemExit(f"{path} does not suit {part}. {error}") from error
        # What BatchNorm only counts is often left out.
        lacking = [key for key in lacking if not key.endswith("num_batches_tracked")]
        if lacking:
            raise SystemExit(f"{path} has no {lacking[0]}, which {part} needs.")
'''

_READ: Mapping[frozenset[bool], str] = {
    frozenset({True}): "        found = load_file(path)",
    frozenset({False}): '        found = torch.load(path, map_location="cpu", weights_only=True)',
    frozenset({True, False}): """\
        if path.suffix == ".safetensors":
            found = load_file(path)
        else:
            found = torch.load(path, map_location="cpu", weights_only=True)""",
}
"""How files are read that are safetensors, or PyTorch's own, or of both kinds."""
