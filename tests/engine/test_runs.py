"""Runs as folders: listed, named, put into the trash, told apart in words and handed to other programs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.blocks.activation import Tanh
from engine.events import EpochDone, Failed, Finished, Started, Steps
from engine.graph import Node
from engine.project import Project, ProjectError
from engine.recipes.data_sets import Digits
from engine.recipes.optimizers import SGD, Adam
from engine.recipes.recipe import Recipe
from engine.runs.curves import RunCurves, as_npz, from_npz
from engine.runs.difference import differences, in_words
from engine.runs.exporting import Kept, as_csv, as_json, export
from engine.runs.overrides import overridden, paths
from engine.runs.record import as_json as record_json
from engine.runs.record import from_json
from engine.runs.recorder import Recorder, begun
from engine.runs.sameness import what_differs
from engine.runs.store import CURVES, RUN, at_work, delete, describe, is_active, listed, new_folder, read_run, restore
from tests.engine.drawings import digits_project

PROJECT = digits_project(Recipe(data=Digits(examples=160), epochs=2))


def kept(folder: Path, second: int = 0, project: Project = PROJECT) -> Recorder:
    """A finished run of two epochs."""
    recorder = Recorder(place := new_folder(folder, datetime(2026, 3, 1, 14, 5, second)), begun(place, project))
    recorder.feed((Started("cpu", 1, 1234, ("hidden",), 2, 3, 160, 40),))
    for epoch in (1, 2):
        steps = np.arange(3 * epoch - 2, 3 * epoch + 1)
        recorder.feed((Steps(steps, np.full(3, 1 / epoch, np.float32)),))
        recorder.feed((EpochDone(epoch, 3 * epoch, 1.0, 1 / epoch, 0.5, {"f1": None, "precision": 0.25}),))
    recorder.feed((Finished(2, 6, 0.5, 0.5, 1.5),))
    recorder.keep()
    return recorder


def test_runs_are_listed_newest_first_and_damaged_ones_are_named(tmp_path: Path) -> None:
    one, two, broken = kept(tmp_path, 1), kept(tmp_path, 1), kept(tmp_path, 2)
    assert two.place.name == f"{one.place.name} (2)"
    (broken.place / RUN).write_text("{")
    listing = listed(tmp_path)
    assert [run.id for run in listing.runs] == [two.place.name, one.place.name]
    assert listing.runs[1] == one.run and listing.find(one.run.id) == one.run
    (said,) = listing.damaged
    assert broken.place.name in said and "damaged" in said
    assert listed(tmp_path / "nowhere").runs == ()


def test_names_and_notes_outlive_what_the_run_writes(tmp_path: Path) -> None:
    recorder = kept(tmp_path)
    assert recorder.run.title == PROJECT.recipe.summary()
    assert describe(recorder.place, name="  first\n try ", note="too wide").name == "first try"
    recorder.keep()
    run = read_run(recorder.place)
    assert (run.title, run.note) == ("first try", "too wide")


def test_a_deleted_run_can_be_brought_back_and_one_under_way_stays(tmp_path: Path) -> None:
    recorder = kept(tmp_path)
    trash = delete(recorder.place)
    assert not listed(tmp_path).runs and (trash / RUN).exists()
    assert restore(trash) == recorder.place and listed(tmp_path).runs == (recorder.run,)
    with at_work(recorder.place) as alone:
        assert alone and is_active(recorder.place)
        with at_work(recorder.place) as twice:
            assert not twice
        with pytest.raises(ProjectError, match="under way"):
            delete(recorder.place)
    assert not is_active(recorder.place)


def test_what_a_dead_process_left_was_interrupted(tmp_path: Path) -> None:
    recorder = kept(tmp_path)
    recorder.run = replace(recorder.run, state="training")
    recorder.keep()
    listing = listed(tmp_path)
    assert listing.state(listing.runs[0]) == "interrupted"
    with at_work(recorder.place):
        listing = listed(tmp_path)
        assert listing.state(listing.runs[0]) == "training"


def test_curves_come_back_as_they_were_in_little_memory(tmp_path: Path) -> None:
    recorder = kept(tmp_path)
    curves = from_npz((recorder.place / CURVES).read_bytes())
    assert curves.epochs == recorder.curves.epochs and curves.epochs[0].metrics == {"f1": None, "precision": 0.25}
    for start in range(7, 200_007, 1000):
        steps = np.arange(start, start + 1000)
        recorder.feed((Steps(steps, np.random.default_rng(start).normal(size=1000).astype(np.float32)),))
    assert len(recorder.curves.steps) < 5000
    recorder.feed((Steps(np.arange(1, 4), np.zeros(3, np.float32)),))
    assert recorder.run.steps == 200_006, "what was told already counts once"


def test_damaged_curves_are_refused(tmp_path: Path) -> None:
    whole = as_npz(RunCurves(steps=np.arange(3.0), losses=np.arange(3.0)))
    for content in (b"", b"PK\x03\x04", whole[:-30], b"\x80\x04K\x01."):
        with pytest.raises(ValueError, match="damaged"):
            from_npz(content)


@settings(max_examples=150)
@given(st.data())
def test_damaged_facts_are_refused_in_words(data: st.DataObject) -> None:
    facts = json.loads(record_json(begun(Path("x"), PROJECT)))
    key = data.draw(st.sampled_from(sorted(facts)))
    wrong = st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2) | st.just({"a": 1})
    facts[key] = data.draw(wrong)
    try:
        run = from_json("x", json.dumps(facts).encode())
    except ProjectError as error:
        assert str(error).endswith(".")
    else:
        assert record_json(run)


def test_differences_are_said_in_words() -> None:
    graph = PROJECT.graph.configure("hidden", out_features=32).bypass("drop")
    recipe = PROJECT.recipe.changed(optimizer=Adam(lr=0.01), batch_size=32)
    found = differences(PROJECT, Project(graph, recipe))
    assert found == (
        "block drop removed",
        "hidden: out_features 16 → 32",
        "Adam lr 0.001 → 0.01",
        "batch_size 64 → 32",
    )
    assert differences(PROJECT, replace(PROJECT, recipe=PROJECT.recipe.changed(optimizer=SGD()))) == (
        "optimizer: Adam → SGD",
    )
    assert differences(PROJECT, replace(PROJECT, graph=PROJECT.graph.rename("act", "bend"))) == (
        "block act is called bend",
    )
    swapped = PROJECT.graph.put(Node("act", Tanh()))
    assert in_words(PROJECT, replace(PROJECT, graph=swapped)) == "act: ReLU → Tanh."
    assert in_words(PROJECT, replace(PROJECT, graph=PROJECT.graph.move({"act": (9.0, 9.0)}))) == (
        "Drawing and settings are the same."
    )
    loose = PROJECT.graph.disconnect(PROJECT.graph.wires[0])
    assert differences(PROJECT, replace(PROJECT, graph=loose)) == ("the drawing: wired differently",)


def test_what_may_change_bits_is_said(tmp_path: Path) -> None:
    run = replace(kept(tmp_path).run, versions={"torch": "2.12.1"}, data_hash="a")
    other = replace(run, versions={"torch": "2.13.0"}, threads=4, device="cuda", data_hash="b")
    assert what_differs(run, run) == ()
    assert what_differs(run, other) == (
        "PyTorch 2.13.0 instead of 2.12.1",
        "4 instead of 1 threads",
        "cuda instead of cpu",
        "other data",
    )


def test_every_path_of_a_recipe_can_be_set_to_what_it_is() -> None:
    recipe = PROJECT.recipe
    for path in paths(recipe):
        value: Any = recipe.as_data()
        for name in path.split("."):
            part = value["settings"] if isinstance(value, dict) and "kind" in value and "settings" in value else value
            value = part[int(name)] if isinstance(part, list) else part[name]
        text = value["kind"] if isinstance(value, dict) and "kind" in value else json.dumps(value)
        if not isinstance(value, dict) or path not in ("data", "loss", "optimizer"):
            assert overridden(recipe, [f"{path}={text}"]) == recipe, path


def test_runs_go_to_tables_json_and_tensorboard(tmp_path: Path) -> None:
    from tensorboardX.proto.event_pb2 import Event as Record

    recorder = kept(tmp_path / "runs")
    runs = [Kept(recorder.run, recorder.curves)]
    rows = as_csv(runs).splitlines()
    assert rows[0] == "run,name,epoch,step,train_loss,loss,accuracy,f1,precision"
    assert rows[2].endswith(",2,6,1.0,0.5,0.5,,0.25") and len(rows) == 3
    (data,) = json.loads(as_json(runs))["runs"]
    assert data["losses"] == [1.0] * 3 + [0.5] * 3 and data["epochs_told"][1]["metrics"] == {
        "f1": None,
        "precision": 0.25,
    }
    for _ in range(2):
        export(runs, "tensorboard", tmp_path / "logs")
    (log,) = (tmp_path / "logs").rglob("events.out.tfevents.*")
    content, tags = log.read_bytes(), set()
    while content:
        size = int.from_bytes(content[:8], "little")
        tags |= {value.tag for value in Record.FromString(content[12 : 12 + size]).summary.value}
        content = content[16 + size :]
    assert {"loss/step", "loss/train", "loss/test", "accuracy/test", "metric/precision"} <= tags
    with pytest.raises(ProjectError):
        export(runs, "csv", tmp_path / "no" / "such" / "folder.csv")


def test_a_failed_run_says_why(tmp_path: Path) -> None:
    recorder = kept(tmp_path)
    recorder.feed((Failed("The loss is infinite."),))
    recorder.keep()
    assert read_run(recorder.place).text == "The loss is infinite."
