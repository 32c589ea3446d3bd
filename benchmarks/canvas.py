"""What the canvas costs with 1,000 blocks: processor time a frame for pan, zoom step and drag, and for one edit."""

import time
from collections.abc import Callable
from itertools import pairwise
from statistics import median

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.blocks.base import BLOCKS
from engine.check import check
from engine.graph import Graph, Node, Wire
from widgets.canvas import Canvas
from widgets.theme import apply, load_theme

BLOCKS_IN_ALL = 1000
ACROSS = 32
PITCH = 240.0, 120.0
FRAMES = 40
KINDS = ("Conv2d", "BatchNorm2d", "ReLU", "Dropout", "Identity")
LIMITS = {"pan": 8.0, "zoom step": 16.0, "drag": 6.0, "show": 5.0}


def drawing(count: int = BLOCKS_IN_ALL) -> Graph:
    """A long chain folded into rows, with a skip connection now and then."""
    nodes = [Node("picture", BLOCKS["Input"](), (0.0, 0.0))]
    for index in range(1, count):
        settings = {"padding": 1} if KINDS[index % len(KINDS)] == "Conv2d" else {}
        row, column = divmod(index, ACROSS)
        block = BLOCKS[KINDS[index % len(KINDS)]].read(settings)
        nodes.append(Node(f"block{index}", block, (column * PITCH[0], row * PITCH[1])))
    wires = (Wire(one.name, "output", two.name, "input") for one, two in pairwise(nodes))
    return Graph().add(*nodes).connect(*wires)


def paint(canvas: Canvas) -> None:
    """Draw the pending part of the canvas now."""
    QApplication.processEvents()
    QApplication.sendEvent(canvas.window(), QEvent(QEvent.Type.UpdateRequest))


def cost(frame: Callable[[int], None], canvas: Canvas) -> float:
    """The median processor time of a frame, in milliseconds."""
    spent = []
    for number in range(FRAMES):
        begun = time.process_time()
        frame(number)
        paint(canvas)
        spent.append(1000.0 * (time.process_time() - begun))
    return median(spent)


def drag(canvas: Canvas) -> float:
    """Hold a block in the middle and move it about."""
    room = canvas.viewport()
    cards = (canvas.drawing.cards[name] for name in canvas.drawing.within(canvas.view_rect()))
    card = min(cards, key=lambda card: (card.body().center() - canvas.middle()).manhattanLength())
    start = canvas.mapFromScene(card.body().center())
    QTest.mousePress(room, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    spent = cost(lambda number: QTest.mouseMove(room, start + QPoint(10 + 5 * number, 3 * number)), canvas)
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    QTest.mouseRelease(room, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    return spent


def zoom_steps(canvas: Canvas, scale: float) -> float:
    """Zoom in and out around one scale."""
    at = QPointF(canvas.viewport().rect().center())
    return cost(lambda number: canvas.zoom_to(scale * (1.1 if number % 2 else 1.0), at), canvas)


def pan(canvas: Canvas) -> float:
    """Scroll back and forth."""
    return cost(lambda number: canvas.pan(QPointF(14.0, 9.0) * (1 if number % 2 else -1)), canvas)


def show(canvas: Canvas) -> float:
    """Follow an edit of one block of a thousand, the check apart."""
    graph = canvas.graph
    spent = []
    for number in range(20):
        graph = graph.configure("block500", out_channels=8 + number)
        report = check(graph)
        begun = time.process_time()
        canvas.show(graph, report)
        spent.append(1000.0 * (time.process_time() - begun))
    return median(spent)


def main() -> None:
    """Print the table."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    apply(app, load_theme("dark"))
    canvas = Canvas()
    canvas.resize(1600, 1000)
    canvas.show()
    graph = drawing()
    begun = time.process_time()
    canvas.show(graph, check(graph))
    print(f"{BLOCKS_IN_ALL} blocks checked and built in {1000.0 * (time.process_time() - begun):.0f} ms")
    canvas.look_at(canvas.drawing.bounds, animated=False)
    fit = canvas.zoom()
    print(f"{'ms a frame':12}" + "".join(f"{name:>12}" for name in ("fit", "50 %", "100 %")))
    for what, measure in (("pan", pan), ("zoom step", None), ("drag", drag)):
        row = []
        for scale in (fit, 0.5, 1.0):
            canvas.zoom_to(scale)
            QTest.qWait(200)
            row.append(measure(canvas) if measure else zoom_steps(canvas, scale))
        worst = f"limit {LIMITS[what]:.0f}, {LIMITS[what] / max(max(row), 1e-9):.1f} times under"
        print(f"{what:12}" + "".join(f"{value:12.2f}" for value in row) + f"    {worst}")
    value = show(canvas)
    print(f"{'show':12}{value:12.2f}    limit {LIMITS['show']:.0f}, {LIMITS['show'] / value:.1f} times under")
    canvas.close()


if __name__ == "__main__":
    main()
