"""Project files: what is saved opens again, and no file, however damaged, does more than cause a sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.blocks import BLOCKS
from engine.blocks.placeholder import Placeholder
from engine.check import check
from engine.graph import Graph, Node, Wire
from engine.project import MAX_BYTES, VERSION, Project, ProjectError, dumps, loads, open_project, save_project
from engine.recipes.optimizers import SGD, Adam
from engine.recipes.recipe import DATA_SETS, LOSSES, Recipe
from engine.templates import TEMPLATES, new
from tests.engine.nested import nested_graphs
from tests.engine.strategies import any_graphs

SAMPLES = Path(__file__).parent / "samples"

VALID = dumps(new("residual"))

recipes = st.builds(
    Recipe,
    data=st.sampled_from([kind() for kind in DATA_SETS.values()]),
    loss=st.sampled_from([kind() for kind in LOSSES.values()]),
    optimizer=st.sampled_from([SGD(momentum=0.9, nesterov=True), Adam(betas=(0.5, 0.25), lr=1e-5)]),
    epochs=st.integers(1, 10_000),
    max_norm=st.none() | st.floats(0.5, 100),
)
titles = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def data(**changes: Any) -> dict[str, Any]:
    """A small valid file as data, with some parts replaced."""
    graph = Graph().add(Node("a", BLOCKS["Input"]()), Node("b", BLOCKS["ReLU"](), (240.0, 8.0)))
    graph = graph.connect(Wire("a", "output", "b", "input"))
    return {**json.loads(dumps(Project(graph))), **changes}


def node(**changes: Any) -> dict[str, Any]:
    """The file with one block more, made of these parts."""
    return data(nodes=[*data()["nodes"], {"name": "c", "block": "ReLU", "at": [0, 0], "settings": {}, **changes}])


def complaint(file: object) -> str:
    text = file if isinstance(file, str) else json.dumps(file)
    with pytest.raises(ProjectError) as caught:
        loads(text)
    return str(caught.value)


@given(any_graphs() | nested_graphs(), recipes, titles)
@settings(max_examples=60)
def test_what_is_saved_opens_as_it_was(graph: Graph, recipe: Recipe, title: str) -> None:
    project = Project(graph, recipe, title)
    text = dumps(project)
    assert loads(text) == project
    assert dumps(loads(text)) == text


HOSTILE_NAMES = (
    "forward",
    "training",
    "self",
    "nn",
    "torch",
    "class",
    "None",
    "__init__",
    "_hidden",
    "",
    " a",
    "a b",
    "a-b",
    "1a",
    "a.b",
    "a\nb",
    "x = __import__('os')",
    "a;import os",
    "сonv1",  # the first letter is Cyrillic
    "ｃonv1",
    "a\u200b",
    "ﬁlter",
    "a" * 61,
    "\ud800",
    "a\x00",
)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_name_that_could_do_harm_in_a_program_is_refused(name: str) -> None:
    assert "nodes[2]" in complaint(node(name=name))


SETTINGS: tuple[tuple[str, str, Any], ...] = (
    ("Linear", "out_features", True),
    ("Linear", "out_features", 3.0),
    ("Linear", "out_features", "3"),
    ("Linear", "out_features", -1),
    ("Linear", "out_features", 0),
    ("Linear", "out_features", 10**400),
    ("Linear", "out_features", None),
    ("Linear", "out_features", [3]),
    ("Linear", "out_features", {"a": 1}),
    ("Linear", "bias", 1),
    ("Linear", "bias", "true"),
    ("Linear", "in_features", 3),
    ("Linear", "__class__", "os"),
    ("Linear", "family", "data"),
    ("Dropout", "p", True),
    ("Dropout", "p", 1.5),
    ("Dropout", "p", 10**400),
    ("Conv2d", "kernel_size", [3]),
    ("Conv2d", "kernel_size", [3, 3, 3]),
    ("Conv2d", "kernel_size", [3, [3, 3]]),
    ("Conv2d", "kernel_size", [3, None]),
    ("Conv2d", "padding", "different"),
    ("Conv2d", "padding_mode", "zeros'); import os"),
    ("GELU", "approximate", 1),
    ("Reshape", "shape", []),
    ("Reshape", "shape", [1] * 17),
    ("Reshape", "shape", 3),
    ("Input", "shape", [0]),
    ("Input", "shape", [True]),
)


@pytest.mark.parametrize(("kind", "name", "value"), SETTINGS)
def test_a_setting_out_of_its_limits_is_refused_by_name(kind: str, name: str, value: Any) -> None:
    text = complaint(node(block=kind, settings={name: value}))
    assert "nodes[2] (c)" in text and name in text and len(text) < 300


DAMAGED: tuple[tuple[str, object, str], ...] = (
    ("empty", "", "Line 1"),
    ("cut off", VALID[: len(VALID) // 2], "damaged"),
    ("binary", "\x00\x01", "Line 1"),
    ("a list", [], "the file must be an object"),
    ("a number", "1e400", "the file must be an object"),
    ("not a number", VALID.replace("0.0", "NaN", 1), "NaN"),
    ("infinity", VALID.replace("0.0", "-Infinity", 1), "Infinity"),
    ("a number too large", VALID.replace("0.0", "1e400", 1), "nodes[0].at"),
    ("a place too far", node(at=[1e9, 0]), "nodes[2].at"),
    ("a very long number", VALID.replace("0.0", "9" * 5000, 1), "drawing"),
    ("deep", "[" * 100_000, "nested"),
    ("deep inside", json.dumps(data(title=0)).replace('"title": 0', '"title": ' + "[" * 50_000 + "]" * 50_000), ""),
    ("the same key twice", VALID.replace('"title"', '"format": "layerloom", "title"', 1), "'format' appears twice"),
    ("foreign", {"nodes": [], "wires": []}, "not a Layerloom file"),
    ("foreign format", data(format="comfy"), "not a Layerloom file"),
    ("newer", data(version=VERSION + 1), "newer Layerloom"),
    ("version 0", data(version=0), "never existed"),
    ("no version", data(version=None), "version"),
    ("version true", data(version=True), "version"),
    ("version text", data(version="1"), "version"),
    ("an unknown part", data(surprise=1), "'surprise'"),
    ("an unknown part of a block", node(code="import os"), "'code'"),
    ("no nodes", data(nodes=None), "nodes"),
    ("nodes as object", data(nodes={}), "nodes"),
    ("a node that is text", data(nodes=["a"]), "nodes[0]"),
    ("a name that is a number", node(name=3), "nodes[2].name"),
    ("a block that is a list", node(block=["ReLU"]), "nodes[2].block"),
    ("settings as list", node(settings=[1]), "nodes[2].settings"),
    ("a place with three numbers", node(at=[0, 0, 0]), "nodes[2].at"),
    ("a place in words", node(at=["0", "0"]), "nodes[2].at"),
    ("a place of truth", node(at=[True, False]), "nodes[2].at"),
    ("the same name twice", node(name="a"), "two blocks called a"),
    ("wires as object", data(wires={}), "wires"),
    ("a wire of three", data(wires=[["a", "output", "b"]]), "wires[0]"),
    ("a wire of numbers", data(wires=[[1, 2, 3, 4]]), "wires[0]"),
    ("a wire from nowhere", data(wires=[["zz", "output", "b", "input"]]), "'zz'"),
    ("a wire to nowhere", data(wires=[["a", "output", "zz", "input"]]), "'zz'"),
    ("an unknown input", data(wires=[["a", "output", "b", "other"]]), "'other'"),
    ("an unknown output", data(wires=[["a", "result", "b", "input"]]), "'result'"),
    (
        "two wires into one input",
        data(wires=[["a", "output", "b", "input"], ["b", "output", "b", "input"]]),
        "two wires",
    ),
    ("a title that is a list", data(title=[]), "title"),
    ("a recipe that is a list", data(recipe=[]), "recipe"),
    ("an unknown loss", data(recipe={"loss": {"kind": "os.system"}}), "loss"),
    ("an unknown row", data(recipe={"speed": 3}), "speed"),
    ("a rate that is true", data(recipe={"optimizer": {"kind": "Adam", "settings": {"lr": True}}}), "lr"),
    ("negative epochs", data(recipe={"epochs": -3}), "epochs"),
)


@pytest.mark.parametrize(("file", "words"), [case[1:] for case in DAMAGED], ids=[case[0] for case in DAMAGED])
def test_a_damaged_file_is_explained(file: object, words: str) -> None:
    text = complaint(file)
    assert words in text
    assert len(text) < 400 and text.endswith(".")


@given(st.data())
@settings(max_examples=150)
def test_a_file_with_changed_letters_opens_or_is_explained(chance: st.DataObject) -> None:
    text = VALID
    for _ in range(chance.draw(st.integers(1, 4))):
        place = chance.draw(st.integers(0, len(text)))
        length = chance.draw(st.sampled_from((0, 1, 1, 2, 10, 200)))
        filling = chance.draw(
            st.text(max_size=3) | st.sampled_from(['"', "{", "}", "[", "]", ",", "null", "-1", "1e999"])
        )
        text = text[:place] + filling + text[place + length :]
    opens_or_is_explained(text)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["a", "Conv2d"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
@settings(max_examples=150)
def test_a_file_with_other_values_opens_or_is_explained(chance: st.DataObject) -> None:
    """Somewhere in the tree of a valid file, a value becomes anything else, goes, or is doubled."""
    file = json.loads(VALID)
    for _ in range(chance.draw(st.integers(1, 3))):
        spot: Any = file
        while True:
            keys: list[Any] = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
            if not keys:
                break
            key = chance.draw(st.sampled_from(keys))
            if isinstance(spot[key], dict | list) and spot[key] and chance.draw(st.integers(0, 4)) > 0:
                spot = spot[key]
                continue
            change = chance.draw(st.sampled_from(("other", "gone", "double")))
            if change == "gone":
                del spot[key]
            elif change == "double" and isinstance(spot, list):
                spot.append(spot[key])
            else:
                spot[key] = chance.draw(anything)
            break
    opens_or_is_explained(json.dumps(file))


def opens_or_is_explained(text: str) -> None:
    try:
        project = loads(text)
    except ProjectError as error:
        assert str(error).endswith(".")
        return
    check(project.graph, project.recipe)
    assert loads(dumps(project)) == project


def test_a_block_from_a_newer_program_keeps_its_data() -> None:
    file = data(
        nodes=[
            *data()["nodes"],
            {"name": "c", "block": "Mamba", "at": [1.0, 2.0], "settings": {"d": [1, {"x": None}], "text": "é"}},
        ],
        wires=[["a", "output", "b", "input"], ["b", "output", "c", "sequence"], ["a", "output", "c", "state"]],
    )
    project = loads(json.dumps(file))
    block = project.graph.nodes["c"].block
    assert isinstance(block, Placeholder) and block.input_ports() == ("sequence", "state")
    assert json.loads(dumps(project)) == file
    assert any("Mamba" in problem.text for problem in check(project.graph).problems)


@pytest.mark.parametrize("port", ["a b", "", "x = 1", "import os", "é", "\ud800", "_"])
def test_ports_of_an_unknown_block_do_no_harm(port: str) -> None:
    file = node(block="Mamba")
    file["wires"] = [["a", "output", "c", port]]
    opens_or_is_explained(json.dumps(file))


def test_a_file_is_saved_and_opened(tmp_path: Path) -> None:
    path = tmp_path / "äpfel.loom"
    for name in TEMPLATES:
        save_project(path, new(name))
        assert open_project(path) == new(name)
    assert [file.name for file in tmp_path.iterdir()] == ["äpfel.loom"]


@pytest.mark.parametrize("step", ["fsync", "replace", "write"])
def test_a_save_that_breaks_off_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    path = tmp_path / "net.loom"
    save_project(path, new("linear"))
    if step == "replace":
        monkeypatch.setattr(Path, "replace", fail)
    else:
        monkeypatch.setattr(os, "fsync" if step == "fsync" else "fdopen", fail)
    with pytest.raises(ProjectError, match="No space left on device"):
        save_project(path, new("cnn"))
    monkeypatch.undo()
    assert open_project(path) == new("linear")
    assert [file.name for file in tmp_path.iterdir()] == ["net.loom"]


def test_a_file_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="No such file"):
        open_project(tmp_path / "nothing.loom")
    with pytest.raises(ProjectError, match="cannot be read"):
        open_project(tmp_path)
    (tmp_path / "binary.loom").write_bytes(b"\x89PNG\r\n\xff\xfe")
    with pytest.raises(ProjectError, match=r"binary\.loom"):
        open_project(tmp_path / "binary.loom")
    with (tmp_path / "huge.loom").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(ProjectError, match="larger than"):
        open_project(tmp_path / "huge.loom")


def test_a_file_with_a_byte_order_mark_or_other_line_ends_is_understood_or_explained(tmp_path: Path) -> None:
    path = tmp_path / "net.loom"
    path.write_bytes(VALID.replace("\n", "\r\n").encode())
    assert open_project(path) == new("residual")
    path.write_bytes(b"\xef\xbb\xbf" + VALID.encode())
    try:
        assert open_project(path) == new("residual")
    except ProjectError as error:
        assert "net.loom" in str(error)


@pytest.mark.parametrize("version", range(1, VERSION + 1))
def test_every_older_version_still_opens(version: int) -> None:
    project = open_project(SAMPLES / f"version{version}.loom")
    assert not check(project.graph).errors
    assert loads(dumps(project)) == project


def test_structure_that_makes_no_sense_is_explained() -> None:
    inner = {"nodes": [{"name": "x", "block": "Input", "at": [0, 0], "settings": {}}], "wires": []}
    group: Any = {"name": "c", "block": "Group"}
    cases: list[tuple[Any, str]] = [
        (node(same_as="nobody"), "c shares the weights of 'nobody', which has none"),
        (node(same_as="c"), "c shares the weights of 'c', which has none"),
        (node(same_as="a"), "so both need the same settings"),
        (node(same_as=7), "same_as must be text"),
        (node(frozen="yes"), "frozen must be true or false"),
        (node(initial={"weight": "magic"}), "weight must be one of default"),
        (node(initial={"exec": 1}), "there is no setting called 'exec'"),
        (node(graph=inner), "only a Group has a graph inside"),
        (node(**group), "graph must be an object, but it is missing"),
        (node(**group, graph={**inner, "wires": [["x", "output", "z", "input"]]}), "graph.wires: a wire names 'z'"),
        (node(**group, graph=inner, settings={"class_name": "os.system"}), "class_name must be"),
        (node(**group, graph=inner, settings={"repeat": 10**12}), "repeat must be"),
        (data(nodes=[deep(40)]), "deeper inside each other"),
    ]
    for file, words in cases:
        assert words in complaint(file)


def deep(levels: int) -> dict[str, Any]:
    """A group in a group in a group."""
    content = [deep(levels - 1)] if levels else []
    return {"name": "g", "block": "Group", "at": [0, 0], "settings": {}, "graph": {"nodes": content, "wires": []}}
