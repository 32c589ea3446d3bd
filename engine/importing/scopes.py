"""Which step belongs into which group: the tree of calls, with the containers that are never called themselves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import networkx
from torch import fx, nn

from engine.importing.tracing import PICK, Scope, Trace


def nest(trace: Trace) -> tuple[list[fx.Node], list[str]]:
    """The steps that matter, each with its final scope, and the paths of containers that had to be dissolved."""
    nodes = _needed(trace.graph)
    containers: dict[tuple[Scope, str], Scope] = {}
    done = set[Scope]()
    for node in nodes:
        for scope in _scope(node).chain()[1:]:
            if scope not in done:
                done.add(scope)
                assert scope.outer is not None
                scope.outer = _between(trace.root, scope.outer, scope.path, containers)
        if node.op in ("call_module", "get_attr") and node.target not in trace.constants:
            node.meta["scope"] = _between(trace.root, _scope(node), str(node.target), containers)
        if node.target is PICK:
            node.meta["scope"] = _scope(node.all_input_nodes[0])
    return nodes, [scope.path for scope in containers.values() if not _keep_together(nodes, scope)]


def below(path: str, outer: str) -> list[str] | None:
    """The names that lead from one module to another inside it, or None if it is not inside."""
    if not outer:
        return path.split(".")
    return path[len(outer) + 1 :].split(".") if path.startswith(f"{outer}.") else None


def _scope(node: fx.Node) -> Scope:
    scope: Scope = node.meta["scope"]
    return scope


def _needed(graph: fx.Graph) -> list[fx.Node]:
    """Steps that the answer depends on, and all inputs."""
    wanted = [node for node in graph.nodes if node.op in ("output", "placeholder")]
    found = set(wanted)
    while wanted:
        for source in wanted.pop().all_input_nodes:
            if source not in found:
                found.add(source)
                wanted.append(source)
    return [node for node in graph.nodes if node in found]


def _between(root: nn.Module, outer: Scope, path: str, containers: dict[tuple[Scope, str], Scope]) -> Scope:
    """The innermost container around a path, made where it is not there yet."""
    names = below(path, outer.path) or []
    for name in names[:-1]:
        inner = f"{outer.path}.{name}" if outer.path else name
        if (outer, inner) not in containers:
            containers[outer, inner] = Scope(inner, outer, root.get_submodule(inner))
        outer = containers[outer, inner]
    return outer


def _keep_together(nodes: Iterable[fx.Node], container: Scope) -> bool:
    """Take what lies between a container's members into it; dissolve it where that cannot be."""
    outer = container.outer
    assert outer is not None
    inside = [node for node in nodes if outer in _scope(node).chain()]
    between = _on_the_way(inside, outer, container)
    if any(isinstance(unit, Scope) or unit.op not in ("call_function", "call_method") for unit in between):
        _dissolve(inside, container)
        return False
    for unit in between:
        assert isinstance(unit, fx.Node)
        unit.meta["scope"] = container
    return True


def _on_the_way(nodes: Sequence[fx.Node], outer: Scope, container: Scope) -> set[Scope | fx.Node]:
    """What depends on a container's members and feeds others of them."""
    network: networkx.DiGraph[Scope | fx.Node] = networkx.DiGraph()
    network.add_nodes_from(_unit(node, outer) for node in nodes)
    for node in nodes:
        for source in node.all_input_nodes:
            if outer in _scope(source).chain() and _unit(source, outer) != _unit(node, outer):
                network.add_edge(_unit(source, outer), _unit(node, outer))
    if container not in network:
        return set()
    loop = next((part for part in networkx.strongly_connected_components(network) if container in part), set())
    return loop - {container}


def _unit(node: fx.Node, outer: Scope) -> Scope | fx.Node:
    """The part of a scope in which a step lies: a scope inside it, or the step itself."""
    chain = _scope(node).chain()
    place = chain.index(outer) + 1
    return chain[place] if place < len(chain) else node


def _dissolve(nodes: Iterable[fx.Node], container: Scope) -> None:
    assert container.outer is not None
    for node in nodes:
        for scope in _scope(node).chain():
            if scope.outer is container:
                scope.outer = container.outer
        if _scope(node) is container:
            node.meta["scope"] = container.outer
