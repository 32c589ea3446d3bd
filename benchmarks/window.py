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
from itertools import count
from pathlib import Path
from statistics import median, quantiles

from engine.events import Event, Steps
from engine.templates import TEMPLATES

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

VIEW_SIZE = 480, 320
SECONDS = 12.0
"""How long each case is watched."""


def first_paint(runs: int = 5) -> list[float]:
    """Seconds from starting Python to the first paint of the start page, after one run to warm the disk cache."""
    times = []
    # As on a person's machine, where the first start leaves compiled files behind; some test machines forbid that.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = os.environ["XDG_DATA_HOME"]
    for run in range(runs + 1):
        command = [sys.executable, "-c", FIRST_PAINT, str(time.time())]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        seconds, torch_loaded = done.stdout.split()
        assert torch_loaded == "False", "the window's process imported torch"
        if run:
            times.append(float(seconds))
    return times


class Desk:
    """A real window with a real training process, all views on."""

    def __init__(self, template: str) -> None:
        from app.appearance import Appearance
        from app.main import make_application
        from app.preferences import Preferences
        from app.runner import Runner
        from app.window import Window

        app = make_application()
        self.runner = Runner()
        self.window = Window(Appearance(app, Preferences(theme="dark")), self.runner)
        self.window.files.ask_unsaved = lambda: "discard"
        self.window.resize(1920, 1080)
        self.window.show()
        self.window.reset_layout()
        self.runner.start()
        until(lambda: self.runner.state == "ready", 60)
        if template in TEMPLATES:
            self.window.files.open_template(template)
        else:
            self.window.files.open_recent(Path(template))
        self.window.document.edit("Longer", self.window.document.project.recipe.changed(epochs=10_000))
        self.open_views()
        self.window.canvas.select(list(self.window.document.graph.nodes)[1:2])
        self.first_step, self.handfuls, self._pressed = 0.0, 0, 0.0
        self.last_step, self.last_step_at = 0, 0.0
        self.runner.events.connect(self._count)
        until(lambda: False, 1.5)

    def open_views(self) -> None:
        """Every view in a window of its own, so that all of them are seen and painted at once."""
        for key in self.window.views:
            dock = self.window.panels.docks[key]
            dock.setFloating(True)
            dock.resize(*VIEW_SIZE)
            dock.show()

    def train(self) -> None:
        """Press Train and wait until the run is in full swing."""
        self._pressed = time.monotonic()
        self.window.session.train_or_pause()
        until(lambda: self.first_step > 0, 60)
        until(lambda: False, 2.0)
        self.handfuls = 0

    def drag(self) -> Callable[[], None]:
        """Begin to drag the selected block, 60 times a second; call the result to let go."""
        from PySide6.QtCore import QPoint, Qt, QTimer
        from PySide6.QtTest import QTest

        canvas, viewport = self.window.canvas, self.window.canvas.viewport()
        x, y = self.window.document.graph.nodes[canvas.selection()[0]].at
        start = canvas.mapFromScene(x + 60.0, y + 14.0)
        moves = count()

        def move() -> None:
            number = next(moves)
            QTest.mouseMove(viewport, start + QPoint(number % 120, number % 60))

        timer = QTimer(interval=16)
        timer.timeout.connect(move)
        QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
        timer.start()

        def release() -> None:
            timer.stop()
            QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=start)

        return release

    def close(self) -> None:
        """End the training process and hide the window."""
        self.window.session.shutdown()
        self.window.hide()

    def _count(self, events: list[Event]) -> None:
        steps = [event for event in events if isinstance(event, Steps)]
        if steps:
            now = time.monotonic()
            self.first_step = self.first_step or now - self._pressed
            self.last_step, self.last_step_at = int(steps[-1].steps[-1]), now
            self.handfuls += 1


def latency(template: str, drag: bool) -> tuple[list[float], dict[str, float]]:
    """Milliseconds between stamp and reading while a template trains with every view on, and what else was seen."""
    from PySide6.QtCore import QSocketNotifier

    desk = Desk(template)
    desk.train()
    stamper = subprocess.Popen([sys.executable, "-c", STAMPS], stdout=subprocess.PIPE)
    assert stamper.stdout is not None
    late: list[float] = []
    pipe = stamper.stdout.fileno()

    def read() -> None:
        data, now = os.read(pipe, 4096), time.monotonic()
        late.extend(1000 * (now - stamp) for (stamp,) in struct.iter_unpack("d", data[: len(data) // 8 * 8]))

    notifier = QSocketNotifier(pipe, QSocketNotifier.Type.Read)
    notifier.activated.connect(read)
    release = desk.drag() if drag else None
    cpu = time.process_time()
    until(lambda: False, SECONDS)
    share = (time.process_time() - cpu) / SECONDS
    if release:
        release()
    notifier.setEnabled(False)
    stamper.terminate()
    stamper.wait()
    desk.close()
    updates = desk.handfuls / SECONDS
    return late, {"first step s": desk.first_step, "updates a second": updates, "window CPU share": share}


def until(done: Callable[[], bool], seconds: float) -> None:
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
        words = f"median {median(late):.2f} ms, p99 {p99:.1f} ms, max {max(late):.1f} ms"
        print(f"  {sys.argv[2]:8} {sys.argv[3]:5} {words}; {extras}")
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
