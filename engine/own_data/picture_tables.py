"""A table that names a picture file and its label in each row; files outside of the table's folder are refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
from numpy.typing import NDArray

from engine.own_data.choosing import Candidate, readable
from engine.own_data.columns import numbers_in, targets_are_classes, words_in
from engine.own_data.encoded import targets_in
from engine.own_data.findings import DataProblem, Gathering, Progress, short
from engine.own_data.found import Found, Part
from engine.own_data.pictures import ENDINGS
from engine.own_data.tables import RawTable, read_raw
from engine.recipes.data_sets.own import PictureTable, names_in


def look_at_picture_table(data: PictureTable, path: Path, progress: Progress | None = None) -> Found:
    """Read the table and find its pictures. Raises DataProblem."""
    gathering = Gathering(data.when_bad)
    raw = read_raw(path, data.delimiter, "auto", gathering)
    named = _picture_column(raw, data)
    targets = _targets(raw, named, data)
    classes = targets_are_classes(raw, targets, data.task)
    raw = _usable(raw, named, targets, classes, path.parent, gathering)
    given = [_candidate(row[named], path.parent, str(index)) for index, row in enumerate(raw.rows)]
    found = readable(given, data, gathering, progress)
    raw = raw.only([int(one.target) for one in found.candidates])
    findings = gathering.done(len(raw.rows), raw.looked_at)
    numbers, labels = targets_in(raw, targets, classes)
    facts: dict[str, object] = {"unreadable": found.unreadable}
    if not classes:
        facts["target_names"] = tuple(raw.names[place] for place in targets)
    return Found(found.files.shape, labels, Part(found.files, numbers), None, findings, facts)


def names_pictures(cells: Sequence[str]) -> bool:
    """Whether most of these words end as picture files do."""
    hits = sum(cell.strip().lower().endswith(ENDINGS) for cell in cells)
    return hits > len(cells) / 2


def picture_files(raw: RawTable, data: PictureTable, folder: Path) -> list[Path]:
    """The files that a table names and that lie in its folder."""
    home, column = folder.resolve(), _picture_column(raw, data)
    return [folder / name.strip() for name in raw.column(column) if _is_below(name, home)]


def _picture_column(raw: RawTable, data: PictureTable) -> int:
    if data.picture_column:
        return raw.place(data.picture_column)
    fitting = [place for place in range(len(raw.names)) if names_pictures(raw.column(place))]
    if not fitting:
        raise DataProblem(
            f"No column names picture files ({', '.join(ENDINGS[:3])}, …). Say with picture_column which one does."
        )
    return fitting[0]


def _targets(raw: RawTable, named: int, data: PictureTable) -> tuple[int, ...]:
    chosen = tuple(raw.place(name) for name in names_in(data.target))
    others = [place for place in range(len(raw.names)) if place != named]
    if named in chosen:
        raise DataProblem(f"{short(raw.names[named])} names the pictures and cannot be the target as well.")
    if not chosen and len(others) != 1:
        names = ", ".join(short(raw.names[place]) for place in others[:10]) or "no other"
        raise DataProblem(f"Say with target which column is to be predicted: {names}.")
    return chosen or tuple(others)


def _usable(
    raw: RawTable, named: int, targets: tuple[int, ...], classes: bool, folder: Path, gathering: Gathering
) -> RawTable:
    """Leave out rows without a target and rows whose file is not in the folder."""
    gaps = _gaps(raw, targets, classes)
    home = folder.resolve()
    kept = []
    for index, (row, line) in enumerate(zip(raw.rows, raw.lines, strict=True)):
        if gaps[index]:
            gathering.leave_out("there is nothing to predict", f"row {line}", bad=False)
        elif not _is_below(row[named], home):
            told = f"row {line} names {short(row[named])}"
            gathering.leave_out("the file lies outside of the table's folder", told)
        else:
            kept.append(index)
    return raw.only(kept)


def _gaps(raw: RawTable, targets: tuple[int, ...], classes: bool) -> NDArray[np.bool_]:
    if classes:
        return words_in(raw, targets[0])[1]
    gaps = np.zeros(len(raw.rows), np.bool_)
    for place in targets:
        gaps |= ~np.isfinite(numbers_in(raw, place)[0])
    return gaps


def _is_below(name: str, home: Path) -> bool:
    """Whether a name from a stranger's table stays in the folder, also through links; on every system alike."""
    name = name.strip()
    for pure in (PurePosixPath(name), PureWindowsPath(name)):
        if pure.is_absolute() or pure.anchor or ".." in pure.parts:
            return False
    try:
        return bool(name) and (home / name).resolve().is_relative_to(home)
    except (OSError, ValueError, RuntimeError):
        return False


def _candidate(name: str, folder: Path, row: str) -> Candidate:
    return Candidate(folder / name.strip(), name.strip(), row)
