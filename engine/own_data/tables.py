"""A table in a text file as columns of words: encoding, delimiter and header are found out or chosen."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path

from engine.own_data.findings import DataProblem, Gathering, short
from engine.recipes.data_sets.own import DELIMITERS

LARGEST_FILE = 2 * 2**30
"""Bytes; a larger table would not fit into memory as words."""
SAMPLE_ROWS = 100
SAMPLE = 256 * 1024
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
NUMBER_WITH_COMMA = re.compile(r"\s*[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?\s*", re.ASCII)
THOUSANDS = re.compile(r"\s*[+-]?\d{1,3}(,\d{3})+(\.\d*)?\s*", re.ASCII)
FLOAT_LIMIT = 3.4e38
"""Larger numbers are infinite as float32."""
MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "none", "?"})
"""What stands for no value, in small letters."""

Rows = list[list[str]]


@dataclass(frozen=True)
class RawTable:
    """The cells of a table as words. `lines` says which row of the file each row was, from 1."""

    names: tuple[str, ...]
    rows: Rows
    lines: list[int]
    looked_at: int
    decimal_comma: bool = False

    def column(self, index: int) -> list[str]:
        """All cells of a column."""
        return [row[index] for row in self.rows]

    def only(self, kept: Sequence[int]) -> RawTable:
        """The table with some of its rows."""
        rows, lines = [self.rows[index] for index in kept], [self.lines[index] for index in kept]
        return replace(self, rows=rows, lines=lines)

    def place(self, name: str) -> int:
        """Where the column of this name is. Raises DataProblem with the names that there are."""
        if name in self.names:
            return self.names.index(name)
        known = ", ".join(map(short, self.names[:10])) + (", …" if len(self.names) > 10 else "")
        raise DataProblem(f"There is no column called {short(name)}. The columns are {known}.")


def read_raw(path: Path, delimiter: str, header: str, gathering: Gathering) -> RawTable:
    """Read all rows. Rows with another number of cells than the first are left out and counted."""
    text = _text(path, gathering)
    sign = DELIMITERS.get(delimiter) or guessed_delimiter(text)
    rows, lines = _cells(text, sign, path)
    if not rows:
        raise DataProblem(f"{short(path.name)} is empty.")
    headed = header == "yes" or (header == "auto" and has_header(rows))
    names = _names(rows[0]) if headed else tuple(f"column {number}" for number in range(1, len(rows[0]) + 1))
    if headed:
        rows, lines = rows[1:], lines[1:]
    good, kept = [], []
    for row, line in zip(rows, lines, strict=True):
        if len(row) == len(names):
            good.append(row)
            kept.append(line)
        else:
            gathering.leave_out("the number of cells is wrong", f"row {line} has {len(row)} in place of {len(names)}")
    with_comma = sign != "," and any(NUMBER_WITH_COMMA.fullmatch(c) and "," in c for row in good[:100] for c in row)
    if with_comma:
        gathering.note("A comma in a number was read as its decimal sign.")
    return RawTable(names, good, kept, len(rows), sign != ",")


def is_missing(cell: str) -> bool:
    """Whether a cell stands for no value."""
    return cell.strip().casefold() in MISSING


def number_of(cell: str, decimal_comma: bool = False) -> float | None:
    """The number in a cell; None where there is none that is finite as float32.

    A comma is the decimal sign where the table says so; otherwise it may part thousands, as in 1,234.5.
    """
    if NUMBER.fullmatch(cell):
        value = float(cell)
    elif decimal_comma and NUMBER_WITH_COMMA.fullmatch(cell):
        value = float(cell.replace(",", "."))
    elif not decimal_comma and THOUSANDS.fullmatch(cell):
        value = float(cell.replace(",", ""))
    else:
        return None
    return value if abs(value) <= FLOAT_LIMIT else None


def guessed_delimiter(text: str) -> str:
    """The sign that parts most of the first rows into the same number of cells."""
    sample = text[:SAMPLE]
    if len(text) > SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    best, reached = ",", (0.0, 0)
    for sign in DELIMITERS.values():
        widths = _widths(sample, sign)
        width, times = max(Counter(widths).items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        score = (round(times / max(1, len(widths)), 2), width)
        if width > 1 and score > reached:
            best, reached = sign, score
    return best


def _widths(sample: str, sign: str) -> list[int]:
    widths = []
    try:
        for row in csv.reader(StringIO(sample, newline=""), delimiter=sign, skipinitialspace=True):
            if row:
                widths.append(len(row))
            if len(widths) == SAMPLE_ROWS:
                break
    except csv.Error:
        return []
    return widths


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row holds names: words that differ, above numbers or above a row without numbers."""
    first = [cell.strip() for cell in rows[0]]
    if any(number_of(cell) is not None for cell in first) or len(set(first)) < len(first):
        return False
    if all(not cell for cell in first):
        return False
    below = rows[1 : SAMPLE_ROWS + 1]
    if any(number_of(cell) is not None for row in below for cell in row):
        return True
    again = Counter(cell for row in below for cell in row)
    return not any(again[cell] for cell in first)


def _names(row: Sequence[str]) -> tuple[str, ...]:
    """A name for each column; empty and repeated ones get a number."""
    names: list[str] = []
    taken = Counter[str]()
    for number, cell in enumerate(row, 1):
        name = " ".join(cell.split()) or f"column {number}"
        taken[name] += 1
        while taken[name] > 1 or name in names:
            name = f"{name} ({max(2, taken[name])})"
            taken[name] += 1
        names.append(name)
    return tuple(names)


def _text(path: Path, gathering: Gathering) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise DataProblem(f"{short(path.name)} is larger than 2 GB. Cut it into smaller tables.")
        raw = path.read_bytes()
    except OSError as error:
        raise DataProblem(f"{short(str(path))} cannot be read: {error.strerror or error}. Choose it again.") from error
    encoding = next((name for mark, name in MARKS if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        if encoding == "utf-16" or b"\0" in raw[:SAMPLE]:
            raise DataProblem(f"{short(path.name)} is no text. Choose a table in a text file (CSV or TSV).") from None
    gathering.note(f"{path.name} is not in UTF-8, so it was read as Latin-1; look whether its letters are right.")
    return raw.decode("latin-1")


def _cells(text: str, sign: str, path: Path) -> tuple[Rows, list[int]]:
    """Rows that hold anything, and the line of the file on which each ends."""
    rows: Rows = []
    lines: list[int] = []
    reader = csv.reader(StringIO(text, newline=""), delimiter=sign, skipinitialspace=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row) or len(row) > 1:
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        where = f"line {reader.line_num:,} of {short(path.name)}"
        raise DataProblem(f"{where} cannot be read: {error}. A quote may be missing there.") from error
    return rows, lines
