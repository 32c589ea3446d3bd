"""What the columns of a table are, and how their words become numbers."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.own_data.findings import DataProblem, Gathering, several, short
from engine.own_data.tables import FLOAT_LIMIT, RawTable, is_missing, number_of
from engine.recipes.data_sets.own import TableFile, names_in

MOSTLY = 0.8
"""A column of numbers when so many of its filled cells are numbers."""
FEW_WORDS = 50
"""A column with more different words is left out unless somebody asks for it."""
MOST_WORDS = 1_000
FEW_CLASSES = 20
"""Whole numbers with at most so many different ones are taken for classes when they are to be predicted."""

NUMBERING = ("id", "index", "idx", "nr", "no", "row", "0", "")
"""What a column that counts the rows is usually called, such as id or Unnamed: 0."""

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Plan:
    """What each column is. `kinds` has "number", "category", "ignore" or "target" in the order of the names."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    targets: tuple[int, ...]
    classes: bool
    """Whether the target is one of some classes."""

    def of_kind(self, kind: str) -> list[int]:
        """Where the columns of a kind are."""
        return [place for place, one in enumerate(self.kinds) if one == kind]


def planned(raw: RawTable, data: TableFile, gathering: Gathering) -> Plan:
    """Decide what each column is: what somebody chose, and a guess for the rest."""
    targets = [raw.place(name) for name in names_in(data.target)] or [len(raw.names) - 1]
    kinds = [_guess(raw, place, gathering) if place not in targets else "target" for place in range(len(raw.names))]
    for kind, line in (("number", data.as_number), ("category", data.as_category), ("ignore", data.ignored)):
        for name in names_in(line):
            place = raw.place(name)
            if place in targets:
                if kind == "ignore":
                    raise DataProblem(f"{short(name)} is the column to predict and cannot be left out as well.")
            else:
                kinds[place] = kind
    if not {"number", "category"} & set(kinds):
        raise DataProblem("No column is left to predict from. Say with as_number or as_category which to use.")
    classes = targets_are_classes(raw, targets, data.task, names_in(data.as_category))
    return Plan(raw.names, tuple(kinds), tuple(targets), classes)


def targets_are_classes(raw: RawTable, targets: Sequence[int], task: str, named: Collection[str] = ()) -> bool:
    """Whether the targets are classes. Raises DataProblem where several are to be."""
    if task == "auto":
        first = targets[0]
        classes = len(targets) == 1 and (raw.names[first] in named or looks_like_classes(raw, first))
    else:
        classes = task == "classes"
    if classes and len(targets) > 1:
        raise DataProblem("Only one column can hold classes. Name one target, or set task to values.")
    return classes


def looks_like_classes(raw: RawTable, place: int) -> bool:
    """Words, or few different whole numbers that come again and again."""
    values, missing, wrong = numbers_in(raw, place)
    filled = len(values) - int(missing.sum())
    if filled - len(wrong) < MOSTLY * filled:
        return True
    different = np.unique(values[np.isfinite(values)])
    return bool((different == different.round()).all()) and len(different) <= min(FEW_CLASSES, filled // 2)


def _guess(raw: RawTable, place: int, gathering: Gathering) -> str:
    name, (values, missing, wrong) = short(raw.names[place]), numbers_in(raw, place)
    filled = len(values) - int(missing.sum())
    if not filled:
        gathering.note(f"The column {name} is empty and not used.")
        return "ignore"
    if filled - len(wrong) >= MOSTLY * filled:
        if place == 0 and _counts_rows(raw.names, values):
            gathering.note(f"The column {name} only counts the rows and is not used.")
            return "ignore"
        return "number"
    if filled - len(wrong) > filled / 2:
        gathering.note(f"The column {name} holds {filled - len(wrong):,} numbers and {several(len(wrong), 'word')}; "
                       "it was taken for words.")  # fmt: skip
    words = len(set(words_in(raw, place)[0]))
    if words > FEW_WORDS or words == len(values) > 2:
        gathering.note(f"The column {name} has {words:,} different words and is not used.")
        return "ignore"
    return "category"


def _counts_rows(names: Sequence[str], values: Doubles) -> bool:
    """Whether the first column is called like a number of rows, or not at all, and holds one."""
    words = re.split(r"[\W_]+", names[0].casefold())
    called = words[-1] in NUMBERING or names[0].endswith("Id") or (names[0] == "column 1" and names[1] != "column 2")
    return called and len(values) > 2 and bool((np.diff(values) == 1).all())


def numbers_in(raw: RawTable, place: int) -> tuple[Doubles, Mask, list[int]]:
    """A column as numbers (rows,) with nan in gaps, which of them are missing, and in which rows something else is."""
    cells = raw.column(place)
    values = _plain_numbers(cells)
    if values is not None:
        return values, np.zeros(len(cells), np.bool_), []
    values = np.full(len(cells), np.nan)
    missing = np.zeros(len(cells), np.bool_)
    wrong: list[int] = []
    for index, cell in enumerate(cells):
        number = number_of(cell, raw.decimal_comma)
        if number is not None:
            values[index] = number
        elif is_missing(cell):
            missing[index] = True
        else:
            wrong.append(index)
    return values, missing, wrong


def _plain_numbers(cells: Sequence[str]) -> Doubles | None:
    """The quick way for columns that hold nothing else; Python also reads 1_000, nan and other scripts' digits."""
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None
    joined = "".join(cells)
    plain = joined.isascii() and "_" not in joined and bool((np.abs(values) <= FLOAT_LIMIT).all())
    return values if plain else None


def words_in(raw: RawTable, place: int) -> tuple[list[str], Mask]:
    """A column as words without space around them, and which are missing."""
    cells = [row[place].strip() for row in raw.rows]
    return cells, np.fromiter((is_missing(cell) for cell in cells), np.bool_, len(cells))


def one_hot(cells: Sequence[str], missing: Mask, name: str) -> tuple[Floats, tuple[str, ...]]:
    """A row of 0.0 and 1.0 for each cell, or of nan for none; one place for each word in the order of the alphabet."""
    words = sorted_words({cell for cell, gone in zip(cells, missing, strict=True) if not gone})
    if len(words) > MOST_WORDS:
        raise DataProblem(
            f"The column {short(name)} has {len(words):,} different words; {MOST_WORDS:,} are the most. Leave it out."
        )
    place = {word: index for index, word in enumerate(words)}
    table = np.zeros((len(cells), len(words)), np.float32)
    for index, cell in enumerate(cells):
        if missing[index]:
            table[index] = np.nan
        else:
            table[index, place[cell]] = 1
    return table, words


def sorted_words(words: set[str]) -> tuple[str, ...]:
    """Numbers by their size, then words by the alphabet: always the same order."""
    return tuple(sorted(words, key=lambda word: (number_of(word) is None, number_of(word) or 0.0, word)))
