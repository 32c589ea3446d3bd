"""Read a text of numbers, from left to right and with suspicion."""

from __future__ import annotations

import re
from functools import lru_cache

from engine.blocks.number_text import (
    LARGEST,
    MOST_PARTS,
    BadNumbers,
    Number,
    Pick,
    Range,
    Repeat,
    Tree,
    few_enough,
    row,
    simple,
    total,
)

LONGEST = 100_000
"""How many characters its text may have."""
DEEPEST = 20
"""How many brackets may lie inside each other."""
FARTHEST = 3.4028235e38
"""The largest number that float32 knows."""

TOKEN = re.compile(r"[\s,]*(?:(-?(?:inf|\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?))|([:*+()\[\]]))")


@lru_cache(maxsize=200)
def parsed(text: str) -> Tree:
    """The meaning of a text. Raises BadNumbers."""
    if len(text) > LONGEST:
        raise BadNumbers(f"a text of {len(text):,} characters is too long; it may have {LONGEST:,}")
    return _Parser(text).whole()


class _Parser:
    """Reads a text from left to right."""

    def __init__(self, text: str) -> None:
        self.words: list[str] = []
        place, end = 0, len(text.rstrip(" \t\r\n,"))
        while place < end:
            found = TOKEN.match(text, place, end)
            if not found:
                raise BadNumbers(f"{text[place : place + 12].strip()!r} is no number")
            self.words.append(found[1] or found[2])
            place = found.end()
        self.place, self.depth = 0, 0

    def whole(self) -> Tree:
        if not self.words:
            raise BadNumbers("there are no numbers")
        found = self._sum()
        if self.place < len(self.words):
            raise BadNumbers(f"{self._next()!r} stands where a number should")
        few_enough(found)
        return found

    def _next(self) -> str:
        return self.words[self.place] if self.place < len(self.words) else ""

    def _take(self, word: str) -> bool:
        if self._next() != word:
            return False
        self.place += 1
        return True

    def _sum(self) -> Tree:
        parts = [self._row()]
        while self._take("+"):
            parts.append(self._row())
            if len(parts) > MOST_PARTS:
                raise BadNumbers(f"at most {MOST_PARTS} lists can be added")
        return total(*parts)

    def _row(self) -> Tree:
        parts = [self._part()]
        while self._next() and self._next() not in ")]+:*[":
            parts.append(self._part())
        return row(*parts)

    def _part(self) -> Tree:
        found = self._inside(")") if self._take("(") else self._number()
        while self._next() in ("*", "["):
            if self._take("*"):
                times = self._whole()
                if not 1 <= times <= LARGEST:
                    raise BadNumbers(f"numbers are repeated 1 to {LARGEST:,} times, not {times}")
                found = found if times == 1 else Repeat(found, times)
            else:
                self.place += 1
                found = Pick(found, self._inside("]"))
            few_enough(found)
        return found

    def _inside(self, closing: str) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadNumbers(f"at most {DEEPEST} brackets may lie inside each other")
        found = self._sum()
        if not self._take(closing):
            raise BadNumbers(f"a bracket is not closed by {closing!r}")
        self.depth -= 1
        return found

    def _number(self) -> Tree:
        word = self._next()
        if not word or word in ":*+()[]":
            raise BadNumbers(f"{word!r} stands where a number should" if word else "a number is missing at the end")
        if self.words[self.place + 1 : self.place + 2] == [":"]:
            return self._range()
        self.place += 1
        value = simple(float(word)) if not word.lstrip("-").isdigit() else _int(word)
        if abs(value) > FARTHEST and not word.endswith("inf"):
            raise BadNumbers(f"{word[:20]} is too large")
        return Number(value)

    def _range(self) -> Range:
        limits = [self._whole()]
        while len(limits) < 3 and self._take(":"):
            limits.append(self._whole())
        start, stop, step = (*limits, 1)[:3]
        if step == 0 or not len(range(start, stop, step)):
            raise BadNumbers(f"the range {':'.join(map(str, limits))} holds no number")
        return Range(start, stop, step)

    def _whole(self) -> int:
        word = self._next()
        if not word.lstrip("-").isdigit():
            raise BadNumbers(f"{word!r} stands where a whole number should")
        self.place += 1
        return _int(word)


def _int(word: str) -> int:
    """A whole number of a usual length."""
    if len(word) > 19:
        raise BadNumbers(f"{word[:20]}… is too large")
    return int(word)
