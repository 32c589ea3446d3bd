"""Training programs of networks whose parts begin with weights from files: the same bits as in the program."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

import resources
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.blocks.normalisation import BatchNorm2d
from engine.blocks.pooling import AdaptiveAvgPool2d
from engine.blocks.shaping import Flatten
from engine.blocks.upsampling import Upsample
from engine.check import check
from engine.composites import COMPOSITES
from engine.export import EXPORTS
from engine.export.module import export_module
from engine.export.notebook import export_notebook
from engine.export.project_folder import export_project
from engine.export.script import export_script
from engine.export.style import CannotExport, Wishes
from engine.export.summary import export_summary
from engine.export.weights_code import files_beside
from engine.graph import Graph
from engine.groups import Group
from engine.lower import lower, write
from engine.model import build
from engine.pretrained import WRITTEN, names_beside
from engine.project import Project
from engine.recipes.data_sets import Digits
from engine.recipes.optimizers import AdamW
from engine.recipes.recipe import Recipe
from engine.sketching import row
from tests.engine.programs import Programs, lay_files, losses_in, losses_of_notebook, told, written

RECIPE = Recipe(data=Digits(examples=120), optimizer=AdamW(lr=0.01), batch_size=32, epochs=1, max_norm=1.0, threads=1)
RECIPE = RECIPE.changed(device="cpu")


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    with Programs() as found:
        yield found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A frozen part with averages of its own, from safetensors, and a part of two copies that learns, from .pth."""
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(3)
    averages = {"running_mean": torch.randn(3), "running_var": torch.rand(3) + 0.5}
    state = {"conv.weight": torch.randn(3, 1, 3, 3).half(), "conv.bias": torch.randn(3), "other.weight": torch.ones(2)}
    norm = {"weight": torch.rand(3), "bias": torch.randn(3), **averages}
    save_file({**state, **{f"norm.{name}": value for name, value in norm.items()}}, folder / "stem.safetensors")
    torch.save({"fc.weight": torch.randn(12, 12) / 4, "fc.bias": torch.zeros(12)}, folder / "checkpoint.pt")
    return Project(drawing(folder / "stem.safetensors", folder / "checkpoint.pt"), RECIPE, "Begun")


def drawing(stem: Path | str, body: Path | str) -> Graph:
    layers = {"conv": Conv2d(out_channels=3, padding=1), "norm": BatchNorm2d()}
    inner = row(Graph(), "", x=Input(shape=(1, 8, 8)), **layers, y=Output())
    rows = row(Graph(), "", x=Input(shape=(12,)), fc=Linear(out_features=12), y=Output())
    graph = row(
        Graph(),
        "",
        digits=Input(shape=(1, 8, 8)),
        stem=Group(graph=inner, class_name="Stem", pretrained=str(stem)),
        pool=AdaptiveAvgPool2d(output_size=(2, 2)),
        flatten=Flatten(),
        body=Group(graph=rows, class_name="Body", repeat=2, pretrained=str(body)),
        logits=Linear(out_features=10),
        answer=Output(),
    )
    return graph.put(replace(graph.nodes["stem"], frozen=True))


@pytest.fixture(scope="module")
def losses(project: Project) -> list[float]:
    """The loss of every step as the program itself trains."""
    return told(project)


def test_the_script_begins_with_the_weights_and_gives_the_very_losses(
    programs: Programs, project: Project, losses: list[float], tmp_path: Path
) -> None:
    written(tmp_path, project)
    programs.run(tmp_path, "program.py", "--losses", "losses.csv")
    assert losses_in(tmp_path / "losses.csv") == losses
    assert losses != told(replace(project, graph=drawing("", "")))
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)["network"]
    file = load_file(tmp_path / "stem.safetensors")
    for name in ("conv.weight", "norm.bias", "norm.running_mean", "norm.running_var"):
        assert torch.equal(state[f"stem.{name}"], file[name].float()), name
    assert state["stem.norm.num_batches_tracked"] == 0
    body = torch.load(tmp_path / "checkpoint_2.pt", weights_only=True)["fc.weight"]
    assert not any(torch.equal(state[f"body.{number}.fc.weight"], body) for number in (0, 1))


def test_notebook_and_folder_begin_with_them_too(
    programs: Programs, project: Project, losses: list[float], tmp_path: Path
) -> None:
    (tmp_path / "notebook").mkdir()
    assert losses_of_notebook(programs, tmp_path / "notebook", project) == losses
    folder = tmp_path / "project"
    folder.mkdir()
    lay_files(folder, project)
    for name, text in export_project(project).items():
        (folder / name).write_text(text, "utf-8")
    assert "5 passed" in programs.run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    programs.run(folder, "train.py", "--losses", "losses.csv")
    assert losses_in(folder / "losses.csv") == losses
    assert "safetensors>=" in (folder / "requirements.txt").read_text()
    assert "`body.1` begins with the weights in `checkpoint_2.pt`" in (folder / "README.md").read_text()


def test_a_file_that_is_missing_or_belongs_elsewhere_is_said_by_the_script(
    programs: Programs, project: Project, tmp_path: Path
) -> None:
    written(tmp_path, project)
    stem = tmp_path / "stem.safetensors"
    whole = load_file(stem)
    for state, words in (
        ({**whole, "conv.weight": torch.ones(4, 4)}, "stem.safetensors does not suit stem."),
        ({key: value for key, value in whole.items() if key != "norm.bias"}, "has no norm.bias, which stem needs."),
        (None, "stem.safetensors is not there; stem begins with the weights in it."),
    ):
        save_file(state, stem) if state else stem.unlink()
        code, said = programs.outcome(tmp_path, "program.py")
        assert code == 1 and words in said and "Traceback" not in said
    assert "Copy it here, or name its folder with --weights." in said
    (tmp_path / "kept").mkdir()
    save_file(whole, tmp_path / "kept" / stem.name)
    (tmp_path / "checkpoint_2.pt").rename(tmp_path / "kept" / "checkpoint_2.pt")
    assert "Epoch 1:" in programs.run(tmp_path, "program.py", "--weights", "kept")


def test_a_file_that_is_not_there_is_told_before_anything_is_exported(project: Project, tmp_path: Path) -> None:
    gone = replace(project, graph=drawing(tmp_path / "gone.safetensors", ""))
    for name in ("script", "notebook", "project", "onnx", "pt2", "weights"):
        make = EXPORTS[name].write
        assert make is not None
        with pytest.raises(CannotExport, match=r"stem begins with weights from .*gone\.safetensors, but there is no"):
            make(gone, Wishes())


def every_python(project: Project) -> Iterator[tuple[str, str]]:
    yield "script.py", export_script(project)
    yield "notebook.ipynb", export_notebook(project)
    yield from ((f"project/{name}", text) for name, text in export_project(project).items() if name.endswith(".py"))


def test_the_linter_and_the_formatter_have_nothing_to_say(project: Project, tmp_path: Path) -> None:
    stem = project.graph.nodes["stem"].block
    assert isinstance(stem, Group)
    long = Path(stem.pretrained).with_name("l" * 70 + '"\\\n.safetensors')
    long.write_bytes(Path(stem.pretrained).read_bytes())
    only = project.graph.configure("stem", pretrained=str(long)).configure("body", pretrained="")
    others = {"one": replace(project, graph=only), "own": project, "bundled": bundled()}
    others["pth"] = replace(project, graph=project.graph.configure("stem", pretrained=""))
    for key, other in others.items():
        for file, text in every_python(other):
            (tmp_path / key / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / key / file).write_text(text, "utf-8")
    ruff = [Path(sys.executable).with_name("ruff")]
    for folder in (tmp_path, *tmp_path.glob("*/project")):  # files beside each other are told from packages there
        outside = ["--isolated", "--no-cache", "--exclude", "*/project", "."]
        subprocess.run([*ruff, "check", *outside], cwd=folder, check=True)
    # Long networks are written as wide as in the program.
    outside = ["--isolated", "--no-cache", "--check", "--exclude", "model.py", "--exclude", "bundled", "."]
    subprocess.run([*ruff, "format", *outside], cwd=tmp_path, check=True)


def bundled() -> Project:
    """The network that comes with the program, on digits made large and coloured."""
    graph = row(
        Graph(),
        "",
        digits=Input(shape=(1, 8, 8)),
        colours=Conv2d(out_channels=3, padding=1),
        larger=Upsample(scale_factor=(4.0,)),
        backbone=COMPOSITES["EfficientNetLite0"].group,
        logits=Linear(out_features=10),
        answer=Output(),
    )
    return Project(graph, RECIPE, "Transfer")


def test_the_script_with_the_bundled_weights_trains_the_same(programs: Programs, tmp_path: Path) -> None:
    project = bundled()
    name = "efficientnet_lite0.safetensors"
    assert files_beside(project) == {name: resources.path("pretrained", name)}
    assert f"Layerloom has {name} in its folder resources/pretrained." in written(tmp_path, project).read_text()
    programs.run(tmp_path, "program.py", "--losses", "losses.csv")
    assert losses_in(tmp_path / "losses.csv") == told(project)


def test_a_module_says_how_its_parts_began(project: Project, tmp_path: Path) -> None:
    text = export_module(project)
    lay_files(tmp_path, project)
    lines = [line.strip().replace('("', f'("{tmp_path}/', 1) for line in text.splitlines() if "state = " in line]
    scope: dict[str, Any] = {"torch": torch, "load_file": load_file}
    found = []
    for line in lines:
        exec(line, scope)
        found.append(set(scope["state"]))
    assert len(found) == 3 and "norm.bias" in found[0] and found[1:] == [{"fc.weight", "fc.bias"}] * 2


def test_names_beside_an_export_are_plain_and_apart() -> None:
    files = ["mnet", "/a/mnet.safetensors", "b/MNET.safetensors", "x/../../.pth", "a/weights.pt", "c/q\"'\n{}$é.pth"]
    names = names_beside([*files, *files])
    assert list(names) == files
    assert len({name.lower() for name in (*names.values(), *WRITTEN)}) == len(files) + len(WRITTEN)
    assert names["mnet"] == "mnet.safetensors" and names["/a/mnet.safetensors"] == "mnet_2.safetensors"
    assert not any(set(name) & set("\"'\n{}$/\\") for name in names.values())
    assert {Path(name).suffix for name in list(names.values())[4:]} == {".pt", ".pth"}


def content(name: str, project: Project, wishes: Wishes) -> bytes:
    make = EXPORTS[name].write
    assert make is not None
    found = make(project, wishes)
    assert isinstance(found, bytes)
    return found


def test_models_hold_what_the_parts_begin_with(project: Project, tmp_path: Path) -> None:
    """Trained weights take their place, and then the files need not be there."""
    file = tmp_path / "new.safetensors"
    file.write_bytes(content("weights", project, Wishes()))
    torch.manual_seed(project.recipe.seed)
    network = build(write(lower(project.graph, check(project.graph)))).eval()
    wanted, found = network.state_dict(), load_file(file)
    assert wanted.keys() == found.keys() and all(torch.equal(wanted[key], found[key]) for key in wanted)
    with safe_open(file, "pt") as opened:
        said = opened.metadata()["weights"]
    assert said == "new, drawn with seed 0, but for groups that begin with checkpoint.pt, stem.safetensors"
    gone = replace(project, graph=drawing(tmp_path / "gone.safetensors", "gone.pth"))
    for exported in (content("pt2", project, Wishes()), content("pt2", gone, Wishes(file))):
        example = torch.randn(3, 1, 8, 8)
        again = torch.export.load(BytesIO(exported)).module()
        torch.testing.assert_close(again(example), network(example))


def test_the_summary_names_them(project: Project) -> None:
    text = export_summary(project)
    assert re.search(r"^Weights that stem begins with +stem\.safetensors$", text, re.MULTILINE)
    assert re.search(r"^Weights that body\.1 begins with +checkpoint\.pt$", text, re.MULTILINE)
