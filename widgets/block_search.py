"""Which blocks a typed word means, best first, and which of its letters a name shares with it."""

from __future__ import annotations

import re
from functools import cache

from engine.blocks import BLOCKS
from engine.blocks.base import FAMILIES

EXACT, STARTS, WORD_STARTS, CONTAINED, SCATTERED, MISSED = range(6)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|\d+d?")
_LEAST_SCATTERED = 3
"""Fewer letters than this are found scattered in nearly every name."""


def kinds_by_family() -> list[str]:
    """Every kind of the catalogue, family by family in the order of the palette."""
    known = [kind for kind in BLOCKS if BLOCKS[kind].family in FAMILIES]
    return sorted(known, key=lambda kind: FAMILIES.index(BLOCKS[kind].family))


def ranked(query: str) -> list[str]:
    """The kinds that a typed text may mean, best first; all of them for an empty text."""
    wanted = " ".join(query.casefold().split())
    if not wanted:
        return kinds_by_family()
    ranks = {kind: _rank(wanted, kind) for kind in kinds_by_family()}
    return sorted((kind for kind in ranks if ranks[kind] < MISSED), key=ranks.__getitem__)


def matched(query: str, name: str) -> tuple[int, ...]:
    """The places of the letters of a name that a typed text shares with it, for showing them bold."""
    wanted, letters = "".join(query.casefold().split()), name.casefold()
    start = letters.find(wanted)
    if start >= 0:
        return tuple(range(start, start + len(wanted)))
    return _scattered(wanted, letters)


@cache
def _words(kind: str) -> tuple[str, ...]:
    """The words under which people look for a block, other than the start of its name."""
    block = BLOCKS[kind]
    said = (*_WORD.findall(kind)[1:], *block.title.split(), *block.keywords)
    parts = (part for word in block.keywords for part in word.split())
    return tuple(dict.fromkeys(word.casefold() for word in (*said, *parts)))


def _rank(wanted: str, kind: str) -> int:
    name, words = kind.casefold(), _words(kind)
    joined = wanted.replace(" ", "")
    if joined == name:
        return EXACT
    if name.startswith(joined):
        return STARTS
    if any(word.startswith((wanted, joined)) for word in words):
        return WORD_STARTS
    if joined in name or any(wanted in word for word in words):
        return CONTAINED
    return SCATTERED if len(joined) >= _LEAST_SCATTERED and _scattered(joined, name) else MISSED


def _scattered(wanted: str, letters: str) -> tuple[int, ...]:
    """Where the letters of a text follow each other in a name, others between them; empty if they do not."""
    places, start = list[int](), 0
    for letter in wanted:
        found = letters.find(letter, start)
        if found < 0:
            return ()
        places.append(found)
        start = found + 1
    return tuple(places)
