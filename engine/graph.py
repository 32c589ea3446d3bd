"""The drawing as a value: blocks and wires that never change, and functions that return new drawings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import networkx

from engine.node import Node, Point, Wire
from engine.program import MAX_NAME, is_name

if TYPE_CHECKING:
    from engine.blocks.base import Block

__all__ = ["Graph", "Node", "Point", "Wire"]

LONGEST_STEM = MAX_NAME - 10
"""How much of a name is kept when a number is put behind it."""


@dataclass(frozen=True, eq=False)
class Graph:
    """A drawing. Every edit returns a new one; blocks that an edit does not touch stay the same objects.

    Cost: an edit copies one dict of references; the order of blocks is kept as long as no wire changes.
    Two drawings are equal if they have the same blocks in the same order and the same wires.
    """

    nodes: Mapping[str, Node] = field(default_factory=lambda: MappingProxyType({}))
    wires: tuple[Wire, ...] = ()

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Graph) or self._hash != other._hash or self.wires != other.wires:
            return False
        return tuple(self.nodes.values()) == tuple(other.nodes.values())

    def __hash__(self) -> int:
        return self._hash

    def add(self, *nodes: Node) -> Graph:
        """With these blocks; one of the same name is replaced."""
        return self._with_nodes({**self.nodes, **{node.name: node for node in nodes}})

    def connect(self, *wires: Wire) -> Graph:
        """With these wires; a wire into a used input port takes the place of the old one.

        Raises ValueError for a block or port that does not exist.
        """
        for wire in wires:
            self._check_wire(wire)
        fresh = {(wire.target, wire.input): wire for wire in wires}
        kept = (wire for wire in self.wires if (wire.target, wire.input) not in fresh)
        return replace(self, wires=(*kept, *fresh.values()))

    def disconnect(self, *wires: Wire) -> Graph:
        """Without these wires."""
        gone = set(wires)
        return replace(self, wires=tuple(wire for wire in self.wires if wire not in gone))

    def remove(self, names: Iterable[str]) -> Graph:
        """Without these blocks and the wires at them."""
        gone = set(names)
        wires = tuple(w for w in self.wires if w.source not in gone and w.target not in gone)
        kept = {name: node for name, node in self.nodes.items() if name not in gone}
        for old in gone & {node.same_as for node in kept.values()}:
            heir, *others = (name for name, node in kept.items() if node.same_as == old)
            kept[heir] = replace(self.nodes[old], name=heir, at=kept[heir].at)
            kept.update({name: replace(kept[name], same_as=heir) for name in others})
        return replace(self, nodes=MappingProxyType(kept), wires=wires)

    def bypass(self, name: str) -> Graph:
        """Without this block, its first input wired to everything that its first output fed."""
        node = self.nodes[name]
        (first, *_), (last, *_) = (*node.block.input_ports(), ""), (*node.block.output_ports(), "")
        feed = self.feeds(name).get(first)
        freed = [w for w in self.out_of(name) if w.output == last and w.target != name]
        without = self.remove([name])
        if feed and feed[0] == name:  # a block that feeds itself has nothing to pass on
            feed = None
        return without.connect(*(Wire(*feed, w.target, w.input) for w in freed)) if feed else without

    def configure(self, name: str, **values: Any) -> Graph:
        """With other settings for one block. Wires into ports that this takes away go too. Raises ValueError."""
        node = self.nodes[name]
        return self.put(replace(node, block=node.block.changed(**values)))

    def put(self, node: Node) -> Graph:
        """With this block in the place of the one of the same name; wires to ports that it lacks go.

        Blocks that share its weights take its settings.
        """
        graph = self
        for sharer in self.sharers(node.name):
            if sharer != node.name and self.nodes[sharer].block != node.block:
                graph = graph._put(replace(self.nodes[sharer], block=node.block))
        return graph._put(node)

    def _put(self, node: Node) -> Graph:
        graph = self.add(node)
        inputs, outputs = node.block.input_ports(), node.block.output_ports()
        lost = [w for w in self.into(node.name) if w.input not in inputs]
        lost += [w for w in self.out_of(node.name) if w.output not in outputs]
        return graph.disconnect(*lost) if lost else graph

    def sharers(self, name: str) -> tuple[str, ...]:
        """All blocks that call the same module as this one, the owner first; only itself if it shares none."""
        owner = self.nodes[name].same_as if name in self.nodes and self.nodes[name].same_as else name
        return (owner, *self._shared.get(owner, ()))

    def share(self, name: str, owner: str) -> Graph:
        """With one block calling the module of another, whose settings it takes. Raises ValueError."""
        first = self.nodes[owner].same_as or owner
        node = self.nodes[name]
        if first == name:
            raise ValueError(f"{owner} already shares the weights of {name}")
        if type(node.block) is not type(self.nodes[first].block):
            raise ValueError(f"{name} and {owner} are different kinds of blocks, so they cannot share weights")
        graph = self
        for follower in self._shared.get(name, ()):
            graph = graph._put(replace(graph.nodes[follower], same_as=first, block=self.nodes[first].block))
        return graph._put(replace(node, same_as=first, block=self.nodes[first].block))

    def unshare(self, name: str) -> Graph:
        """With weights of its own for one block."""
        return self._put(replace(self.nodes[name], same_as=""))

    def move(self, places: Mapping[str, Point]) -> Graph:
        """With these blocks at other places."""
        return self.add(*(replace(self.nodes[name], at=at) for name, at in places.items()))

    def rename(self, old: str, new: str) -> Graph:
        """With another name for one block. Raises ValueError for a name that is taken or impossible."""
        if new in self.nodes and new != old:
            raise ValueError(f"there is already a block called {new}")
        swap = {old: new}
        nodes = {
            swap.get(name, name): replace(node, name=swap.get(name, name), same_as=swap.get(node.same_as, node.same_as))
            if old in (name, node.same_as)
            else node
            for name, node in self.nodes.items()
        }
        wires = tuple(
            w._replace(source=swap.get(w.source, w.source), target=swap.get(w.target, w.target)) for w in self.wires
        )
        return Graph(MappingProxyType(nodes), wires)

    def insert_on_wire(self, wire: Wire, node: Node) -> Graph:
        """With a block in the middle of a wire, joined by its first ports."""
        first, last = node.block.input_ports()[0], node.block.output_ports()[0]
        wires = (
            Wire(wire.source, wire.output, node.name, first),
            Wire(node.name, last, wire.target, wire.input),
        )
        return self.add(node).connect(*wires)

    def part(self, names: Iterable[str]) -> Graph:
        """Only these blocks and the wires among them."""
        return self.remove(self.nodes.keys() - set(names))

    def merged(self, other: Graph, offset: Point = (0.0, 0.0)) -> tuple[Graph, dict[str, str]]:
        """With a copy of another drawing beside it, and the new name of each of its blocks."""
        graph, names = self, dict[str, str]()
        for node in other.nodes.values():
            names[node.name] = graph.fresh_name(node.name)
            at = node.at[0] + offset[0], node.at[1] + offset[1]
            graph = graph.add(replace(node, name=names[node.name], at=at))
        shared = {names[node.name]: names[node.same_as] for node in other.nodes.values() if node.same_as}
        graph = graph.add(*(replace(graph.nodes[name], same_as=owner) for name, owner in shared.items()))
        wires = (w._replace(source=names[w.source], target=names[w.target]) for w in other.wires)
        return graph.connect(*wires), names

    def fresh_name(self, wish: str) -> str:
        """A name that no block has yet: the wish itself, or its letters with the next free number."""
        if wish not in self.nodes and is_name(wish):
            return wish
        stem = wish.rstrip("0123456789")[:LONGEST_STEM]
        stem = stem if is_name(f"{stem}1") else "block"
        return next(name for number in count(1) if (name := f"{stem}{number}") not in self.nodes and is_name(name))

    def name_for(self, block: Block) -> str:
        """The usual name of the next block of this kind: conv1, conv2, relu1."""
        stem = block.short_name or block.kind().lower()
        return self.fresh_name(f"{stem}1")

    def feeds(self, name: str) -> Mapping[str, tuple[str, str]]:
        """For each connected input port of a block, the block and output port that feed it."""
        return self._feeds.get(name, {})

    def into(self, name: str) -> list[Wire]:
        """The wires that end at a block."""
        return [Wire(*feed, name, port) for port, feed in self.feeds(name).items()]

    def out_of(self, name: str) -> list[Wire]:
        """The wires that start at a block."""
        return self._out_of.get(name, [])

    def before(self, name: str) -> set[str]:
        """Every block that a block depends on; remembered, since a wire in hand asks it for every port in sight."""
        if name not in self._sources_of:
            self._sources_of[name] = networkx.ancestors(self.network, name)
        return self._sources_of[name]

    def after(self, name: str) -> set[str]:
        """Every block that depends on a block."""
        return networkx.descendants(self.network, name)

    @cached_property
    def _sources_of(self) -> dict[str, set[str]]:
        return {}

    @cached_property
    def _hash(self) -> int:
        return hash((tuple(self.nodes.values()), self.wires))

    @cached_property
    def _shared(self) -> Mapping[str, list[str]]:
        table: dict[str, list[str]] = {}
        for node in self.nodes.values():
            if node.same_as:
                table.setdefault(node.same_as, []).append(node.name)
        return table

    @cached_property
    def _feeds(self) -> Mapping[str, Mapping[str, tuple[str, str]]]:
        table: dict[str, dict[str, tuple[str, str]]] = {}
        for source, output, target, port in self.wires:
            table.setdefault(target, {})[port] = source, output
        return table

    @cached_property
    def _out_of(self) -> Mapping[str, list[Wire]]:
        table: dict[str, list[Wire]] = {}
        for wire in self.wires:
            table.setdefault(wire.source, []).append(wire)
        return table

    @cached_property
    def network(self) -> networkx.DiGraph[str]:
        """The bare structure for graph algorithms: names and directed edges."""
        network: networkx.DiGraph[str] = networkx.DiGraph()
        network.add_nodes_from(self.nodes)
        network.add_edges_from((wire.source, wire.target) for wire in self.wires)
        return network

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Names so that each block follows what feeds it; blocks of a loop are left out."""
        try:
            return tuple(networkx.topological_sort(self.network))
        except networkx.NetworkXUnfeasible:
            looped = set().union(*self.loops)
            open_part = self.network.subgraph(name for name in self.nodes if name not in looped)
            return tuple(networkx.topological_sort(open_part))

    @cached_property
    def loops(self) -> tuple[frozenset[str], ...]:
        """Sets of blocks that feed each other in a circle."""
        if "order" in self.__dict__ and len(self.order) == len(self.nodes):
            return ()
        parts = networkx.strongly_connected_components(self.network)
        return tuple(frozenset(p) for p in parts if len(p) > 1 or self.network.has_edge(*(2 * list(p))))

    def loop_path(self, loop: frozenset[str]) -> list[str]:
        """One way round a loop, block by block."""
        edges = cast("list[tuple[str, str]]", networkx.find_cycle(self.network.subgraph(loop)))
        return [source for source, _ in edges]

    def _with_nodes(self, nodes: dict[str, Node]) -> Graph:
        graph = replace(self, nodes=MappingProxyType(nodes))
        kept = ("_feeds", "_out_of", "network", "order", "loops")
        if nodes.keys() == self.nodes.keys():  # same blocks, same wires: what was worked out stays true
            graph.__dict__.update({name: self.__dict__[name] for name in kept if name in self.__dict__})
        return graph

    def _check_wire(self, wire: Wire) -> None:
        for name in (wire.source, wire.target):
            if name not in self.nodes:
                raise ValueError(f"a wire names {name[:60]!r}, but there is no such block")
        if wire.output not in self.nodes[wire.source].block.output_ports():
            raise ValueError(f"{wire.source} has no output called {wire.output[:60]!r}")
        if wire.input not in self.nodes[wire.target].block.input_ports():
            raise ValueError(f"{wire.target} has no input called {wire.input[:60]!r}")
