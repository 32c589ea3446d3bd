"""What can be wrong with a drawing, and what mends it: data to show, never an exception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from engine.graph import Graph

Level = Literal["error", "warning", "hint"]


@dataclass(frozen=True)
class Fix:
    """One repair: a verb phrase for the button, what else to know, and the drawing that it makes.

    `apply` is total over the drawing that the report was made for, and changes nothing else than it says.
    """

    label: str
    apply: Callable[[Graph], Graph]
    note: str = ""


def no_fixes() -> tuple[Fix, ...]:
    """For a problem that only a person can solve."""
    return ()


@dataclass(frozen=True)
class Problem:
    """Something to mend at one block. The text names the block, what it needs, what came and from where."""

    block: str
    level: Level
    text: str
    suggest: Callable[[], tuple[Fix, ...]] = no_fixes
    """Works out the repairs; called only when they are looked at, so that checking stays quick."""
    ports: tuple[str, ...] = ()
    """The input ports that it is about; their wires are drawn as faulty."""
    mismatch: str = ""
    """The few characters that a faulty wire shows: `32 ≠ 16`."""

    @cached_property
    def fixes(self) -> tuple[Fix, ...]:
        """The repairs, best first."""
        return self.suggest()

    def as_data(self) -> dict[str, object]:
        """For machines: `check --json`."""
        labels = [fix.label for fix in self.fixes]
        return {"block": self.block, "level": self.level, "text": self.text, "fixes": labels}
