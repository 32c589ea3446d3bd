"""Many picture files: which of them can be read, and in which size and colours they are best read together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.blocks.base import Shape
from engine.own_data.findings import DataProblem, Gathering, Progress, short
from engine.own_data.found import PictureFiles
from engine.own_data.pictures import BadPicture, decoded, measured
from engine.recipes.data_sets.own import LARGEST_SIDE, Pictures

LARGEST_USUAL = 128
"""Pixels of the longest side up to which pictures keep their own size without being asked."""
USUAL = 64


@dataclass(frozen=True)
class Candidate:
    """A picture file, how people know it, its class or value as a word, and the part that it belongs to."""

    path: Path
    name: str
    target: str
    part: str = ""


@dataclass(frozen=True)
class Readable:
    """The pictures that can be read, how to read them, and the names of those that cannot."""

    candidates: list[Candidate]
    files: PictureFiles
    unreadable: tuple[str, ...]


def readable(given: Sequence[Candidate], data: Pictures, gathering: Gathering, progress: Progress | None) -> Readable:
    """Try out every picture, or trust what an earlier look found where `data` is known."""
    bad = set(data.unreadable)
    if data.is_known and _is_of_pictures(data.input_shape):
        good = [one for one in given if one.name not in bad]
        for one in given:
            if one.name in bad:
                gathering.leave_out("a picture cannot be read", short(one.name), bad=False)
        channels, height, width = data.input_shape
        mode = "RGB" if channels == 3 else "L"
        files = PictureFiles(tuple(one.path for one in good), height, width, mode, data.fit)
        return Readable(good, files, data.unreadable)
    return _tried(given, data, gathering, progress)


def _is_of_pictures(shape: Shape) -> bool:
    """Whether a file of a stranger says a size that pictures can have."""
    return len(shape) == 3 and shape[0] in (1, 3) and max(shape) <= LARGEST_SIDE


def _tried(given: Sequence[Candidate], data: Pictures, gathering: Gathering, progress: Progress | None) -> Readable:
    good: list[Candidate] = []
    sizes: Counter[tuple[int, int]] = Counter()
    unreadable: list[str] = []
    coloured = 0
    for done, one in enumerate(given):
        try:
            height, width, colours = measured(one.path)
            decoded(one.path, 1, 1, "L", "stretch")
        except BadPicture as error:
            unreadable.append(one.name)
            gathering.leave_out("a picture cannot be read", f"{short(one.name)}, {error}")
        else:
            good.append(one)
            sizes[height, width] += 1
            coloured += colours
        if progress:
            progress(done + 1, len(given))
    height, width = _size(data, sizes, gathering)
    mode = data.mode if data.mode != "auto" else "RGB" if coloured else "L"
    files = PictureFiles(tuple(one.path for one in good), height, width, mode, data.fit)
    return Readable(good, files, tuple(unreadable))


def _size(data: Pictures, sizes: Counter[tuple[int, int]], gathering: Gathering) -> tuple[int, int]:
    """The chosen size, or the usual one of the pictures if that is small enough to learn from quickly."""
    if isinstance(data.size, tuple):
        return data.size
    if data.size is not None:
        return data.size, data.size
    usual = min(sizes, key=lambda size: (-sizes[size], size), default=(USUAL, USUAL))
    if max(usual) > LARGEST_USUAL:
        usual = (USUAL, USUAL)
    if len(sizes) > 1 or usual not in sizes:
        height, width = usual
        gathering.note(f"Pictures of {len(sizes):,} sizes are all brought to {height} × {width}; set size for another.")
    return usual


def folder_at(path: Path) -> Path:
    """The folder. Raises DataProblem where there is none."""
    if not path.is_dir():
        raise DataProblem(f"There is no folder {short(str(path))}. Choose the data again.")
    return path
