"""`layerloom train` as a person at a terminal or a script uses it, with real processes."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from engine.project import save_project
from engine.recipes.data_sets import Digits
from engine.recipes.optimizers import SGD, AdamW
from engine.recipes.recipe import Recipe
from engine.runs.store import LAST, listed, read_curves
from tests.app.test_command_line import RUN, Answer, Command, command, surroundings
from tests.engine.drawings import digits_project

__all__ = ["command"]

RECIPE = Recipe(data=Digits(examples=160), epochs=2, batch_size=32, threads=1, device="cpu")


@pytest.fixture
def digits(tmp_path: Path) -> str:
    save_project(tmp_path / "digits.loom", digits_project(RECIPE))
    return "digits.loom"


def events(done: Answer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_value_of_the_recipe_can_be_set_and_the_run_is_kept(
    tmp_path: Path, command: Command, digits: str
) -> None:
    words = (
        "--set",
        "optimizer=AdamW",
        "--set",
        "optimizer.betas=0.8,0.99",
        "--set",
        "data.examples=96",
        "--epochs",
        "1",
    )
    done = command("train", digits, *words, "--json")
    assert done.returncode == 0, done.stderr
    assert events(done)[0]["train_examples"] <= 96 and events(done)[-1]["event"] == "finished"
    (run,) = listed(tmp_path / "digits.runs").runs
    assert run.project.recipe.optimizer == AdamW(betas=(0.8, 0.99))
    assert run.project.recipe.epochs == run.epochs == 1
    assert [event["folder"] for event in events(done) if event["event"] == "kept"][-1] == f"digits.runs/{run.id}"


WRONG = (
    (("--set", "optimizer.lr"), "write it as optimizer.lr=0.01"),
    (("--set", "optimizer.rl=0.1"), "did you mean optimizer.lr?"),
    (("--set", "lr=0.1"), "did you mean optimizer.lr?"),
    (("--set", "optimizer.lr=fast"), "lr must be a number"),
    (("--set", "optimizer=Adamw"), "AdamW"),
    (("--set", "epochs=1.5"), "epochs must be a whole number"),
    (("--resume",), "There are no runs"),
    (("--runs", "here", "--no-run"), "not allowed with"),
)


@pytest.mark.parametrize(
    ("words", "said"), WRONG, ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_what_cannot_be_set_is_said_with_what_was_meant(
    command: Command, digits: str, words: tuple[str, ...], said: str
) -> None:
    done = command("train", digits, *words)
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals are sent differently there")
def test_ctrl_c_keeps_a_checkpoint_and_resume_ends_where_an_undisturbed_run_ends(
    tmp_path: Path, command: Command, digits: str
) -> None:
    whole = command("train", digits, "--epochs", "100", "--runs", "whole", "--json")
    assert whole.returncode == 0, whole.stderr
    words = [*RUN, "train", digits, "--epochs", "100", "--runs", "runs"]
    process = subprocess.Popen(words, cwd=tmp_path, env=surroundings(), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        for line in process.stdout:
            if line.startswith("Epoch 3:"):
                break
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert rest.splitlines()[-1] == "Go on with: layerloom train digits.loom --resume --runs runs"
    assert rest.splitlines()[-2].startswith("Kept in runs")
    (stopped,) = listed(tmp_path / "runs").runs
    assert stopped.state == "stopped" and 3 <= stopped.epochs < 100
    done = command("train", digits, "--resume", "--runs", "runs", "--json")
    assert done.returncode == 0, done.stderr
    assert events(done)[-1]["loss"] == events(whole)[-1]["loss"]
    (finished,) = listed(tmp_path / "runs").runs
    assert finished.id == stopped.id and finished.state == "finished" and finished.steps == 500
    (other,) = listed(tmp_path / "whole").runs
    one, two = (load_file(tmp_path / run / LAST) for run in (f"runs/{finished.id}", f"whole/{other.id}"))
    assert all((one[name] == two[name]).all() for name in two)
    assert len(read_curves(tmp_path / "runs" / finished.id).epochs) == 100


def test_a_finished_run_goes_on_with_more_epochs_and_another_rate(
    tmp_path: Path, command: Command, digits: str
) -> None:
    assert command("train", digits, "--set", "optimizer=SGD").returncode == 0
    (run,) = listed(tmp_path / "digits.runs").runs
    words = ("--resume", run.id[:10], "--epochs", "3", "--set", "optimizer.lr=0.5")
    done = command("train", digits, *words)
    assert done.returncode == 0, done.stderr
    assert "Epoch 3:" in done.stdout and "Epoch 1:" not in done.stdout
    (after,) = listed(tmp_path / "digits.runs").runs
    assert after.epochs == 3 and after.changes == ("step 10: SGD lr 0.001 → 0.5; epochs 2 → 3",)
    assert after.project.recipe.optimizer == SGD()


@pytest.mark.skipif(os.name == "nt", reason="limits are set differently there")
def test_a_full_disk_is_said_and_the_run_goes_on(tmp_path: Path, digits: str) -> None:
    """No file may grow beyond two kilobytes, which is what a full disk comes to."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))

    done = subprocess.run(
        [*RUN, "train", digits], cwd=tmp_path, env=surroundings(PYTHONDONTWRITEBYTECODE="1"), capture_output=True,
        text=True, check=False, timeout=120, preexec_fn=limit,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Finished after 10 steps" in done.stdout
    assert done.stderr == "This run cannot be kept in digits.runs: File too large. Training goes on.\n"


@pytest.mark.skipif(sys.platform == "win32", reason="terminals are other things there")
def test_a_terminal_has_a_moving_line_and_pipes_have_none(tmp_path: Path, digits: str) -> None:
    ours, theirs = pty.openpty()
    words = [*RUN, "train", digits, "--epochs", "40", "--no-run"]
    with subprocess.Popen(words, cwd=tmp_path, env=surroundings(COLUMNS="120"), stdout=theirs) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += (part := os.read(ours, 65_536))
            except OSError:  # the other end is closed
                break
            if not part:
                break
    os.close(ours)
    assert process.returncode == 0
    text = shown.decode()
    assert "\r[" in text and "epoch 1 of 40" in text and "steps/s" in text
    assert text.rstrip().splitlines()[-1].startswith("\r") or "Finished after 200 steps" in text
    assert not (tmp_path / "digits.runs").exists()
