"""Small networks for tests of training, drawn as a row of blocks."""

from engine.blocks import BLOCKS
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.lower import Source, lower, write


def row(*blocks: tuple[str, dict[str, object]]) -> Source:
    """The code of blocks in a row: kinds with their settings."""
    graph, before = Graph(), ""
    for kind, settings in blocks:
        block = BLOCKS[kind].read(settings)
        name = graph.name_for(block)
        graph = graph.add(Node(name, block))
        if before:
            graph = graph.connect(Wire(before, "output", name, "input"))
        before = name
    report = check(graph)
    assert report.ok, report.problems
    return write(lower(graph, report))


def small_cnn() -> Source:
    """For the 8×8 digits, with everything that has a state of its own: BatchNorm and Dropout."""
    return row(
        ("Input", {"shape": [1, 8, 8]}),
        ("Conv2d", {"out_channels": 4, "padding": 1}),
        ("BatchNorm2d", {}),
        ("ReLU", {}),
        ("MaxPool2d", {}),
        ("Flatten", {}),
        ("Dropout", {"p": 0.25}),
        ("Linear", {"out_features": 10}),
        ("Output", {}),
    )


def points_network(outputs: int = 1) -> Source:
    """For points on a plane."""
    return row(
        ("Input", {"shape": [2]}),
        ("Linear", {"out_features": 16}),
        ("Tanh", {}),
        ("Linear", {"out_features": outputs}),
        ("Output", {}),
    )
