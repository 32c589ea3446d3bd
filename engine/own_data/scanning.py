"""Looking at somebody's files once, so that everything else only needs the facts: sizes, classes and counts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.own_data.encoded import look_at_table
from engine.own_data.findings import DataProblem, Findings, Gathering, Progress, short
from engine.own_data.folders import files_below, look_at_folder
from engine.own_data.found import Found
from engine.own_data.numpy_files import look_at_arrays
from engine.own_data.picture_tables import look_at_picture_table, names_pictures, picture_files
from engine.own_data.tables import read_raw
from engine.recipes.data_sets.own import NumpyFile, OwnData, PictureFolder, PictureTable, TableFile

Add = Callable[[bytes], None]

PIECE = 2**20
TABLE_ENDINGS = (".csv", ".tsv", ".txt", ".tab", ".data")
NUMPY_ENDINGS = (".npz", ".npy")


@dataclass(frozen=True)
class Scan:
    """The data with everything that was found in their files, and what there is to say about it."""

    data_set: OwnData
    findings: Findings


def scan(path: Path, choices: OwnData | None = None, progress: Progress | None = None) -> Scan:
    """Look at the files at a path with what somebody chose about them; without choices, as their kind suggests.

    It reads everything once, so it belongs into a thread or a process of its own. Raises DataProblem with a sentence.
    """
    data = (choices or kind_for(path)()).forgotten()
    try:
        found = look(data, path, progress)
        facts = {
            **found.facts,
            "path": str(path),
            "input_shape": found.input_shape,
            "labels": found.labels,
            "train_examples": len(found.train),
            "test_examples": len(found.test or ()),
            "fingerprint": fingerprint(data, path),
        }
    except OSError as error:
        raise DataProblem(f"{short(str(path))} cannot be read: {error.strerror or error}. Choose it again.") from error
    try:
        return Scan(data.changed(**facts), found.findings)
    except ValueError as error:
        raise DataProblem(f"{short(path.name)} cannot be used: {error}.") from error


def look(data: OwnData, path: Path, progress: Progress | None = None) -> Found:
    """What lies at a path, as arrays and picture files. Raises DataProblem, or OSError for a disk that fails."""
    if isinstance(data, PictureFolder):
        return look_at_folder(data, path, progress)
    if not path.is_file():
        raise DataProblem(f"There is no file {short(str(path))}. Choose the data again.")
    if isinstance(data, PictureTable):
        return look_at_picture_table(data, path, progress)
    if isinstance(data, TableFile):
        return look_at_table(data, path)
    if isinstance(data, NumpyFile):
        return look_at_arrays(data, path)
    raise DataProblem(f"{data.title} cannot be read by this version.")


def kind_for(path: Path) -> type[OwnData]:
    """Which kind of data lies there, by the look of it. Raises DataProblem where none fits."""
    if path.is_dir():
        return PictureFolder
    ending = path.suffix.lower()
    if not path.is_file():
        raise DataProblem(f"There is nothing at {short(str(path))}. Choose the data again.")
    if ending in NUMPY_ENDINGS:
        return NumpyFile
    if ending in TABLE_ENDINGS:
        raw = read_raw(path, "auto", "auto", Gathering("skip"))
        pictures = any(raw.rows and names_pictures(raw.column(place)) for place in range(len(raw.names)))
        return PictureTable if pictures else TableFile
    raise DataProblem(
        f"{short(path.name)} is none of the files that can be read: a folder of pictures, a table (CSV, TSV), "
        "or arrays of NumPy (.npz, .npy)."
    )


def has_changed(data: OwnData) -> bool:
    """Whether the files are others than when they were looked at; also where they are gone."""
    try:
        return fingerprint(data, Path(data.path)) != data.fingerprint
    except (OSError, DataProblem):
        return True


def fresh(data: OwnData) -> Found:
    """What lies in the files now. Raises DataProblem where it no longer is what the facts say, or is not there."""
    path = Path(data.path)
    if not data.path:
        raise DataProblem(f"{data.title}: choose first where the data lie.")
    found = look(data if data.is_known and not has_changed(data) else data.forgotten(), path)
    if data.is_known and (found.input_shape, found.labels) != (data.input_shape, data.labels):
        raise DataProblem(
            f"The files at {short(str(path))} have changed, and with them the size of an example or the classes. "
            "Look at the data again."
        )
    return found


def fingerprint(data: OwnData, path: Path) -> str:
    """A sum over the content of a file, or over names and sizes where there are many pictures."""
    total = hashlib.sha256()
    if isinstance(data, PictureFolder):
        _add_sizes(total.update, path, files_below(path))
        return total.hexdigest()[:16]
    files = [path]
    if isinstance(data, NumpyFile) and path.suffix.lower() == ".npy":
        files = sorted(one for one in path.parent.iterdir() if one.suffix.lower() == ".npy" and one.is_file())
    for one in files:
        with one.open("rb") as file:
            while piece := file.read(PIECE):
                total.update(piece)
    if isinstance(data, PictureTable):
        _add_sizes(total.update, path.parent, _named_pictures(data, path))
    return total.hexdigest()[:16]


def _add_sizes(add: Add, root: Path, files: Iterable[Path]) -> None:
    for file in files:
        size = file.stat().st_size if file.is_file() else -1
        add(f"{file.relative_to(root).as_posix()}\0{size}\n".encode("utf-8", "surrogateescape"))


def _named_pictures(data: PictureTable, path: Path) -> list[Path]:
    """Every file that the table names, to notice that one was exchanged."""
    raw = read_raw(path, data.delimiter, "auto", Gathering("skip"))
    return picture_files(raw, data, path.parent)
