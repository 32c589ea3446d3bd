"""Every feature of a recipe in the exported programs: the very losses of the program, as script and as notebook."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.blocks.activation import Tanh
from engine.blocks.base import Block
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.blocks.normalisation import BatchNorm1d
from engine.export.project_folder import export_project
from engine.export.script import export_script
from engine.export.style import CannotExport
from engine.graph import Graph, Node, Wire
from engine.project import Project
from engine.recipes.data_sets import Box, Digits, Gauss
from engine.recipes.heads import Head
from engine.recipes.losses import (
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    GaussianNLLLoss,
    HingeEmbeddingLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    MultiLabelMarginLoss,
    MultiMarginLoss,
    PoissonNLLLoss,
)
from engine.recipes.optimizers import LBFGS, OPTIMIZERS, SGD, Adam, RMSprop
from engine.recipes.recipe import Recipe
from engine.recipes.schedules import (
    CosineAnnealingLR,
    CyclicLR,
    LinearLR,
    MultiStepLR,
    NoSchedule,
    OneCycleLR,
    ReduceLROnPlateau,
    StepLR,
)
from engine.recipes.split import Split
from engine.recipes.transforms import TRANSFORMS
from engine.sketching import row
from tests.engine.programs import (
    ONE_AFTER_THE_OTHER,
    Programs,
    losses_in,
    losses_of_notebook,
    numbers,
    pictures,
    same,
    told,
    written,
)

CLASSES = Recipe(
    data=Gauss(noise=0.2), optimizer=Adam(lr=0.02), batch_size=60, epochs=3, threads=1, device="cpu", seed=3
)
VALUES = CLASSES.changed(data=Box(), loss=MSELoss(), batch_size=11)
PARTED = Split(validation=0.37, test=0.4, stratified=False)


def heads(*outputs: int, **first: Block) -> Graph:
    """Some Outputs with so many numbers each, behind layers that they share."""
    shared: dict[str, Block] = {**first, "hidden": Linear(out_features=8), "norm": BatchNorm1d(), "bent": Tanh()}
    graph = row(Graph(), "", points=Input(shape=(2,)), **shared)
    for place, count in enumerate(outputs):
        graph = graph.add(Node(f"part{place}", Linear(out_features=count)), Node(f"answer{place}", Output()))
        graph = graph.connect(
            Wire("bent", "output", f"part{place}", "input"), Wire(f"part{place}", "output", f"answer{place}", "input")
        )
    return graph


def classes(outputs: int = 2, **values: Any) -> Project:
    return Project(heads(outputs), CLASSES.changed(**values))


def values(outputs: int = 1, **changed: Any) -> Project:
    return Project(numbers(1, outputs), VALUES.changed(**changed))


TWO = (Head(output="answer1", loss=BCEWithLogitsLoss(pos_weight=2.0), weight=0.3),)
BALANCED_TWO = (Head(output="answer0", loss=CrossEntropyLoss(balanced=True)), *TWO)

LOSSES: Mapping[str, Project] = {
    "weights": classes(loss=CrossEntropyLoss(weight=(0.5, 2.0), label_smoothing=0.1)),
    "balanced": classes(loss=CrossEntropyLoss(balanced=True), split=PARTED),
    "balanced margin": classes(loss=MultiMarginLoss(balanced=True, p=2), split=PARTED),
    "pos_weight": classes(1, loss=BCEWithLogitsLoss(pos_weight=3.0)),
    "balanced pos_weight": classes(1, loss=BCEWithLogitsLoss(balanced=True), split=PARTED),
    "hinge": classes(1, loss=HingeEmbeddingLoss(margin=0.5)),
    "labels": classes(loss=MultiLabelMarginLoss()),
    "kl": classes(loss=KLDivLoss()),
    "gaussian": values(2, loss=GaussianNLLLoss(full=True)),
    "poisson": values(loss=PoissonNLLLoss(full=False, eps=1e-6)),
    "weighted head": classes(heads=(Head(output="answer0", weight=0.5, loss=CrossEntropyLoss(weight=(1.0, 3.0))),)),
    "l1": classes(l1=0.003),
    "two heads": Project(heads(2, 1), CLASSES.changed(heads=TWO)),
    "two balanced heads": Project(heads(2, 1), CLASSES.changed(heads=BALANCED_TWO, split=PARTED)),
}

OPTIMIZED = {kind: classes(optimizer=made()) for kind, made in OPTIMIZERS.items() if made is not LBFGS}

SCHEDULES: Mapping[str, Project] = {
    "steps": classes(schedule=StepLR(step_size=1, gamma=0.5)),
    "each step": classes(schedule=StepLR(step_size=2, gamma=0.7, every="step")),
    "milestones": classes(schedule=MultiStepLR(milestones=(1, 2))),
    "cosine": classes(schedule=CosineAnnealingLR()),
    "cosine steps": classes(schedule=CosineAnnealingLR(every="step", eta_min=0.001, warmup=4)),
    "one cycle": classes(schedule=OneCycleLR()),
    "warm cycle": classes(schedule=OneCycleLR(warmup=3, max_lr=0.1), optimizer=RMSprop()),
    "plateau": classes(schedule=ReduceLROnPlateau(patience=0, threshold=0.5), epochs=5),
    "warm plateau": classes(schedule=ReduceLROnPlateau(patience=0, threshold=0.5, warmup=5), epochs=6),
    "cyclic": classes(schedule=CyclicLR(step_size_up=3), optimizer=SGD(lr=0.01, momentum=0.9)),
    "warm": classes(schedule=NoSchedule(warmup=6)),
    "warm linear": classes(schedule=LinearLR(warmup=4, warmup_start=0.1)),
    "warm for too long": classes(schedule=StepLR(warmup=1000)),
}

OTHERS: Mapping[str, Project] = {
    "clips": classes(clip_value=0.01, max_norm=0.02),
    "gathers": classes(accumulate=3, schedule=OneCycleLR(warmup=2)),
    "gathers all": classes(accumulate=3, l1=0.01, batch_size=20, schedule=StepLR(step_size=1), max_norm=0.1),
    "gathers plainly": classes(accumulate=2),
    "stops": classes(patience=2, min_delta=0.05, epochs=30, accumulate=2),
    "stops by steps": values(patience=1, min_delta=0.5, epochs=9, schedule=ReduceLROnPlateau(patience=0)),
    "bfloat16": classes(precision="bfloat16"),
    "two in bfloat16": Project(heads(2, 1), CLASSES.changed(heads=TWO, precision="bfloat16", deterministic=True)),
    "values in bfloat16": values(precision="bfloat16", loss=L1Loss()),
    "deterministic": classes(deterministic=True),
}

PROJECTS = {**LOSSES, **OPTIMIZED, **SCHEDULES, **OTHERS}


@pytest.fixture(scope="module")
def programs() -> Iterator[Programs]:
    with Programs() as found:
        yield found


@pytest.mark.parametrize("name", PROJECTS)
def test_script_and_notebook_give_the_very_losses_of_the_program(name: str, programs: Programs, tmp_path: Path) -> None:
    expected = told(PROJECTS[name])
    torch.use_deterministic_algorithms(False)
    assert len(expected) > 4
    written(tmp_path, PROJECTS[name])
    programs.run(tmp_path, "program.py", "--losses", "losses.csv")
    assert losses_in(tmp_path / "losses.csv") == expected
    if name not in OPTIMIZED:  # the notebook makes them with the same line
        assert losses_of_notebook(programs, tmp_path, PROJECTS[name]) == expected


def test_they_are_tidy(tmp_path: Path) -> None:
    for name, project in PROJECTS.items():
        (tmp_path / f"{name}.py").write_text(export_script(project), "utf-8")
    ruff = Path(sys.executable).with_name("ruff")
    subprocess.run([ruff, "check", "--isolated", "--no-cache", "--ignore", "N999", "."], cwd=tmp_path, check=True)
    words = (ruff, "format", "--isolated", "--no-cache", "--check", "--diff", ".")
    subprocess.run(words, cwd=tmp_path, check=True)


def plain(**values: Any) -> Project:
    """Without averages over batches, which two processes do not share on a CPU; with odd batches."""
    return Project(numbers(2, 2), CLASSES.changed(batch_size=31, **values))


GATHERS = {"accumulate": 3, "clip_value": 0.05, "l1": 0.003, "schedule": OneCycleLR(warmup=2)}

SHARED: Mapping[str, Project] = {
    "gathers": plain(loss=CrossEntropyLoss(balanced=True), split=PARTED, **GATHERS),
    "stops": plain(patience=1, min_delta=0.1, epochs=9, schedule=ReduceLROnPlateau(patience=0)),
}


def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    for name, project in SHARED.items():
        written(tmp_path, project).rename(tmp_path / f"{name}.py")
    (tmp_path / "all.py").write_text(ONE_AFTER_THE_OTHER.format(names=tuple(SHARED)))
    words = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "all.py")
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    for name, project in SHARED.items():
        assert losses_in(tmp_path / f"{name}.csv") == pytest.approx(told(project), abs=1e-4), name


@pytest.mark.parametrize("name", ["stops", "warm cycle", "gathers", "plateau", "warm plateau"])
def test_a_run_that_goes_on_later_ends_where_an_unbroken_one_does(
    name: str, programs: Programs, tmp_path: Path
) -> None:
    project = PROJECTS[name]
    file = written(tmp_path, project)
    programs.run(tmp_path, file.name, "--checkpoint", "whole.pt", "--losses", "losses.csv")
    text = file.read_text("utf-8").replace("    draft.replace(path)\n", LEAVES)
    (tmp_path / "broken.py").write_text(text, "utf-8")
    words = ("--checkpoint", "broken.pt", "--losses", "broken.csv")
    programs.run(tmp_path, "broken.py", *words)
    programs.run(tmp_path, file.name, *words, "--resume")
    whole, broken_off = (torch.load(tmp_path / f"{each}.pt", weights_only=True) for each in ("whole", "broken"))
    assert same(whole, broken_off)
    assert whole["epoch"] > 2


LEAVES = """\
    draft.replace(path)
    if epoch == 2:
        raise SystemExit(0)
"""


def test_the_best_weights_are_left_in_the_checkpoint(programs: Programs, tmp_path: Path) -> None:
    project = values(patience=2, min_delta=0.0, epochs=30, optimizer=SGD(lr=0.12))
    written(tmp_path, project)
    printed = programs.run(tmp_path, "program.py")
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    losses = [float(line.rpartition(" ")[2]) for line in printed.splitlines() if line.startswith("Epoch ")]
    assert state["patience"]["best"] == pytest.approx(min(losses), abs=1e-4)
    assert same(state["network"], state["patience"]["weights"])
    assert "not become better" in printed


@pytest.mark.parametrize("name", ["two heads", "gaussian", "gathers", "bfloat16", "warm", "balanced"])
def test_the_folder_passes_its_own_tests(name: str, programs: Programs, tmp_path: Path) -> None:
    for file, text in export_project(PROJECTS[name]).items():
        (tmp_path / file).write_text(text, "utf-8")
    assert "passed" in programs.run(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error")
    programs.run(tmp_path, "train.py", "--losses", "losses.csv", "--epochs", str(PROJECTS[name].recipe.epochs))
    assert losses_in(tmp_path / "losses.csv") == told(PROJECTS[name])


def test_what_cannot_be_written_is_named() -> None:
    flips = CLASSES.changed(data=Digits(), augment=(TRANSFORMS["RandomHorizontalFlip"](),))
    for project, said in (
        (classes(optimizer=LBFGS()), "LBFGS"),
        (classes(precision="float16"), "float16"),
        (Project(pictures(), flips), "changed pictures"),
    ):
        with pytest.raises(CannotExport, match=said):
            export_script(project)
