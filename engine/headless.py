"""Training without a window and without a process of its own, for the command line.

PyTorch is imported only when a function is called: checking and exporting need none of it.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from engine.events import Event, Failed, Finished, Note, Started, Stopped
from engine.lower import Source
from engine.project import Project, ProjectError
from engine.recipes.recipe import Recipe

if TYPE_CHECKING:
    from engine.training.keeping import Keeper, Resumption
    from engine.training.trainer import Trainer


@dataclass(frozen=True)
class Keep:
    """Where a run is kept: a folder of runs, and the drawing and recipe that are written down with it."""

    folder: Path
    project: Project


def run(
    source: Source, recipe: Recipe, save: Path | None, wants_to_stop: Callable[[], bool], keep: Keep | None = None
) -> Iterator[Event]:
    """Train the network that the text describes. Ends with `Finished`, `Failed` or, where asked to, `Stopped`."""
    _prepare()
    from engine.training.trainer import Control, Trainer

    _use_threads(recipe)
    trainer = Trainer(source, recipe, Control(wanted=wants_to_stop), save)
    keeper = None
    if keep:
        from engine.training.keeping import keeper_for

        try:
            keeper = keeper_for(trainer, keep.folder, keep.project)
        except ProjectError as error:
            yield Note(f"{error} Training goes on.")
    yield from _story(trainer, keeper, wants_to_stop)


def go_on(
    place: Path, save: Path | None, wants_to_stop: Callable[[], bool], changed: Callable[[Recipe], Recipe]
) -> Iterator[Event]:
    """Go on with a run that was kept, from its last checkpoint, with the recipe changed in between.

    Ends as `run` does. Raises ProjectError for a run that cannot go on, NotReady for a drawing that cannot be trained.
    """
    _prepare()
    from engine.training.keeping import resumed, resumption
    from engine.training.trainer import Control

    found: Resumption = resumption(place)
    _use_threads(found.recipe)
    keeper = resumed(found, place, Control(wanted=wants_to_stop), save, changed(found.recipe))
    for event in _story(keeper.trainer, keeper, wants_to_stop):
        yield event
        if isinstance(event, Started) and found.note:
            yield Note(found.note)


def _prepare() -> None:
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch loads: spinning threads starve each other


def _use_threads(recipe: Recipe) -> None:
    from torch import set_num_threads

    set_num_threads(recipe.threads or os.cpu_count() or 1)  # there is no window to leave a core to


def _story(trainer: Trainer, keeper: Keeper | None, wants_to_stop: Callable[[], bool]) -> Iterator[Event]:
    """Events as they come; the last word is the run's own, spoken when everything is kept."""
    for handful in trainer.story():
        over = isinstance(handful[-1], Finished | Failed)
        stopped = [] if over or not wants_to_stop() else [trainer.stopped()]
        yield from _kept([*handful, *stopped], keeper)
        if over or stopped:
            break
    if keeper:
        keeper.close()


def _kept(handful: list[Event], keeper: Keeper | None) -> Iterator[Event]:
    *others, last = handful
    if keeper is None:
        yield from handful
    elif isinstance(last, Finished | Stopped | Failed):
        yield from others
        yield from keeper.took(handful)
        yield last
    else:
        yield from handful
        yield from keeper.took(handful)


def installed(package: str) -> str:
    """The version of an installed package, or nothing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def torch_facts() -> Mapping[str, str]:
    """What PyTorch can do here: `error` in words, or `cpu` and, with a graphics card, `cuda`."""
    try:
        torch = importlib.import_module("torch")
        facts = {"cpu": f"{torch.get_num_threads()} threads"}
        if torch.cuda.is_available():
            facts["cuda"] = str(torch.cuda.get_device_name())
    except (ImportError, OSError, RuntimeError, AttributeError) as error:  # broken installations fail in many ways
        return {"error": str(error).strip().split("\n")[0] or type(error).__name__}
    return facts
