"""Runs as folders beside the project: made, listed, named, put into the trash and taken out of it again.

`NAME.runs/<id>/` holds `run.json` (the facts), `words.json` (what a person wrote), `curves.npz`,
`last.safetensors` and `best.safetensors` (weights) and `state.safetensors` (all that is needed to go on).
Every file is a stranger's data: read with suspicion, never executed.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from engine.check import check
from engine.lower import Source, lower, write
from engine.project import MAX_BYTES, Project, ProjectError, write_atomically
from engine.runs.curves import RunCurves, from_npz
from engine.runs.record import Run, from_json, plain_object

SUFFIX = ".runs"
RUN, WORDS, CURVES, STATE = "run.json", "words.json", "curves.npz", "state.safetensors"
LAST, BEST = "last.safetensors", "best.safetensors"
LOCK, TRASH = "run.lock", ".trash"
KEPT_IN_TRASH = 30 * 24 * 3600.0
"""Seconds after which a deleted run is gone for good, looked at whenever another one is deleted."""
LONGEST_NAME, LONGEST_NOTE = 120, 4000


@dataclass(frozen=True)
class Listing:
    """All runs of a folder, the newest first, and a sentence for each that cannot be read."""

    folder: Path
    runs: tuple[Run, ...] = ()
    damaged: tuple[str, ...] = ()
    active: frozenset[str] = frozenset()
    """Ids of runs whose process is at work, here or in another window."""

    def find(self, id: str) -> Run | None:
        """The run with this id."""
        return next((run for run in self.runs if run.id == id), None)

    def state(self, run: Run) -> str:
        """Its state in truth: a run that nobody works on any more was interrupted."""
        return "interrupted" if run.state == "training" and run.id not in self.active else run.state

    def open_ended(self) -> Run | None:
        """The newest run that can go on: paused or interrupted, with no later run behind it that finished."""
        first = next(iter(self.runs), None)
        if first is None or first.id in self.active or not can_go_on(self.folder / first.id):
            return None
        return first if self.state(first) in ("paused", "interrupted") else None


def folder_beside(project: Path) -> Path:
    """Where the runs of a project file are kept."""
    return project.with_suffix(SUFFIX)


def new_folder(folder: Path, now: datetime | None = None) -> Path:
    """Make the folder of a new run; its name is the time, with a number if there is such a run. Raises OSError."""
    name = f"{now or datetime.now():%Y-%m-%d %H.%M.%S}"
    for number in range(1, 1000):
        place = folder / (name if number == 1 else f"{name} ({number})")
        try:
            place.mkdir(parents=True)
        except FileExistsError:
            continue
        return place
    raise FileExistsError(f"{folder} has a thousand runs of this second")


def listed(folder: Path) -> Listing:
    """Read a folder of runs. What is damaged is named, never raised; a folder that is not there is empty."""
    runs, damaged, active = [], [], set()
    try:
        places = sorted((p for p in folder.iterdir() if (p / RUN).is_file()), key=_age, reverse=True)
    except OSError:
        return Listing(folder)
    for place in places:
        try:
            run = read_run(place)
        except ProjectError as error:
            damaged.append(f"The run {place.name} cannot be read. {error}")
            continue
        runs.append(run)
        if run.state in ("training", "paused") and is_active(place):
            active.add(run.id)
    return Listing(folder, tuple(runs), tuple(damaged), frozenset(active))


def read_run(place: Path) -> Run:
    """Read the facts of one run. Raises ProjectError."""
    words = {}
    with suppress(ProjectError):
        found = plain_object(_bytes(place / WORDS), WORDS)
        words = {name: found[name] for name in ("name", "note") if isinstance(found.get(name), str)}
    return from_json(place.name, _bytes(place / RUN), words)


def read_curves(place: Path, title: str = "") -> RunCurves:
    """Read the curves of one run; none if it ended before its first epoch. Raises ProjectError."""
    if not (place / CURVES).exists():
        return RunCurves(place.name, title)
    try:
        return from_npz(_bytes(place / CURVES), place.name, title)
    except ValueError as error:
        raise ProjectError(f"{place.name}: {error}.") from error


def describe(place: Path, name: str | None = None, note: str | None = None) -> Run:
    """Name or annotate a run; None leaves it as it is. Gives the run anew. Raises ProjectError."""
    run = read_run(place)
    run = replace(
        run,
        name=run.name if name is None else " ".join(name.split())[:LONGEST_NAME],
        note=run.note if note is None else note.strip()[:LONGEST_NOTE],
    )
    words = {"name": run.name, "note": run.note}
    write_atomically(place / WORDS, json.dumps(words, ensure_ascii=False).encode())
    return run


def source_of(project: Project) -> Source:
    """The code of a project's drawing. Raises NotReady."""
    return write(lower(project.graph, check(project.graph, project.recipe)))


def can_go_on(place: Path) -> bool:
    """Whether all that is needed to go on with this run was kept."""
    return (place / STATE).is_file()


def delete(place: Path) -> Path:
    """Put a run into the trash beside it. Gives its place there. Raises ProjectError."""
    if is_active(place):
        raise ProjectError(f"The run {place.name} is under way. Stop it before you delete it.")
    trash = place.parent / TRASH
    target = trash / f"{place.name}~{time.time_ns():x}"
    try:
        trash.mkdir(exist_ok=True)
        place.rename(target)
        os.utime(target)
    except OSError as error:
        raise ProjectError(f"The run {place.name} could not be deleted: {error.strerror or error}.") from error
    _sweep(trash)
    return target


def restore(place: Path) -> Path:
    """Take a run out of the trash again. Gives its old place. Raises ProjectError."""
    target = place.parent.parent / place.name.rpartition("~")[0]
    try:
        if target.exists():
            raise FileExistsError(f"there is a run {target.name} again")
        place.rename(target)
    except OSError as error:
        raise ProjectError(f"The run could not be brought back: {error.strerror or error}.") from error
    return target


@contextmanager
def at_work(place: Path) -> Iterator[bool]:
    """Mark a run as under way until the end, also the violent one, of this process; False if another process has it."""
    lock = FileLock(place / LOCK)
    try:
        lock.acquire(timeout=0.5)
    except Timeout:
        yield False
        return
    except (OSError, NotImplementedError):  # a folder that cannot be written to, or a system without locks
        yield True
        return
    try:
        yield True
    finally:
        lock.release()


def is_active(place: Path) -> bool:
    """Whether some process works on this run just now."""
    if not (place / LOCK).exists():
        return False
    lock = FileLock(place / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    except (OSError, NotImplementedError):
        return False
    lock.release()
    return False


def _bytes(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ProjectError(f"{path.name} is larger than {MAX_BYTES // 2**20} MB.")
        return path.read_bytes()
    except OSError as error:
        raise ProjectError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def _age(place: Path) -> tuple[str, int]:
    """The name, and after it the number that runs of the same second have."""
    name, _, number = place.name.partition(" (")
    digits = number.rstrip(")")
    return name, int(digits) if digits.isdecimal() else 1


def _sweep(trash: Path) -> None:
    """Delete for good what has lain in the trash for long."""
    for old in trash.iterdir():
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > KEPT_IN_TRASH:
                shutil.rmtree(old)
