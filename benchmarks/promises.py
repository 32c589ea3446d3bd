"""What the window promises: how soon a mistake is said and mended, a run begins, and a lost process is replaced."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from engine.blocks.merge import Concatenate
from engine.check import check
from engine.events import EpochDone, Failed
from engine.graph import Graph, Node, Wire
from engine.lower import lower, write
from engine.templates import TEMPLATES


def _concatenate(graph: Graph) -> Graph:
    joined = graph.add(Node("concat1", Concatenate(), (0.0, 900.0)))
    ends = (Wire("relu1", "output", "concat1", "tensor1"), Wire("relu4", "output", "concat1", "tensor2"))
    return joined.connect(*ends, Wire("concat1", "output", "pool", "input"))


FAULTS: dict[str, tuple[str, Callable[[Graph], Graph]]] = {
    "kernel larger than the picture": ("cnn", lambda graph: graph.configure("conv2", kernel_size=40)),
    "missing Flatten": ("cnn", lambda graph: graph.bypass("flatten")),
    "Add of unequal shapes": ("residual", lambda graph: graph.configure("conv5", out_channels=24)),
    "Concatenate of unequal sizes": ("residual", _concatenate),
    "loop": ("cnn", lambda graph: graph.connect(Wire("relu2", "output", "conv1", "input"))),
    "dangling input": ("cnn", lambda graph: graph.disconnect(*graph.into("conv2"))),
}


def faults() -> None:
    """From a wrong edit to its message painted on the canvas, and whether the first repair mends it."""
    from benchmarks.window import Desk, until

    desk = Desk("cnn")
    document, canvas = desk.window.document, desk.window.canvas
    mended = 0
    for name, (template, spoil) in FAULTS.items():
        desk.window.files.open_template(template)
        document.history.setClean()
        until(lambda: False, 0.3)
        spoiled = spoil(document.graph)
        began = time.perf_counter()
        document.edit(name, spoiled)
        canvas.viewport().repaint()
        seconds = time.perf_counter() - began
        problem = document.report.errors[0]
        document.edit("Repair", problem.fixes[0].apply(document.graph))
        mended += document.report.ok
        document.history.setClean()
        print(f"  {name:30} said after {1000 * seconds:5.1f} ms: {problem.text}")
    print(f"  {mended} of {len(FAULTS)} mended by their first repair; to reach: below 100 ms, 6 of 6")
    desk.close()


def beginning() -> None:
    """From pressing Train to the first step, to the first point on the plot, and what follows a killed process."""
    from benchmarks.window import Desk, until

    desk = Desk("cnn")
    until(lambda: False, 2.0)  # the data are read ahead
    desk.train()
    print(f"  Train to the first step seen in the window: {1000 * desk.first_step:.0f} ms (to reach: below 500 ms)")
    steps, began = desk.handfuls, time.monotonic()
    until(lambda: False, 5.0)
    print(f"  updates of the views: {(desk.handfuls - steps) / (time.monotonic() - began):.0f} a second (at least 10)")
    lost: list[float] = []
    desk.runner.events.connect(
        lambda events: lost.append(time.monotonic()) if any(isinstance(e, Failed) for e in events) else None
    )
    assert desk.runner.process_id is not None
    before = desk.window.document.project
    killed = time.monotonic()
    os.kill(desk.runner.process_id, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    until(lambda: bool(lost), 10)
    print(f"  a killed training process is said after {1000 * (lost[0] - killed):.0f} ms (to reach: below 500 ms)")
    until(lambda: desk.runner.state == "ready", 60)
    desk.train()
    works = desk.runner.state == "training" and desk.window.document.project is before
    print(
        f"  Train works again: {works}; the drawing is the very same object: {desk.window.document.project is before}"
    )
    desk.close()


def accuracy() -> None:
    """The CNN template on the full MNIST, two epochs, on the CPU."""
    from engine.training.trainer import train

    project = TEMPLATES["cnn"].project()
    recipe = project.recipe.changed(epochs=2, device="cpu", threads=1)
    report = check(project.graph, recipe)
    began = time.perf_counter()
    events = train(write(lower(project.graph, report)), recipe)
    reached = [event.accuracy for event in events if isinstance(event, EpochDone) and event.accuracy is not None]
    seconds = time.perf_counter() - began
    print(f"  CNN template, MNIST, 2 epochs: {reached[-1]:.2%} of 10,000 (to reach 98.5 %), {seconds:.0f} s, seed 0")


PARTS: dict[str, Callable[[], None]] = {"faults": faults, "beginning": beginning, "accuracy": accuracy}


def main() -> None:
    """All parts, each in a process of its own."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if len(sys.argv) > 2 and sys.argv[1] == "--part":
        PARTS[sys.argv[2]]()
        return
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
        for part in PARTS:
            command = [sys.executable, "-m", "benchmarks.promises", "--part", part]
            subprocess.run(command, check=True, env=environment, cwd=Path(__file__).parents[1])


if __name__ == "__main__":
    main()
