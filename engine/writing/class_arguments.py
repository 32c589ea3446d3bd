"""Which values of alike groups differ, and what the class calls them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from engine.writing.expressions import Slot


def argument_names(slots: Sequence[Slot], table: Sequence[tuple[Any, ...]]) -> dict[int, str]:
    """A name for each slot whose value is not the same everywhere, by the slot's number.

    `table` has for each slot its value in every instance. Slots that always agree get the same name.
    """
    together: dict[tuple[Any, ...], list[int]] = {}
    for index, values in enumerate(table):
        kinds = tuple((type(value), value) for value in values)
        if len(set(kinds)) > 1:
            together.setdefault(kinds, []).append(index)
    hints = [[slots[index].hint for index in group] for group in together.values()]
    wishes = [_wish(group) for group in hints]
    counts = Counter(wishes)
    wishes = [wish if counts[wish] == 1 else group[0] for wish, group in zip(wishes, hints, strict=True)]
    counts, taken, names = Counter(wishes), set[str](), dict[int, str]()
    for group, wish in zip(together.values(), wishes, strict=True):
        word = wish if counts[wish] == 1 else f"{slots[group[0]].owner.rpartition('/')[2]}_{wish}"
        number, name = 1, word
        while name in taken:
            number += 1
            name = f"{word}{number}"
        taken.add(name)
        names.update(dict.fromkeys(group, name))
    return names


def _wish(hints: Sequence[str]) -> str:
    """One word for values that always agree: what PyTorch calls the first, or what they have in common."""
    for things in ("channels", "features"):
        if {f"in_{things}", f"out_{things}"} <= set(hints):
            return things
    return hints[0]
