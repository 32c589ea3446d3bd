"""Colour by cost: what each block takes of a thing one chooses, as a figure and a heat on its card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from engine.check import Report
from engine.cost.counting import BlockCost, cost
from engine.evaluation import BlockReport
from engine.graph import Graph
from widgets.canvas.faces import NO_FIGURE, Figure
from widgets.value_text import cost_text, examples_text, field_text, size_text

EVERYTHING = float("inf")
"""How far a block sees that looks at the whole example."""

STEPS = 24
"""How many colours are told apart: cards of one colour are drawn together from afar."""

MOST_NAMED = 3
"""How many of the costliest blocks are named."""


@dataclass(frozen=True)
class Measure:
    """One thing that blocks can be coloured by: its name, its value for a block, and how a card writes it."""

    title: str
    value: Callable[[BlockReport, BlockCost], float]
    text: Callable[[BlockReport, BlockCost], str]
    per_batch: bool = False


def _area(_: BlockReport, spent: BlockCost) -> float:
    return EVERYTHING if spent.field is None else prod(reach.span for reach in spent.field)


MEASURES = {
    "parameters": Measure(
        "Parameters", lambda block, _: block.parameters, lambda block, _: cost_text(block.parameters)
    ),
    "macs": Measure("Multiply-adds", lambda block, _: block.macs, lambda block, _: cost_text(block.macs)),
    "memory": Measure("Memory in use", lambda _, spent: spent.memory, lambda _, spent: size_text(spent.memory), True),
    "kept": Measure("Memory in training", lambda _, spent: spent.kept, lambda _, spent: size_text(spent.kept), True),
    "field": Measure("Receptive field", _area, lambda _, spent: field_text(spent.field)),
}
"""Everything that the canvas can be coloured by."""


class CostColours(NamedTuple):
    """What the canvas is coloured by; nothing at first."""

    measure: str = ""
    batch: int = 1
    """For how many examples memory is counted."""

    @property
    def nothing(self) -> Figure:
        """For a block that costs nothing."""
        return Figure("", 0.0) if self.measure else NO_FIGURE

    @property
    def title(self) -> str:
        """What the figures are: `Memory in use, 64 examples`."""
        measure = MEASURES[self.measure]
        return f"{measure.title}, {examples_text(self.batch)}" if measure.per_batch else measure.title

    def figures(self, graph: Graph, report: Report) -> Mapping[str, Figure]:
        """Text and heat of each block that costs anything; the parameters, without heat, if nothing is chosen."""
        if not self.measure:
            return {name: Figure(f"{b.parameters:,}") for name, b in report.blocks.items() if b.parameters}
        measure, spent = MEASURES[self.measure], cost(graph, report, self.batch).blocks
        values = {name: measure.value(block, spent[name]) for name, block in report.blocks.items()}
        most = max((value for value in values.values() if value < EVERYTHING), default=0.0)
        texts = {name: measure.text(report.blocks[name], spent[name]) for name, value in values.items() if value}
        return {name: Figure(text, _heat(values[name], most)) for name, text in texts.items()}

    def costliest(self, graph: Graph, report: Report) -> list[tuple[str, str]]:
        """The blocks with the largest figures, and those figures."""
        measure, spent = MEASURES[self.measure], cost(graph, report, self.batch).blocks
        ranked = sorted(report.blocks, key=lambda name: measure.value(report.blocks[name], spent[name]), reverse=True)
        return [(name, measure.text(report.blocks[name], spent[name])) for name in ranked[:MOST_NAMED]]


def _heat(value: float, most: float) -> float:
    """The share of the largest figure, in steps, and never quite nothing."""
    return 1.0 if value >= most else max(round(STEPS * value / most), 1) / STEPS
