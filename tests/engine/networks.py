"""Small networks for tests of training, drawn as a row of blocks."""

from engine.blocks import BLOCKS
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.lower import Source, lower, write
from engine.nesting import grouped


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


def nested_groups(repeat: int = 1, numbered: bool = False) -> Graph:
    """Two groups in each other, the inner one with copies."""
    graph, before = Graph(), ""
    settings: dict[str, dict[str, object]] = {"Input": {"shape": [1, 8, 8]}, "Linear": {"out_features": 10}}
    for kind in ("Input", "Conv2d", "Conv2d", "ReLU", "BatchNorm2d", "Flatten", "Linear", "Output"):
        convolution = {"out_channels": 1, "padding": 1} if kind == "Conv2d" else {}
        block = BLOCKS[kind].read(settings.get(kind, convolution))
        name = graph.name_for(block)
        graph = graph.add(Node(name, block))
        graph = graph.connect(Wire(before, "output", name, "input")) if before else graph
        before = name
    graph, inner = grouped(graph, ["conv2", "relu1"], "Inner")
    graph, outer = grouped(graph.configure(inner, repeat=repeat), ["conv1", inner, "norm1"], "Outer")
    return graph.configure(outer, numbered=numbered)
