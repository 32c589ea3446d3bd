"""Many numbers in a short text: repeats, ranges, sums and picked rows, written down exactly and read with suspicion.

`1 2 3` are three numbers, `0*7` is seven zeros, `(0*7 1)*2` is sixteen numbers, `0:7` counts from 0 to 6 and `0:91:13`
in steps of 13. `0:20:10 + 0:2` adds each number of the one to each of the other: 0 1 10 11. `(1 2 3 4)[1 0]` cuts the
numbers before the bracket into as many equal rows as the bracket counts, and puts those rows one behind the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

LARGEST = 2**20
"""How many numbers a table may hold."""
MOST_PARTS = 10
"""How many lists a sum may have."""


class BadNumbers(ValueError):
    """A text that is no list of numbers; the message continues "its data cannot be read:"."""


@dataclass(frozen=True)
class Number:
    """One number."""

    value: int | float

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True)
class Range:
    """Whole numbers in equal steps, the last one left out."""

    start: int
    stop: int
    step: int = 1

    def __str__(self) -> str:
        return f"{self.start}:{self.stop}" + (f":{self.step}" if self.step != 1 else "")

    def __len__(self) -> int:
        return len(range(self.start, self.stop, self.step))


@dataclass(frozen=True)
class Repeat:
    """The same numbers several times in a row."""

    inner: Tree
    count: int

    def __str__(self) -> str:
        return f"{self.inner if isinstance(self.inner, Number) else f'({self.inner})'}*{self.count}"


@dataclass(frozen=True)
class Row:
    """Numbers one behind the other."""

    parts: tuple[Tree, ...]

    def __str__(self) -> str:
        return " ".join(f"({part})" if isinstance(part, Sum) else str(part) for part in self.parts)


@dataclass(frozen=True)
class Sum:
    """Each whole number of a part added to each of the parts behind it."""

    parts: tuple[Tree, ...]

    def __str__(self) -> str:
        return " + ".join(map(str, self.parts))


@dataclass(frozen=True)
class Pick:
    """The numbers of `base`, cut into rows, in the order that `index` says."""

    base: Tree
    index: Tree

    def __str__(self) -> str:
        base = self.base if isinstance(self.base, Number | Pick) else f"({self.base})"
        return f"{base}[{self.index}]"

    def rows(self) -> int:
        """How many rows there are to pick from."""
        return 1 + int(max(numbers(self.index)))


Tree = Number | Range | Repeat | Row | Sum | Pick


@lru_cache(maxsize=16)
def numbers(tree: Tree) -> tuple[int | float, ...]:
    """All numbers that are meant, in order. Raises BadNumbers for too many of them."""
    few_enough(tree)
    return tuple(_numbers(tree))


def count(tree: Tree) -> int:
    """How many numbers are meant. Raises BadNumbers for rows that cannot be picked."""
    match tree:
        case Number():
            return 1
        case Range():
            return len(tree)
        case Repeat():
            return count(tree.inner) * tree.count
        case Row():
            return sum(map(count, tree.parts))
        case Sum():
            return math.prod(map(count, tree.parts))
        case Pick():
            return count(tree.index) * _width(tree)


def simple(value: float) -> int | float:
    """A number as it is written: a whole one without its point."""
    return int(value) if math.isfinite(value) and value == int(value) and abs(value) < 2**53 else value


def row(*parts: Tree) -> Tree:
    """Parts one behind the other, without rows inside rows."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Row) else (part,))]
    return flat[0] if len(flat) == 1 else Row(tuple(flat))


def total(*parts: Tree) -> Tree:
    """The sum of parts, without sums inside sums. Raises BadNumbers for numbers that are not whole."""
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, Sum) else (part,))]
    if len(flat) > 1 and not all(type(value) is int for part in flat for value in numbers(part)):
        raise BadNumbers("only whole numbers can be added")
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def few_enough(tree: Tree) -> None:
    """Raise BadNumbers for more numbers than a table may hold."""
    if count(tree) > LARGEST:
        raise BadNumbers(f"they are too many; a table may hold {LARGEST:,} numbers")


def _numbers(tree: Tree) -> Iterator[int | float]:
    match tree:
        case Number():
            yield tree.value
        case Range():
            yield from range(tree.start, tree.stop, tree.step)
        case Repeat():
            yield from numbers(tree.inner) * tree.count
        case Row():
            for part in tree.parts:
                yield from numbers(part)
        case Sum():
            first, *rest = tree.parts
            behind = numbers(total(*rest)) if rest else (0,)
            yield from (one + other for one in numbers(first) for other in behind)
        case Pick():
            base, width = numbers(tree.base), _width(tree)
            for place in numbers(tree.index):
                yield from base[int(place) * width : int(place + 1) * width]


def _width(tree: Pick) -> int:
    """How long each row is."""
    places = numbers(tree.index)
    if not all(type(place) is int and place >= 0 for place in places):
        raise BadNumbers("rows are picked by whole numbers from 0")
    whole, rows = count(tree.base), tree.rows()
    if whole % rows:
        raise BadNumbers(f"{whole} numbers cannot be cut into {rows} equal rows")
    return whole // rows
