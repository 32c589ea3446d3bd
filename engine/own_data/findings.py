"""What was noticed while reading somebody's files: what is left out and why, counted, the first few by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]
Progress = Callable[[int, int], None]
"""Told how many of how many are done; may raise to end the reading."""

FIRST_FEW = 3
LONGEST_NAME = 60


class DataProblem(ValueError):
    """Data that cannot be used, in a sentence that says what is wrong, where, and what to do."""


class BadParts(DataProblem):
    """Some rows or files are of no use; the others can be used without them."""

    def __init__(self, found: str) -> None:
        """`found` says which ones, and why."""
        super().__init__(f"{found} Repair them, or set when_bad to skip to go on without them.")
        self.found = found


@dataclass(frozen=True)
class LeftOut:
    """Some rows or files that are not used for the same reason."""

    reason: str
    count: int
    first: tuple[str, ...]
    """Where the first few are: "row 7: age is 'old', no number"."""

    def __str__(self) -> str:
        """One sentence: how many, why, and where the first are."""
        more = ", …" if self.count > len(self.first) else ""
        return f"{self.count:,} left out because {self.reason}: {'; '.join(self.first)}{more}."


@dataclass(frozen=True)
class Findings:
    """How reading went. Nothing is left out that is not counted here."""

    looked_at: int
    used: int
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    """What was guessed or decided, as sentences."""

    def sentences(self) -> tuple[str, ...]:
        """Everything in words, the sums first."""
        total = f"{self.used:,} of {self.looked_at:,} examples can be used."
        return (total, *map(str, self.left_out), *self.notes)


class Gathering:
    """Collects findings while reading. In the mood "refuse", what is bad ends the reading at its end."""

    def __init__(self, when_bad: str) -> None:
        self._refuse = when_bad == "refuse"
        self._reasons: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}
        self._bad: set[str] = set()
        self.notes: list[str] = []

    def leave_out(self, reason: str, where: str, count: int = 1, *, bad: bool = True) -> None:
        """Count a row or file that is not used, or several at once; `bad` where somebody should repair it."""
        first = self._reasons.setdefault(reason, [])
        if len(first) < FIRST_FEW:
            first.append(where)
        self._counts[reason] = self._counts.get(reason, 0) + count
        if bad:
            self._bad.add(reason)

    @property
    def count(self) -> int:
        """How many are left out so far."""
        return sum(self._counts.values())

    def note(self, sentence: str) -> None:
        """Say something that was guessed or decided, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def done(self, used: int, looked_at: int) -> Findings:
        """The findings. Raises DataProblem where something bad is to be refused, or nothing remains."""
        left_out = tuple(LeftOut(why, self._counts[why], tuple(first)) for why, first in self._reasons.items())
        if self._bad and self._refuse:
            bad = [str(one) for one in left_out if one.reason in self._bad]
            said = " ".join(one.replace(" left out because ", " cannot be used because ", 1) for one in bad)
            raise BadParts(said)
        if not used:
            raise DataProblem(" ".join(["Nothing remains to learn from.", *map(str, left_out)]))
        return Findings(looked_at, used, left_out, tuple(self.notes))


def short(text: str) -> str:
    """A stranger's text in one line that does not run away, with quotes."""
    shown = "".join(sign if sign.isprintable() else "·" for sign in text[: LONGEST_NAME + 1])
    return f"'{shown if len(shown) <= LONGEST_NAME else shown[: LONGEST_NAME - 1] + '…'}'"


def several(count: int, noun: str) -> str:
    """ "1 row", "3 rows"."""
    plural = "es" if noun.endswith("s") else "s"
    return f"{count:,} {noun}{plural * (count != 1)}"
