"""Everything that the training process can be asked: plain values, so that they travel between processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.looks.base import Look
from engine.lower import Source
from engine.recipes.data_sets import DataSet
from engine.recipes.recipe import Recipe


@dataclass(frozen=True)
class Request:
    """Base of everything that the process can be asked."""


@dataclass(frozen=True)
class Watch(Request):
    """Keep these looks open: answer those that are new at once, and all of them while training; none to stop."""

    looks: tuple[Look, ...] = ()


@dataclass(frozen=True)
class See(Request):
    """Answer these looks once, now."""

    looks: tuple[Look, ...]


@dataclass(frozen=True)
class Train(Request):
    """Begin a new run. One in progress is stopped first."""

    source: Source
    recipe: Recipe
    looks: tuple[Look, ...] = ()
    """What to keep open from the start."""
    save_to: Path | None = None
    """Where the weights of the finished or stopped run go."""
    stop_at: int | None = None
    """Pause after so many steps: 1 for a run that begins with a single step."""
    runs: Path | None = None
    """The folder of runs in which this one is kept, with `project`; None to keep nothing."""
    project: str = ""
    """The text of the project's file."""
    again: str = ""
    """The id of the run that this one is to repeat."""


@dataclass(frozen=True)
class GoOn(Request):
    """Go on with a run that was kept, from its last checkpoint. One in progress is stopped first."""

    place: Path
    """The folder of the run."""
    looks: tuple[Look, ...] = ()
    recipe: Recipe | None = None
    """Another recipe than the one that it began with, as far as that may change in between."""
    stop_at: int | None = None
    """Pause after so many steps, counted from the beginning of the run."""


@dataclass(frozen=True)
class Pause(Request):
    """Wait after the step in progress."""


@dataclass(frozen=True)
class Resume(Request):
    """Go on after Pause or Stop."""


@dataclass(frozen=True)
class StepBatch(Request):
    """Make some steps, then wait. After the last epoch another one is begun."""

    count: int = 1


@dataclass(frozen=True)
class StepEpoch(Request):
    """Go on to the end of the epoch, then wait. After the last epoch another one is made."""


@dataclass(frozen=True)
class Change(Request):
    """Go on with this recipe from the next step, with weights and the optimizer's state as they are."""

    recipe: Recipe


@dataclass(frozen=True)
class Stop(Request):
    """End the run and save its weights."""


@dataclass(frozen=True)
class Leave(Request):
    """End the run because its drawing or the program is closed; it is kept as one that waits to go on."""


@dataclass(frozen=True)
class Prepare(Request):
    """Read a data set into memory while there is nothing else to do, so that Train need not."""

    data: DataSet


@dataclass(frozen=True)
class Shutdown(Request):
    """End the process at once."""
