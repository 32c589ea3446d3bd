"""A run that was held, closed and gone on with has the same bits as one that nobody disturbed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file

from engine.events import EpochDone, Event, Finished, Kept, Note, Started, Steps
from engine.project import Project, ProjectError
from engine.recipes.data_sets import Digits
from engine.recipes.optimizers import SGD
from engine.recipes.recipe import Recipe
from engine.runs.store import BEST, LAST, RUN, STATE, listed, read_curves, read_run, source_of
from engine.training.checkpoints import read_state, write_state
from engine.training.keeping import Keeper, keeper_for, resumption
from engine.training.trainer import Control, Trainer
from tests.engine.drawings import digits_project

ROOT = Path(__file__).parents[2]
RECIPE = Recipe(data=Digits(examples=160), epochs=4, batch_size=32, threads=1, optimizer=SGD(lr=0.05, momentum=0.9))


def project() -> Project:
    return digits_project(RECIPE)


def made(keeper: Keeper) -> Iterator[Event]:
    for handful in keeper.trainer.story():
        yield from handful
        yield from keeper.took(handful)


def fresh(folder: Path, control: Control | None = None, again: str = "") -> Keeper:
    trainer = Trainer(source_of(project()), RECIPE, control)
    return keeper_for(trainer, folder, project(), again)


def gone_on(place: Path, control: Control | None = None) -> Keeper:
    found = resumption(place)
    trainer = Trainer(source_of(found.run.project), found.recipe, control)
    trainer.restore(found.state)
    return Keeper(trainer, found.recorder(place))


def figures(place: Path) -> list[tuple[int, int, float, float, float | None]]:
    """Without the metrics, which are measured as often as there is time."""
    told = read_curves(place).epochs
    return [(done.epoch, done.step, done.train_loss, done.loss, done.accuracy) for done in told]


def same_weights(one: Path, other: Path) -> bool:
    first, second = load_file(one / LAST), load_file(other / LAST)
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    keeper = fresh(tmp_path_factory.mktemp("runs"))
    assert isinstance([event for event in made(keeper) if not isinstance(event, Kept)][-1], Finished)
    return keeper.place


@pytest.mark.parametrize("stop_at", [1, 7, 10, 13])
def test_held_anywhere_it_goes_on_to_the_same_bits(undisturbed: Path, tmp_path: Path, stop_at: int) -> None:
    """Five steps make an epoch: in the first one, in the middle of one, and between two."""
    keeper = fresh(tmp_path, Control(stop_at=stop_at))
    for event in made(keeper):
        if isinstance(event, Kept) and keeper.recorder.run.state == "paused":
            break
    keeper.close()
    assert read_run(keeper.place).state == "paused"
    torch.manual_seed(1234)  # another process has other chances
    told = list(made(gone_on(keeper.place)))
    assert isinstance([event for event in told if not isinstance(event, Kept)][-1], Finished)
    assert [step for event in told if isinstance(event, Steps) for step in event.steps] == [*range(stop_at + 1, 21)]
    old, new = read_curves(undisturbed), read_curves(keeper.place)
    assert np.array_equal(old.steps, new.steps) and np.array_equal(old.losses, new.losses)
    assert figures(undisturbed) == figures(keeper.place)
    assert same_weights(undisturbed, keeper.place)


def test_another_process_goes_on_to_the_same_bits(undisturbed: Path, tmp_path: Path) -> None:
    keeper = fresh(tmp_path, Control(stop_at=10))
    next(event for event in made(keeper) if isinstance(event, Kept) and keeper.recorder.run.state == "paused")
    keeper.close()
    code = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT)!r})
from tests.engine.test_checkpoints import gone_on, made
print(type(list(made(gone_on(Path({str(keeper.place)!r}))))[-1]).__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "Kept"
    assert same_weights(undisturbed, keeper.place)
    assert figures(undisturbed) == figures(keeper.place)


def test_a_run_leaves_its_last_and_its_best_epoch_and_all_facts(undisturbed: Path) -> None:
    run, curves = read_run(undisturbed), read_curves(undisturbed)
    assert {path.name for path in undisturbed.iterdir()} >= {RUN, LAST, BEST, STATE, "curves.npz"}
    assert run.state == "finished" and run.epochs == 4 and run.steps == 20 and run.threads == 1
    assert run.project.recipe == RECIPE and run.project.graph == project().graph
    assert {"torch", "python", "numpy", "layerloom", "machine"} <= run.versions.keys() and run.data_hash
    assert run.best_epoch == 1 + int(np.argmin([done.loss for done in curves.epochs]))
    assert (run.loss, run.accuracy) == (curves.epochs[-1].loss, curves.epochs[-1].accuracy)
    if run.best_epoch == 4:
        assert all(
            torch.equal(value, load_file(undisturbed / BEST)[name])
            for name, value in load_file(undisturbed / LAST).items()
        )
    assert not listed(undisturbed.parent).active


def test_a_run_that_is_repeated_says_that_it_is_the_same(undisturbed: Path) -> None:
    told = list(made(fresh(undisturbed.parent, again=undisturbed.name)))
    (note,) = (event.text for event in told if isinstance(event, Note))
    assert note == f"The same as the run of {read_run(undisturbed).clock} to the last bit."


def test_a_folder_that_takes_nothing_is_said_once_and_the_run_goes_on(tmp_path: Path) -> None:
    keeper = fresh(tmp_path)
    told = []
    for event in made(keeper):
        told.append(event)
        if isinstance(event, Started):  # the folder is gone, as when a disk is pulled out
            for path in keeper.place.iterdir():
                path.unlink()
            keeper.place.rmdir()
            keeper.place.write_text("")
    assert any(isinstance(event, Finished) for event in told)
    assert len([event for event in told if isinstance(event, EpochDone)]) == 4
    (note,) = (event.text for event in told if isinstance(event, Note))
    assert "cannot be kept" in note and note.endswith("Training goes on.")


def test_where_no_folder_can_be_made_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ProjectError, match="This run is not kept"):
        fresh(tmp_path / "file")


TREES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.builds(torch.arange, st.integers(0, 5)),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


def equal(one: object, other: object) -> bool:
    if isinstance(one, torch.Tensor):
        return isinstance(other, torch.Tensor) and torch.equal(one, other) and one.dtype == other.dtype
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(equal(one[k], other[k]) for k in one)
    if isinstance(one, list | tuple):
        return (
            type(one) is type(other)
            and len(one) == len(other)
            and all(equal(a, b) for a, b in zip(one, other, strict=True))
        )
    return type(one) is type(other) and one == other


@settings(max_examples=60)
@given(state=st.dictionaries(st.text(max_size=4), TREES, max_size=4))
def test_every_state_comes_back_as_it_was(state: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "state.safetensors"
    write_state(path, state)
    assert equal(read_state(path), state)


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"\x80\x04", lambda b: b""])
def test_a_damaged_state_is_refused_in_words(
    undisturbed: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / STATE
    path.write_bytes(damage((undisturbed / STATE).read_bytes()))
    with pytest.raises(ProjectError, match="damaged, so the run cannot go on"):
        read_state(path)
