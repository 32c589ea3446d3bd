"""What differs between two drawings and their recipes, in words: `conv1: out_channels 16 → 32`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.blocks.placeholder import Placeholder
from engine.graph import Graph
from engine.groups import Group
from engine.node import Node
from engine.project import Project
from engine.recipes.recipe import Recipe

ARROW = "→"
LONGEST = 60


def differences(before: Project, after: Project) -> tuple[str, ...]:
    """One phrase for each thing that differs, blocks first; nothing where both train the same. Places do not count."""
    return (*_graphs(before.graph, after.graph, ""), *recipe_differences(before.recipe, after.recipe))


def recipe_differences(before: Recipe, after: Recipe) -> tuple[str, ...]:
    """One phrase for each value of the recipe that differs."""
    return tuple(_values(before.as_data(), after.as_data(), ""))


def in_words(before: Project, after: Project) -> str:
    """All differences as one sentence."""
    found = differences(before, after)
    return "; ".join(found) + "." if found else "Drawing and settings are the same."


def _graphs(before: Graph, after: Graph, path: str) -> Iterator[str]:
    renamed = _renamed(before, after)
    for old, new in renamed.items():
        yield f"block {path}{old} is called {new}"
    for name in before.nodes:
        if name not in after.nodes and name not in renamed:
            yield f"block {path}{name} removed"
    for name, node in after.nodes.items():
        if name not in before.nodes and name not in renamed.values():
            yield f"block {path}{name} ({_kind(node)}) added"
        elif name in before.nodes:
            yield from _nodes(before.nodes[name], node, path)
    if _wires(before, renamed) != _wires(after, {}) and not _follows(before, after, renamed):
        yield f"{path.rstrip('/') or 'the drawing'}: wired differently"


def _nodes(before: Node, after: Node, path: str) -> Iterator[str]:
    name = f"{path}{after.name}"
    if before is after:
        return
    if _kind(before) != _kind(after):
        yield f"{name}: {_kind(before)} {ARROW} {_kind(after)}"
        return
    for setting, (old, new) in _changed(before.block.values(), after.block.values()).items():
        yield f"{name}: {setting} {_shown(old)} {ARROW} {_shown(new)}"
    if before.frozen != after.frozen:
        yield f"{name}: {'frozen' if after.frozen else 'learns again'}"
    if before.same_as != after.same_as:
        yield f"{name}: {f'shares the weights of {after.same_as}' if after.same_as else 'has weights of its own'}"
    for setting, (old, new) in _changed(before.initial.values(), after.initial.values()).items():
        yield f"{name}: first weights, {setting} {_shown(old)} {ARROW} {_shown(new)}"
    if isinstance(before.block, Group) and isinstance(after.block, Group):
        yield from _graphs(before.block.graph, after.block.graph, f"{name}/")


def _values(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> Iterator[str]:
    """Rows of two objects; a part that is of another kind is named alone, its settings then mean something else."""
    for key, (old, new) in _changed(before, after).items():
        yield from _value(old, new, f"{name} {key}".strip())


def _value(old: Any, new: Any, name: str) -> Iterator[str]:
    if _is_part(old) and _is_part(new):
        if old["kind"] != new["kind"]:
            yield f"{name}: {old['kind']} {ARROW} {new['kind']}"
        else:
            yield from _values(old.get("settings", {}), new.get("settings", {}), new["kind"])
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _values(old, new, name)
    elif _are_parts(old) and _are_parts(new):
        yield from _lists(old, new, name)
    else:
        yield f"{name} {_shown(old)} {ARROW} {_shown(new)}"


def _lists(old: list[Any], new: list[Any], name: str) -> Iterator[str]:
    if len(old) != len(new) or [part["kind"] for part in old] != [part["kind"] for part in new]:
        yield f"{name}: {_kinds(old)} {ARROW} {_kinds(new)}"
        return
    for before, after in zip(old, new, strict=True):
        if before != after:
            yield from _value(before, after, name)


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    keys = dict.fromkeys((*before, *after))
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}


def _renamed(before: Graph, after: Graph) -> dict[str, str]:
    """Blocks that have another name and are otherwise the same, where there is no doubt which is which."""
    gone = [node for name, node in before.nodes.items() if name not in after.nodes]
    new = [node for name, node in after.nodes.items() if name not in before.nodes]
    pairs = {}
    for node in gone:
        alike = [other for other in new if other.block == node.block]
        if len(alike) == 1 and sum(other.block == node.block for other in gone) == 1:
            pairs[node.name] = alike[0].name
    return pairs


def _wires(graph: Graph, renamed: Mapping[str, str]) -> set[tuple[str, str, str, str]]:
    return {(renamed.get(w.source, w.source), w.output, renamed.get(w.target, w.target), w.input) for w in graph.wires}


def _follows(before: Graph, after: Graph, renamed: Mapping[str, str]) -> bool:
    """Whether the wires differ only at blocks that came or went: that was said already."""
    kept = {renamed.get(name, name) for name in before.nodes} & after.nodes.keys()

    def among(wires: set[tuple[str, str, str, str]]) -> set[tuple[str, str, str, str]]:
        return {wire for wire in wires if wire[0] in kept and wire[2] in kept}

    lone = among(_wires(before, renamed)) ^ among(_wires(after, {}))
    return all(_bridged(before, after, renamed, wire[2], wire[3]) for wire in lone)


def _bridged(before: Graph, after: Graph, renamed: Mapping[str, str], target: str, port: str) -> bool:
    """Whether an input is fed past a block that came or went: in one drawing by such a block, in the other not."""
    feeds = []
    for graph, names in ((before, renamed), (after, {})):
        source = next((w[0] for w in _wires(graph, names) if w[2:] == (target, port)), None)
        feeds.append(source)
    old = {renamed.get(name, name) for name in before.nodes}
    return None not in feeds and (feeds[0] not in after.nodes) != (feeds[1] not in old)


def _kind(node: Node) -> str:
    return node.block.known_as if isinstance(node.block, Placeholder) else node.block.kind()


def _is_part(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("kind"), str)


def _are_parts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(_is_part(entry) for entry in value)


def _kinds(parts: list[Any]) -> str:
    return ", ".join(part["kind"] for part in parts) or "none"


def _shown(value: Any) -> str:
    """A value as people write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list | tuple):
        text = "×".join(map(_shown, value)) or "none"
    elif _is_part(value):
        text = str(value["kind"])
    else:
        text = f"{value:g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
