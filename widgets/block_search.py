"""Which offers a typed word means, best first, and which of its letters a title shares with it."""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import get_close_matches
from functools import cache

from widgets.offers import Offer, Offers, on_offer

EXACT, STARTS, WORD, WORD_STARTS, CONTAINED, SCATTERED, MISSED = range(7)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+|[a-z]+|\d+d?")
_LEAST_SCATTERED = 3
"""Fewer letters than this are found scattered in nearly every name."""
_PACKAGE = re.compile(r"^(torch\.|nn\.|f\.|functional\.)+(?=.)")
"""How names begin in a program: nn.Linear, torch.cat, F.relu."""
_ALIKE = 0.75
"""How much of a mistyped word must be right."""


def ranked(query: str, offers: Offers | None = None) -> list[str]:
    """The keys of what a typed text may mean, best first; all of them for an empty text."""
    wanted, known = _PACKAGE.sub("", _plain(query)), on_offer() if offers is None else offers
    if not wanted:
        return list(known)
    return _found(known, lambda offer: _rank(wanted, offer)) or _by_single_words(wanted, known) or _alike(wanted, known)


def _found(known: Offers, rank: Callable[[Offer], int]) -> list[str]:
    ranks = {key: rank(offer) for key, offer in known.items()}
    return sorted((key for key in ranks if ranks[key] < MISSED), key=ranks.__getitem__)


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").split())


def _by_single_words(wanted: str, known: Offers) -> list[str]:
    """Where several words mean nothing together: what every one of them may mean, or else most of them."""
    words = wanted.split()
    if len(words) < 2:
        return []
    hits = {key: [_rank(word, offer) for word in words] for key, offer in known.items()}
    counts = {key: sum(rank < SCATTERED for rank in ranks) for key, ranks in hits.items()}
    most = max(counts.values(), default=0)
    best = [key for key, count in counts.items() if count == most and most]
    return sorted(best, key=lambda key: sum(hits[key]))


def _alike(wanted: str, known: Offers) -> list[str]:
    """What a mistyped word may mean."""
    names = {key: {offer.title.casefold(), *_words(offer.title, offer.keywords)} for key, offer in known.items()}
    close = get_close_matches(wanted, sorted(set().union(*names.values())), n=3, cutoff=_ALIKE)
    ranks = {key: min((close.index(word) for word in close if word in said), default=-1) for key, said in names.items()}
    return sorted((key for key in ranks if ranks[key] >= 0), key=ranks.__getitem__)


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
    return tuple(dict.fromkeys(_plain(word) for word in (*said, *parts)))


def _rank(wanted: str, offer: Offer) -> int:
    name, words = "".join(offer.title.casefold().split()), _words(offer.title, offer.keywords)
    joined = wanted.replace(" ", "")
    if joined == name:
        return EXACT
    if name.startswith(joined):
        return STARTS if offer.key == offer.title or offer.own else WORD  # single blocks before ready groups
    if wanted in words or joined in words:
        return WORD
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
