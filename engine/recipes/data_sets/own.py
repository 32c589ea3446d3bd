"""Data of the user as settings: where they lie, what people choose about them, and what a look at the files found.

The checker runs on every edit and never reads a file. So each set carries the facts that it needs, such as the size
of one example; `engine.own_data.scan` fills them in.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path, PurePosixPath
from typing import Any

from engine.blocks.base import Shape
from engine.recipes.data_sets.base import DataSet, normalise_param
from engine.settings import param

YOURS = "Your own data."
MOST_LABELS, MOST_COLUMNS, MOST_FEATURES, MOST_FILES = 10_000, 10_000, 100_000, 1_000_000
LARGEST_SIDE = 4096
"""Pixels of the longest side that pictures can be brought to."""

TASKS = ("auto", "classes", "values")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "space": " "}


class OwnData(DataSet):
    """Base of what people bring along. `is_known` says whether the files were looked at."""

    path: str = param("Where the data lie.", default="")
    when_bad: str = param(
        "What to do about rows and files that cannot be read: refuse them all in a sentence, or skip and count them.",
        choices=("refuse", "skip"),
        default="refuse",
    )
    input_shape: Shape = param(
        "The size of one example.", 1, None, listed=True, most=8, found=True, kind=int, default=()
    )
    labels: tuple[str, ...] = param(
        "What the classes are called.", listed=True, most=MOST_LABELS, found=True, kind=str, default=()
    )
    target_names: tuple[str, ...] = param(
        "What the numbers are called that are to be predicted.",
        listed=True,
        most=MOST_COLUMNS,
        found=True,
        kind=str,
        default=(),
    )
    train_examples: int = param("How many examples there are to learn from.", 0, None, found=True, default=0)
    test_examples: int = param("How many examples there are to test with.", 0, None, found=True, default=0)
    fingerprint: str = param("A short sum over the files, to notice changes.", found=True, default="")

    @property
    def licence(self) -> str:
        return YOURS

    @property
    def note(self) -> str:
        return "" if self.is_known else "Choose where the data lie."

    @property
    def is_known(self) -> bool:
        """Whether a scan has filled in the facts."""
        return bool(self.fingerprint)

    def forgotten(self) -> OwnData:
        """The same choices without anything that was found."""
        return self.changed(**{row.name: row.default for row in self.params() if row.found})


class Pictures(OwnData):
    """Base of pictures in files of their own."""

    size: Any = param(
        "Height and width that every picture is brought to; none takes the size that most of them have.",
        1,
        LARGEST_SIDE,
        kind=int,
        dims=2,
        optional=True,
        default=None,
    )
    fit: str = param(
        "How a picture fits the size: crop keeps its shape and cuts its edges off, stretch keeps all of it.",
        choices=("crop", "stretch"),
        default="crop",
    )
    mode: str = param(
        "Colours as RGB, or L for shades of grey; auto takes L where no picture has colours.",
        choices=("auto", "RGB", "L"),
        default="auto",
    )
    normalise: str = normalise_param("standard")
    keep_in: str = param(
        "Where pictures are while training: in memory ready for use, compact there, or on disk; auto takes what fits.",
        choices=("auto", "memory", "compact", "disk"),
        default="auto",
        rare=True,
    )
    workers: int = param(
        "How many processes read pictures from disk ahead of time; 0 for none.", 0, 32, default=2, rare=True
    )
    unreadable: tuple[str, ...] = param(
        "Files that cannot be read.", listed=True, most=MOST_FILES, found=True, kind=str, default=()
    )


class PictureFolder(Pictures):
    """A folder of pictures: one folder inside for each class, named after it.

    The folders may also lie in train and test (or val): then those are the two parts.
    """

    title = "Folder of pictures"


class PictureTable(Pictures):
    """A table (CSV) that names a picture file and what is on it in each row.

    Files are named as seen from the table's own folder, and lie in it.
    """

    title = "Table of pictures"

    delimiter: str = param(
        "What stands between two cells; auto finds it out.", choices=("auto", *DELIMITERS), default="auto", rare=True
    )
    picture_column: str = param("The column that names the files; empty to find it.", default="")
    target: str = param("The column to predict, or several with commas between; empty to find it.", default="")
    task: str = param(
        "Whether the target is one of some classes or values; auto finds it out.", choices=TASKS, default="auto"
    )


class TableFile(OwnData):
    """A table of numbers and words (CSV or TSV) in which some columns are to be predicted from the others."""

    title = "Table"

    target: str = param("The column to predict, or several with commas between; empty takes the last.", default="")
    task: str = param(
        "Whether the target is one of some classes or values; auto finds it out.", choices=TASKS, default="auto"
    )
    missing: str = param(
        "Rows with empty cells: leave them out and count them, or fill in the mean of the column, which for words is "
        "how frequent each is.",
        choices=("leave out", "fill", "refuse"),
        default="leave out",
    )
    normalise: str = normalise_param("standard")
    as_number: str = param("Columns to read as numbers, with commas between.", default="", rare=True)
    as_category: str = param("Columns to read as one of some words, with commas between.", default="", rare=True)
    ignored: str = param("Columns to leave out, with commas between.", default="", rare=True)
    delimiter: str = param(
        "What stands between two cells; auto finds it out.", choices=("auto", *DELIMITERS), default="auto", rare=True
    )
    header: str = param(
        "Whether the first row holds names; auto finds it out.",
        choices=("auto", "yes", "no"),
        default="auto",
        rare=True,
    )
    columns: tuple[str, ...] = param(
        "The names of all columns.", listed=True, most=MOST_COLUMNS, found=True, kind=str, default=()
    )
    kinds: tuple[str, ...] = param(
        "What each column is: number, category, ignore or target.",
        listed=True,
        most=MOST_COLUMNS,
        found=True,
        kind=str,
        default=(),
    )

    feature_names: tuple[str, ...] = param(
        "What the numbers of one example are called.", listed=True, most=MOST_FEATURES, found=True, kind=str, default=()
    )

    @property
    def fills_missing(self) -> bool:
        return self.missing == "fill"

    def with_kind(self, column: str, kind: str) -> TableFile:
        """The table with a column read as "number", "category", "ignore" or "target" from now on."""
        lists = {"number": "as_number", "category": "as_category", "ignore": "ignored", "target": "target"}
        if kind not in lists:
            raise ValueError(f"a column is one of {', '.join(lists)}, not {kind!r}")
        named = {name: [one for one in names_in(getattr(self, name)) if one != column] for name in lists.values()}
        named[lists[kind]].append(column)
        return self.changed(**{name: in_one_line(names) for name, names in named.items()})


class NumpyFile(OwnData):
    """Arrays in a file of NumPy (.npz, or .npy with a second file beside it): examples x and targets y."""

    title = "NumPy file"

    x: str = param("The array of examples; empty to find it.", default="")
    y: str = param("The array of targets; empty to find it. For .npy, the name of the file beside it.", default="")
    x_test: str = param("The examples to test with; empty to find them.", default="", rare=True)
    y_test: str = param("The targets to test with; empty to find them.", default="", rare=True)
    task: str = param(
        "Whether the target is one of some classes or values; auto finds it out.", choices=TASKS, default="auto"
    )
    normalise: str = normalise_param("standard")
    layout: str = param(
        "Where pictures have their channels: CHW first, HWC last; auto finds it out.",
        choices=("auto", "CHW", "HWC"),
        default="auto",
        rare=True,
    )


def names_in(text: str) -> list[str]:
    """The names in a line with commas between; a name that has a comma itself stands in double quotes."""
    row = next(csv.reader([text], skipinitialspace=True), []) if text.strip() else []
    return [name.strip() for name in row if name.strip()]


def in_one_line(names: Iterable[str]) -> str:
    """The line that `names_in` reads."""
    line = StringIO()
    csv.writer(line, lineterminator="").writerow(list(names))
    return line.getvalue()


def resolved(data: DataSet, folder: Path | None) -> DataSet:
    """The data with a full path: a relative one is seen from the folder of the project file, if there is one."""
    path = Path(getattr(data, "path", "")).expanduser()
    if not isinstance(data, OwnData) or not data.path or path.is_absolute() or folder is None:
        return data
    return data.changed(path=str(folder / path))


def kept(data: DataSet, folder: Path | None) -> DataSet:
    """The data as a project file in this folder keeps them: what lies below it is named from there, with slashes.

    So a folder that holds project and data can be moved or given away. Every other path stays as it is.
    """
    if not isinstance(data, OwnData) or not data.path or folder is None or not Path(data.path).is_absolute():
        return data
    try:
        below = Path(data.path).relative_to(folder.absolute())
    except ValueError:
        return data
    return data.changed(path=str(PurePosixPath(below)))
