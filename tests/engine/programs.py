"""Exported programs, run for real: each in a process of its own, while PyTorch is loaded once for many of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import torch

import resources
from engine.blocks.activation import Tanh
from engine.blocks.arithmetic import Detach
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.dropout import Dropout
from engine.blocks.linear import Linear
from engine.blocks.merge import Add
from engine.blocks.normalisation import BatchNorm2d
from engine.blocks.shaping import Flatten
from engine.check import check
from engine.events import Steps
from engine.export.data_code import FILES
from engine.export.notebook import export_notebook
from engine.export.script import export_script
from engine.export.weights_code import files_beside
from engine.graph import Graph
from engine.lower import lower, write
from engine.project import Project
from engine.sketching import linked, row
from engine.training.trainer import train

FORKS = hasattr(os, "fork")

Order = tuple[str, tuple[str, ...], str]
"""A folder, the words of a program, and the file for what it prints."""

WAREHOUSE = """
import faulthandler, json, os, runpy, sys, traceback
import numpy, pytest, torch, torch._dynamo  # which optimizers load when they are made

def begin(folder, words, output):
    with open(output, "w") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.chdir(folder)
    faulthandler.dump_traceback_later(90, exit=True)
    code = 1
    try:
        if words[0] == "-m":
            sys.argv = words[1:]
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = words
            runpy.run_path(words[0], run_name="__main__")
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else int(left.code is not None)
        if code and not isinstance(left.code, int):
            print(left.code)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)

for line in sys.stdin:
    child = os.fork()
    if child == 0:
        begin(*json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


class Programs:
    """A Python with PyTorch from which every program is forked; where there is no forking, each is started anew."""

    def __init__(self) -> None:
        words = [sys.executable, "-c", WAREHOUSE if FORKS else ""]
        self._server = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.communicate()

    def run(self, folder: Path, *words: str) -> str:
        """A program, or `-m module`, in a folder; gives what it prints."""
        code, said = self.outcome(folder, *words)
        assert code == 0, said
        return said

    def outcome(self, folder: Path, *words: str) -> tuple[int, str]:
        """How it ended, and what it printed."""
        output = folder / "output.txt"
        order = (str(folder), words, str(output))
        return self._forked(order) if FORKS else _started(order), output.read_text("utf-8")

    def _forked(self, order: Order) -> int:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps(order), file=self._server.stdin, flush=True)
        return int(self._server.stdout.readline())


def _started(order: Order) -> int:
    folder, words, output = order
    with Path(output).open("w") as file:
        return subprocess.run(
            [sys.executable, *words], cwd=folder, stdout=file, stderr=subprocess.STDOUT, check=False
        ).returncode


def written(folder: Path, project: Project) -> Path:
    """The script in a folder, with its data and its weights beside it."""
    lay_files(folder, project)
    file = folder / "program.py"
    file.write_text(export_script(project), "utf-8")
    return file


def lay_files(folder: Path, project: Project) -> None:
    """Put what a training program of the project reads into a folder."""
    if name := FILES.get(type(project.recipe.data)):
        (folder / name).symlink_to(resources.path("data", name))
    for name, path in files_beside(project).items():
        shutil.copyfile(path, folder / name)


def executed(imports: tuple[str, ...], text: str) -> dict[str, Any]:
    """The names that a piece of Python defines, by running it."""
    scope: dict[str, Any] = {"__name__": "exported"}
    exec("\n".join((*imports, text)), scope)
    return scope


def losses_in(file: Path) -> list[float]:
    """The losses of the table that a program wrote."""
    head, *lines = file.read_text().splitlines()
    assert head == "step,loss"
    assert [line.split(",")[0] for line in lines] == [str(step) for step in range(1, len(lines) + 1)]
    return [float(line.split(",")[1]) for line in lines]


def told(project: Project) -> list[float]:
    """The loss of every step as the program itself trains."""
    source = write(lower(project.graph, check(project.graph)))
    events = list(train(source, project.recipe))
    return [float(loss) for event in events if isinstance(event, Steps) for loss in event.losses]


def same(one: Any, two: Any) -> bool:
    """Whether two checkpoints hold the very same values."""
    if isinstance(one, torch.Tensor):
        return torch.equal(one, two)
    if isinstance(one, Mapping):
        return one.keys() == two.keys() and all(same(one[key], two[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(two) and all(map(same, one, two))
    return bool(one == two)


CELLS = """
import json
scope = {"__name__": "__main__"}
for cell in json.load(open("notebook.ipynb", encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), scope)
print(json.dumps(scope["losses"]))
"""


ONE_AFTER_THE_OTHER = """
import os, runpy, sys
for name in {names!r}:
    # Each meets its fellows at a port of its own: addresses of the program before would let it wait for ever.
    os.environ["TORCHELASTIC_USE_AGENT_STORE"] = "False"
    os.environ["MASTER_PORT"] = str(int(os.environ["MASTER_PORT"]) + 1)
    sys.argv = [f"{{name}}.py", "--losses", f"{{name}}.csv", "--checkpoint", f"{{name}}.pt"]
    runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Several programs in the processes that torchrun starts, since loading PyTorch takes most of the time."""


def losses_of_notebook(programs: Programs, folder: Path, project: Project) -> list[float]:
    """The losses of a project's notebook, all its cells run in order."""
    lay_files(folder, project)
    (folder / "notebook.ipynb").write_text(export_notebook(project), "utf-8")
    (folder / "cells.py").write_text(CELLS)
    losses: list[float] = json.loads(programs.run(folder, "cells.py").splitlines()[-1])
    return losses


def pictures() -> Graph:
    """For the 8×8 digits: chance, averages over batches, and a frozen block with averages of its own."""
    graph = row(
        Graph(),
        "",
        digits=Input(shape=(1, 8, 8)),
        norm1=BatchNorm2d(),
        conv1=Conv2d(out_channels=4, padding=1),
        norm2=BatchNorm2d(),
        tanh1=Tanh(),
        flatten=Flatten(),
        drop=Dropout(p=0.25),
        logits=Linear(out_features=10),
        answer=Output(),
    )
    return graph.put(replace(graph.nodes["norm1"], frozen=True))


def numbers(inputs: int, outputs: int, p: float = 0.0) -> Graph:
    """For rows of numbers."""
    hidden = {"hidden": Linear(out_features=16), "tanh1": Tanh(), "drop": Dropout(p=p)}
    return row(Graph(), "", points=Input(shape=(inputs,)), **hidden, last=Linear(out_features=outputs), answer=Output())


def detached() -> Graph:
    """A layer that never learns, since no gradient comes back to it."""
    graph = row(
        Graph(),
        "",
        points=Input(shape=(2,)),
        hidden=Linear(out_features=8),
        tanh1=Tanh(),
        add=Add(),
        last=Linear(out_features=2),
        answer=Output(),
    )
    graph = row(graph, "points", fixed=Linear(out_features=8), detach=Detach())
    return linked(graph, ("detach", "add.other"))
