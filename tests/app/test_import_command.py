"""`layerloom import`: drawings of real modules, a yes before a file of others runs, a sentence for each failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from app.__main__ import main
from engine.check import check
from engine.importing.apart import import_apart
from engine.importing.loading import imported
from engine.importing.outcome import ImportFailed
from engine.importing.request import read_request
from engine.lower import lower, write
from engine.model import build
from engine.project import open_project
from engine.torch_setup import import_torchvision

ROOT = Path(__file__).parents[2]

MODULES = """
from pathlib import Path
import sys
import torch
from torch import nn

Path(__file__).with_name("ran").touch()


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.layer = nn.Linear(4, width)

    def forward(self, x):
        return torch.fft.fft(self.layer(x)).real


class Picky(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(4, 8 // width)

    def forward(self, x):
        if x.mean() > 0:
            return self.layer(x)
        return x


class Quits(nn.Module):
    def forward(self, x):
        import os
        os._exit(7)


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(100, 6)
        self.head = nn.Linear(6, 2)

    def forward(self, ids, more):
        return self.head(self.embedding(ids).mean(1)) + more
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "model.py"
    path.write_text(MODULES)
    return path


@pytest.fixture(autouse=True)
def own_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that a test lets run in this very process stay its own."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "model", raising=False)


def failure(spec: str, arguments: str = "", *shapes: str) -> str:
    """What the other process would say; here it is this one, so that the tests need not wait for PyTorch each time."""
    with pytest.raises(ImportFailed) as caught:
        imported(read_request(spec, arguments, shapes))
    return str(caught.value)


def test_a_model_of_torchvision_needs_no_question(tmp_path: Path) -> None:
    out = tmp_path / "squeeze.loom"
    assert main(["import", "torchvision:squeezenet1_1", "-o", str(out), "--shape", "3,64,64"]) == 0
    project = open_project(out)
    assert project.title == "squeezenet1_1"
    assert check(project.graph, project.recipe).ok
    assert project.recipe.data.kind() == "RandomExamples"


def test_a_file_runs_only_after_a_yes(module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "import", f"{module}:Net", "-o", str(tmp_path / "net.loom")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "net.loom").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal that a program can hold")
@pytest.mark.parametrize(("word", "code"), [("n", 2), ("y", 0)])
def test_a_terminal_asks_before_a_file_runs(module: Path, tmp_path: Path, word: str, code: int) -> None:
    person, terminal = os.openpty()
    os.write(person, f"{word}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "app", "import", f"{module}:Net", "-o", str(tmp_path / "net.loom"), "--shape", "4"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        stdin=terminal,
        check=False,
    )
    os.close(person)
    os.close(terminal)
    assert done.returncode == code, done.stderr
    assert "Run it? [y/N]" in done.stdout
    assert (tmp_path / "ran").exists() is (code == 0)


def test_what_cannot_be_drawn_is_listed(module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "net.loom"
    words = ["import", f"{module}:Net", "-o", str(out), "--shape", "4", "--args", '{"width": 6}', "--yes"]
    assert main(words) == 0
    assert "fft" in capsys.readouterr().out
    graph = open_project(out).graph
    assert graph.nodes["layer"].block.values()["out_features"] == 6
    assert "Placeholder" in {node.block.kind() for node in graph.nodes.values()}
    assert (tmp_path / "ran").exists()


def test_ids_and_several_inputs(module: Path) -> None:
    found = imported(read_request(f"{module}:Words", "", ("ids:12", "2")))
    assert not found.notes
    assert check(found.graph).ok
    assert found.graph.nodes["ids"].block.values() == {"shape": (12,), "dtype": "int64"}


@pytest.mark.parametrize(
    ("name", "arguments", "shapes", "words"),
    [
        ("Nothing", "", (), "has no Nothing. It has Net, Picky, Quits, Words."),
        ("Picky", "", (), "missing 1 required positional argument: 'width'"),
        ("Picky", "[0]", (), "in model.py, line 22, ZeroDivisionError"),
        ("Picky", "[1]", ("4",), "in model.py, line 25, decides by the numbers in a tensor"),
        ("Net", "", ("5",), "fails with an example of 5: in model.py, line 16"),
        ("Words", "", ("ids:12",), "takes 2 tensors (ids, more)"),
    ],
)
def test_failures_name_the_place(module: Path, name: str, arguments: str, shapes: tuple[str, ...], words: str) -> None:
    assert words in failure(f"{module}:{name}", arguments, *shapes)


def test_a_model_with_weights_of_ones_own_is_one_group_that_begins_with_them(
    tmp_path: Path, module: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights, drawing = tmp_path / "mine.pth", tmp_path / "net.loom"
    torchvision = import_torchvision()
    torch.manual_seed(1)
    model = torchvision.models.squeezenet1_1()
    torch.save(model.state_dict(), weights)
    words = ["import", "torchvision:squeezenet1_1", "-o", str(drawing), "--weights", str(weights)]
    assert main(words) == 0
    graph = open_project(drawing).graph
    assert set(graph.nodes) == {"input", "squeezenet1_1", "output"}
    network = build(write(lower(graph, check(graph))))
    state = network.state_dict()
    assert all(torch.equal(state[f"squeezenet1_1.{key}"], value) for key, value in model.state_dict().items())
    assert main([*words[:-1], str(tmp_path / "none.pth")]) == 1
    assert "There is no file" in capsys.readouterr().err


def test_a_file_that_ends_its_process_ends_only_that(module: Path) -> None:
    with pytest.raises(ImportFailed, match=r"ended the process in which it was made \(code 7\)"):
        import_apart(read_request(f"{module}:Quits", "", ("4",)))


def test_a_file_with_an_error_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = 1\nclass Net(:\n    pass\n")
    (tmp_path / "fails.py").write_text("import not_there_at_all\n")
    assert "broken.py, line 2" in failure(f"{tmp_path / 'broken.py'}:Net")
    assert "in fails.py, line 1, ModuleNotFoundError" in failure(f"{tmp_path / 'fails.py'}:Net")


@pytest.mark.parametrize(
    ("spec", "arguments", "shapes", "words"),
    [
        ("resnet18", "", (), "names no module"),
        ("nowhere.py:Net", "", (), "There is no file nowhere.py"),
        ("net.txt:Net", "", (), "is no Python file"),
        ("torchvision:resnet18", "{", (), "is no JSON"),
        ("torchvision:resnet18", "3", (), "object or list"),
        ("torchvision:resnet18", "", ("3,0",), "no size of an example"),
    ],
)
def test_requests_that_cannot_be_read(spec: str, arguments: str, shapes: tuple[str, ...], words: str) -> None:
    with pytest.raises(ImportFailed, match=words):
        read_request(spec, arguments, shapes)


def test_an_unknown_model_is_answered_with_near_ones() -> None:
    assert "resnet18" in failure("torchvision:resnet17")
