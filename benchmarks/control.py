"""How soon a run obeys: pause, go on and stop, seen from the window with every view open."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

TURNS = 15


def obeyed(template: str) -> None:
    """Print milliseconds from the press to the news of it."""
    from benchmarks.window import Desk, until

    desk = Desk(template)
    desk.window.document.edit("One thread", desk.window.document.project.recipe.changed(threads=1, device="cpu"))
    desk.train()
    first, began = desk.last_step, desk.last_step_at
    until(lambda: False, 3.0)
    step = 1000 * (desk.last_step_at - began) / max(1, desk.last_step - first)
    pauses, resumes = [], []
    for _ in range(TURNS):
        until(lambda: False, 0.2)
        pauses.append(_until_state(desk, "paused"))
        until(lambda: False, 0.1)
        resumes.append(_until_state(desk, "training"))
    began = time.perf_counter()
    desk.window.session.stop()
    _spin(desk, "stopped")
    stop = 1000 * (time.perf_counter() - began)
    print(
        f"  {template:8} one step {step:.1f} ms; pause median {median(pauses):.0f}, worst {max(pauses):.0f} ms "
        f"(to reach {2 * step + 20:.0f}); resume median {median(resumes):.0f}, worst {max(resumes):.0f} ms "
        f"(to reach 50); stop {stop:.0f} ms with its weights saved"
    )
    desk.close()


def _until_state(desk: object, state: str) -> float:
    from benchmarks.window import Desk

    assert isinstance(desk, Desk)
    began = time.perf_counter()
    desk.window.session.train_or_pause()
    _spin(desk, state)
    return 1000 * (time.perf_counter() - began)


def _spin(desk: object, state: str) -> None:
    """Let the window live until the state is there, without the pauses of a timer."""
    from PySide6.QtWidgets import QApplication

    from benchmarks.window import Desk

    assert isinstance(desk, Desk)
    end = time.perf_counter() + 30
    while desk.runner.state != state and time.perf_counter() < end:
        QApplication.processEvents()


def main() -> None:
    """Each template runs in a process of its own."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if len(sys.argv) > 2 and sys.argv[1] == "--case":
        obeyed(sys.argv[2])
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
        for template in ("spiral", "mlp", "cnn"):
            command = [sys.executable, "-m", "benchmarks.control", "--case", template]
            subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[1])


if __name__ == "__main__":
    main()
