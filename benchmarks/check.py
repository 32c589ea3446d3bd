"""How long it takes to check a drawing, cold and after an edit, and to write its program."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from statistics import median
from time import perf_counter

from engine.blocks.activation import ReLU
from engine.blocks.base import Block
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.blocks.merge import Add
from engine.blocks.normalisation import BatchNorm2d
from engine.blocks.shaping import Flatten
from engine.check import check
from engine.evaluation import evaluate
from engine.graph import Graph, Node, Wire
from engine.layout import arrange
from engine.lower import lower, write
from engine.project import Project, dumps, loads
from engine.recipes.recipe import Recipe

LIMITS = {300: 5.0, 1_000: 16.0}
"""Milliseconds that checking a drawing of so many blocks after an edit may take."""

STAGE: tuple[Block, ...] = (Conv2d(out_channels=8, padding=1), BatchNorm2d(), ReLU())


def network(size: int) -> Graph:
    """A residual network of so many blocks."""
    nodes, wires = [Node("picture", Input(shape=(8, 28, 28)))], list[Wire]()
    last = skip = "picture"

    def append(block: Block) -> str:
        node = Node(f"{block.short_name}{len(nodes)}", block)
        nodes.append(node)
        wires.append(Wire(last, "output", node.name, node.block.input_ports()[0]))
        return node.name

    while len(nodes) < size - 7:
        for block in STAGE:
            last = append(block)
        last = append(Add())
        wires.append(Wire(skip, "output", last, "other"))
        skip = last
    fillers = size - len(nodes) - 3
    for block in (*[ReLU()] * fillers, Flatten(), Linear(out_features=10), Output()):
        last = append(block)
    return Graph().add(*nodes).connect(*wires)


def milliseconds(work: Callable[[], object], before: Callable[[], object] | None = None, times: int = 9) -> float:
    """The median of several runs; `before` is not counted."""
    found = []
    for _ in range(times):
        if before:
            before()
        start = perf_counter()
        work()
        found.append((perf_counter() - start) * 1_000)
    return median(found)


def after_an_edit(size: int, edit: Callable[[Graph, int], Graph], times: int = 9) -> float:
    """The time from a drawing that was checked to the report on a changed one."""
    graph, recipe, found = network(size), Recipe(), []
    check(graph, recipe)
    for number in range(times):
        start = perf_counter()
        graph = edit(graph, number)
        check(graph, recipe)
        found.append((perf_counter() - start) * 1_000)
    return median(found)


def configure(graph: Graph, number: int) -> Graph:
    """Another width for the last layer."""
    last = next(reversed([name for name, node in graph.nodes.items() if isinstance(node.block, Linear)]))
    return graph.configure(last, out_features=20 + number)


def rewire(graph: Graph, number: int) -> Graph:
    """A skip wire taken away or put back: the order of all blocks is worked out again."""
    target = next(name for name, node in graph.nodes.items() if isinstance(node.block, Add))
    wire = Wire("picture", "output", target, "other")
    return graph.disconnect(wire) if number % 2 else graph.connect(wire)


def resize(graph: Graph, number: int) -> Graph:
    """Pictures of another size: every shape of the drawing is new."""
    return graph.configure("picture", shape=(8, 29 + number, 28))


def measure(size: int) -> tuple[float, ...]:
    """Cold, three kinds of edit, and writing, arranging, saving and opening."""
    graph, recipe, times = network(size), Recipe(), 3 if size > 1_000 else 9
    assert len(graph.nodes) == size
    report = check(graph)
    return (
        milliseconds(lambda: check(Graph(graph.nodes, graph.wires), recipe), evaluate.cache_clear, times),
        *(after_an_edit(size, edit, times) for edit in (configure, rewire, resize)),
        milliseconds(lambda: write(lower(graph, report)), times=times),
        milliseconds(lambda: arrange(Graph(graph.nodes, graph.wires)), times=times),
        milliseconds(lambda: loads(dumps(Project(graph))), times=times),
    )


def main() -> None:
    """Print the table."""
    titles = ("cold", "setting", "wire", "size", "write", "arrange", "file")
    print(f"{'blocks':>8} " + " ".join(f"{title:>9}" for title in titles) + "  ms")
    cold: dict[int, float] = {}
    for size in (100, 300, 1_000, 10_000):
        figures = measure(size)
        cold[size] = figures[0]
        print(f"{size:>8,} " + " ".join(f"{figure:>9.2f}" for figure in figures))
        if size in LIMITS:
            worst = max(figures[1:3])
            verdict = "reached" if worst < LIMITS[size] else "NOT reached"
            print(
                f"{'':8} one setting or wire, at most {LIMITS[size]:g} ms: {verdict}, {worst / LIMITS[size]:.0%} of it"
            )
    print(f"time grows as blocks to the power of {log(cold[10_000] / cold[100]) / log(100):.2f}")


if __name__ == "__main__":
    main()
