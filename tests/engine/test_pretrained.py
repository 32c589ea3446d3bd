"""Groups that begin with weights from a file: the bundled network, a person's own file, and files that do not suit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import resources
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.check import check
from engine.composites import COMPOSITES
from engine.graph import Graph
from engine.groups import Group
from engine.lower import lower, write
from engine.model import build
from engine.pretrained import NoWeights
from engine.project import Project, dumps, loads
from engine.sketching import row


def built(graph: Graph) -> torch.nn.Module:
    return build(write(lower(graph, check(graph))))


def with_file(path: Path | str, repeat: int = 1) -> Graph:
    inner = row(Graph(), "", x=Input(shape=(3,)), fc=Linear(out_features=3), y=Output())
    group = replace(Group(graph=inner), pretrained=str(path), repeat=repeat)
    return row(Graph(), "", x=Input(shape=(3,)), part=group, y=Output())


def test_the_bundled_network_begins_with_its_weights_and_stays_as_it_is() -> None:
    block = COMPOSITES["EfficientNetLite0"].group
    graph = row(Graph(), "", x=Input(shape=(3, 224, 224)), backbone=block, head=Linear(out_features=6), y=Output())
    report = check(graph)
    assert not report.errors
    assert report.shapes["backbone", "output"] == (1280,)
    assert (report.frozen, report.parameters - report.frozen) == (3_371_008, 1280 * 6 + 6)
    network = built(graph)
    wanted = load_file(resources.path("pretrained", "efficientnet_lite0.safetensors"))
    state = network.state_dict()
    assert torch.equal(state["backbone.features.0.1.weight"], wanted["features.0.1.weight"].float())
    kept = {name: value for name, value in wanted.items() if name.startswith("features.")}
    assert all(torch.equal(state[f"backbone.{name}"], value.float()) for name, value in kept.items())
    with torch.no_grad():
        assert network.train()(torch.randn(1, 3, 224, 224)).shape == (1, 6)
    assert torch.equal(network.state_dict()["backbone.features.0.2.running_mean"], kept["features.0.2.running_mean"])


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
def test_a_file_of_ones_own_fills_every_copy(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"mine{suffix}"
    state = {"fc.weight": torch.eye(3), "fc.bias": torch.ones(3), "head.weight": torch.zeros(2)}
    save_file(state, path) if suffix == ".safetensors" else torch.save(state, path)
    network = built(with_file(path, repeat=2))
    assert network(torch.zeros(1, 3)).tolist() == [[2.0, 2.0, 2.0]]


def test_what_does_not_suit_is_said(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    for state, words in (
        ({"fc.weight": torch.eye(3)}, "has no fc.bias, which part needs"),
        ({"fc.weight": torch.eye(4), "fc.bias": torch.ones(3)}, r"\(4, 4\) instead of \(3, 3\)"),
    ):
        save_file(state, path)
        with pytest.raises(NoWeights, match=words):
            built(with_file(path))
    path.write_bytes(b"nonsense")
    with pytest.raises(NoWeights, match="cannot be read"):
        built(with_file(path))
    for name in (tmp_path / "none.pth", "efficientnet_lite9", "../../../etc/passwd", ""):
        if name:
            with pytest.raises(NoWeights, match="there is no such file"):
                built(with_file(name))


def test_a_pickle_that_would_run_code_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.pth"

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (tmp_path / "ran",)

    torch.save({"fc.weight": Evil()}, path)
    with pytest.raises(NoWeights, match="cannot be read"):
        built(with_file(path))
    assert not (tmp_path / "ran").exists()


def test_the_file_is_remembered() -> None:
    project = Project(with_file("weights.pth"))
    assert loads(dumps(project)) == project
    assert check(row(Graph(), "", x=Input(), conv=Conv2d(), y=Output())).ok
