"""A folder of pictures by class, as torchvision's ImageFolder sees it, with its parts to learn from and to test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.own_data.choosing import Candidate, folder_at, readable
from engine.own_data.findings import DataProblem, Gathering, Progress, several, short
from engine.own_data.found import Found, Part, PictureFiles
from engine.own_data.pictures import ENDINGS
from engine.recipes.data_sets.own import MOST_LABELS, PictureFolder

TRAIN = ("train", "training")
TEST = ("test", "testing", "val", "valid", "validation")
MOST_FILES = 1_000_000


def look_at_folder(data: PictureFolder, path: Path, progress: Progress | None = None) -> Found:
    """Find classes and pictures. Raises DataProblem."""
    gathering = Gathering(data.when_bad)
    parts = _parts(folder_at(path), gathering)
    given = [one for part, folder in parts.items() for one in _candidates(folder, path, part, gathering)]
    labels = tuple(sorted({one.target for one in given if one.part != "test"}))
    if not 2 <= len(labels) <= MOST_LABELS:
        raise DataProblem(
            f"{short(path.name)} has {several(len(labels), 'folder')} with pictures to learn from, and needs at least "
            "2: one for each class."
        )
    known = [one for one in given if one.target in labels]
    for one in given:
        if one.target not in labels:
            gathering.leave_out("the class is not among those to learn", f"{short(one.name)} of {short(one.target)}")
    found = readable(known, data, gathering, progress)
    place = {label: number for number, label in enumerate(labels)}
    targets = np.array([place[one.target] for one in found.candidates], np.int64)
    findings = gathering.done(len(found.candidates), len(given))
    facts: dict[str, object] = {"unreadable": found.unreadable}
    if "test" not in parts:
        return Found(found.files.shape, labels, Part(found.files, targets), None, findings, facts)
    rest = np.array([one.part == "test" for one in found.candidates], np.bool_)
    train, test = (_part(found.files, targets, np.flatnonzero(mask)) for mask in (~rest, rest))
    if not len(train) or not len(test):
        word = "test with" if len(train) else "learn from"
        raise DataProblem(f"{short(path.name)} has no picture left to {word}. Add pictures there.")
    return Found(found.files.shape, labels, train, test, findings, facts)


def _part(files: PictureFiles, targets: NDArray[np.int64], places: NDArray[np.int64]) -> Part:
    return Part(files.picked(places), targets[places])


def files_below(path: Path) -> list[Path]:
    """Every file that could be a picture, however deep, always in the same order."""
    return [file for file in _files(folder_at(path)) if file.suffix.lower() in ENDINGS]


def _parts(path: Path, gathering: Gathering) -> dict[str, Path]:
    """The folders of the two parts, or the whole folder as one part named with nothing."""
    inside = {one.name.casefold(): one for one in _folders(path)}
    train = next((inside[name] for name in TRAIN if name in inside), None)
    tests = [inside[name] for name in TEST if name in inside]
    if train is None:
        return {"": path}
    if len(tests) > 1:
        gathering.note(f"{tests[0].name} is there to test with; {tests[1].name} is not used.")
    unused = [one.name for one in _folders(path) if one not in (train, *tests)]
    if unused:
        gathering.note(f"Beside {train.name}, {several(len(unused), 'folder')} is not used: {short(unused[0])}.")
    return {"train": train, "test": tests[0]} if tests else {"": train}


def _candidates(folder: Path, root: Path, part: str, gathering: Gathering) -> Iterator[Candidate]:
    for class_folder in _folders(folder):
        empty = True
        for file in _files(class_folder):
            if file.suffix.lower() in ENDINGS:
                empty = False
                yield Candidate(file, file.relative_to(root).as_posix(), class_folder.name, part)
            else:
                gathering.leave_out("it is no picture", short(file.relative_to(root).as_posix()), bad=False)
        if empty:
            gathering.note(f"The folder {short(class_folder.name)} has no pictures and is no class.")


def _folders(path: Path) -> list[Path]:
    """Folders inside, by name; hidden ones are none of the user's making."""
    try:
        return sorted(one for one in path.iterdir() if one.is_dir() and not one.name.startswith("."))
    except OSError as error:
        raise DataProblem(f"{short(str(path))} cannot be opened: {error.strerror or error}.") from error


def _files(folder: Path) -> list[Path]:
    """All files below a folder, however deep, by name. A link that leads back up is followed only once."""
    found: list[Path] = []
    seen: set[str] = set()
    for place, inner, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        found += [Path(place, name) for name in sorted(names) if not name.startswith(".")]
        if len(found) > MOST_FILES:
            raise DataProblem(f"{short(folder.name)} holds more than {MOST_FILES:,} files.")
    return found
