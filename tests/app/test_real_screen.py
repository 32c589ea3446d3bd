"""The program on a real X server, driven from outside by mouse and keys as a person would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from engine.graph import Graph
from engine.project import open_project, save_project
from engine.templates import new

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0

pytestmark = [
    pytest.mark.xvfb,
    pytest.mark.skipif(not (shutil.which("Xvfb") and shutil.which("xdotool")), reason="needs Xvfb and xdotool"),
]


PLACES = """
import json, sys
from PySide6.QtCore import QPoint, QTimer
from app.appearance import Appearance
from app.main import make_application
from app.preferences import Preferences
from app.runner import Runner
from app.window import Window

app = make_application()
window = Window(Appearance(app, Preferences(theme="light", reduced_motion=True)), Runner())
window.move(0, 0)
window.show()
window.files.new_network()
window.document.changed.connect(lambda project, report: tell("drawn", list(project.graph.nodes)))


def tell(what, value):
    print(json.dumps([what, value]), flush=True)


def say_where():
    palette, canvas = window.palette_view, window.canvas.viewport()
    places = {kind: palette.viewport().mapToGlobal(palette.rect_of(kind).center()) for kind in ("Conv2d", "Linear")}
    places["canvas"] = canvas.mapToGlobal(QPoint(canvas.width() // 2, canvas.height() // 2))
    tell("places", {name: [at.x(), at.y()] for name, at in places.items()})


QTimer.singleShot(600, say_where)
app.exec()
"""
"""Opens the real window, then tells where its parts are on the screen and every drawing that follows."""


def until(happened: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.05)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Mapping[str, str]]:
    """The environment of a program on an X server of its own, with settings of its own."""
    ours, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1366x768x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[theirs], stderr=subprocess.DEVNULL)
    os.close(theirs)
    with os.fdopen(ours) as told:
        display = f":{told.readline().strip()}"
    yield {
        **os.environ,
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "settings"),
    }
    server.terminate()
    server.wait(10)


def test_a_drawing_is_emptied_undone_and_grown_on_a_real_screen(tmp_path: Path, screen: Mapping[str, str]) -> None:
    path, before = tmp_path / "net.loom", new("spiral")
    save_project(path, before)

    def x(*words: str) -> str:
        done = subprocess.run(["xdotool", *words], env=screen, capture_output=True, text=True, check=True, timeout=60)
        return done.stdout

    def drawn() -> Graph:
        return open_project(path).graph

    program = subprocess.Popen([sys.executable, "-m", "app", str(path)], cwd=tmp_path, env=screen)
    try:
        window = x("search", "--sync", "--onlyvisible", "--limit", "1", "--name", "Layerloom").strip()
        x("windowfocus", "--sync", window)
        x("mousemove", "500", "120", "click", "1", "key", "ctrl+a", "Delete", "ctrl+s")
        until(lambda: not drawn().nodes, "emptying the drawing")
        x("key", "ctrl+z", "ctrl+s")
        until(lambda: drawn() == before.graph, "undoing it")
        x("key", "ctrl+a", "Delete")
        x("mousemove", "500", "120", "click", "--repeat", "2", "--delay", "60", "1", "sleep", "0.5")
        x("type", "--delay", "30", "leaky")
        x("key", "Return", "ctrl+s")
        until(lambda: [node.block.kind() for node in drawn().nodes.values()] == ["LeakyReLU"], "adding a block")
        x("key", "ctrl+q")
        assert program.wait(PATIENCE) == 0
    finally:
        program.kill()
        program.wait()


def test_a_block_is_dragged_from_the_palette_with_a_real_mouse(tmp_path: Path, screen: Mapping[str, str]) -> None:
    """The one thing that cannot be had without a screen: the platform's own drag and drop."""
    program = subprocess.Popen(
        [sys.executable, "-c", PLACES], cwd=tmp_path, env=screen, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    heard = map(json.loads, program.stdout)
    with program:
        try:
            places = next(value for what, value in heard if what == "places")
            (x, y), (right, down) = places["Conv2d"], places["canvas"]
            pulled = f"mousemove {x + 8} {y + 2} sleep 0.1 mousemove {x + 40} {y + 4} sleep 0.2"
            moved = f"mousemove {(x + right) // 2} {down} sleep 0.2 mousemove {right - 6} {down} sleep 0.1"
            words = f"mousemove {x} {y} sleep 0.1 mousedown 1 sleep 0.1 {pulled} {moved} "
            words += f"mousemove {right} {down} sleep 0.3 mouseup 1"
            subprocess.run(["xdotool", *words.split()], env=screen, check=True, timeout=60)
            assert next(heard) == ["drawn", ["conv1"]]
            subprocess.run(["xdotool", "key", "ctrl+z"], env=screen, check=True, timeout=60)
            assert next(heard) == ["drawn", []]
        finally:
            program.kill()
