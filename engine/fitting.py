"""Make a drawing suit its data: the Input's size, the loss and the width of the last block, all at once."""

from __future__ import annotations

from collections.abc import Callable

from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.check import check
from engine.graph import Graph
from engine.recipes.losses import CrossEntropyLoss, Loss, MSELoss
from engine.recipes.recipe import Recipe


def fitted(graph: Graph, recipe: Recipe) -> tuple[Graph, Recipe]:
    """The drawing and the recipe with whatever the data decide; the same objects where all of it suits already.

    Inputs take the size of one example. A loss that cannot aim at what the data have gives way to the usual one. The
    last Linear block before each Output gets as many out_features as the loss needs.
    """
    recipe = _with_a_loss_that_suits(recipe)
    shape = recipe.input_shape
    for name, node in graph.nodes.items():
        if isinstance(node.block, Input) and shape and node.block.shape != shape:
            graph = graph.configure(name, shape=shape)
    for name, node in graph.nodes.items():
        if isinstance(node.block, Output):
            graph = _wide_enough(graph, recipe, name)
    return graph, recipe


def _with_a_loss_that_suits(recipe: Recipe) -> Recipe:
    try:
        recipe.loss.output_shape(recipe.data)
    except ValueError:
        usual: Callable[[], Loss] = CrossEntropyLoss if recipe.data.classes else MSELoss
        return recipe.changed(loss=usual())
    if recipe.data.classes is None and recipe.loss.takes_index:
        return recipe.changed(loss=MSELoss())
    return recipe


def _wide_enough(graph: Graph, recipe: Recipe, output: str) -> Graph:
    """The drawing with the Linear block that decides what reaches an Output set to what the loss needs."""
    (head,) = recipe.heads_for((output,))
    try:
        wanted = head.output_shape(recipe.data)
    except ValueError:
        return graph  # the checker says what is wrong with this head
    found = check(graph).blocks.get(output)
    if found is None or len(wanted) != 1 or tuple(found.inputs[0]) == wanted:
        return graph
    name = output
    while feeds := graph.feeds(name):
        name = next(iter(feeds.values()))[0]
        if isinstance(graph.nodes[name].block, Linear):
            changed = graph.configure(name, out_features=wanted[0])
            after = check(changed).blocks.get(output)
            return changed if after and tuple(after.inputs[0]) == wanted else graph
        if len(graph.feeds(name)) != 1:
            break
    return graph
