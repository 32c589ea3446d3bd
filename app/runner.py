"""The one thread of the window: it owns the training process and turns what it tells into signals.

Every method may be called from the window and returns at once. Without this thread the window would have to
wait for a pipe; without the process, training and window would take the interpreter from each other.
"""

from __future__ import annotations

import signal
from multiprocessing import Pipe
from multiprocessing.connection import wait
from queue import Empty, SimpleQueue
from time import monotonic

from PySide6.QtCore import QObject, QThread, Signal

from engine.events import Event, Failed, Finished, Paused, Ready, Resumed, Started, Stopped
from engine.looks.base import Look
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
from engine.worker import Worker, start_worker

EMIT_EVERY = 1 / 30
GIVE_UP_AFTER = 2
"""So many processes in a row that end before they are ready; then the next Train tries again."""

STATES: dict[type[Event], str] = {
    Ready: "ready",
    Started: "training",
    Resumed: "training",
    Paused: "paused",
    Stopped: "stopped",
    Finished: "finished",
    Failed: "failed",
}
"""The state after an event. "starting" and "dead" are the runner's own."""


class Runner(QThread):
    """Starts the training process and keeps one running. Call `start()` once and `shutdown()` at the end.

    States: starting, ready, training, paused, stopped, finished, failed, dead.
    """

    events = Signal(list)
    """Handfuls of events, at most 30 a second."""
    state_changed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._requests: SimpleQueue[Request] = SimpleQueue()
        self._bell, self._button = Pipe(duplex=False)
        self._state = ""
        self._closing = self._ready = self._loss_told = False
        self._prepared: Prepare | None = None
        self._waiting: list[Event] = []
        self._emitted = 0.0
        self._process_id: int | None = None

    @property
    def state(self) -> str:
        """The state that was last announced."""
        return self._state

    @property
    def process_id(self) -> int | None:
        """The number of the training process, while there is one."""
        return self._process_id

    def train(self, job: Train) -> None:
        """Begin a new run."""
        self._ask(job)

    def go_on(self, job: GoOn) -> None:
        """Go on with a run that was kept."""
        self._ask(job)

    def pause(self) -> None:
        """Wait after the step in progress."""
        self._ask(Pause())

    def resume(self) -> None:
        """Go on after a pause."""
        self._ask(Resume())

    def step(self, count: int = 1) -> None:
        """Make some steps of the present run, then wait."""
        self._ask(StepBatch(count))

    def epoch(self) -> None:
        """Go on to the end of the epoch; after a finished run, make one more."""
        self._ask(StepEpoch())

    def stop(self) -> None:
        """End the run; its weights are saved."""
        self._ask(Stop())

    def leave(self) -> None:
        """End the run, but keep it as one that waits to go on."""
        self._ask(Leave())

    def change(self, recipe: Recipe) -> None:
        """Go on with another recipe, as far as that can be in the middle of a run; `Changed` says what was done."""
        self._ask(Change(recipe))

    def watch(self, looks: tuple[Look, ...]) -> None:
        """Keep these looks open: they are answered now and while the network learns."""
        self._ask(Watch(looks))

    def see(self, *looks: Look) -> None:
        """Answer these looks once."""
        self._ask(See(looks))

    def prepare(self, data: DataSet) -> None:
        """Read a data set ahead, so that Train begins at once."""
        self._ask(Prepare(data))

    def shutdown(self) -> None:
        """End process and thread; `wait(1000)` afterwards waits for it."""
        self._ask(Shutdown())

    def run(self) -> None:
        """The thread: look after one process after the other."""
        failures = 0
        while True:
            self._enter("starting")
            worker = start_worker()
            self._process_id = worker.process.pid
            if self._prepared:
                worker.connection.send(self._prepared)
            self._ready = self._loss_told = False
            self._look_after(worker)
            code = worker.end()
            self._process_id = None
            if self._closing:
                return
            failures = 0 if self._ready else failures + 1
            self._announce_loss(code, failures >= GIVE_UP_AFTER)
            if failures >= GIVE_UP_AFTER and not self._wait_for_train():
                return

    def _look_after(self, worker: Worker) -> None:
        """Until the process is gone or the program ends: pass requests in and events out."""
        connection, sentinel = worker.connection, worker.process.sentinel
        while True:
            pause = max(0.0, self._emitted + EMIT_EVERY - monotonic()) if self._waiting else None
            rung = wait([connection, sentinel, self._bell], pause)
            try:
                if self._bell in rung and not self._pass_requests(worker):
                    return
                while connection in rung and connection.poll():
                    self._waiting += connection.recv()
            except (OSError, EOFError):
                rung = [sentinel]
            if self._waiting and monotonic() >= self._emitted + EMIT_EVERY:
                self._emit()
            if sentinel in rung:
                return

    def _pass_requests(self, worker: Worker) -> bool:
        """Hand over what was asked; False when the program ends."""
        for request in self._asked():
            if isinstance(request, Shutdown):
                self._closing = True
                return False
            if isinstance(request, Prepare):
                self._prepared = request  # the next process is to know it too
            worker.connection.send(request)
        return True

    def _asked(self) -> list[Request]:
        """Everything that was asked since the last time."""
        while self._bell.poll():
            self._bell.recv_bytes()
        asked = []
        try:
            while True:
                asked.append(self._requests.get_nowait())
        except Empty:
            return asked

    def _wait_for_train(self) -> bool:
        """PyTorch cannot be loaded here; trying again and again would only heat the machine. False at the end."""
        while True:
            wait([self._bell])
            asked = self._asked()
            if any(isinstance(request, Shutdown) for request in asked):
                return False
            if trains := [request for request in asked if isinstance(request, Train | GoOn)]:
                self._ask(trains[-1])
                return True

    def _announce_loss(self, code: int | None, giving_up: bool) -> None:
        self._emit()
        if not self._loss_told:
            again = "Press Train to try again." if giving_up else "Your drawing is safe, and Train works again at once."
            self._waiting.append(Failed(f"The training process ended: {_reason(code)}. {again}", process_lost=True))
        self._emit()
        self._enter("dead")

    def _emit(self) -> None:
        handful, self._waiting = self._waiting, []
        self._emitted = monotonic()
        if handful:
            self.events.emit(handful)
        for event in handful:
            self._ready |= isinstance(event, Ready)
            if isinstance(event, Failed) and event.process_lost:
                self._loss_told = True
            else:
                self._enter(STATES.get(type(event), self._state))

    def _enter(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

    def _ask(self, request: Request) -> None:
        self._requests.put(request)
        self._button.send_bytes(b"!")


def _reason(code: int | None) -> str:
    """An exit code in words."""
    if code is None or code >= 0:
        return f"it stopped with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    likely = ", perhaps because memory ran out" if name == "SIGKILL" else ""
    return f"the system ended it with {name}{likely}"
