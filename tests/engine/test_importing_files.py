"""Files that hold a network, back as drawings: without errors, and with the same answers from the file's weights."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from app.__main__ import main
from engine.blocks.activation import GELU, ReLU
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.blocks.normalisation import BatchNorm2d, LayerNorm
from engine.blocks.pooling import AdaptiveAvgPool2d
from engine.blocks.shaping import Flatten
from engine.check import check
from engine.export.exported_program import answers, difference, export_program
from engine.export.onnx_file import export_onnx
from engine.export.style import Wishes
from engine.graph import Graph
from engine.groups import Group
from engine.importing.archive import harmless
from engine.importing.exported import import_exported
from engine.importing.onnx_graph import import_onnx
from engine.importing.outcome import ImportFailed
from engine.lower import lower, write
from engine.model import build
from engine.project import Project, open_project
from engine.sketching import row
from engine.templates import new
from engine.torch_setup import import_torchvision
from tests.engine.imported_files import CLOSE, kinds, run_onnx, same, saved


def grouped() -> Project:
    """A drawing with groups inside each other, one of them twice with weights of its own."""
    graph = row(Graph(), "", input=Input(shape=(8,)), norm=LayerNorm(), hidden=Linear(out_features=8), gelu=GELU())
    inner = Group(class_name="Inner", graph=row(graph, "gelu", output=Output()), repeat=2)
    outer = row(Graph(), "", input=Input(shape=(8,)), inner=inner, last=Linear(out_features=4), output=Output())
    whole = row(Graph(), "", points=Input(shape=(8,)), part=Group(class_name="Part", graph=outer), answer=Output())
    return Project(whole, title="Grouped")


def several_steps() -> Project:
    graph = row(
        Graph(), "", picture=Input(shape=(3, 9, 9)), conv=Conv2d(out_channels=4, stride=2), norm=BatchNorm2d(),
        relu=ReLU(), pool=AdaptiveAvgPool2d(), flatten=Flatten(), logits=Linear(out_features=3), answer=Output(),
    )  # fmt: skip
    return Project(graph, title="Steps")


PROJECTS: dict[str, tuple[Callable[[], Project], tuple[int, ...]]] = {
    **{name: (partial(new, name), (1, 28, 28)) for name in ("linear", "mlp", "cnn", "residual")},
    "groups": (grouped, (8,)),
    "steps": (several_steps, (3, 9, 9)),
}


@pytest.mark.parametrize("name", PROJECTS)
@pytest.mark.parametrize("ending", [".pt2", ".onnx"])
def test_our_own_files_come_back(name: str, ending: str, tmp_path: Path) -> None:
    project, shape = PROJECTS[name][0](), PROJECTS[name][1]
    path = tmp_path / f"network{ending}"
    path.write_bytes((export_program if ending == ".pt2" else export_onnx)(project, Wishes()))
    found = same(path, torch.randn(3, *shape))
    assert not found.notes, [str(note) for note in found.notes]
    if ending == ".pt2":
        mine = build(write(lower(project.graph, check(project.graph)))).state_dict()
        again = build(write(lower(found.graph, check(found.graph)))).state_dict()
        assert again.keys() == mine.keys()
        assert {"Input", "Output"} <= set(kinds(found.graph))


@pytest.mark.parametrize(("name", "any_batch"), [("resnet18", False), ("resnet18", True), ("mobilenet_v2", False)])
def test_models_of_torchvision(name: str, any_batch: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    module = getattr(import_torchvision().models, name)()
    inputs = torch.randn(1 if not any_batch else 2, 3, 64, 64)
    found = same(saved(module, tmp_path / "model.pt2", inputs, any_batch=any_batch), inputs)
    assert not found.notes, [str(note) for note in found.notes]
    assert not found.keys
    again = build(write(lower(found.graph, check(found.graph)))).state_dict()
    assert again.keys() == module.state_dict().keys()
    groups = [node.block.class_name for node in found.graph.nodes.values() if isinstance(node.block, Group)]
    assert "Sequential" in groups


class Twice(nn.Module):
    """A module that is called twice, one that changes its input in place, and a step that file and drawing share."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)
        self.block = nn.Sequential(nn.Linear(6, 6), nn.ReLU(inplace=True), nn.Dropout(0.3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.block(self.layer(self.block(self.layer(x))))
        x *= 2
        return x + 1


def test_shared_weights_and_changes_in_place(tmp_path: Path) -> None:
    graph = same(saved(Twice(), tmp_path / "twice.pt2", torch.randn(2, 6)), torch.randn(3, 6)).graph
    assert [node.same_as for node in graph.nodes.values() if node.same_as] == ["layer", "block"]
    block = graph.nodes["block"].block
    assert isinstance(block, Group)
    assert {"Linear", "ReLU", "Dropout"} <= set(kinds(block.graph))


class Changed(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x * 1.0
        y[:, :2].mul_(3.0)
        return y


def test_a_change_of_a_part_is_not_overlooked(tmp_path: Path) -> None:
    inputs = torch.randn(2, 6)
    found = same(saved(Changed(), tmp_path / "changed.pt2", inputs), inputs)
    assert not found.notes, [str(note) for note in found.notes]


class Many(nn.Module):
    """Operators of many kinds."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.position = nn.Parameter(torch.zeros(1, 5, 8))
        self.norm = nn.LayerNorm(8)
        self.register_buffer("table", torch.randn(5, 8))
        self.head = nn.Conv1d(8, 4, 3, padding=1)
        self.scale = nn.GroupNorm(2, 4)

    def forward(self, ids: torch.Tensor, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        words = self.norm(self.embedding(ids) + self.position) * self.table
        heads = words.unflatten(2, (2, 4)).transpose(1, 2)
        seen = nn.functional.scaled_dot_product_attention(heads, heads, heads).transpose(1, 2).flatten(2)
        rows = self.scale(self.head(seen.transpose(1, 2)))
        first, second = rows.split(2, dim=1)
        joined = torch.cat([first.softmax(-1), second[:, :, 1:], -first.sigmoid()], dim=2)
        wide = nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
        wide = nn.functional.pad(nn.functional.hardswish(wide), (1, 2)).mean((2, 3))
        return joined.flatten(1), nn.functional.gelu(wide) / 3 - wide.tanh().clamp(-0.5, 0.5)


@pytest.mark.parametrize("ending", [".pt2", ".onnx"])
def test_operators(ending: str, tmp_path: Path) -> None:
    inputs = torch.randint(0, 11, (2, 5)), torch.randn(2, 3, 4, 4)
    found = same(saved(Many(), tmp_path / f"many{ending}", *inputs), *inputs)
    assert {"Embedding", "LayerNorm", "Conv1d", "GELU", "Softmax", "Concatenate"} <= set(kinds(found.graph))
    assert found.graph.nodes["table"].block.kind() == ("Buffer" if ending == ".pt2" else "Parameter")
    assert "position" in found.graph.nodes


class Attending(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(8, 2, batch_first=True)
        self.lstm = nn.LSTM(8, 4, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x, _ = self.attention(x, x, x, need_weights=False)
        out: torch.Tensor = self.lstm(x)[0]
        return out[:, -1]


@pytest.mark.parametrize("any_batch", [True, False])
def test_attention_and_recurrent_layers(any_batch: bool, tmp_path: Path) -> None:
    inputs = torch.randn(2, 5, 8)
    same(saved(Attending(), tmp_path / "attending.pt2", inputs, any_batch=any_batch), inputs)


class Numbered(nn.Module):
    """Numbered modules, some of which a file does not mention."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 3), nn.Sigmoid())
        self.head = nn.Sequential(nn.Flatten(), nn.Identity(), nn.Dropout(), nn.Linear(5, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = self.head(self.features(x))
        return found


@pytest.mark.parametrize("ending", [".pt2", ".onnx"])
def test_numbers_of_modules_stay(ending: str, tmp_path: Path) -> None:
    found = same(saved(Numbered(), tmp_path / f"numbered{ending}", torch.randn(2, 3, 8, 8)), torch.randn(2, 3, 8, 8))
    again = build(write(lower(found.graph, check(found.graph)))).state_dict()
    assert again.keys() == Numbered().state_dict().keys()
    assert not found.notes
    features = found.graph.nodes["features"].block
    assert isinstance(features, Group)
    assert features.numbered
    assert kinds(features.graph)[:4] == ["Conv2d", "ReLU", "MaxPool2d", "Conv2d"]


class Unknown(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.erf(self.layer(x)).relu()


@pytest.mark.parametrize("ending", [".pt2", ".onnx"])
def test_what_cannot_be_drawn_is_told_and_kept(ending: str, tmp_path: Path) -> None:
    path = saved(Unknown(), tmp_path / f"unknown{ending}", torch.randn(2, 6))
    found, _ = (import_onnx if ending == ".onnx" else import_exported)(path)
    assert kinds(found.graph) == ["Input", "Linear", "Placeholder", "ReLU", "Output"]
    assert len(found.notes) == 1
    assert "erf" in str(found.notes[0]).lower()


def test_the_command_writes_a_drawing_and_its_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "network.onnx", tmp_path / "drawing.loom"
    source.write_bytes(export_onnx(new("cnn"), Wishes()))
    assert main(["import", str(source), "-o", str(out)]) == 0
    assert "drawing.safetensors" in capsys.readouterr().out
    program = export_program(open_project(out), Wishes(weights=out.with_suffix(".safetensors")))
    (tmp_path / "again.pt2").write_bytes(program)
    example = torch.randn(3, 1, 28, 28)
    again = answers(torch.export.load(tmp_path / "again.pt2").module(), (example,))
    assert difference(run_onnx(source, (example,)), again) < CLOSE


def test_damaged_files_are_refused_with_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = export_program(new("linear"), Wishes())
    flipped = bytearray(whole)
    flipped[whole.index(b'"graph_module"') + 40] ^= 0xFF
    cases = {"short.pt2": whole[: len(whole) // 2], "empty.pt2": b"", "flipped.pt2": bytes(flipped), "text.onnx": b"no"}
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        assert main(["import", str(tmp_path / name), "-o", str(tmp_path / "x.loom")]) == 1
        said = capsys.readouterr().err
        assert name in said
        assert "damaged" in said
        assert not (tmp_path / "x.loom").exists()
    assert main(["import", str(tmp_path / "none.pt2"), "-o", str(tmp_path / "x.loom")]) == 1
    assert "There is no file" in capsys.readouterr().err


def rewritten(source: Path, target: Path, change: Callable[[str, bytes], bytes]) -> Path:
    """A zip file with changed parts."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for member in old.namelist():
            archive.writestr(member, change(member, old.read(member)))
    return target


class Runs:
    """A pickle that would run a program."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.trace,))


def test_nothing_in_a_file_runs(tmp_path: Path) -> None:
    source, trace = tmp_path / "good.pt2", tmp_path / "trace"
    source.write_bytes(export_program(new("linear"), Wishes()))
    torch.save({"x": Runs(trace)}, tmp_path / "hostile.pt")
    hostile = (tmp_path / "hostile.pt").read_bytes()

    def pickled(member: str, content: bytes) -> bytes:
        return hostile if member.endswith(".pt") else content

    def expression(member: str, content: bytes) -> bytes:
        if not member.endswith("model.json"):
            return content
        return content.replace(b"Symbol('", f"__import__('pathlib').Path('{trace}').touch() or Symbol('".encode())

    def marked(member: str, content: bytes) -> bytes:
        return (
            content.replace(b'"use_pickle": false', b'"use_pickle": true')
            if member.endswith("config.json")
            else content
        )

    for number, change in enumerate((pickled, expression, marked)):
        path = rewritten(source, tmp_path / f"bad{number}.pt2", change)
        assert path.read_bytes() != source.read_bytes()
        with pytest.raises(ImportFailed, match="is not imported"):
            import_exported(path)
    assert not trace.exists()


@pytest.mark.parametrize(
    ("expression", "fine"),
    [("2*s77 + 1", True), ("Symbol('s56', positive=True, integer=True)", True), ("((s0 // 2)) + Mod(u3, 4)", True),
     ("s0.__class__", False), ("exit()", False), ("Symbol('a b')", False), ("[x for x in s0]", False)],
)  # fmt: skip
def test_expressions_for_sizes(expression: str, fine: bool) -> None:
    assert harmless(expression) is fine


def test_the_description_of_a_graph_is_json(tmp_path: Path) -> None:
    source = tmp_path / "good.pt2"
    source.write_bytes(export_program(new("linear"), Wishes()))
    with zipfile.ZipFile(source) as archive:
        graph = next(name for name in archive.namelist() if name.endswith("models/model.json"))
        assert "graph_module" in json.loads(archive.read(graph))
