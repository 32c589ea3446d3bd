"""Drive the real window into four scenes and keep their pictures in docs/screenshots/.

The same scenes as in the design: training (dark, 1920×1080), a shape error with its repair (light, 1366×768),
the start page, and the states of blocks in both themes. `make screenshots` runs it, through screenshots.py.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QPainter, QPixmap

from app.appearance import Appearance
from app.main import make_application
from app.preferences import Preferences, remember_recent
from app.runner import Runner
from app.window import Window
from engine.blocks.activation import ReLU
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.blocks.merge import Add
from engine.blocks.placeholder import Placeholder
from engine.blocks.pooling import MaxPool2d
from engine.blocks.probabilities import Softmax
from engine.blocks.shaping import Flatten
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.layout import arrange
from engine.project import Project, save_project
from engine.recipes.data_sets import Mnist
from engine.recipes.optimizers import SGD
from engine.recipes.recipe import Recipe
from engine.templates import TEMPLATES
from widgets.canvas import Canvas, LiveStrip

PLACE = Path(__file__).parents[1] / "docs" / "screenshots"


def live(seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Let the program live for some time, or until something holds."""
    loop, timer, end = QEventLoop(), QTimer(interval=20), time.monotonic() + seconds
    timer.timeout.connect(lambda: loop.quit() if until() or time.monotonic() > end else None)
    timer.start()
    loop.exec()
    timer.stop()


def keep(picture: QPixmap, name: str) -> None:
    """Store one picture."""
    PLACE.mkdir(parents=True, exist_ok=True)
    picture.save(str(PLACE / f"{name}.png"))
    print(f"docs/screenshots/{name}.png  {picture.width()}×{picture.height()}")


def open_window(appearance: Appearance, theme: str, width: int, height: int) -> tuple[Window, Runner]:
    """A window of its own with a running training process."""
    appearance.change(theme=theme, density="compact" if height <= 800 else "comfortable")
    runner = Runner()
    window = Window(appearance, runner)
    window.resize(width, height)
    window.show()
    window.reset_layout()
    return window, runner


def training(appearance: Appearance) -> None:
    """The CNN in its fifth epoch, its second convolution selected."""
    window, runner = open_window(appearance, "dark", 1920, 1080)
    runner.start()
    live(60, lambda: runner.state == "ready")
    window.files.open_template("cnn")
    recipe = Recipe(data=Mnist(examples=6000), optimizer=SGD(lr=0.02, momentum=0.9), batch_size=32, epochs=6)
    window.document.edit("Recipe", recipe)
    window.reset_layout()
    live(0.5)
    window.canvas.fit()
    window.canvas.select(["conv2"])
    window.session.train_or_pause()
    live(240, lambda: window.run_strip.epoch >= 5)
    live(4)
    keep(window.grab(), "training")
    window.session.stop()
    live(1)
    close(window)


def shape_error(appearance: Appearance) -> None:
    """A residual block whose two inputs differ, and the repair that mends it."""
    window, _ = open_window(appearance, "light", 1366, 768)
    graph = (
        Graph()
        .add(
            Node("digits", Input()),
            Node("conv1", Conv2d(padding=1)),
            Node("relu1", ReLU()),
            Node("pool1", MaxPool2d()),
            Node("conv2", Conv2d(out_channels=32, padding=1)),
            Node("add", Add()),
            Node("relu2", ReLU()),
            Node("flatten", Flatten()),
            Node("logits", Linear(out_features=10)),
            Node("answer", Output()),
        )
        .connect(
            Wire("digits", "output", "conv1", "input"),
            Wire("conv1", "output", "relu1", "input"),
            Wire("relu1", "output", "pool1", "input"),
            Wire("pool1", "output", "conv2", "input"),
            Wire("conv2", "output", "add", "input"),
            Wire("pool1", "output", "add", "other"),
            Wire("add", "output", "relu2", "input"),
            Wire("relu2", "output", "flatten", "input"),
            Wire("flatten", "output", "logits", "input"),
            Wire("logits", "output", "answer", "input"),
        )
    )
    window.document.start(Project(graph.move(arrange(graph)), Recipe(), "residual"))
    window.show_drawing()
    window.reset_layout()
    live(0.6)
    window.canvas.select(["add"])
    window.canvas.open_repairs("add")
    live(0.6)
    keep(window.grab(), "shape-error")
    close(window)


def start_page(appearance: Appearance) -> None:
    """The first thing that anybody sees, with a few recent files."""
    folder = Path.home() / "networks"
    folder.mkdir(exist_ok=True)
    recent: list[Path] = []
    for name, file in (("spiral", "spiral-tiny"), ("residual", "residual"), ("cnn", "digits-cnn")):
        path = folder / f"{file}.loom"
        save_project(path, TEMPLATES[name].project())
        remember_recent(path, recent)
        recent.insert(0, path)
    window, _ = open_window(appearance, "light", 1600, 872)
    window.show_start()
    live(0.5)
    keep(window.grab(), "start-page")
    close(window)


def states_graph() -> Graph:
    """One block in each state that a drawing can bring about."""
    places = {
        "conv1": (Conv2d(padding=1), (240.0, 0.0)),
        "selected": (Conv2d(padding=1), (480.0, 0.0)),
        "relu1": (ReLU(), (720.0, 0.0)),
        "wide": (Conv2d(out_channels=32, padding=1), (240.0, 120.0)),
        "add": (Add(), (480.0, 96.0)),
        "softmax": (Softmax(), (720.0, 104.0)),
        "learning": (Conv2d(out_channels=8, padding=1), (240.0, 232.0)),
        "hidden": (Linear(out_features=64), (480.0, 232.0)),
        "mamba1": (Placeholder(known_as="MambaBlock", ports_in="input", ports_out="output"), (720.0, 232.0)),
    }
    graph = Graph().add(Node("digits", Input()), *(Node(name, block, at) for name, (block, at) in places.items()))
    feeds = [("digits", "conv1"), ("conv1", "selected"), ("selected", "relu1"), ("conv1", "wide"), ("wide", "add")]
    graph = graph.connect(*(Wire(source, "output", target, "input") for source, target in feeds))
    graph = graph.connect(Wire("conv1", "output", "add", "other"), Wire("relu1", "output", "softmax", "input"))
    return graph.connect(Wire("digits", "output", "learning", "input"), Wire("learning", "output", "hidden", "input"))


def block_states(appearance: Appearance) -> None:
    """The states of blocks, light on the left and dark on the right."""
    halves = []
    for theme in ("light", "dark"):
        appearance.change(theme=theme, density="comfortable")
        graph = states_graph()
        canvas = Canvas()
        canvas.resize(960, 620)
        canvas.show(graph, check(graph, Recipe()))
        canvas.select(["selected"])
        random = np.random.default_rng(0)
        maps = random.normal(size=(8, 14, 14)).cumsum(axis=1).cumsum(axis=2)
        strips = {"learning": LiveStrip(maps, 0.264), "hidden": LiveStrip(random.normal(size=64), 1e-5, "vanishes")}
        canvas.set_live(strips)
        live(0.3)
        canvas.fit()
        live(0.5)
        halves.append(canvas.grab())
        canvas.close()
    both = QPixmap(halves[0].width() * 2, halves[0].height())
    painter = QPainter(both)
    painter.drawPixmap(0, 0, halves[0])
    painter.drawPixmap(halves[0].width(), 0, halves[1])
    painter.end()
    keep(both, "block-states")


def close(window: Window) -> None:
    """End a window and its process without questions."""
    window.document.history.setClean()
    window.session.shutdown()
    window.hide()
    window.deleteLater()
    live(0.1)


SCENES = {"training": training, "shape-error": shape_error, "start-page": start_page, "block-states": block_states}


def main() -> None:
    """All scenes, or those that are named."""
    appearance = Appearance(make_application(), Preferences(theme="light"))
    for name in sys.argv[1:] or SCENES:
        SCENES[name](appearance)


if __name__ == "__main__":
    main()
