"""What an import gives, and what it says when it cannot be made. No torch is needed here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.graph import Graph


class ImportFailed(Exception):
    """Nothing could be imported; the text says what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Note:
    """One thing that the drawing cannot hold as it was: where, and why."""

    place: str
    """The module's path or the block's name."""
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True)
class Imported:
    """A drawing made from a module, with everything that it could not hold."""

    graph: Graph
    notes: tuple[Note, ...] = ()
    title: str = "imported"
    keys: dict[str, str] = field(default_factory=dict)
    """Names in the state_dict that had to change: the original's, and the drawing's."""
