"""Which offers a typed word means, best first, and which of its letters a title shares with it."""

from __future__ import annotations

import re
from functools import cache

from widgets.offers import Offer, Offers, on_offer

EXACT, STARTS, WORD_STARTS, CONTAINED, SCATTERED, MISSED = range(6)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|\d+d?")
_LEAST_SCATTERED = 3
"""Fewer letters than this are found scattered in nearly every name."""


def ranked(query: str, offers: Offers | None = None) -> list[str]:
    """The keys of what a typed text may mean, best first; all of them for an empty text."""
    wanted, known = " ".join(query.casefold().split()), on_offer() if offers is None else offers
    if not wanted:
        return list(known)
    ranks = {key: _rank(wanted, offer) for key, offer in known.items()}
    return sorted((key for key in ranks if ranks[key] < MISSED), key=ranks.__getitem__)


def matched(query: str, name: str) -> tuple[int, ...]:
    """The places of the letters of a name that a typed text shares with it, for showing them bold."""
    wanted, letters = "".join(query.casefold().split()), name.casefold()
    start = letters.find(wanted)
    if start >= 0:
        return tuple(range(start, start + len(wanted)))
    return _scattered(wanted, letters)


@cache
def _words(title: str, keywords: tuple[str, ...]) -> tuple[str, ...]:
    """The words under which people look for something, other than the start of its name."""
    said = (*_WORD.findall(title)[1:], *keywords)
    parts = (part for word in keywords for part in word.split())
    return tuple(dict.fromkeys(word.casefold() for word in (*said, *parts)))


def _rank(wanted: str, offer: Offer) -> int:
    name, words = "".join(offer.title.casefold().split()), _words(offer.title, offer.keywords)
    joined = wanted.replace(" ", "")
    if joined == name:
        return EXACT
    if name.startswith(joined):
        return STARTS if offer.key == offer.title or offer.own else WORD_STARTS  # single blocks before ready groups
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
