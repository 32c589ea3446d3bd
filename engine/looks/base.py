"""The bases of every question to a network and of every answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.events import Event


@dataclass(frozen=True)
class Look:
    """Base of every question. Equal questions are one: two views that want the same cost no more than one."""

    after_epochs: ClassVar[bool] = False
    """Whether an open look is answered after each epoch, and not in between."""
    patience: ClassVar[float] = 0.5
    """Seconds after which an open look is answered even where its share of the time would not yet pay for it."""


@dataclass(frozen=True, eq=False)
class Sight(Event):
    """Base of every answer."""

    step: int
    """The step after which it was seen; 0 before the first one."""
    look: Look
    """The question."""


@dataclass(frozen=True, eq=False)
class Unseen(Sight):
    """A question that cannot be answered, with a sentence why and what would help."""

    text: str
