"""A real training process: it answers, it holds, it ends when nobody listens."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from engine.events import Changed, EpochDone, Event, Failed, Finished, Paused, Ready, Resumed, Started, Steps, Stopped
from engine.looks.maps import Maps, MapsOf
from engine.recipes.data_sets import Digits
from engine.recipes.optimizers import Adam
from engine.recipes.recipe import Recipe
from engine.requests import Change, Pause, Prepare, Request, Resume, StepBatch, StepEpoch, Stop, Train, Watch
from engine.training.trainer import train
from engine.worker import Worker, start_worker
from tests.engine.networks import points_network, small_cnn

ROOT = Path(__file__).parents[2]
PATIENCE = 30.0
RECIPE = Recipe(data=Digits(examples=320), epochs=2, batch_size=32, threads=1)
LONG = RECIPE.changed(epochs=10_000)

Kind = TypeVar("Kind", bound=Event)


class Listener:
    """Asks a worker and remembers what it told."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self.told: list[Event] = []

    def ask(self, *requests: Request) -> None:
        for request in requests:
            self._worker.connection.send(request)

    def until(self, kind: type[Kind], where: Callable[[Kind], bool] = lambda event: True) -> Kind:
        """Listen until such an event comes; everything before it is in `told`."""
        self.told = []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self._worker.connection.poll(PATIENCE), "the worker says nothing"
            handful = self._worker.connection.recv()
            self.told += handful
            for event in handful:
                if isinstance(event, kind) and where(event):
                    return event
            assert not any(isinstance(event, Failed | Finished) for event in handful), handful
        raise AssertionError(f"no {kind.__name__}: {self.told[-5:]}")

    def losses(self) -> list[float]:
        return [float(loss) for event in self.told if isinstance(event, Steps) for loss in event.losses]

    def quiet(self) -> bool:
        """Whether nothing more comes."""
        return not self._worker.connection.poll(0.3)


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    worker = start_worker()
    Listener(worker).until(Ready, lambda ready: "cpu" in ready.devices and "torch" in ready.versions)
    yield worker
    worker.end()


@pytest.fixture
def listener(worker: Worker) -> Iterator[Listener]:
    listener = Listener(worker)
    yield listener
    listener.ask(Train(small_cnn(), LONG, stop_at=1))
    listener.until(Paused)
    assert listener.quiet()


def test_the_process_makes_the_same_run_as_the_prompt(listener: Listener) -> None:
    listener.ask(Prepare(RECIPE.data), Train(small_cnn(), RECIPE, (MapsOf(("conv1",), 3),)))
    finished = listener.until(Finished)
    here = list(train(small_cnn(), RECIPE))
    assert listener.losses() == [float(loss) for event in here if isinstance(event, Steps) for loss in event.losses]
    assert isinstance(here[-1], Finished) and here[-1].loss == finished.loss
    assert {type(event).__name__ for event in listener.told} == {
        "Started", "Steps", "Gradients", "Maps", "Progress", "EpochDone", "ClassScores", "Finished",
    }  # fmt: skip


def test_pause_resume_and_stop(listener: Listener, tmp_path: Path) -> None:
    listener.ask(Train(small_cnn(), LONG, save_to=tmp_path / "weights.safetensors"))
    listener.until(Steps)
    listener.ask(Pause())
    paused = listener.until(Paused)
    assert listener.quiet()
    listener.ask(Resume())
    assert listener.until(Resumed).step == paused.step
    steps = listener.until(Steps)
    assert steps.steps[0] == paused.step + 1
    listener.ask(Stop())
    stopped = listener.until(Stopped)
    assert stopped.step >= paused.step and stopped.weights and Path(stopped.weights).exists()
    assert listener.quiet()
    listener.ask(Resume())
    assert listener.until(Resumed).step == stopped.step


def test_the_recipe_changes_while_a_run_waits(listener: Listener) -> None:
    listener.ask(Train(small_cnn(), RECIPE, stop_at=3))
    listener.until(Paused)
    listener.ask(Change(RECIPE.changed(optimizer=Adam(lr=0.25), batch_size=8)))
    changed = listener.until(Changed)
    assert (changed.step, changed.rate) == (3, 0.25) and "batch_size cannot change" in changed.text
    listener.ask(Resume())
    assert listener.until(Steps).rate == 0.25
    assert listener.until(Finished).steps == 20


def test_one_step_some_steps_and_one_epoch(listener: Listener) -> None:
    listener.ask(Train(small_cnn(), RECIPE, stop_at=1))
    assert listener.until(Paused).step == 1
    listener.ask(StepBatch())
    assert listener.until(Paused).step == 2
    listener.ask(StepBatch(3))
    assert listener.until(Paused).step == 5
    assert len(listener.losses()) == 3
    listener.ask(StepEpoch())
    assert listener.until(Paused).step == 10
    assert [event.epoch for event in listener.told if isinstance(event, EpochDone)] == [1]
    listener.ask(Resume())
    assert listener.until(Finished).steps == 20


def test_one_more_epoch_after_the_last(listener: Listener) -> None:
    listener.ask(Train(small_cnn(), RECIPE))
    assert listener.until(Finished).epoch == 2
    listener.ask(Resume())
    assert listener.quiet()
    listener.ask(StepEpoch())
    assert listener.until(Finished).epoch == 3
    listener.ask(StepBatch())
    assert listener.until(Paused).step == 31


def test_looking_inside_works_while_nothing_trains(listener: Listener) -> None:
    listener.ask(Train(small_cnn(), RECIPE, stop_at=2))
    listener.until(Paused)
    listener.ask(Watch((MapsOf(("relu1", "linear1"), 7),)))
    maps = listener.until(Maps)
    assert set(maps.maps) == {"relu1", "linear1"} and maps.example == 7 and maps.step == 2
    listener.ask(Watch())
    assert listener.quiet()


def test_a_new_run_stops_the_one_in_progress(listener: Listener) -> None:
    listener.ask(Train(small_cnn(), LONG))
    listener.until(Steps)
    listener.ask(Train(small_cnn(), RECIPE))
    listener.until(Stopped)
    assert listener.until(Started).epochs == 2
    listener.until(Finished)


def test_a_failed_run_leaves_the_process_able(listener: Listener) -> None:
    listener.ask(Train(points_network(), RECIPE))
    failed = listener.until(Failed)
    assert failed.block == "linear1" and not failed.process_lost
    listener.ask(Resume(), StepBatch(), Watch((MapsOf(("conv1",)),)), Pause(), Stop())
    assert listener.quiet()
    listener.ask(Train(small_cnn(), RECIPE))
    listener.until(Finished)


def test_the_process_ends_when_nobody_listens() -> None:
    worker = start_worker()
    listener = Listener(worker)
    listener.ask(Train(small_cnn(), LONG))
    listener.until(Steps)
    worker.connection.close()
    worker.process.join(PATIENCE)
    assert worker.process.exitcode == 0
    worker.process.close()


def test_the_module_brings_no_torch_into_the_process_of_its_owner() -> None:
    code = "import sys, app.runner, engine.worker; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
