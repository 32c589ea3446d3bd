"""Refuse a drawing that needs more memory than the machine has, before anything of it is built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from engine.blocks.base import BYTES_OF_NUMBER
from engine.cost.counting import Cost, cost
from engine.cost.machine_memory import machine_memory
from engine.graph import Graph
from engine.problems import Level, Problem
from engine.recipes.recipe import TEST_BATCH, Recipe

if TYPE_CHECKING:
    from engine.check import Report


@dataclass(frozen=True)
class Need:
    """What building and running a drawing needs, in bytes."""

    weights: int
    gradients: int
    optimizer: int
    activations: int
    testing: int = 0
    """What looking at a part of the test set takes, which training does in between."""

    @property
    def total(self) -> int:
        """All of it, without tests."""
        return self.weights + self.gradients + self.optimizer + self.activations

    @property
    def most(self) -> int:
        """The most that is needed at a time."""
        return self.total + max(self.testing - self.activations, 0)


def need_of(graph: Graph, report: Report, recipe: Recipe | None = None) -> Need:
    """What training with a recipe needs; without one, what computing one example needs."""
    weights = BYTES_OF_NUMBER * report.parameters
    if recipe is None:
        return Need(weights, 0, 0, cost(graph, report).inference)
    learned = BYTES_OF_NUMBER * (report.parameters - report.frozen)
    in_use = cost(graph, report, recipe.batch_size)
    testing = in_use.inference // recipe.batch_size * TEST_BATCH
    return Need(weights, learned, learned * recipe.optimizer.kept, in_use.at_the_turn, testing)


KEPT_OF_EACH = 4
"""For each number that leaves a block, more numbers than autograd keeps of it, outside of the sequences."""

COPIES_OF_WEIGHTS = 8
"""More copies of the weights than any optimizer needs."""


def _surely_fits(graph: Graph, report: Report, recipe: Recipe | None, room: int) -> bool:
    """Whether a rough guess, far above the truth, fits; then nothing need be worked out exactly."""
    examples = max(KEPT_OF_EACH * recipe.batch_size, TEST_BATCH) if recipe else 1
    numbers = 0
    for name, found in report.blocks.items():
        if graph.nodes[name].block.family in ("sequence", "group"):
            return False
        for shape in found.outputs:
            numbers += prod(shape)
    bytes_needed = 2 * BYTES_OF_NUMBER * (numbers * examples + COPIES_OF_WEIGHTS * report.parameters)
    return bytes_needed <= room


def too_large(graph: Graph, report: Report, recipe: Recipe | None = None) -> Iterator[Problem]:
    """The one problem of a drawing that this machine cannot hold, at the block that needs the most."""
    room = machine_memory()
    if room is None or _surely_fits(graph, report, recipe, room):
        return
    need = need_of(graph, report, recipe)
    if need.most <= room:
        return
    yield Problem(*_said(graph, report, recipe, need, room))


def _said(graph: Graph, report: Report, recipe: Recipe | None, need: Need, room: int) -> tuple[str, Level, str]:
    in_use = cost(graph, report, recipe.batch_size if recipe else 1)
    copies = 2 + recipe.optimizer.kept if recipe else 1
    most = {name: _share(report, in_use, name, copies) for name in report.blocks}
    name = max(most, key=lambda name: most[name])
    purpose = f"train with {recipe.batch_size:,} examples at a time" if recipe else "compute one example"
    results, helpers = max(need.activations, need.testing), need.gradients + need.optimizer
    learning = f"{helpers:,} for gradients and the optimizer, " if recipe else ""
    text = (
        f"{name} makes the drawing too large for this machine. To {purpose} it needs {need.most:,} bytes of memory "
        f"({need.weights:,} for weights, {learning}{results:,} for results on the way), and the machine has {room:,}. "
        f"{name} alone needs {most[name]:,}."
    )
    return name, "error", text


def _share(report: Report, in_use: Cost, name: str, copies: int) -> int:
    block, spent = report.blocks[name], in_use.blocks[name]
    learned = block.parameters - block.frozen
    return BYTES_OF_NUMBER * (block.parameters + (copies - 1) * learned) + max(spent.memory, spent.kept)
