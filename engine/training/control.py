"""What a listener of a run wants."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from engine.events import EpochDone, Event
from engine.looks.base import Look


def nothing(done: EpochDone) -> Iterable[Event]:
    """For a listener who does nothing between epochs."""
    return ()


def never() -> bool:
    """For a listener who has no requests."""
    return False


@dataclass
class Control:
    """What a listener wants. It may be changed between two pulls of the story."""

    wanted: Callable[[], bool] = never
    """Asked after every step; where it says yes, the story hands over what it has at once."""
    stop_at: int | None = None
    """Tell `Paused` after this step. Pulling further goes on."""
    stop_after_epoch: bool = False
    """Tell `Paused` after the epoch in progress."""
    looks: tuple[Look, ...] = ()
    """What views want to see while the network learns; `Trainer.watch` changes it."""

    def go_on(self) -> None:
        """No stop is ordered any more."""
        self.stop_at, self.stop_after_epoch = None, False
