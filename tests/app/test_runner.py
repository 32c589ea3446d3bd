"""The thread that owns the training process, with a real process at its other end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.runner import Runner
from engine.events import Event, Failed, Finished, Paused, Steps
from engine.looks.maps import Maps, MapsOf
from engine.recipes.data_sets import Digits
from engine.recipes.recipe import Recipe
from engine.requests import Train
from tests.engine.networks import small_cnn

ROOT = Path(__file__).parents[2]
PATIENCE = 30_000
RECIPE = Recipe(data=Digits(examples=320), epochs=2, batch_size=32, threads=1)
LONG = RECIPE.changed(epochs=10_000)


class Window:
    """Stands where the window stands: connected to the runner, remembering what came when."""

    def __init__(self, runner: Runner, qtbot: QtBot) -> None:
        self.runner, self._qtbot = runner, qtbot
        self.told: list[Event] = []
        self.states: list[str] = []
        self.handfuls: list[float] = []
        runner.events.connect(self._take)
        runner.state_changed.connect(self.states.append)

    def _take(self, events: list[Event]) -> None:
        self.handfuls.append(time.monotonic())
        self.told += events

    def until(self, happened: Callable[[], bool]) -> None:
        self._qtbot.waitUntil(happened, timeout=PATIENCE)

    def until_state(self, state: str) -> None:
        self.until(lambda: bool(self.states) and self.states[-1] == state)

    def last(self, kind: type[Event]) -> Event | None:
        return next((event for event in reversed(self.told) if isinstance(event, kind)), None)


@pytest.fixture(scope="module")
def runner(qapp: object) -> Iterator[Runner]:
    runner = Runner()
    runner.start()
    yield runner
    runner.shutdown()
    assert runner.wait(5000)


@pytest.fixture
def window(runner: Runner, qtbot: QtBot) -> Iterator[Window]:
    window = Window(runner, qtbot)
    window.until(lambda: runner.state not in ("", "starting", "dead"))
    qtbot.wait(20)  # what was said before this test began arrives now
    window.states.clear()
    yield window
    runner.events.disconnect(window._take)
    runner.state_changed.disconnect(window.states.append)


def test_a_run_from_train_to_finished(window: Window) -> None:
    window.runner.train(Train(small_cnn(), RECIPE))
    window.until_state("finished")
    assert window.states == ["training", "finished"]
    assert isinstance(window.told[-1], Finished)
    steps = [int(step) for event in window.told if isinstance(event, Steps) for step in event.steps]
    assert steps == list(range(1, 21))


def test_handfuls_come_at_a_calm_pace(window: Window) -> None:
    window.runner.train(Train(small_cnn(), LONG, (MapsOf(("conv1",)),)))
    window.until(lambda: len(window.handfuls) > 20)
    window.runner.stop()
    window.until_state("stopped")
    passed = window.handfuls[20] - window.handfuls[0]
    assert passed > 20 / 30 * 0.9


def test_pause_step_epoch_resume_stop(window: Window) -> None:
    runner = window.runner
    runner.train(Train(small_cnn(), LONG, stop_at=1))
    window.until_state("paused")
    runner.step(2)
    window.until(lambda: isinstance(event := window.last(Paused), Paused) and event.step == 3)
    runner.epoch()
    window.until(lambda: isinstance(event := window.last(Paused), Paused) and event.step == 10)
    runner.watch((MapsOf(("conv1",), 1),))
    window.until(lambda: window.last(Maps) is not None)
    runner.resume()
    window.until_state("training")
    runner.pause()
    window.until_state("paused")
    runner.stop()
    window.until_state("stopped")
    assert window.states[:4] == ["training", "paused", "training", "paused"]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_process_is_said_at_once_and_training_works_again(window: Window) -> None:
    runner = window.runner
    runner.train(Train(small_cnn(), LONG))
    window.until(lambda: window.last(Steps) is not None)
    process = runner.process_id
    assert process is not None
    os.kill(process, signal.SIGKILL)
    window.until(lambda: window.last(Failed) is not None)
    failed = window.last(Failed)
    assert isinstance(failed, Failed) and failed.process_lost
    assert "the system ended it with SIGKILL" in failed.text and "Your drawing is safe" in failed.text
    runner.train(Train(small_cnn(), RECIPE))
    window.until_state("finished")
    assert window.states == ["training", "dead", "starting", "ready", "training", "finished"]
    assert runner.process_id not in (None, process)


def test_the_end_of_the_program_takes_process_and_thread_along(qtbot: QtBot) -> None:
    runner = Runner()
    window = Window(runner, qtbot)
    runner.start()
    runner.train(Train(small_cnn(), LONG))
    window.until(lambda: window.last(Steps) is not None)
    process = runner.process_id
    assert process is not None
    runner.shutdown()
    assert runner.wait(5000)
    if Path("/proc").exists():
        assert not Path(f"/proc/{process}").exists()
    assert runner.process_id is None


def test_a_runner_can_end_while_its_process_is_starting(qtbot: QtBot) -> None:
    runner = Runner()
    runner.start()
    qtbot.waitUntil(lambda: runner.process_id is not None, timeout=PATIENCE)
    runner.shutdown()
    assert runner.wait(5000)


BROKEN = """
import sys
from PySide6.QtCore import QCoreApplication, QTimer
from app.runner import Runner

if __name__ == "__main__":
    application = QCoreApplication([])
    runner, states, texts = Runner(), [], []
    runner.state_changed.connect(states.append)
    runner.events.connect(lambda events: texts.extend(event.text for event in events))
    runner.state_changed.connect(lambda state: states.count("dead") == 2 and QTimer.singleShot(300, application.quit))
    runner.start()
    application.exec()
    runner.shutdown()
    assert runner.wait(2000)
    print(states, texts[-1])
"""


def test_without_pytorch_it_says_so_and_gives_up(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('libtorch.so is missing')")
    script = tmp_path / "program.py"
    script.write_text(BROKEN)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "['starting', 'dead', 'starting', 'dead']" in done.stdout
    assert "PyTorch could not be loaded: libtorch.so is missing" in done.stdout
