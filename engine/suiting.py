"""A recipe that suits a drawing from elsewhere, so that it can be trained at once."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from engine.blocks.base import Ids, Shape
from engine.blocks.data import Input, Output
from engine.blocks.linear import Embedding
from engine.check import Report, check
from engine.graph import Graph
from engine.groups import Group
from engine.recipes.data_sets import DATA_SETS, DataSet, RandomExamples
from engine.recipes.losses import BCEWithLogitsLoss
from engine.recipes.recipe import Recipe

NUMBERS = 10_000_000
"""About how many numbers random examples have together."""
LARGE = 20_000
"""Examples with more numbers than this come in small batches."""


def suiting_recipe(graph: Graph) -> Recipe:
    """The usual recipe where it suits; else bundled data of the same shape and classes, else random examples.

    A drawing without one size of input or without rows of numbers as answers keeps the usual recipe.
    """
    report = check(graph)
    inputs = {node.block.shapes()[0] for node in graph.nodes.values() if isinstance(node.block, Input)}
    answers = {_answer(report, name) for name, node in graph.nodes.items() if isinstance(node.block, Output)}
    if len(inputs) != 1 or len(answers) != 1:
        return Recipe()
    (shape,), (answer,) = inputs, answers
    if answer is None or len(answer) != 1:
        return Recipe()
    return _recipe(graph, shape, answer[0])


def _recipe(graph: Graph, shape: Shape, width: int) -> Recipe:
    for data in (Recipe().data, *(kind() for kind in DATA_SETS.values())):
        if not isinstance(data, RandomExamples) and data.input_shape == shape and data.classes == width:
            return Recipe(data=data)
    recipe = Recipe(data=_random(graph, shape, max(2, width)), batch_size=8 if prod(shape) > LARGE else 64)
    return recipe.changed(loss=BCEWithLogitsLoss()) if width == 1 else recipe


def _random(graph: Graph, shape: Shape, classes: int) -> DataSet:
    ids = min(_vocabularies(graph), default=2) if isinstance(shape, Ids) else 0
    count = max(16, min(1024, NUMBERS // prod(shape)))
    return RandomExamples(shape=tuple(shape), number_of_classes=classes, examples=count, ids=ids)


def _vocabularies(graph: Graph) -> Iterator[int]:
    """How many ids each Embedding of the drawing knows."""
    for node in graph.nodes.values():
        if isinstance(node.block, Embedding):
            yield node.block.num_embeddings
        elif isinstance(node.block, Group):
            yield from _vocabularies(node.block.graph)


def _answer(report: Report, name: str) -> Shape | None:
    """What arrives at an Output."""
    found = report.blocks.get(name)
    return found.inputs[0] if found else None
