"""How quick the window is: to its first paint, and to answer while a network trains and a block is dragged.

Event latency: another process stamps the clock into a pipe 125 times a second and the window reads it.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

FIRST_PAINT = """
import sys, time
from app.main import make_application
from app.appearance import Appearance
from app.preferences import Preferences
from app.runner import Runner
from app.window import Window
from PySide6.QtCore import QEvent, QObject

class Painted(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            print(time.time() - float(sys.argv[1]), 'torch' in sys.modules, flush=True)
            import os; os._exit(0)
        return False

app = make_application()
window = Window(Appearance(app, Preferences()), Runner())
painted = Painted()
window.start.installEventFilter(painted)
window.show()
app.exec()
"""

STAMPS = """
import os, struct, sys, time
while True:
    os.write(1, struct.pack('d', time.monotonic()))
    time.sleep(0.008)
"""

SECONDS = 12.0
"""How long each case is watched."""


def first_paint(runs: int = 5) -> list[float]:
    """Seconds from starting Python to the first paint of the start page, after one run to warm the disk cache."""
    times = []
    for run in range(runs + 1):
        command = [sys.executable, "-c", FIRST_PAINT, str(time.time())]
        seconds, torch_loaded = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        assert torch_loaded == "False", "the window's process imported torch"
        if run:
            times.append(float(seconds))
    return times


def latency(template: str, drag: bool) -> tuple[list[float], dict[str, float]]:
    """Milliseconds between stamp and reading while a template trains with every view on, and what else was seen."""
    from PySide6.QtCore import QPoint, QSocketNotifier, Qt, QTimer
    from PySide6.QtTest import QTest

    from app.appearance import Appearance
    from app.main import make_application
    from app.preferences import Preferences
    from app.runner import Runner
    from app.window import Window
    from engine.events import Event, Steps

    app = make_application()
    runner = Runner()
    window = Window(Appearance(app, Preferences(theme="dark")), runner)
    window.resize(1920, 1080)
    window.show()
    window.panels.reset(1920)
    runner.start()
    _until(lambda: runner.state == "ready", 60)
    window.files.open_template(template)
    window.document.edit("Longer", window.document.project.recipe.changed(epochs=10_000))
    window.canvas.select(list(window.document.graph.nodes)[1:2])
    _until(lambda: False, 1.0)
    seen = {"first step": 0.0, "handfuls": 0.0}
    pressed = time.monotonic()

    def count(events: list[Event]) -> None:
        if any(isinstance(event, Steps) for event in events):
            seen["first step"] = seen["first step"] or time.monotonic() - pressed
            seen["handfuls"] += 1

    runner.events.connect(count)
    window.session.train_or_pause()
    _until(lambda: seen["first step"] > 0, 60)
    _until(lambda: False, 2.0)
    seen["handfuls"] = 0.0
    stamper = subprocess.Popen([sys.executable, "-c", STAMPS], stdout=subprocess.PIPE)
    assert stamper.stdout is not None
    late: list[float] = []
    pipe = stamper.stdout.fileno()

    def read() -> None:
        data, now = os.read(pipe, 4096), time.monotonic()
        late.extend(1000 * (now - stamp) for (stamp,) in struct.iter_unpack("d", data[: len(data) // 8 * 8]))

    notifier = QSocketNotifier(pipe, QSocketNotifier.Type.Read)
    notifier.activated.connect(read)
    viewport = window.canvas.viewport()
    x, y = window.document.graph.nodes[window.canvas.selection()[0]].at
    start = window.canvas.mapFromScene(x + 60.0, y + 14.0)
    moves = 0

    def move() -> None:
        nonlocal moves
        moves += 1
        QTest.mouseMove(viewport, start + QPoint(moves % 120, moves % 60))

    timer = QTimer(interval=16)
    timer.timeout.connect(move)
    if drag:
        QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
        timer.start()
    cpu = time.process_time()
    _until(lambda: False, SECONDS)
    seen["window CPU share"] = (time.process_time() - cpu) / SECONDS
    seen["updates a second"] = seen.pop("handfuls") / SECONDS
    timer.stop()
    stamper.terminate()
    stamper.wait()
    notifier.setEnabled(False)
    if drag:
        QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=start)
    window.session.shutdown()
    window.hide()
    return late, seen


def _until(done: Callable[[], bool], seconds: float) -> None:
    """Let the window live until a condition holds or time is up."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, timer = QEventLoop(), QTimer(interval=5)
    end = time.monotonic() + seconds

    def look() -> None:
        if done() or time.monotonic() > end:
            loop.quit()

    timer.timeout.connect(look)
    timer.start()
    loop.exec()
    timer.stop()


def main() -> None:
    """Print the figures; each latency case runs in a process of its own."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if len(sys.argv) > 2 and sys.argv[1] == "--case":
        late, seen = latency(sys.argv[2], drag=sys.argv[3] == "drag")
        p99 = quantiles(late, n=100)[98]
        extras = ", ".join(f"{name} {value:.3g}" for name, value in seen.items())
        times = f"median {median(late):.2f} ms, p99 {p99:.1f} ms, max {max(late):.1f} ms"
        print(f"  {sys.argv[2]:8} {sys.argv[3]:5} {times}; {extras}")
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
        os.environ.update(environment)
        times = first_paint()
        print(
            f"start to first paint: median {median(times):.2f} s (min {min(times):.2f}, max {max(times):.2f}); no torch"
        )
        print("event latency while training with every view on:")
        for template in ("spiral", "mlp", "cnn"):
            for case in ("still", "drag"):
                command = [sys.executable, "-m", "benchmarks.window", "--case", template, case]
                subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[1])


if __name__ == "__main__":
    main()
