"""Keeps a run while it goes on: its facts and curves, the last and the best weights, and the state to go on from.

A disk that refuses is said in a `Note`, once, and the run goes on.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter

import torch

from engine.events import (
    Changed,
    EpochDone,
    Event,
    Failed,
    Finished,
    Kept,
    Note,
    Paused,
    Resumed,
    Started,
    Steps,
    Stopped,
)
from engine.project import Project, ProjectError
from engine.recipes.recipe import Recipe
from engine.runs.curves import RunCurves
from engine.runs.difference import recipe_differences
from engine.runs.record import MOST_CHANGES, Run
from engine.runs.recorder import Recorder, begun, machine, reason
from engine.runs.sameness import afterwards, beforehand
from engine.runs.store import BEST, LAST, STATE, at_work, new_folder, read_curves, read_run, source_of
from engine.training.checkpoints import Snapshot, data_hash, read_state, write_state, write_weights
from engine.training.trainer import Control, Trainer

SHARE = 0.01
"""Of the time may be spent on checkpoints between epochs; what waits is written when the run comes to a halt."""
AT_LEAST = 2.0
"""Seconds between two checkpoints, however quick they are."""

Halt = Paused | Stopped | Finished | Failed


@dataclass(frozen=True)
class Resumption:
    """A run as it was kept, ready to go on."""

    run: Run
    curves: RunCurves
    state: dict[str, object]

    @property
    def recipe(self) -> Recipe:
        """Its recipe at the checkpoint, with the device and the thread count that it had, where there are such here."""
        run, kept = self.run, self.state.get("recipe")
        recipe = Recipe.from_data(kept) if isinstance(kept, dict) else run.project.recipe
        device = run.device if run.device != "cuda" or torch.cuda.is_available() else "cpu"
        return recipe.changed(device=device or recipe.device, threads=run.threads or recipe.threads)

    def recorder(self, place: Path) -> Recorder:
        """What records on, from the checkpoint."""
        return Recorder(place, replace(self.run, steps=self.step, epochs=len(self.curves.epochs)), self.curves)

    @property
    def step(self) -> int:
        """The last step before the checkpoint."""
        step = self.state["step"]
        assert isinstance(step, int)
        return step

    @property
    def note(self) -> str:
        """Where it goes on, if steps that were made are made again."""
        if self.run.steps <= self.step:
            return ""
        epochs = len(self.curves.epochs)
        where = f"after epoch {epochs}, the last one that was kept" if epochs else f"after step {self.step:,}"
        return f"The run of {self.run.clock} was interrupted at step {self.run.steps:,}. It goes on {where}."

    def retold(self) -> list[Event]:
        """What the run told before, thinned, for those who did not hear it."""
        told: list[Event] = []
        if len(self.curves.steps):
            told.append(Steps(self.curves.steps.astype("int64"), self.curves.losses.astype("float32")))
        return [*told, *self.curves.epochs, Resumed(self.step)]


def resumption(place: Path) -> Resumption:
    """Read all that is needed to go on with a run. Raises ProjectError with what is missing or damaged."""
    run = read_run(place)
    if not (place / STATE).exists():
        raise ProjectError(f"The run of {run.clock} ended before anything was kept to go on from. Train it anew.")
    state = read_state(place / STATE)
    step = state.get("step")
    if not isinstance(step, int):
        raise ProjectError(f"{STATE} is damaged, so the run of {run.clock} cannot go on.")
    return Resumption(run, _until(read_curves(place, run.title), step), state)


class Keeper:
    """Stands beside a trainer and keeps its run in a folder. `took` hears every event, `close` ends it."""

    def __init__(self, trainer: Trainer, recorder: Recorder, repeated: Path | None = None) -> None:
        """`repeated` is the folder of a run that this one should be equal to."""
        self.trainer, self.recorder, self._repeated = trainer, recorder, repeated
        self._best: Snapshot | None = None
        self._best_waits = self._complained = self._compared = False
        self._written = self._took = 0.0
        self._stack, self._recipe = ExitStack(), trainer.recipe
        trainer.epoch_over = self._epoch_over

    @property
    def place(self) -> Path:
        """The folder of the run."""
        return self.recorder.place

    def took(self, events: Iterable[Event]) -> list[Event]:
        """Take notice of events that were told; what is to be told behind them."""
        told: list[Event] = []
        for event in events:
            if isinstance(event, Changed):
                told += self._note_change(event)
            if not self.recorder.feed((event,)) and not isinstance(event, Resumed):
                continue
            if isinstance(event, Started | Resumed):
                self._stack.close()
                self._stack.enter_context(at_work(self.place))
            if isinstance(event, Started):
                told += self._begin()
            elif not isinstance(event, Resumed):
                told += self._halt(event)
        return told

    def close(self) -> None:
        """Nobody works on this run any more."""
        self._stack.close()

    def _begin(self) -> list[Event]:
        learner = self.trainer.learner
        assert learner is not None
        self._best = Snapshot(learner.network)
        data = data_hash(learner.scene.data)
        before = self.recorder.run
        self.recorder.run = run = replace(before, versions=versions(), data_hash=data)
        told = self._attempt(self.recorder.keep)
        if self._repeated and (other := _other(self._repeated)) and (text := beforehand(other, run)):
            told.append(Note(text))
        return [Kept(str(self.place)), *told]

    def _epoch_over(self, done: EpochDone) -> Iterator[Event]:
        """Between two epochs: remember the best weights, and write what waits if that is due."""
        self.recorder.feed((*self.trainer.untold, done))
        if self._best and self.recorder.run.best_epoch == done.epoch:
            self._best.take()
            self._best_waits = True
        now = perf_counter()
        if now - self._written >= max(AT_LEAST, self._took / SHARE):
            yield from self._attempt(self._write)
            self._written = perf_counter()
            self._took = self._written - now

    def _halt(self, event: Event) -> list[Event]:
        self.recorder.feed(self.trainer.untold)
        if isinstance(event, Failed) and self._best is None:
            return self._never_began()
        if isinstance(event, Failed):
            told = self._attempt(self._write_best, self.recorder.keep)
        else:
            told = self._attempt(self._write)
        if isinstance(event, Stopped | Finished | Failed):
            self._stack.close()
        if isinstance(event, Finished):
            told += self._compare()
        return [*told, Kept(str(self.place))]

    def _note_change(self, event: Changed) -> list[Event]:
        """Write down what is other now, and while the run waits also what it goes on with."""
        old, self._recipe = self._recipe, self.trainer.recipe
        words = "; ".join(recipe_differences(old, self._recipe))
        run = self.recorder.run
        if words and event.step and len(run.changes) < MOST_CHANGES:
            self.recorder.run = replace(run, changes=(*run.changes, f"step {event.step:,}: {words}"))
        return self._attempt(self._write) if run.state == "paused" else []

    def _never_began(self) -> list[Event]:
        """A run that failed before its first step leaves nothing behind."""
        with suppress(OSError):  # a run that was to go on has files there, and they stay
            self.place.rmdir()
        return []

    def _compare(self) -> list[Event]:
        """Whether a repeated run came out the same, said once."""
        if self._repeated is None or self._compared or not (other := _other(self._repeated)):
            return []
        self._compared = True
        try:
            old = read_curves(self._repeated)
        except ProjectError:
            return []
        run, folders = self.recorder.run, (self._repeated, self.place)
        return [Note(afterwards(other, old, run, self.recorder.curves, folders))]

    def _write(self) -> None:
        """Best, last and state; each file is whole, and the facts come last."""
        self._write_best()
        learner, state = self.trainer.learner, self.trainer.state()
        if learner is not None and state is not None:
            own = {"recipe": self.trainer.recipe.as_data(), "epochs": self.trainer.epochs}
            write_state(self.place / STATE, {**state, **own})
            write_weights(self.place / LAST, learner.weights())
        self.recorder.keep()

    def _write_best(self) -> None:
        if self._best and self._best_waits:
            write_weights(self.place / BEST, self._best.weights())
            self._best_waits = False

    def _attempt(self, *actions: Callable[[], None]) -> list[Event]:
        """Do it; a refusal becomes a sentence, told once until it works again."""
        try:
            for action in actions:
                action()
        except (ProjectError, OSError) as error:
            if self._complained:
                return []
            self._complained = True
            return [Note(f"This run cannot be kept in {self.place.parent}: {reason(error)}. Training goes on.")]
        self._complained = False
        return []


def keeper_for(trainer: Trainer, folder: Path, project: Project, again: str = "") -> Keeper:
    """Keep a new run in a folder of runs. Raises ProjectError where its own folder cannot be made."""
    try:
        place = new_folder(folder)
    except OSError as error:
        raise ProjectError(f"This run is not kept: {folder} cannot be made ({error.strerror or error}).") from error
    return Keeper(trainer, Recorder(place, begun(place, project, again)), folder / again if again else None)


def resumed(
    found: Resumption, place: Path, control: Control, save: Path | None = None, recipe: Recipe | None = None
) -> Keeper:
    """A trainer that goes on from a checkpoint, and what keeps it; with another recipe as far as that can be.

    Raises NotReady for a drawing that cannot be trained.
    """
    trainer = Trainer(source_of(found.run.project), found.recipe, control, save)
    trainer.restore(found.state, recipe if recipe != found.recipe else None)
    epochs = found.state.get("epochs")
    trainer.epochs = max(trainer.epochs, epochs if isinstance(epochs, int) else 0)
    return Keeper(trainer, found.recorder(place))


def versions() -> dict[str, str]:
    """Of everything that decides about the bits of a run."""
    try:
        own = version("layerloom")
    except PackageNotFoundError:
        own = "unknown"
    import numpy

    return {
        "layerloom": own,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "numpy": numpy.__version__,
        "machine": machine(),
    }


def _other(place: Path) -> Run | None:
    try:
        return read_run(place)
    except ProjectError:
        return None


def _until(curves: RunCurves, step: int) -> RunCurves:
    """What lies behind the checkpoint will be made again."""
    kept = curves.steps <= step
    epochs = tuple(done for done in curves.epochs if done.step <= step)
    return replace(curves, steps=curves.steps[kept], losses=curves.losses[kept], epochs=epochs)
