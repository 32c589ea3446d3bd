"""Small projects for tests of runs: a drawing that learns digits in a blink."""

from itertools import pairwise

from engine.blocks import BLOCKS
from engine.graph import Graph, Node, Wire
from engine.project import Project
from engine.recipes.recipe import Recipe


def digits_project(recipe: Recipe, width: int = 16) -> Project:
    """Dropout and BatchNorm have a state and a chance of their own."""
    blocks: dict[str, tuple[str, dict[str, object]]] = {
        "picture": ("Input", {"shape": [1, 8, 8]}),
        "flatten": ("Flatten", {}),
        "hidden": ("Linear", {"out_features": width}),
        "norm": ("BatchNorm1d", {}),
        "act": ("ReLU", {}),
        "drop": ("Dropout", {"p": 0.25}),
        "logits": ("Linear", {"out_features": 10}),
        "answer": ("Output", {}),
    }
    names = list(blocks)
    graph = Graph().add(*(Node(name, BLOCKS[kind].read(values)) for name, (kind, values) in blocks.items()))
    wires = (Wire(one, "output", other, "input") for one, other in pairwise(names))
    return Project(graph.connect(*wires), recipe, "digits")
