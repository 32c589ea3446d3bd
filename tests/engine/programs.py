"""Exported programs, run for real: each in a process of its own, while PyTorch is loaded once for many of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import resources
from engine.check import check
from engine.events import Steps
from engine.export.data_code import FILES
from engine.export.notebook import export_notebook
from engine.export.script import export_script
from engine.export.weights_code import files_beside
from engine.lower import lower, write
from engine.project import Project
from engine.training import train

FORKS = hasattr(os, "fork")

Order = tuple[str, tuple[str, ...], dict[str, str]]
"""A folder, the words of a program, and variables of its environment; OUTPUT names the file for what it prints."""

WAREHOUSE = """
import faulthandler, json, os, runpy, sys, traceback
import numpy, pytest, torch, torch._dynamo  # which optimizers load when they are made

def begin(folder, words, more):
    with open(more.pop("OUTPUT"), "w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    os.chdir(folder)
    os.environ.update(more)
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
    children = []
    for folder, words, more in json.loads(line):
        children.append(os.fork())
        if children[-1] == 0:
            begin(folder, words, more)
    print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]), flush=True)
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
        (found,) = self.together(folder, words, [{}])
        return found

    def together(
        self, folder: Path, words: tuple[str, ...], surroundings: Sequence[Mapping[str, str]]
    ) -> list[tuple[int, str]]:
        """The same program several times at once, each with variables of its own in its environment."""
        outputs = [folder / f"output{number}.txt" for number in range(len(surroundings))]
        orders = [
            (str(folder), words, {**more, "OUTPUT": str(output)})
            for more, output in zip(surroundings, outputs, strict=True)
        ]
        codes = self._forked(orders) if FORKS else _started(orders)
        return [(code, output.read_text("utf-8")) for code, output in zip(codes, outputs, strict=True)]

    def _forked(self, orders: list[Order]) -> list[int]:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        print(json.dumps(orders), file=self._server.stdin, flush=True)
        codes: list[int] = json.loads(self._server.stdout.readline())
        return codes


def _started(orders: list[Order]) -> list[int]:
    begun = []
    for folder, words, more in orders:
        with Path(more["OUTPUT"]).open("w") as output:
            command = [sys.executable, *words]
            surroundings = {**os.environ, **more}
            begun.append(
                subprocess.Popen(command, cwd=folder, env=surroundings, stdout=output, stderr=subprocess.STDOUT)
            )
    return [program.wait() for program in begun]


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


CELLS = """
import json
scope = {"__name__": "__main__"}
for cell in json.load(open("notebook.ipynb", encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), scope)
print(json.dumps(scope["losses"]))
"""


def losses_of_notebook(programs: Programs, folder: Path, project: Project) -> list[float]:
    """The losses of a project's notebook, all its cells run in order."""
    lay_files(folder, project)
    (folder / "notebook.ipynb").write_text(export_notebook(project), "utf-8")
    (folder / "cells.py").write_text(CELLS)
    losses: list[float] = json.loads(programs.run(folder, "cells.py").splitlines()[-1])
    return losses
