"""The edits that keys ask for, as functions from a drawing to a drawing."""

from collections.abc import Collection

from engine.graph import Graph, Wire
from engine.groups import Group


def named(names: Collection[str]) -> str:
    """What the menu says about some blocks: the name of one, the number of several."""
    return next(iter(names)) if len(names) == 1 else f"{len(names)} blocks"


def removed(graph: Graph, names: Collection[str], wires: Collection[Wire]) -> tuple[str, Graph]:
    """Without some blocks and some wires."""
    if names:
        return f"Delete {named(names)}", graph.disconnect(*wires).remove(names)
    what = f"the wire from {w.source} to {w.target}" if len(wires) == 1 and (w := next(iter(wires))) else "wires"
    return f"Delete {what}", graph.disconnect(*wires)


def nudged(graph: Graph, names: Collection[str], across: float, down: float) -> Graph:
    """With some blocks a little further on."""
    return graph.move({name: (graph.nodes[name].at[0] + across, graph.nodes[name].at[1] + down) for name in names})


def renamed(old: Graph, new: Graph) -> dict[str, str]:
    """The old and the new name of a block, if that is all that has happened to it; else nothing."""
    gone, fresh = old.nodes.keys() - new.nodes.keys(), new.nodes.keys() - old.nodes.keys()
    if len(gone) != 1 or len(fresh) != 1:
        return {}
    (before,), (after,) = gone, fresh
    return {before: after} if old.nodes[before].block is new.nodes[after].block else {}


def flow(graph: Graph) -> tuple[str, ...]:
    """All names in flow order; the blocks of loops last."""
    ordered = dict.fromkeys(graph.order)
    return (*ordered, *(name for name in graph.nodes if name not in ordered))


def beside(graph: Graph, name: str, across: int, down: int) -> str | None:
    """The block that an arrow key leads to: along a wire to the sides, the nearest one above or below."""
    if across:
        ends = [w.target for w in graph.out_of(name)] if across > 0 else [w.source for w in graph.into(name)]
        return min(ends, key=lambda end: abs(graph.nodes[end].at[1] - graph.nodes[name].at[1]), default=None)
    x, y = graph.nodes[name].at
    there = [node for node in graph.nodes.values() if (node.at[1] - y) * down > 8.0]
    nearest = min(there, key=lambda node: abs(node.at[1] - y) + 2 * abs(node.at[0] - x), default=None)
    return nearest.name if nearest else None


def spoken(graph: Graph, name: str, shape_in: str, shape_out: str, problem: str) -> str:
    """One block in words, for those who hear the drawing."""
    node = graph.nodes[name]
    sources = " and ".join(source for source, _ in graph.feeds(name).values())
    parts = [f"{name}, {node.block.kind()} {node.block.key_settings()}".strip()]
    if sources:
        parts.append(f"In {shape_in} from {sources}" if shape_in else f"In from {sources}")
    if targets := " and ".join(dict.fromkeys(wire.target for wire in graph.out_of(name))):
        parts.append(f"Out {shape_out} to {targets}" if shape_out else f"Out to {targets}")
    if node.same_as:
        parts.append(f"Uses the weights of {node.same_as}")
    if graph.nodes[graph.sharers(name)[0]].frozen:
        parts.append("Frozen")
    if isinstance(node.block, Group):
        parts.append(f"{len(node.block.graph.nodes)} blocks inside, Enter opens it")
    parts.append(problem.rstrip(".") or "No problems")
    order = flow(graph)
    parts.append(f"Block {order.index(name) + 1} of {len(order)}")
    return ". ".join(parts) + "."
