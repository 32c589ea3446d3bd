"""Whether data, network and loss suit each other, and habits worth a second look.

What keeps a drawing from training is an error; what PyTorch would accept but rarely means well is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import prod
from typing import TYPE_CHECKING

from engine.blocks.activation import ReLU, Sigmoid
from engine.blocks.base import Block, Shape, shape_text
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.dropout import Dropout
from engine.blocks.linear import Identity, Linear
from engine.blocks.normalisation import BatchNorm
from engine.blocks.probabilities import LogSoftmax, Softmax
from engine.blocks.shaping import Flatten, Reshape
from engine.evaluation import evaluate, through
from engine.graph import Graph, Node, Wire
from engine.problems import Fix, Problem
from engine.recipes.data_sets.own import OwnData
from engine.recipes.transforms import seen_shape
from engine.repair_steps import insert_before

if TYPE_CHECKING:
    from engine.check import Report
    from engine.recipes.heads import Head
    from engine.recipes.losses import Loss
    from engine.recipes.recipe import Recipe

STEP = 240.0
"""Distance from a block to one that a repair adds behind it, in scene units."""


def pair_with_recipe(graph: Graph, report: Report, recipe: Recipe) -> Iterator[Problem]:
    """What keeps this drawing from being trained with this recipe."""
    if not graph.nodes:
        return
    inputs = [node for node in graph.nodes.values() if isinstance(node.block, Input)]
    outputs = [node for node in graph.nodes.values() if isinstance(node.block, Output)]
    if unusable := unusable_data(recipe):
        yield Problem(inputs[0].name if inputs else next(iter(graph.nodes)), "error", unusable)
        return
    yield from _missing_ends(graph, report, recipe, inputs, outputs)
    for node in inputs:
        yield from _input_fits(node, recipe, len(inputs) > 1)
    heads = recipe.heads_for(node.name for node in outputs)
    for node, head in zip(outputs, heads, strict=True):
        yield from _output_fits(graph, report, recipe, node, head)
    for head in recipe.heads if outputs else ():
        if head not in heads:
            where = f"{head.output}, which is no Output" if head.output else "an Output without a name"
            yield Problem(
                outputs[0].name, "warning", f"The recipe has a {head.loss.kind()} for {where} of the drawing."
            )


def unusable_data(recipe: Recipe) -> str:
    """Why the data cannot be learned as they are, whatever the network is; nothing where they can."""
    if isinstance(recipe.data, OwnData) and not recipe.data.is_known:
        return f"{recipe.data.title}: choose where the data lie."
    try:
        seen_shape(recipe.augment, recipe.data.input_shape)
    except ValueError as error:
        return f"The augmentation does not suit {recipe.data.title}: {error}."
    return ""


def _missing_ends(
    graph: Graph, report: Report, recipe: Recipe, inputs: list[Node], outputs: list[Node]
) -> Iterator[Problem]:
    some = next(iter(graph.nodes))
    if not inputs:
        text = f"The drawing needs an Input, where {recipe.data.title} enters with {shape_text(recipe.input_shape)}."
        yield Problem(some, "error", text, partial(tuple, (_add_input(recipe),)))
    if not outputs:
        loose = [name for name, port in report.shapes if not graph.out_of(name)]
        text = "The drawing needs an Output, where the loss reads the answer."
        if loose:
            text += f" {loose[-1]} feeds nothing yet and gives {shape_text(report.blocks[loose[-1]].outputs[0])}."
        fixes = (_add_output(report, loose[-1]),) if loose else ()
        yield Problem(loose[-1] if loose else some, "error", text, partial(tuple, fixes))


def _add_input(recipe: Recipe) -> Fix:
    def add(graph: Graph) -> Graph:
        block = Input(shape=recipe.input_shape)
        left = min((node.at for node in graph.nodes.values()), default=(0.0, 0.0))
        node = Node(graph.name_for(block), block, (left[0] - STEP, left[1]))
        wanting = (
            (name, port)
            for name, other in graph.nodes.items()
            for port in other.block.input_ports()
            if port not in graph.feeds(name)
        )
        target = next(wanting, None)
        graph = graph.add(node)
        return graph.connect(Wire(node.name, "output", *target)) if target else graph

    return Fix("Add an Input", add, f"gives {shape_text(recipe.input_shape)}")


def _add_output(report: Report, source: str) -> Fix:
    def add(graph: Graph) -> Graph:
        block, (x, y) = Output(), graph.nodes[source].at
        node = Node(graph.name_for(block), block, (x + STEP, y))
        port = graph.nodes[source].block.output_ports()[0]
        return graph.add(node).connect(Wire(source, port, node.name, "input"))

    return Fix(f"Add an Output after {source}", add)


def _input_fits(node: Node, recipe: Recipe, several: bool) -> Iterator[Problem]:
    wanted, given = recipe.input_shape, node.block.shapes()[0]
    if wanted == given:
        return
    text = (
        f"{node.name} says that one example is {shape_text(given)}, but {recipe.data.title} gives {shape_text(wanted)}."
    )
    if several:
        text += " Every Input gets the same example in training."
    fix = Fix(f"Set shape to {shape_text(wanted)}", lambda graph: graph.configure(node.name, shape=wanted))
    yield Problem(
        node.name, "error", text, partial(tuple, (fix,)), mismatch=f"{shape_text(given)} ≠ {shape_text(wanted)}"
    )


def _output_fits(graph: Graph, report: Report, recipe: Recipe, node: Node, head: Head) -> Iterator[Problem]:
    got = report.blocks.get(node.name)
    try:
        wanted = head.output_shape(recipe.data)
    except ValueError as error:
        yield Problem(node.name, "error", f"{node.name} cannot learn with this recipe: {error}.")
        return
    if got is None or got.inputs[0] == wanted:
        return
    source = graph.feeds(node.name)["input"][0]
    text = (
        f"{node.name} needs {_numbers(wanted)} for {head.loss.kind()} on {recipe.data.title}. "
        f"It gets {shape_text(got.inputs[0])} from {source}."
    )
    suggest = partial(_output_fixes, graph, report, node, got.inputs[0], wanted)
    mismatch = f"{shape_text(got.inputs[0])} ≠ {shape_text(wanted)}"
    yield Problem(node.name, "error", text, suggest, ("input",), mismatch)


def _numbers(shape: Shape) -> str:
    count = prod(shape)
    return f"{count} number{'s' * (count != 1)} for each example" if len(shape) == 1 else shape_text(shape)


def _output_fixes(graph: Graph, report: Report, node: Node, got: Shape, wanted: Shape) -> tuple[Fix, ...]:
    """Mend the first Linear that acts on a picture, or the width of the last one, or add a last one."""
    fixes = []
    picture = next((p for p in _pictures_into_linear(graph, report)), None)
    if picture and len(wanted) == 1:
        fixes.append(_flatten_before(picture, report))
    last = graph.nodes[graph.feeds(node.name)["input"][0]]
    if isinstance(last.block, Linear) and got[:-1] == wanted[:-1]:
        fixes.append(_set_out_features(last.name, wanted[-1]))
    chain: tuple[Block, ...] = (Flatten(), Linear(out_features=wanted[-1]))
    row = chain[1:] if len(got) == 1 else chain
    if not picture and through(row, got) == wanted:
        label = "Put a Linear before it" if len(row) == 1 else "Put Flatten and Linear before it"
        fixes.append(Fix(label, lambda graph: insert_before(graph, node.name, {"input": row})))
    return tuple(fixes)


def _set_out_features(name: str, count: int) -> Fix:
    return Fix(f"Give {name} {count} out_features", lambda graph: graph.configure(name, out_features=count))


def _pictures_into_linear(graph: Graph, report: Report) -> Iterator[str]:
    """Linear blocks that get a picture, where a flat row is nearly always meant; only the first in each chain."""
    for name in graph.order:
        found = report.blocks.get(name)
        if found and isinstance(graph.nodes[name].block, Linear) and len(found.inputs[0]) == 3:
            source = graph.feeds(name)["input"][0]
            if not _comes_from_linear(graph, source):
                yield name


def _comes_from_linear(graph: Graph, name: str) -> bool:
    while True:
        block, feeds = graph.nodes[name].block, graph.feeds(name)
        if isinstance(block, Linear):
            return True
        if isinstance(block, Conv2d | Flatten | Reshape) or len(feeds) != 1:
            return False
        name = next(iter(feeds.values()))[0]


def _flatten_before(name: str, report: Report) -> Fix:
    row = prod(report.blocks[name].inputs[0])
    flat: tuple[Block, ...] = (Flatten(),)
    return Fix("Insert Flatten", lambda graph: insert_before(graph, name, {"input": flat}), f"gives {row:,} numbers")


def advise(graph: Graph, report: Report, recipe: Recipe | None) -> Iterator[Problem]:
    """Warnings: drawings that run, but rarely do what was meant."""
    for name in _pictures_into_linear(graph, report):
        yield _picture_into_linear(graph, report, name)
    for name in report.blocks:
        block = graph.nodes[name].block
        if isinstance(block, Linear):
            yield from _missing_activation(graph, name)
        elif recipe and recipe.batch_size == 1 and isinstance(block, BatchNorm):
            yield from _single_batch(graph, report, name)
        elif recipe and isinstance(block, Output):
            yield from _loss_repeats(graph, recipe, name)
        elif recipe and isinstance(block, Input):
            yield from _one_class_after_the_other(recipe, name)


def _one_class_after_the_other(recipe: Recipe, name: str) -> Iterator[Problem]:
    """Whether most batches hold a single class, so that each makes the network forget the others."""
    data = recipe.data
    if not recipe.shuffle and data.in_class_order and recipe.batch_size < recipe.counts.train:
        text = (
            f"{name} gets the examples of {data.title} one class after the other, because shuffle is off. "
            "Each batch then teaches a single class and lets the others be forgotten. Turn shuffle on in the recipe."
        )
        yield Problem(name, "warning", text)


def _picture_into_linear(graph: Graph, report: Report, name: str) -> Problem:
    shape, source = report.blocks[name].inputs[0], graph.feeds(name)["input"][0]
    text = (
        f"{name} usually needs a flat row of numbers. It gets {shape_text(shape)} from {source}, "
        f"so it would act on the last {shape[-1]} numbers only."
    )
    return Problem(name, "warning", text, partial(tuple, (_flatten_before(name, report),)), ("input",))


def _missing_activation(graph: Graph, name: str) -> Iterator[Problem]:
    source = graph.feeds(name)["input"][0]
    while isinstance(graph.nodes[source].block, Dropout | Identity) and graph.feeds(source):
        source = graph.feeds(source)["input"][0]
    if isinstance(graph.nodes[source].block, Linear):
        text = (
            f"{name} follows {source} without an activation between them, so the two together can do no more "
            "than one Linear. It needs something that bends, such as ReLU."
        )
        yield Problem(name, "warning", text, partial(_activation_fix, name))


def _activation_fix(name: str) -> tuple[Fix, ...]:
    return (Fix("Insert ReLU", lambda graph: insert_before(graph, name, {"input": (ReLU(),)})),)


def _single_batch(graph: Graph, report: Report, name: str) -> Iterator[Problem]:
    shape = report.blocks[name].inputs[0]
    values = "only one value for each channel" if prod(shape[1:]) == 1 else "one example"
    text = (
        f"{name} computes mean and variance over a batch, but batch_size is 1: there is {values}. "
        "It needs a batch_size of at least 2."
    )
    source = graph.feeds(name)["input"][0]
    yield Problem(name, "warning", f"{text} It gets {shape_text(shape)} from {source}.", partial(_without, name))


def _without(name: str) -> tuple[Fix, ...]:
    return (Fix(f"Take {name} out", lambda graph: graph.bypass(name)),)


def _loss_repeats(graph: Graph, recipe: Recipe, name: str) -> Iterator[Problem]:
    """A last activation that the loss applies itself, or one that it needs and does not get."""
    (head,) = recipe.heads_for((name,))
    loss, needs = head.loss.kind(), head.loss.wants
    source = graph.feeds(name)["input"][0]
    block = graph.nodes[source].block
    needed: dict[str, tuple[type[Block], Block]] = {
        "log-probabilities": (LogSoftmax, LogSoftmax()),
        "probabilities": (Sigmoid, Sigmoid()),
    }
    if isinstance(block, _repeated(head.loss)):
        text = (
            f"{source} comes before {loss}, which applies {block.kind()} itself. "
            f"It needs plain scores: doing it twice makes learning slow."
        )
        yield Problem(source, "warning", text, partial(_without, source))
    elif needs in needed and recipe.data.classes and not isinstance(block, needed[needs][0]):
        kind, new = needed[needs]
        outcome = evaluate(new, (head.loss.output_shape(recipe.data),))
        text = f"{loss} needs the result of {kind.__name__}, but {name} gets plain numbers from {source}."
        fix = Fix(f"Insert {kind.__name__}", lambda graph: insert_before(graph, name, {"input": (new,)}))
        yield Problem(name, "warning", text, partial(tuple, () if outcome.error else (fix,)))


def _repeated(loss: Loss) -> tuple[type[Block], ...]:
    """What the loss applies itself."""
    if loss.wants != "logits":
        return ()
    return (Softmax, LogSoftmax) if loss.takes_index else (Sigmoid,)
