"""`layerloom train`: a run in this very process, kept beside the drawing, told on the terminal or as JSON."""

from __future__ import annotations

import argparse
import shlex
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from app.train_telling import JsonTeller, Teller
from engine.events import Event, Failed, Finished, Stopped
from engine.headless import Keep, go_on
from engine.headless import run as train
from engine.project import Project, ProjectError, open_project
from engine.recipes.recipe import DEVICES, Recipe
from engine.runs.overrides import overridden
from engine.runs.record import Run
from engine.runs.store import Listing, can_go_on, folder_beside, listed, source_of

FINE, FAILED, INTERRUPTED = 0, 1, 130
EPILOG = """\
Every value of the recipe in the file can be changed by its path:
  --set optimizer.lr=0.01        one setting
  --set optimizer=AdamW          another kind, with its own settings
  --set data.examples=1000       of the data set
Ctrl+C stops after the step in progress and keeps what was learned; --resume goes on from there, to the same bits.
Exit codes: 0 finished, 1 the run failed, 2 wrong usage or a bad file, 130 stopped with Ctrl+C.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = EPILOG
    parser.add_argument("file", type=Path, metavar="FILE", help="a drawing (*.loom)")
    parser.add_argument("--json", action="store_true", help="print one JSON object on each line")
    parser.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", help="change a value of the recipe")
    parser.add_argument("--epochs", type=int, metavar="N", help="how many times through all the data")
    parser.add_argument("--seed", type=int, metavar="S", help="the same seed gives the same run")
    parser.add_argument("--device", choices=DEVICES, metavar="D", help=f"one of {', '.join(DEVICES)}")
    parser.add_argument("--save", type=Path, metavar="W.safetensors", help="where the weights go as well")
    parser.add_argument(
        "--resume", nargs="?", const="", metavar="RUN", help="go on with a run that was kept, the latest without a name"
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--runs", type=Path, metavar="FOLDER", help="where runs are kept; else in FILE's NAME.runs")
    where.add_argument("--no-run", action="store_true", help="keep no run, only what --save asks for")


def run(arguments: argparse.Namespace) -> int:
    """Train the drawing of a file. Returns the exit code. Raises ProjectError and NotReady."""
    project = open_project(arguments.file)
    tell = JsonTeller() if arguments.json else Teller(_resume_command(arguments))
    code = FAILED
    with _interrupts() as interrupted:
        for event in _story(project, arguments, lambda: bool(interrupted)):
            tell.about(event)
            match event:
                case Finished():
                    code = FAILED if event.note else FINE
                case Stopped():
                    code = INTERRUPTED
                case Failed():
                    code = FAILED
    return code


def _resume_command(arguments: argparse.Namespace) -> str:
    words = ["layerloom", "train", str(arguments.file), "--resume"]
    return shlex.join([*words, *(("--runs", str(arguments.runs)) if arguments.runs else ())])


def _story(project: Project, arguments: argparse.Namespace, wants_to_stop: Callable[[], bool]) -> Iterator[Event]:
    folder = arguments.runs or folder_beside(arguments.file)
    if arguments.resume is not None:
        place = _place(listed(folder), arguments.resume)
        return go_on(place, arguments.save, wants_to_stop, lambda recipe: _recipe(recipe, arguments))
    recipe = _recipe(project.recipe, arguments)
    project = Project(project.graph, recipe, project.title)
    keep = None if arguments.no_run else Keep(folder, project)
    return train(source_of(project), recipe, arguments.save, wants_to_stop, keep)


def _recipe(recipe: Recipe, arguments: argparse.Namespace) -> Recipe:
    wanted = {name: getattr(arguments, name) for name in ("epochs", "seed", "device")}
    try:
        recipe = overridden(recipe, arguments.set)
        return recipe.changed(**{name: value for name, value in wanted.items() if value is not None})
    except ValueError as error:
        end = "" if str(error).endswith("?") else "."
        raise ProjectError(f"This run cannot be made: {error}{end}") from error


def _place(listing: Listing, wish: str) -> Path:
    """The folder of the run to go on with: by its id, the beginning of that or its name. Raises ProjectError."""
    runs = [run for run in listing.runs if not wish or run.id.startswith(wish) or run.name == wish]
    ready = [run for run in runs if can_go_on(listing.folder / run.id) and (wish or _unfinished(listing, run))]
    if not ready:
        raise ProjectError(_none(listing, runs, wish))
    chosen = next((run for run in ready if wish in (run.id, run.name)), ready[0])
    if chosen.id in listing.active:
        raise ProjectError(f"The run {chosen.id} is under way in another window or terminal.")
    return listing.folder / chosen.id


def _unfinished(listing: Listing, run: Run) -> bool:
    return listing.state(run) in ("paused", "interrupted", "stopped", "failed") and run.id not in listing.active


def _none(listing: Listing, runs: Sequence[Run], wish: str) -> str:
    if not listing.runs:
        return f"There are no runs in {listing.folder}. Leave --resume away to begin one."
    if not wish:
        return f"No run in {listing.folder} waits to go on. Name one with --resume, or leave --resume away."
    if runs:
        return f"The run {runs[0].id} ended before anything was kept to go on from."
    names = ", ".join(run.id for run in listing.runs[:3])
    return f"There is no run {wish[:60]!r} in {listing.folder}; there are {names}{' ...' * (len(listing.runs) > 3)}"


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Ctrl+C is noted in the list, and the run ends after the step in progress; a second one ends at once."""
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield caught
    finally:
        signal.signal(signal.SIGINT, before)
