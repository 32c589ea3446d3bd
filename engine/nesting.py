"""Work with groups: look and edit inside them, put blocks into one, take one apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from engine.blocks.base import Shape
from engine.blocks.data import Input, Output
from engine.evaluation import flow
from engine.graph import Graph, Node, Point, Wire
from engine.groups import Group, copies_of

MARGIN = 240.0
"""How far the ends of a new group lie from the blocks in it, in scene units."""

Path = Sequence[str]
"""Names of groups, each inside the one before; empty for the whole drawing."""

End = tuple[str, str]
"""A block and one of its ports."""

Exits = Mapping[str, End | None]
"""What comes out at each output port of a group; None where nothing is connected inside."""


class NotPossible(Exception):
    """Blocks that cannot be grouped or taken apart; the text says why and what to do."""


def inside(graph: Graph, path: Path) -> Graph:
    """The drawing inside a group, by the path to it. Raises KeyError where there is no such group."""
    for name in path:
        block = graph.nodes[name].block
        if not isinstance(block, Group):
            raise KeyError(name)
        graph = block.graph
    return graph


def with_inside(graph: Graph, path: Path, inner: Graph) -> Graph:
    """The whole drawing with another drawing inside one group; wires follow ports that got another name."""
    if not path:
        return inner
    first, *rest = path
    node = graph.nodes[first]
    assert isinstance(node.block, Group)
    block = replace(node.block, graph=with_inside(node.block.graph, rest, inner))
    for sharer in graph.sharers(first):
        graph = _with_ports(graph, graph.nodes[sharer], block)
    return graph


def given_inside(graph: Graph, path: Path) -> Mapping[str, Shape] | None:
    """The shapes that enter a group, by the name of its Input: those of its first copy. None if not known yet."""
    given: Mapping[str, Shape] | None = None
    for name in path:
        report = flow(graph, given).blocks.get(name)
        block = graph.nodes[name].block
        assert isinstance(block, Group)
        if report is None:
            return _reaching(graph, name, given)
        given = dict(zip(block.input_ports(), copies_of(block, report.inputs)[0].given, strict=True))
        graph = block.graph
    return given


def grouped(graph: Graph, names: Iterable[str], class_name: str = "Block") -> tuple[Graph, str]:
    """With these blocks inside one new group, and its name. The ends of the whole drawing stay outside.

    Raises NotPossible if a block between them stays outside, or if weights are shared across the border.
    """
    chosen = [n for n in graph.nodes if n in set(names) and not isinstance(graph.nodes[n].block, Input | Output)]
    _check_border(graph, chosen)
    inner = graph.part(chosen)
    kept = set(chosen)
    entering = [w for w in graph.wires if w.target in kept and w.source not in kept]
    leaving = [w for w in graph.wires if w.source in kept and w.target not in kept]
    sources = list(dict.fromkeys((w.source, w.output) for w in entering))
    results = list(dict.fromkeys((w.source, w.output) for w in leaving)) or _loose_ends(inner)
    inner, doors = _with_entrances(graph, inner, sources, entering)
    inner, exits = _with_exits(inner, results)
    block = Group(class_name=class_name, graph=inner)
    name = graph.name_for(block)
    outer = graph.remove(chosen).add(Node(name, block, _middle(graph, chosen)))
    wires = [Wire(*source, name, doors[source]) for source in sources]
    wires += [Wire(name, exits[w.source, w.output], w.target, w.input) for w in leaving]
    return outer.connect(*wires), name


def ungrouped(graph: Graph, name: str) -> tuple[Graph, tuple[str, ...]]:
    """With a group's blocks in its place, every copy of them, and their names."""
    node = graph.nodes[name]
    if not isinstance(node.block, Group):
        raise NotPossible(f"{name} is no group.")
    if len(graph.sharers(name)) > 1:
        raise NotPossible(f"{name} shares its weights with other groups. Give each its own weights first.")
    feeds: dict[str, End] = dict(graph.feeds(name))
    readers, place = graph.out_of(name), node.at
    outer, found = graph.remove([name]), list[str]()
    for copy in range(node.block.repeat):
        outer, names, ends = _unpacked(outer, node, feeds, (place[0] + copy * _width(node.block.graph), place[1]))
        found += names
        feeds = {port: end for port, end in zip(node.block.input_ports(), ends.values(), strict=False) if end}
    wires = [Wire(*end, w.target, w.input) for w in readers if (end := ends[w.output])]
    return outer.connect(*wires), tuple(found)


def _unpacked(outer: Graph, node: Node, feeds: Mapping[str, End], at: Point) -> tuple[Graph, list[str], Exits]:
    """One copy of a group's blocks beside the others; what they are called, and what comes out at each port."""
    assert isinstance(node.block, Group)
    inner, doors = node.block.graph, set(node.block.input_ports())
    body = inner.part(n for n, v in inner.nodes.items() if not isinstance(v.block, Input | Output))
    left, top = _corner(body)
    outer, names = outer.merged(body, (at[0] - left, at[1] - top))
    if node.frozen:
        outer = outer.add(*(replace(outer.nodes[name], frozen=True) for name in names.values()))

    def end(source: str, output: str) -> End | None:
        return feeds.get(source) if source in doors else (names[source], output)

    entering = [w for w in inner.wires if w.source in doors and w.target in names and w.source in feeds]
    wires = [Wire(*feeds[w.source], names[w.target], w.input) for w in entering]
    exits = {port: end(*feed["input"]) if (feed := inner.feeds(port)) else None for port in node.block.output_ports()}
    return outer.connect(*wires), list(names.values()), exits


def _with_ports(graph: Graph, node: Node, block: Group) -> Graph:
    """A group with another drawing inside; a port that vanishes hands its wires to a new one at the same place."""
    old = node.block
    into = _renamed(old.input_ports(), block.input_ports())
    out = _renamed(old.output_ports(), block.output_ports())
    wires = [w._replace(input=into[w.input]) for w in graph.into(node.name) if w.input in into]
    wires += [w._replace(output=out[w.output]) for w in graph.out_of(node.name) if w.output in out]
    bare = graph.disconnect(*graph.into(node.name), *graph.out_of(node.name))
    return bare.add(replace(node, block=block)).connect(*wires)


def _renamed(old: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    kept = {name: name for name in old if name in new}
    if len(old) == len(new):
        kept.update({a: b for a, b in zip(old, new, strict=True) if a not in new and b not in old})
    return kept


def _reaching(graph: Graph, name: str, given: Mapping[str, Shape] | None) -> Mapping[str, Shape] | None:
    """The shapes that reach a group which cannot compute with them."""
    refused = flow(graph, given).refused.get(name)
    return dict(zip(graph.nodes[name].block.input_ports(), refused[0], strict=True)) if refused else None


def _check_border(graph: Graph, chosen: Sequence[str]) -> None:
    kept = set(chosen)
    if not kept:
        raise NotPossible("Choose some blocks other than Input and Output to group.")
    after = set[str]().union(*map(graph.after, chosen)) - kept
    before = set[str]().union(*map(graph.before, chosen)) - kept
    if between := sorted(after & before):
        raise NotPossible(f"{between[0]} lies between these blocks. Choose it too, or leave out what follows it.")
    fed = any(source not in kept for name in chosen for source, _ in graph.feeds(name).values())
    lonely = next((name for name in chosen if graph.nodes[name].block.from_batch), "")
    if lonely and not fed:
        raise NotPossible(f"{lonely} must know how many examples there are. Choose a block with it that gets some.")
    for name in chosen:
        for sharer in graph.sharers(name):
            if sharer not in kept:
                raise NotPossible(f"{name} shares its weights with {sharer}. Choose both, or give each its own.")


def _loose_ends(inner: Graph) -> list[End]:
    read = {(w.source, w.output) for w in inner.wires}
    ends = ((name, port) for name, node in inner.nodes.items() for port in node.block.output_ports())
    return [end for end in ends if end not in read]


def _with_entrances(
    graph: Graph, inner: Graph, sources: Sequence[End], entering: Sequence[Wire]
) -> tuple[Graph, dict[End, str]]:
    shapes, (left, top), doors = flow(graph).shapes, _corner(inner), dict[End, str]()
    for number, source in enumerate(sources):
        name = inner.fresh_name("input" if len(sources) == 1 else f"input{number + 1}")
        shape = shapes.get(source, (1,))
        door = Node(name, Input(shape=tuple(shape) or (1,)), (left - MARGIN, top + number * MARGIN / 2))
        inner, doors[source] = inner.add(door), name
    wires = (Wire(doors[w.source, w.output], "output", w.target, w.input) for w in entering)
    return inner.connect(*wires), doors


def _with_exits(inner: Graph, results: Sequence[End]) -> tuple[Graph, dict[End, str]]:
    (left, top), exits = _corner(inner), dict[End, str]()
    right = left + _width(inner)
    for number, result in enumerate(results):
        name = inner.fresh_name("output" if len(results) == 1 else f"output{number + 1}")
        inner = inner.add(Node(name, Output(), (right, top + number * MARGIN / 2)))
        inner, exits[result] = inner.connect(Wire(*result, name, "input")), name
    return inner, exits


def _corner(graph: Graph) -> Point:
    places = [node.at for node in graph.nodes.values()]
    return min((x for x, _ in places), default=0.0), min((y for _, y in places), default=0.0)


def _width(graph: Graph) -> float:
    """From the leftmost block to the next free place on the right."""
    places = [node.at[0] for node in graph.nodes.values()]
    return max(places, default=0.0) - min(places, default=0.0) + MARGIN


def _middle(graph: Graph, names: Sequence[str]) -> Point:
    places = [graph.nodes[name].at for name in names]
    return sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)
