"""The training process: it holds torch, takes requests and tells events.

The process that starts it never imports torch: everything that does is imported inside the functions that run
in the child. It ends by itself when the other end of its pipe is closed, whatever it is doing.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from engine.events import Event, Failed, Finished, Note, Paused, Resumed, Started, Stopped
from engine.looks.base import Look
from engine.looks.data import DataLook
from engine.lower import NotReady, Source
from engine.project import ProjectError, loads
from engine.recipes.data_sets import DataSet
from engine.recipes.recipe import Recipe
from engine.requests import (
    Change,
    GoOn,
    Leave,
    Pause,
    Prepare,
    Request,
    Resume,
    See,
    Shutdown,
    StepBatch,
    StepEpoch,
    Stop,
    Train,
    Watch,
)

if TYPE_CHECKING:
    from engine.training.keeping import Keeper
    from engine.training.trainer import Control, Trainer

OUT_OF_MEMORY_SCORE = 1000
"""Linux ends the process with the highest score first when memory runs out: this one, never the window."""


@dataclass(frozen=True)
class Worker:
    """A training process as its owner holds it."""

    process: BaseProcess
    connection: Connection[Any, Any]
    """Requests go in, lists of events come out."""

    def end(self, patience: float = 0.4) -> int | None:
        """Make sure that the process is gone and leave no zombie; gives its exit code."""
        with suppress(OSError, ValueError):
            self.connection.send(Shutdown())
        self.process.join(patience)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        code = self.process.exitcode
        self.connection.close()
        self.process.close()
        return code


def start_worker() -> Worker:
    """Start a training process; `Ready` is the first thing that it tells, after a second or two."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=main, args=(theirs,), name="layerloom-training", daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours)


def main(connection: Connection[Any, Any]) -> None:
    """What the child does: listen from the start, load PyTorch, then serve until told to end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the owner to handle
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # read once, when torch loads; spinning threads starve the window
    if sys.platform == "linux":
        with suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text(str(OUT_OF_MEMORY_SCORE))
    requests: SimpleQueue[Request] = SimpleQueue()
    Thread(target=_listen, args=(connection, requests), daemon=True).start()
    try:
        from engine.training.warming import warm_up

        connection.send([warm_up()])
    except (ImportError, OSError) as error:
        text = f"PyTorch could not be loaded: {error}. Run 'layerloom doctor' to see what is missing."
        connection.send([Failed(text, process_lost=True)])
        return
    _Desk(connection, requests).serve()


def _listen(connection: Connection[Any, Any], requests: SimpleQueue[Request]) -> None:
    """Pass requests on; leave at once when told so or when the owner is gone, even in the middle of a step."""
    while True:
        try:
            request = connection.recv()
        except (EOFError, OSError):
            os._exit(0)
        if isinstance(request, Shutdown):
            os._exit(0)
        requests.put(request)


class _Desk:
    """Serves requests, and trains while there are none."""

    def __init__(self, connection: Connection[Any, Any], requests: SimpleQueue[Request]) -> None:
        self._connection, self._requests = connection, requests
        self._trainer: Trainer | None = None
        self._story: Iterator[list[Event]] | None = None
        self._running = False
        self._keeper: Keeper | None = None
        self._past: list[Event] = []

    def serve(self) -> None:
        """For ever; the listening thread ends the process."""
        while True:
            if self._running and self._requests.empty():
                self._go_on()
            else:
                self._answer(self._requests.get())

    def _go_on(self) -> None:
        handful = next(self._story, None) if self._story else None
        if not handful:
            return
        if isinstance(handful[-1], Paused | Finished | Failed):
            self._running = False
        if isinstance(handful[-1], Finished | Failed):
            self._story = None
        self._tell_and_keep(*handful)

    def _answer(self, request: Request) -> None:
        if isinstance(request, Train):
            self._begin(request)
        elif isinstance(request, GoOn):
            self._go_on_with(request)
        elif isinstance(request, Prepare):
            self._prepare(request.data)
        elif isinstance(request, See) and any(isinstance(look, DataLook) for look in request.looks):
            self._tell_about_data(request)
        elif self._trainer is None or self._trainer.failed:
            return
        elif isinstance(request, Pause):
            self._pause()
        elif isinstance(request, Stop):
            self._stop()
        elif isinstance(request, Leave):
            self._leave()
        elif isinstance(request, Watch):
            self._tell(*self._trainer.watch(request.looks))
        elif isinstance(request, See):
            self._tell(*self._trainer.see(request.looks))
        elif isinstance(request, Change):
            self._tell_and_keep(self._trainer.change(request.recipe))
        else:
            self._resume(request)

    def _begin(self, request: Train) -> None:
        from engine.training.keeping import keeper_for

        self._clear_desk()
        control = self._control(request.recipe, request.looks, request.stop_at)
        trainer = self._start(request.source, request.recipe, control, request.save_to)
        if request.runs is None:
            return
        try:
            self._keeper = keeper_for(trainer, request.runs, loads(request.project), request.again)
        except ProjectError as error:
            self._tell(Note(f"{error} Training goes on."))

    def _go_on_with(self, request: GoOn) -> None:
        """The run as it was, its story so far told again."""
        from engine.training.keeping import resumed, resumption

        self._clear_desk()
        try:
            found = resumption(request.place)
            control = self._control(found.recipe, request.looks, request.stop_at)
            own = {"device": found.recipe.device, "threads": found.recipe.threads}
            wanted = request.recipe.changed(**own) if request.recipe else None
            self._keeper = resumed(found, request.place, control, None, wanted)
        except (ProjectError, NotReady) as error:
            self._tell(Failed(str(error)))
            return
        self._trainer = self._keeper.trainer
        self._story, self._running = self._trainer.story(), True
        self._past = found.retold()
        if found.note:
            self._past.append(Note(found.note))

    def _start(self, source: Source, recipe: Recipe, control: Control, save_to: Path | None) -> Trainer:
        from engine.training.trainer import Trainer

        self._trainer = trainer = Trainer(source, recipe, control, save_to)
        self._story, self._running = trainer.story(), True
        return trainer

    def _control(self, recipe: Recipe, looks: tuple[Look, ...], stop_at: int | None) -> Control:
        import torch

        from engine.training.trainer import Control

        torch.set_num_threads(recipe.threads or default_threads())
        return Control(self._has_requests, stop_at, False, looks)

    def _clear_desk(self) -> None:
        """End the run in progress; its memory is needed for the new one."""
        if self._trainer and self._running:
            self._tell_and_keep(self._trainer.stopped())
        if self._keeper:
            self._keeper.close()
        self._trainer = self._story = self._keeper = None
        self._past = []

    def _pause(self) -> None:
        if self._trainer and self._running:
            self._running = False
            self._tell_and_keep(Paused(self._trainer.step, self._trainer.epoch_now))

    def _stop(self) -> None:
        """End the run here; a finished one has ended already."""
        if self._trainer and self._story is not None:
            self._running = False
            self._tell_and_keep(self._trainer.stopped())

    def _leave(self) -> None:
        trainer, open_ended = self._trainer, self._story is not None
        if trainer and self._keeper and open_ended:
            self._keeper.took((Paused(trainer.step, trainer.epoch_now),))
            self._keeper.close()
        self._running, self._story, self._keeper = False, None, None
        if trainer and open_ended:
            self._tell(trainer.stopped())

    def _resume(self, request: Request) -> None:
        trainer = self._trainer
        if trainer is None or (isinstance(request, Resume) and self._story is None):
            return
        if self._story is None:
            trainer.extend()
            self._story = trainer.story()
        trainer.control.go_on()
        if isinstance(request, StepBatch):
            trainer.control.stop_at = trainer.step + request.count
        trainer.control.stop_after_epoch = isinstance(request, StepEpoch)
        self._running = True
        self._tell_and_keep(Resumed(trainer.step))

    def _tell_about_data(self, request: See) -> None:
        """No network is needed for these."""
        from engine.insight.data_looks import answer_about_data

        self._tell(*(answer_about_data(look) for look in request.looks if isinstance(look, DataLook)))

    def _prepare(self, data: DataSet) -> None:
        if self._running:
            return
        from engine.data import load
        from engine.training.checkpoints import data_hash

        with suppress(OSError, ValueError):  # Train will say what is wrong with it
            data_hash(load(data))  # which every run notes down

    def _has_requests(self) -> bool:
        return not self._requests.empty()

    def _tell_and_keep(self, *events: Event) -> None:
        """Tell at once, then write down what must be; a run that goes on tells its past behind its beginning."""
        if self._past and isinstance(events[0], Started):
            events, self._past = (events[0], *self._past, *events[1:]), []
        if self._keeper and isinstance(events[-1], Finished | Stopped | Failed):
            events = (*events[:-1], *self._keeper.took(events), events[-1])  # the last word is the run's own
            self._tell(*events)
            return
        self._tell(*events)
        if self._keeper:
            self._tell(*self._keeper.took(events))

    def _tell(self, *events: Event) -> None:
        if events:
            self._connection.send(list(events))


def default_threads() -> int:
    """Leave one core to the window; its smoothness is worth more than the last core."""
    return max(1, (os.cpu_count() or 2) - 1)
