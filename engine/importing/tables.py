"""The short text for a table of numbers: what repeats, counts or adds up is said once."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import prod

from engine.blocks.number_parser import LONGEST
from engine.blocks.number_text import (
    LARGEST,
    MOST_PARTS,
    Number,
    Pick,
    Range,
    Repeat,
    Tree,
    numbers,
    row,
    simple,
    total,
)
from engine.importing.layouts import CannotDraw

Values = tuple[int | float, ...]

SHORT = 60
"""How many characters are so few that no shorter text is looked for."""
LONGEST_PERIOD = 128
"""How many numbers a repeated part may have to be found."""
SHORTEST_RANGE = 4
"""From how many numbers in equal steps a range is written."""
MOST_COLUMNS, SHORTEST_TURNED = 4, 50
"""Which tables are tried column by column."""
MOST_LISTED = 20_000
"""How many numbers a list may have in which repeats are looked for."""


@lru_cache(maxsize=100)
def table_text(values: Values, shape: tuple[int, ...]) -> str:
    """A text that means exactly these numbers. Raises CannotDraw where none is short enough."""
    if len(values) > LARGEST:
        raise CannotDraw(f"it is a table of {len(values):,} numbers; a Buffer may hold {LARGEST:,}")
    found = _shortest(values, shape)
    text = str(found) if found else ""
    if found is None or len(text) > LONGEST:
        raise CannotDraw(f"it is a table of {len(values):,} numbers without a pattern, too many to write down")
    assert numbers(found) == values
    return text


def reals(values: Sequence[float]) -> Values:
    """Numbers of float32, each in as few digits as tell it from all others."""
    short = {value: _short(value) for value in set(values)}
    return tuple(short[value] for value in values)


def _short(value: float) -> int | float:
    for digits in range(6, 10):
        short = float(f"{value:.{digits}g}")
        if struct.pack("f", short) == struct.pack("f", value):
            return simple(short)
    return simple(value)


def _shortest(values: Values, shape: Sequence[int], turned: bool = False) -> Tree | None:
    """The shortest of several ways to say the same; columns are `turned` into rows once."""
    if len(set(values)) == 1:
        return _times(Number(values[0]), len(values))
    added = _added(values)
    if added is not None and len(str(added)) <= SHORT:
        return added
    ways = [added, _listed(values), *_picked(values, shape, turned), *(() if turned else _turned(values, shape))]
    return min((way for way in ways if way is not None), key=lambda way: len(str(way)), default=None)


def _added(values: Values) -> Tree | None:
    """Whole numbers that count up or down in several places at once, such as places in a grid."""
    if len(values) < SHORTEST_RANGE or not all(type(value) is int for value in values):
        return None
    parts = list[Tree]()
    while len(values) > 1 and len(parts) < MOST_PARTS:
        length = _counting(values)
        step = int(values[1] - values[0]) if length > 1 else 0
        if length == 1:
            return None
        parts.append(Range(0, step * length, step) if step else Repeat(Number(0), length))
        values = values[::length]
    if len(values) > 1:
        return None
    first, *rest = reversed(parts)
    begin = int(values[0])
    if isinstance(first, Range):
        return total(Range(begin, begin + first.stop, first.step), *rest)
    return total(Repeat(Number(begin), len(numbers(first))), *rest)


def _counting(values: Values) -> int:
    """How many numbers count in equal steps, in every part of that length; 1 where none do."""
    step, length = values[1] - values[0], 2
    while length < len(values) and values[length] - values[length - 1] == step:
        length += 1
    while length > 1 and (len(values) % length or not _all_count(values, length, step)):
        length -= 1
    return length


def _all_count(values: Values, length: int, step: float) -> bool:
    return all(place % length == 0 or values[place] - values[place - 1] == step for place in range(1, len(values)))


def _picked(values: Values, shape: Sequence[int], turned: bool) -> Iterator[Tree]:
    """Different rows said once, and which of them stands where; rows of the shape's sizes or single numbers."""
    for place in range(1, len(shape) + 1):
        width = prod(shape[place:])
        cut = [values[start : start + width] for start in range(0, len(values), width)]
        places = {one: number for number, one in enumerate(dict.fromkeys(cut))}
        numbered = all(type(one[0]) is int and 0 <= one[0] < len(places) for one in places) if width == 1 else False
        if 1 < len(places) <= len(cut) // 2 and not numbered:
            base = _shortest(tuple(value for one in places for value in one), (len(places), *shape[place:]), turned)
            index = _shortest(tuple(places[one] for one in cut), shape[:place], turned)
            if base is not None and index is not None:
                yield Pick(base, index)
            return


def _turned(values: Values, shape: Sequence[int]) -> Iterator[Tree]:
    """A table of a few columns: one column behind the other, picked in turns."""
    columns = shape[-1] if shape else 0
    if 2 <= columns <= MOST_COLUMNS and len(values) > SHORTEST_TURNED:
        length = len(values) // columns
        behind = tuple(value for column in range(columns) for value in values[column::columns])
        base = _shortest(behind, (columns, *shape[:-1]), turned=True)
        if base is not None:
            yield Pick(base, total(Range(0, length), Range(0, length * columns, length)))


def _listed(values: Values) -> Tree | None:
    """One number behind the other; what repeats or counts is said once."""
    if len(values) > MOST_LISTED:
        return None
    parts, place = list[Tree](), 0
    while place < len(values):
        part, used = _next(values, place)
        parts.append(part)
        place += used
    return row(*parts)


def _next(values: Values, place: int) -> tuple[Tree, int]:
    """What stands at a place: a number, a range or a repeat, and how many numbers it covers."""
    best, period = 1, 0
    for length in range(1, min(LONGEST_PERIOD, (len(values) - place) // 2) + 1):
        if values[place] == values[place + length] and (covered := _covered(values, place, length)) > best:
            best, period = covered, length
    counted = _count_from(values, place)
    if counted >= max(SHORTEST_RANGE, best):
        step = int(values[place + 1] - values[place])
        return Range(int(values[place]), int(values[place]) + step * counted, step), counted
    if not period:
        return Number(values[place]), 1
    inner = _listed(values[place : place + period])
    assert inner is not None
    return _times(inner, best // period), best


def _covered(values: Values, place: int, length: int) -> int:
    """How many numbers are covered by repeating the next `length`; 1 if that says nothing shorter."""
    first = values[place : place + length]
    times = 1
    while values[place + times * length : place + (times + 1) * length] == first:
        times += 1
    return times * length if times > 1 else 1


def _count_from(values: Values, place: int) -> int:
    """How many whole numbers count in equal steps from here."""
    if place + 1 >= len(values) or not all(type(value) is int for value in values[place : place + 2]):
        return 1
    step, end = values[place + 1] - values[place], place + 2
    while step and end < len(values) and type(values[end]) is int and values[end] - values[end - 1] == step:
        end += 1
    return end - place if step else 1


def _times(inner: Tree, count: int) -> Tree:
    return inner if count == 1 else Repeat(inner, count)
