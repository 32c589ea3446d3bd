"""The commands for a terminal: no window, no Qt, exact exit codes.

What loads PyTorch, is interrupted or lacks a library runs in a process of its own, as a person would start it; what
only prints is called in this one, through the same `main`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from app.__main__ import main
from engine.project import Project, open_project, save_project
from engine.recipes.losses import MSELoss
from engine.recipes.optimizers import SGD
from engine.recipes.recipe import Recipe
from engine.templates import TEMPLATES, new

ROOT = Path(__file__).parents[2]
RUN = [sys.executable, "-m", "app"]
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def surroundings(**changes: str) -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **changes}


def layerloom(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, *words], cwd=folder, env=surroundings(), capture_output=True, text=True, check=False, timeout=120
    )


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended, named as `subprocess` names it."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Answer]


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Call the program with some words, in the folder of the test."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Answer:
        capsys.readouterr()
        code = main(words)
        return Answer(code, *capsys.readouterr())

    return call


def saved(folder: Path, name: str, project: Project) -> str:
    save_project(folder / name, project)
    return name


@pytest.fixture
def spiral(tmp_path: Path) -> str:
    return saved(tmp_path, "spiral.loom", new("spiral"))


@pytest.fixture
def broken(tmp_path: Path) -> str:
    cnn = new("cnn")
    return saved(tmp_path, "broken.loom", Project(cnn.graph.configure("conv2", kernel_size=31), cnn.recipe))


def test_a_template_is_written_and_is_fine(tmp_path: Path, command: Command) -> None:
    for name in TEMPLATES:
        done = command("new", name, "-o", f"{name}.loom")
        assert (done.returncode, done.stderr) == (0, "")
        assert open_project(tmp_path / f"{name}.loom") == new(name)


def test_check_prints_one_json_object(tmp_path: Path, spiral: str) -> None:
    done = layerloom(tmp_path, "check", spiral, "--json")
    assert done.returncode == 0 and done.stdout.count("\n") == 1
    data = json.loads(done.stdout)
    assert data.keys() == {"ok", "parameters", "macs", "blocks", "problems"}
    assert (data["ok"], data["parameters"], data["macs"], data["problems"]) == (True, 186, 160, [])
    assert data["blocks"]["hidden1"] == {"type": "Linear", "shape": [8], "parameters": 24}
    assert data["blocks"]["answer"] == {"type": "Output", "shape": [2], "parameters": 0}


def test_check_names_problems_and_repairs(command: Command, broken: str) -> None:
    done = command("check", broken, "--json")
    assert done.returncode == 1
    data = json.loads(done.stdout)
    assert data["ok"] is False and data["blocks"]["norm2"]["shape"] is None
    (problem,) = data["problems"]
    assert problem.keys() == {"block", "level", "text", "fixes"}
    assert (problem["block"], problem["level"]) == ("conv2", "error")
    assert "from pool1" in problem["text"] and "Set kernel_size to 3" in problem["fixes"]


def test_check_says_it_in_words(command: Command, spiral: str, broken: str) -> None:
    fine, wrong = command("check", spiral), command("check", broken)
    assert "N×8" in fine.stdout and "186 parameters" in fine.stdout and "No problems." in fine.stdout
    assert wrong.returncode == 1 and "error: conv2" in wrong.stdout and "→ Set kernel_size to 3" in wrong.stdout


def test_export_writes_a_module_that_runs_with_torch_alone(tmp_path: Path, command: Command, spiral: str) -> None:
    done = command("export", spiral, "--to", "module", "-o", "net.py")
    assert (done.returncode, done.stderr) == (0, "")
    code = "import torch, net; print(tuple(net.Network()(torch.zeros(3, 2)).shape))"
    bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=bare, capture_output=True, text=True, check=False
    )
    assert ran.stdout.strip() == "(3, 2)", ran.stderr
    assert command("export", spiral).stdout == (tmp_path / "net.py").read_text("utf-8")


def test_a_drawing_with_problems_is_neither_exported_nor_trained(tmp_path: Path, command: Command, broken: str) -> None:
    for words in (("export", broken, "-o", "net.py"), ("train", broken)):
        done = command(*words)
        assert done.returncode == 1 and "conv2" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "net.py").exists()


def test_a_drawing_larger_than_the_machine_is_refused_by_every_command(tmp_path: Path, command: Command) -> None:
    project = new("mlp")
    large = {name: n for name, n in project.graph.nodes.items() if n.block.kind() == "Linear"}
    graph = project.graph
    for name in large:
        graph = graph.configure(name, out_features=1_000_000)
    file = saved(tmp_path, "large.loom", replace(project, graph=graph))
    assert "bytes of memory" in command("check", file).stdout
    for words in (("train", file), ("export", file)):
        done = command(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("The drawing has ")


def finished(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    last: dict[str, Any] = lines[-1]
    assert last["event"] == "finished" and lines[0]["event"] == "started"
    return last


def test_training_tells_json_lines_and_repeats_itself(tmp_path: Path, spiral: str) -> None:
    words = ("train", spiral, "--epochs", "3", "--seed", "5", "--device", "cpu", "--json", "--save", "w.safetensors")
    one, two = layerloom(tmp_path, *words), layerloom(tmp_path, *words)
    assert one.returncode == 0, one.stderr
    last = finished(one)
    assert last["steps"] == 75 and 0 <= last["accuracy"] <= 1 and last["seconds"] > 0
    assert list(last) == ["event", "accuracy", "loss", "steps", "seconds", "weights"]
    assert finished(two)["loss"] == last["loss"]
    assert (tmp_path / "w.safetensors").stat().st_size > 0


def test_a_run_that_explodes_ends_with_a_sentence(tmp_path: Path) -> None:
    project = new("spiral")
    recipe = project.recipe.changed(optimizer=SGD(lr=1e6), loss=MSELoss())
    graph = project.graph.configure("logits", out_features=1)
    name = saved(tmp_path, "wild.loom", Project(graph, recipe))
    done = layerloom(tmp_path, "train", name, "--epochs", "20", "--json")
    events = [json.loads(line, parse_constant=pytest.fail) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert events[-1]["event"] == "failed"
    assert events[-1]["block"] in graph.nodes
    assert events[-1]["step"] > 0
    assert events[-1]["text"].endswith(".")


@pytest.mark.skipif(os.name == "nt", reason="signals are sent differently there")
def test_ctrl_c_stops_cleanly_and_keeps_the_weights(tmp_path: Path, spiral: str) -> None:
    words = ["train", spiral, "--epochs", "10000", "--json", "--save", "w.safetensors"]
    process = subprocess.Popen(
        [*RUN, *words], cwd=tmp_path, env=surroundings(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            if json.loads(line)["event"] == "steps":
                break
        process.send_signal(signal.SIGINT)
        rest, complaints = process.communicate(timeout=60)
    assert process.returncode == 130 and complaints == ""
    assert json.loads(rest.splitlines()[-1])["event"] == "stopped"
    assert (tmp_path / "w.safetensors").exists()


WRONG = (
    ("check", "nothing.loom"),
    ("check", "."),
    ("check", "text.loom"),
    ("train", "nothing.loom"),
    ("train", "spiral.loom", "--epochs", "0"),
    ("train", "spiral.loom", "--epochs", "many"),
    ("train", "spiral.loom", "--seed", "-1"),
    ("train", "spiral.loom", "--device", "tpu"),
    ("export", "spiral.loom", "--to", "fortran"),
    ("export", "spiral.loom", "-o", "no/such/folder/net.py"),
    ("new", "gpt", "-o", "net.loom"),
    ("new", "cnn"),
    ("new", "cnn", "-o", "no/such/folder/net.loom"),
    ("frobnicate",),
    ("check",),
    ("--wrong",),
)


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_and_unreadable_files_end_with_2(
    tmp_path: Path, command: Command, spiral: str, words: tuple[str, ...]
) -> None:
    (tmp_path / "text.loom").write_text("hello", "utf-8")
    done = command(*words)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr and "Traceback" not in done.stderr


def test_version_help_and_doctor(tmp_path: Path, command: Command) -> None:
    assert command("--version").stdout.startswith("layerloom ")
    assert "doctor" in command("--help").stdout
    done = layerloom(tmp_path, "doctor")
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr
    for word in ("Python 3.", "torch", "PySide6", "The window", "Training", "CUDA", "MNIST"):
        assert word in done.stdout


WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ImportError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
from app.__main__ import main
code = main({words!r})
print("loaded", sorted({{"PySide6", "torch"}} & set(sys.modules)), file=sys.stderr)
sys.exit(code)
"""


def without(folder: Path, blocked: set[str], *words: str) -> subprocess.CompletedProcess[str]:
    code = WITHOUT.format(blocked=blocked, words=list(words))
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=surroundings(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_checking_and_exporting_need_neither_qt_nor_torch(tmp_path: Path, spiral: str) -> None:
    for words in (("check", spiral), ("export", spiral), ("new", "cnn", "-o", "cnn.loom")):
        done = without(tmp_path, {"PySide6", "pyqtgraph", "torch"}, *words)
        assert done.returncode == 0 and done.stderr == "loaded []\n"


def test_training_needs_no_qt_speaks_in_sentences_and_saves_weights_for_the_code(
    tmp_path: Path, command: Command, spiral: str
) -> None:
    done = without(tmp_path, {"PySide6", "pyqtgraph"}, "train", spiral, "--epochs", "2", "--save", "w.safetensors")
    assert done.returncode == 0 and done.stderr == "loaded ['torch']\n"
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Training 186 parameters on 250 examples")
    assert lines[1].startswith("Epoch 1:") and any(line.startswith("Finished after 50 steps") for line in lines)
    assert "\r" not in done.stdout, "the moving line is for terminals only"
    assert command("export", spiral, "-o", "net.py").returncode == 0
    code = (
        "import net; from safetensors.torch import load_file;"
        "network = net.Network(); print(network.load_state_dict(load_file('w.safetensors')))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert "All keys matched" in ran.stdout, ran.stderr


def test_a_graphics_card_that_is_not_there_is_said_in_words(tmp_path: Path, spiral: str) -> None:
    words = [*RUN, "train", spiral, "--epochs", "1", "--device", "cuda"]
    none = surroundings(CUDA_VISIBLE_DEVICES="-1")
    done = subprocess.run(words, cwd=tmp_path, env=none, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr == "No CUDA graphics card was found. Choose the device auto or cpu.\n"


def test_the_doctor_survives_what_is_missing(tmp_path: Path) -> None:
    done = without(tmp_path, {"PySide6", "pyqtgraph", "torch"}, "doctor")
    assert done.returncode == 1 and "PyTorch cannot be loaded" in done.stdout and "Traceback" not in done.stderr


def test_without_qt_the_window_says_what_to_do(tmp_path: Path, spiral: str) -> None:
    done = without(tmp_path, {"PySide6"}, spiral)
    assert done.returncode == 2 and "doctor" in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems always have a screen")
def test_without_a_screen_the_window_says_so(tmp_path: Path) -> None:
    blind = {name: value for name, value in surroundings().items() if name not in SCREENS}
    done = subprocess.run(RUN, cwd=tmp_path, env=blind, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 2 and done.stderr.startswith("There is no screen here")


def test_a_block_from_a_newer_program_is_listed_by_its_own_name(tmp_path: Path, command: Command) -> None:
    project = new("linear")
    text = (tmp_path / saved(tmp_path, "net.loom", project)).read_text("utf-8").replace('"Flatten"', '"Mamba"')
    (tmp_path / "net.loom").write_text(text, "utf-8")
    done = command("check", "net.loom", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["blocks"]["flatten"]["type"] == "Mamba"


def test_warnings_alone_are_no_failure(tmp_path: Path, command: Command) -> None:
    graph = new("mlp").graph.bypass("relu1")
    done = command("check", saved(tmp_path, "net.loom", Project(graph, Recipe())), "--json")
    assert done.returncode == 0
    assert [problem["level"] for problem in json.loads(done.stdout)["problems"]] == ["warning"]
