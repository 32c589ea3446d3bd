"""What a drawing costs: memory for a batch in use and in training, and how far each block sees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from engine.blocks.base import BYTES_OF_ID, BYTES_OF_NUMBER, Block, Ids, Reach, Saved, Shape
from engine.blocks.data import Output
from engine.evaluation import BlockReport
from engine.graph import Graph, Node
from engine.groups import Group, copies_of

if TYPE_CHECKING:
    from engine.check import Report

Field = tuple[Reach, ...] | None
"""How much of the input one number sees along each of the last dimensions, and how far its neighbour sees from there:
the receptive field and the effective stride. () is one place, None everything."""

NOWHERE_ELSE = Reach(1, 1)


@dataclass(frozen=True)
class BlockCost:
    """What one block costs for a batch, beside the parameters and multiply-accumulates of its report."""

    memory: int = 0
    """Bytes of what it computes."""
    kept: int = 0
    """Bytes of that, and of what comes with it, that autograd keeps until the backward pass."""
    field: Field = ()


@dataclass(eq=False, slots=True)
class Storage:
    """Memory that one tensor or several views of it lie in."""

    size: int
    kept: bool = False
    """By autograd, for the backward pass."""
    held: bool = False
    """By a name in the code, while the network is in use."""


@dataclass(slots=True)
class Spent:
    """What a block, or a group with all in it, has made: storages, bytes kept besides, and how far it sees."""

    storages: list[Storage]
    besides: int = 0
    field: Field = ()

    def cost(self) -> BlockCost:
        """In one sum for memory, in another for what autograd keeps of it."""
        memory = sum(storage.size for storage in self.storages)
        kept = sum(storage.size for storage in self.storages if storage.kept)
        return BlockCost(memory, kept + self.besides, self.field)


@dataclass(frozen=True)
class Cost:
    """What a whole drawing costs for a batch. Everything in bytes."""

    batch: int
    spent: Mapping[str, Spent] = field(default_factory=dict)
    inference: int = 0
    """The most that its tensors take at a time: the code gives every result a name, which holds it to the end."""
    training: int = 0
    """What autograd keeps for the backward pass."""
    at_the_turn: int = 0
    """What tensors take where the backward pass begins: what autograd keeps and what has a name."""

    @cached_property
    def blocks(self) -> Mapping[str, BlockCost]:
        """What each block costs."""
        return {name: spent.cost() for name, spent in self.spent.items()}


def cost(graph: Graph, report: Report, batch: int = 1) -> Cost:
    """Work out memory and receptive fields of all blocks whose shapes are known. The last answers are remembered."""
    for known_graph, known_blocks, known in _latest:
        if known_graph is graph and known_blocks is report.blocks and known.batch == batch:
            return known
    found = _Walk(batch).whole(graph, report.blocks)
    _latest.insert(0, (graph, report.blocks, found))
    del _latest[MOST_REMEMBERED:]
    return found


MOST_REMEMBERED = 4
_latest: list[tuple[Graph, Mapping[str, BlockReport], Cost]] = []


class _Tensor(NamedTuple):
    """What is known of a tensor on its way: where it lies, how far it sees, whether gradients flow back to it."""

    storage: Storage
    field: Field
    learns: bool


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a block's class says about its cost, for certain inputs."""

    sizes: tuple[int, ...]
    saves: tuple[Saved, ...]
    besides: int
    reach: tuple[Reach, ...] | None


@lru_cache(maxsize=100_000)
def _facts(block: Block, inputs: tuple[Shape, ...], outputs: tuple[Shape, ...], batch: int) -> _Facts:
    sizes = tuple(batch * bytes_of(shape) for shape in outputs)
    return _Facts(sizes, block.saved(*inputs), block.saved_besides(batch, *inputs), block.reach(*inputs))


def bytes_of(shape: Shape) -> int:
    """Bytes of one example of this shape."""
    return prod(shape) * (BYTES_OF_ID if isinstance(shape, Ids) else BYTES_OF_NUMBER)


class _Walk:
    """One walk through a drawing and the groups in it, in the order of computation."""

    def __init__(self, batch: int) -> None:
        self.batch = batch
        self.held = self.most = 0

    def whole(self, graph: Graph, blocks: Mapping[str, BlockReport]) -> Cost:
        scope = _Scope(self, graph, blocks, {}, frozen=False)
        spent = scope.walk()
        parts = spent.values()
        training = sum([part.besides for part in parts])
        training += sum([storage.size for part in parts for storage in part.storages if storage.kept])
        named = {tensor.storage for tensor in scope.tensors.values()}
        unkept = sum([storage.size for storage in named if not storage.kept])
        return Cost(self.batch, spent, self.most, training, training + unkept)

    def hold(self, storage: Storage) -> None:
        """Another tensor has a name."""
        storage.held = True
        self.held += storage.size
        self.most = max(self.most, self.held)

    def release(self, storages: Iterable[Storage]) -> None:
        """The names in a group end with its `forward`."""
        self.held -= sum(storage.size for storage in storages if storage.held)


class _Scope:
    """One drawing on the walk: the whole one, or a copy of what is in a group."""

    def __init__(
        self,
        walk: _Walk,
        graph: Graph,
        blocks: Mapping[str, BlockReport],
        entering: Mapping[str, _Tensor],
        frozen: bool,
    ) -> None:
        self.on, self.graph, self.blocks, self.frozen = walk, graph, blocks, frozen
        self.entering = entering
        self.tensors: dict[tuple[str, str], _Tensor] = {}
        self.leaving: dict[str, _Tensor] = {}

    def walk(self) -> dict[str, Spent]:
        """Visit every block; the tensors that leave are in `leaving` afterwards, by the Output's name."""
        spent = {}
        for name, report in self.blocks.items():
            node = self.graph.nodes[name]
            ports = node.block.input_ports()
            feeds = self.graph.feeds(name)
            came = [self.tensors[feeds[port]] for port in ports] if ports else []
            if name in self.entering:
                self.tensors[name, "output"] = self.entering[name]
                spent[name] = Spent([], field=self.entering[name].field)
            elif isinstance(node.block, Group):
                spent[name] = self._group(node, node.block, report, came)
            else:
                spent[name] = self._block(node, report, came)
            if isinstance(node.block, Output):
                self.leaving[name] = came[0]
        return spent

    def _block(self, node: Node, report: BlockReport, came: Sequence[_Tensor]) -> Spent:
        block = node.block
        facts = _facts(block, report.inputs, report.outputs, self.on.batch)
        saves = facts.saves
        sees = seen(came[0].field if len(came) == 1 else widest(tuple(tensor.field for tensor in came)), facts.reach)
        learns = self._has_learner(node, report) or (any(tensor.learns for tensor in came) and "stops" not in saves)
        view = "view" in saves
        made = [] if view else [Storage(size, learns and "output" in saves) for size in facts.sizes]
        if "training" not in saves:
            for storage in made:
                self.on.hold(storage)
        if learns and "input" in saves:
            for tensor in came:
                tensor.storage.kept = True
        seen_again = came[0].storage if view and came else Storage(0)  # a view of a weight takes nothing
        for number, port in enumerate(block.output_ports()):
            self.tensors[node.name, port] = _Tensor(seen_again if view else made[number], sees, learns)
        return Spent(made, facts.besides if learns else 0, sees)

    def _has_learner(self, node: Node, report: BlockReport) -> bool:
        """Whether the block changes its weights; one that shares them has none of its own in its report."""
        if not node.same_as:
            return not self.frozen and report.parameters > report.frozen
        owner = self.blocks.get(node.same_as)
        return owner is not None and self._has_learner(self.graph.nodes[node.same_as], owner)

    def _group(self, node: Node, block: Group, report: BlockReport, came: Sequence[_Tensor]) -> Spent:
        frozen = self.frozen or self.graph.nodes[node.same_as or node.name].frozen
        spent = Spent([])
        tensors = tuple(came)
        for copy in copies_of(block, report.inputs):
            entering = dict(zip(block.input_ports(), tensors, strict=True))
            scope = _Scope(self.on, block.graph, copy.blocks, entering, frozen)
            parts = scope.walk().values()
            tensors = tuple(scope.leaving[name] for name in block.output_ports())
            made = [storage for part in parts for storage in part.storages]
            outside = {id(tensor.storage) for tensor in tensors}
            self.on.release(storage for storage in made if id(storage) not in outside)
            spent.storages += made
            spent.besides += sum(part.besides for part in parts)
        spent.field = widest(tuple(tensor.field for tensor in tensors))
        for port, tensor in zip(block.output_ports(), tensors, strict=True):
            self.tensors[node.name, port] = tensor
        return spent


@lru_cache(maxsize=100_000)
def widest(fields: tuple[Field, ...]) -> Field:
    """The largest of several fields, dimension by dimension counted from the last."""
    known = [one for one in fields if one is not None]
    if len(known) < len(fields):
        return None
    if not known:
        return ()
    rank = max(map(len, known))
    columns = zip(*(_ranked(one, rank) for one in known), strict=True)
    return tuple(Reach(max(one.span for one in column), max(one.stride for one in column)) for column in columns)


@lru_cache(maxsize=100_000)
def seen(field: Field, reach: tuple[Reach, ...] | None) -> Field:
    """What a block sees of the input, given what its input sees and how it looks at that."""
    if field is None or reach is None:
        return None
    if not reach:
        return field
    rank = max(len(field), len(reach))
    pairs = zip(_ranked(field, rank), _ranked(reach, rank), strict=True)
    return tuple(Reach(had.span + (now.span - 1) * had.stride, had.stride * now.stride) for had, now in pairs)


def _ranked(reaches: tuple[Reach, ...], rank: int) -> tuple[Reach, ...]:
    return (NOWHERE_ELSE,) * (rank - len(reaches)) + reaches
