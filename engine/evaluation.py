"""What blocks make of the shapes that reach them: one block, a chain, and a whole drawing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from engine.blocks.base import Block, Ids, Shape, ShapeError
from engine.blocks.data import Input, Output

if TYPE_CHECKING:
    from engine.graph import Graph, Node

Port = tuple[str, str]
"""A block and one of its output ports."""


@dataclass(frozen=True)
class Outcome:
    """Shapes that come out of a block and what it costs for one example, or why it refuses."""

    shapes: tuple[Shape, ...] = ()
    parameters: int = 0
    macs: int = 0
    frozen: int = 0
    """How many of the parameters do not learn."""
    error: ShapeError | None = None


@lru_cache(maxsize=100_000)
def evaluate(block: Block, inputs: tuple[Shape, ...]) -> Outcome:
    """Apply the block's shape rule and count its cost. Blocks are values, so the answer is remembered."""
    try:
        _check_numbers(block, inputs)
        shapes = block.shapes(*inputs)
    except ShapeError as error:
        return Outcome(error=error)
    if block.ids == "keeps" and inputs and all(isinstance(shape, Ids) for shape in inputs):
        shapes = tuple(map(Ids, shapes))
    return Outcome(shapes, block.parameters(*inputs), block.macs(*inputs), block.frozen(*inputs))


def _check_numbers(block: Block, inputs: tuple[Shape, ...]) -> None:
    """Whole numbers, such as token ids, go only where they mean something. Raises ShapeError."""
    whole = [isinstance(shape, Ids) for shape in inputs]
    if block.ids == "refuses" and any(whole):
        raise ShapeError("computes with real numbers, not with ids. It needs an Embedding before it", mismatch="ids")
    if block.ids == "needs" and not all(whole):
        raise ShapeError("looks ids up, so it needs whole numbers from an Input with dtype=int64", mismatch="not ids")


def through(chain: tuple[Block, ...], shape: Shape) -> Shape | None:
    """What comes out of blocks in a row, or None where one refuses."""
    for block in chain:
        outcome = evaluate(block, (shape,))
        if outcome.error or len(outcome.shapes) != 1:
            return None
        shape = outcome.shapes[0]
    return shape


@dataclass(frozen=True)
class BlockReport:
    """What reaches a block, what leaves it, and what it costs for one example."""

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    parameters: int
    macs: int
    frozen: int = 0
    """How many of the parameters do not learn."""


@dataclass(frozen=True)
class Flow:
    """What flows through a drawing: shapes and costs where they are known, and which blocks stop it."""

    given: tuple[Shape, ...] = ()
    """The shapes that entered, in the order of the Inputs."""
    shapes: Mapping[Port, Shape] = field(default_factory=dict)
    blocks: Mapping[str, BlockReport] = field(default_factory=dict)
    refused: Mapping[str, tuple[tuple[Shape, ...], ShapeError]] = field(default_factory=dict)
    """Blocks that refuse what reaches them, with what that is and why."""
    unfed: tuple[str, ...] = ()
    """Blocks with an input that no wire reaches."""

    needed: frozenset[str] = frozenset()
    """The blocks that an Output depends on, and those whose weights these share; only they cost anything."""

    @cached_property
    def parameters(self) -> int:
        return sum(self.blocks[name].parameters for name in self._counted)

    @cached_property
    def frozen(self) -> int:
        return sum(self.blocks[name].frozen for name in self._counted)

    @cached_property
    def macs(self) -> int:
        return sum(self.blocks[name].macs for name in self._counted)

    @cached_property
    def _counted(self) -> tuple[str, ...]:
        return tuple(name for name in self.blocks if name in self.needed)


def flow(graph: Graph, given: Mapping[str, Shape] | None = None) -> Flow:
    """Work out every shape of a drawing. Inside a group `given` says what enters at each Input."""
    return _Flowing(graph, given or {}).result()


class _Flowing:
    """One walk through a drawing, in the order of computation."""

    def __init__(self, graph: Graph, given: Mapping[str, Shape]) -> None:
        self.graph, self.given = graph, given
        self.shapes: dict[Port, Shape] = {}
        self.blocks: dict[str, BlockReport] = {}
        self.refused: dict[str, tuple[tuple[Shape, ...], ShapeError]] = {}
        self.unfed: list[str] = []
        self.sharing: list[Node] = []
        self.unlike: dict[str, ShapeError] = {}
        self.entered = False

    def result(self) -> Flow:
        self._walk()
        self.unlike = {node.name: error for node in self.sharing if (error := self._compare(node))}
        if self.unlike:  # what follows a block that shares wrongly waits for a repair
            self._walk()
        entrances = (name for name, node in self.graph.nodes.items() if isinstance(node.block, Input))
        given = tuple(self.shapes[name, "output"] for name in entrances if (name, "output") in self.shapes)
        known = needed(self.graph)
        known |= {node.same_as for node in self.sharing if node.name in known}
        return Flow(given, self.shapes, self.blocks, self.refused, tuple(self.unfed), frozenset(known))

    def _walk(self) -> None:
        for found in (self.shapes, self.blocks, self.refused, self.unfed, self.sharing):
            found.clear()
        for name in self.graph.order:
            self._visit(self.graph.nodes[name])

    def _visit(self, node: Node) -> None:
        name, block = node.name, node.block
        ports, feeds = block.input_ports(), self.graph.feeds(name)
        if len(feeds) < len(ports):
            self.unfed.append(name)
            return
        inputs = tuple(self.shapes[feeds[port]] for port in ports if feeds[port] in self.shapes)
        if len(inputs) < len(ports):
            return  # it waits for a repair before it
        outcome = Outcome((self.given[name],)) if name in self.given else evaluate(block, inputs)
        if block.from_batch and not self._has_entrance():
            outcome = Outcome(error=ShapeError("needs an Input beside it, to know how many examples there are"))
        if error := outcome.error or self.unlike.get(name):
            self.refused[name] = inputs, error
            return
        if node.same_as:
            self.sharing.append(node)
        parameters = 0 if node.same_as else outcome.parameters
        frozen = parameters if node.frozen else min(outcome.frozen, parameters)
        self.blocks[name] = BlockReport(inputs, outcome.shapes, parameters, outcome.macs, frozen)
        self.shapes.update(zip(((name, port) for port in block.output_ports()), outcome.shapes, strict=True))

    def _has_entrance(self) -> bool:
        self.entered = self.entered or any(isinstance(node.block, Input) for node in self.graph.nodes.values())
        return self.entered

    def _compare(self, node: Node) -> ShapeError | None:
        """Blocks that share weights must need the same ones."""
        owner, mine = self.graph.nodes[node.same_as], self.blocks[node.name].inputs
        report = self.blocks.get(owner.name)
        if report is None or owner.block.layer(*report.inputs) == node.block.layer(*mine):
            return None
        return ShapeError(f"shares the weights of {owner.name}, so it needs the same number of channels")


def needed(graph: Graph) -> set[str]:
    """Blocks that an Output depends on, and the Inputs; all blocks where there is no Output yet."""
    ends = [name for name, node in graph.nodes.items() if isinstance(node.block, Output)]
    if not ends:
        return set(graph.nodes)
    found = {name for name, node in graph.nodes.items() if isinstance(node.block, Input)}
    while ends:
        name = ends.pop()
        if name not in found:
            found.add(name)
            ends += [source for source, _ in graph.feeds(name).values()]
    return found
