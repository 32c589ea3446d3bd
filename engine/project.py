"""Project files: one JSON file for a drawing and its recipe, read with suspicion, written atomically.

Version 2: `{"format": "layerloom", "version": 2, "title", "nodes": [{"name", "block", "at", "settings"}],
"wires": [[source, output, target, input]], "recipe"}`. A node may also have `same_as`, `frozen`, `initial` and `key`; a
Group has a `graph` with `nodes` and `wires` of its own. A block that this program does not know becomes a
placeholder that keeps its data. Version 1 had none of these five.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from engine.blocks import BLOCKS
from engine.blocks.base import Block
from engine.blocks.placeholder import Placeholder
from engine.graph import Graph, Node, Point, Wire
from engine.groups import DEEPEST, Group
from engine.initial import PYTORCHS_OWN, Initial
from engine.recipes.data_sets.own import kept, resolved
from engine.recipes.recipe import Recipe

VERSION = 2
SUFFIX = ".loom"
MAX_BYTES = 64 * 2**20
MAX_NODES = 100_000
FAR = 1e7
"""The farthest that a block may lie from the middle of the canvas, in scene units."""

Data = dict[str, Any]


class ProjectError(Exception):
    """A file that cannot be opened or saved; the text says what is wrong and where, for people."""


@dataclass(frozen=True)
class Project:
    """What a file holds: the drawing and how it is trained."""

    graph: Graph = field(default_factory=Graph)
    recipe: Recipe = field(default_factory=Recipe)
    title: str = "untitled"


UPGRADES: Mapping[int, Callable[[Data], Data]] = {1: lambda data: {**data, "version": 2}}
"""For each old version, a function that turns its data into the next version's. Version 2 only added to version 1."""


def dumps(project: Project) -> str:
    """The text of a project file; the same project always gives the same text."""
    data = {
        "format": "layerloom",
        "version": VERSION,
        "title": project.title,
        "nodes": [_node_data(node) for node in project.graph.nodes.values()],
        "wires": [list(wire) for wire in project.graph.wires],
        "recipe": project.recipe.as_data(),
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def loads(text: str) -> Project:
    """Read a project file's text. Raises ProjectError with a sentence that names the place."""
    data = _expect(_parse(text), dict, "the file")
    if data.get("format") != "layerloom":
        raise ProjectError("This is not a Layerloom file: it does not say so at its beginning.")
    data = _upgraded(data)
    unknown = data.keys() - {"format", "version", "title", "nodes", "wires", "recipe"}
    if unknown:
        raise ProjectError(f"The file has a part called {min(unknown)[:40]!r}, which this version does not know.")
    graph = graph_from(data.get("nodes"), data.get("wires"))
    try:
        recipe = Recipe.from_data(_expect(data.get("recipe", {}), dict, "recipe"))
    except ValueError as error:
        raise ProjectError(f"The training recipe in the file is damaged: {error}.") from error
    return Project(graph, recipe, _expect(data.get("title", "untitled"), str, "title")[:200])


def graph_from(nodes: object, wires: object, inside: str = "") -> Graph:
    """Read a drawing from its data; `inside` says in which place of the file. Raises ProjectError."""
    entries, links = _expect(nodes, list, f"{inside}nodes"), _expect(wires, list, f"{inside}wires")
    if len(entries) > MAX_NODES or len(links) > 4 * MAX_NODES:
        raise ProjectError(f"The file has {len(entries):,} blocks; at most {MAX_NODES:,} can be opened.")
    loose = [_wire(link, f"{inside}wires[{index}]") for index, link in enumerate(links)]
    graph, seen = Graph(), set[str]()
    read = []
    for index, entry in enumerate(entries):
        place = f"{inside}nodes[{index}]"
        node = _node(_expect(entry, dict, place), place, loose)
        if node.name in seen:
            raise ProjectError(f"{place}: there are two blocks called {node.name}.")
        seen.add(node.name)
        read.append(node)
    graph = graph.add(*read)
    _check_sharing(graph, inside)
    used = [(wire.target, wire.input) for wire in loose]
    if len(set(used)) < len(used):
        twice = next(port for port in used if used.count(port) > 1)
        raise ProjectError(f"{inside}wires: two wires end at {twice[0]}, input {twice[1]}; an input takes one.")
    try:
        return graph.connect(*loose)
    except ValueError as error:
        raise ProjectError(f"{inside}wires: {error}.") from error


def graph_data(graph: Graph) -> Data:
    """A drawing as data, for files and the clipboard."""
    return {"nodes": [_node_data(n) for n in graph.nodes.values()], "wires": [list(w) for w in graph.wires]}


def open_project(path: Path) -> Project:
    """Read a project file. Raises ProjectError for a file that cannot be read or understood."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ProjectError(f"{path.name} is larger than {MAX_BYTES // 2**20} MB. It is no drawing of ours.")
        text = path.read_text("utf-8")
    except OSError as error:
        raise ProjectError(f"{path.name} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise ProjectError(f"{path.name} is damaged or no Layerloom file: byte {error.start:,} is no text.") from error
    try:
        project = loads(text)
        data = resolved(project.recipe.data, path.absolute().parent)
        return replace(project, recipe=project.recipe.changed(data=data))
    except ProjectError as error:
        raise ProjectError(f"{path.name} cannot be opened. {error}") from error


def save_project(path: Path, project: Project) -> None:
    """Write a project file. Either the whole new file is there afterwards or the old one. Raises ProjectError.

    Data of the user that lie below its folder are named from there, so that both can be moved together.
    """
    data = kept(project.recipe.data, path.absolute().parent)
    write_atomically(path, dumps(replace(project, recipe=project.recipe.changed(data=data))).encode())


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the file, flush to the disk, then rename. Raises ProjectError."""
    try:
        name = f"{path.parent}/.{path.name}.{uuid4().hex}"
        handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ProjectError(
            f"{path.name} could not be saved in {path.parent}: {error.strerror or error}. "
            "Nothing is lost; save it somewhere else."
        ) from error


def _node_data(node: Node) -> Data:
    if isinstance(node.block, Placeholder):
        block, settings = node.block.known_as, json.loads(node.block.kept)
    else:
        block, settings = node.block.kind(), node.block.values()
    data: Data = {"name": node.name, "block": block, "at": list(node.at), "settings": settings}
    if node.same_as:
        data["same_as"] = node.same_as
    if node.frozen:
        data["frozen"] = True
    if node.initial != PYTORCHS_OWN:
        data["initial"] = {name: value for name, value in node.initial.values().items() if name in node.initial.used()}
    if node.key:
        data["key"] = node.key
    if isinstance(node.block, Group):
        data["graph"] = graph_data(node.block.graph)
    return data


def _node(entry: Data, place: str, wires: list[Wire]) -> Node:
    name = _expect(entry.get("name"), str, f"{place}.name")
    unknown = entry.keys() - {"name", "block", "at", "settings", "same_as", "frozen", "initial", "key", "graph"}
    if unknown:
        raise ProjectError(f"{place} ({name[:40]}): {min(unknown)[:40]!r} is not known here.")
    kind = _expect(entry.get("block"), str, f"{place}.block")
    settings = _expect(entry.get("settings", {}), dict, f"{place}.settings")
    same_as = _expect(entry.get("same_as", ""), str, f"{place}.same_as")
    frozen = _expect(entry.get("frozen", False), bool, f"{place}.frozen")
    key = _expect(entry.get("key", ""), str, f"{place}.key")
    try:
        known = BLOCKS.get(kind)
        block = known.read(settings) if known else _placeholder(name, kind, settings, wires)
        if isinstance(block, Group):
            inner = _expect(entry.get("graph"), dict, f"{place}.graph")
            if _groups_around(place) > DEEPEST:
                raise ValueError("groups lie deeper inside each other than any drawing's")
            block = replace(block, graph=graph_from(inner.get("nodes"), inner.get("wires"), f"{place}.graph."))
        elif "graph" in entry:
            raise ValueError("only a Group has a graph inside")
        initial = Initial.read(_expect(entry.get("initial", {}), dict, f"{place}.initial"))
        return Node(name, block, _point(entry.get("at", [0, 0]), f"{place}.at"), same_as, frozen, initial, key)
    except ValueError as error:
        raise ProjectError(f"{place} ({name[:40]}): {error}.") from error


def _groups_around(place: str) -> int:
    """How many groups lie around a place of the file."""
    return place.count(".graph.")


def _check_sharing(graph: Graph, inside: str) -> None:
    for name, node in graph.nodes.items():
        if not node.same_as:
            continue
        owner = graph.nodes.get(node.same_as)
        if owner is None or owner.same_as or owner.name == name:
            raise ProjectError(f"{inside}nodes: {name} shares the weights of {node.same_as[:40]!r}, which has none.")
        if owner.block != node.block:
            raise ProjectError(
                f"{inside}nodes: {name} shares the weights of {owner.name}, so both need the same settings."
            )


def _placeholder(name: str, kind: str, settings: Data, wires: list[Wire]) -> Block:
    inputs = " ".join(dict.fromkeys(wire.input for wire in wires if wire.target == name))
    outputs = " ".join(dict.fromkeys(wire.output for wire in wires if wire.source == name))
    kept = json.dumps(settings)
    return Placeholder(known_as=kind[:60], kept=kept, ports_in=inputs, ports_out=outputs)


def _point(value: object, place: str) -> Point:
    numbers = _expect(value, list, place)
    if len(numbers) != 2 or not all(type(n) in (int, float) and math.isfinite(n) and abs(n) <= FAR for n in numbers):
        raise ProjectError(f"{place} must be two numbers, the place of the block on the canvas.")
    return float(numbers[0]), float(numbers[1])


def _wire(link: object, place: str) -> Wire:
    ends = _expect(link, list, place)
    if len(ends) != 4 or not all(isinstance(end, str) for end in ends):
        raise ProjectError(f"{place} must name a source, its output, a target and its input.")
    return Wire(*ends)


def _expect(value: object, kind: type, place: str) -> Any:
    names = {dict: "an object", list: "a list", str: "text", int: "a whole number", bool: "true or false"}
    if type(value) is not kind:
        found = "missing" if value is None else f"{type(value).__name__}"
        raise ProjectError(f"{place} must be {names[kind]}, but it is {found}.")
    return value


def _parse(text: str) -> object:
    try:
        return cast("object", json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant))
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at")
        raise ProjectError(f"Line {error.lineno}, column {error.colno} is damaged: {what}.") from error
    except RecursionError as error:
        raise ProjectError("It is nested deeper than any drawing.") from error
    except ValueError as error:
        raise ProjectError(f"It holds something that no drawing has: {error}.") from error


def _unique(pairs: list[tuple[str, object]]) -> Data:
    data = dict(pairs)
    if len(data) < len(pairs):
        twice = next(key for key, _ in pairs if [k for k, _ in pairs].count(key) > 1)
        raise ValueError(f"{twice[:40]!r} appears twice in one place")
    return data


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is not a number that a drawing can have")


def _upgraded(data: Data) -> Data:
    version = _expect(data.get("version"), int, "version")
    if version > VERSION:
        raise ProjectError(
            f"It was made by a newer Layerloom (file version {version}; this program reads up to {VERSION}). "
            "Update Layerloom to open it."
        )
    if version < 1:
        raise ProjectError(f"It says it has version {version}, which never existed.")
    for old in range(version, VERSION):
        data = UPGRADES[old](data)
    return data
