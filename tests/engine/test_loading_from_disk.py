"""Pictures that are kept small in memory or read from disk train the very same network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from engine.data.batches import load_for
from engine.data.loading_from_disk import Compact, FromDisk, kept_where
from engine.events import Event, Failed, Finished, Steps
from engine.own_data import scan
from engine.recipes.data_sets import PictureFolder
from engine.recipes.optimizers import Adam
from engine.recipes.recipe import Recipe
from engine.recipes.split import Split
from engine.recipes.transforms import GaussianNoise, Grayscale, RandomHorizontalFlip, Resize
from engine.requests import Train
from engine.training.learner import Learner
from engine.training.trainer import train
from engine.worker import start_worker
from tests.engine.networks import small_cnn
from tests.engine.own_files import folder

AUGMENT = (RandomHorizontalFlip(), GaussianNoise(), Grayscale(), Resize(size=8))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> PictureFolder:
    root = tmp_path_factory.mktemp("pictures")
    data = scan(folder(root, *"abcdefghij", count=4), PictureFolder(size=(10, 9))).data_set
    assert isinstance(data, PictureFolder)
    return data


def recipe_for(data: PictureFolder, **changes: Any) -> Recipe:
    split = Split(validation=0.2)
    return Recipe(data=data, augment=AUGMENT, split=split, epochs=2, batch_size=5, threads=1, **changes)


def losses(events: list[Event]) -> list[float]:
    assert not [event for event in events if isinstance(event, Failed)], events[-1]
    return [float(loss) for event in events if isinstance(event, Steps) for loss in event.losses]


def test_every_way_to_keep_pictures_trains_the_same_network(pictures: PictureFolder) -> None:
    told = [
        losses(list(train(small_cnn(), recipe_for(pictures.changed(keep_in=way, workers=0)))))
        for way in ("memory", "compact", "disk")
    ]
    assert len(told[0]) == 2 * 5 and told[0] == told[1] == told[2]
    plain = [
        losses(list(train(small_cnn(), recipe_for(pictures.changed(keep_in=way, workers=0)).changed(
            augment=(Grayscale(), Resize(size=8)), optimizer=Adam(lr=0.01)))))
        for way in ("memory", "disk")
    ]  # fmt: skip
    assert plain[0] == plain[1] != told[0]


def test_a_run_goes_on_in_the_middle_of_an_epoch(pictures: PictureFolder) -> None:
    recipe = recipe_for(pictures.changed(keep_in="disk", workers=0))
    learner = Learner(small_cnn(), recipe)
    first = [batch[0] for batch in learner.batches()]
    again = Learner(small_cnn(), recipe)
    started = again.batches()
    assert torch.equal(next(started)[0], first[0])
    state = again.state()
    third = Learner(small_cnn(), recipe)
    third.restore(state)
    assert all(torch.equal(one[0], other) for one, other in zip(third.batches(), first[1:], strict=True))


def test_the_training_process_reads_with_processes_of_its_own(pictures: PictureFolder) -> None:
    recipe = recipe_for(pictures.changed(keep_in="disk", workers=1))
    worker = start_worker()
    told: list[Event] = []
    try:
        worker.connection.send(Train(small_cnn(), recipe))
        while not told or not isinstance(told[-1], Finished | Failed):
            assert worker.connection.poll(60), "the worker says nothing"
            told += worker.connection.recv()
    finally:
        worker.end()
    in_memory = recipe.changed(data=pictures.changed(keep_in="memory"))
    assert losses(told) == losses(list(train(small_cnn(), in_memory)))


def test_parts_are_the_same_wherever_pictures_are_kept(pictures: PictureFolder) -> None:
    in_memory, _ = load_for(recipe_for(pictures.changed(keep_in="memory")), "cpu")
    on_disk, batches = load_for(recipe_for(pictures.changed(keep_in="disk", workers=0)), "cpu")
    assert isinstance(batches, FromDisk) and on_disk.has_validation
    for one, other in ((in_memory.test, on_disk.test), (in_memory.validation, on_disk.validation),
                       (in_memory.train, on_disk.train)):  # fmt: skip
        assert torch.equal(one.inputs, other.inputs) and torch.equal(one.labels, other.labels)
    compact, batches = load_for(recipe_for(pictures.changed(keep_in="compact")), "cpu")
    assert isinstance(batches, Compact) and torch.equal(batches.labels, in_memory.train.labels)
    assert torch.equal(compact.test.inputs, in_memory.test.inputs)


def test_what_fits_is_kept_in_memory(pictures: PictureFolder) -> None:
    assert kept_where(pictures) == "memory"
    many = pictures.changed(train_examples=10**6, input_shape=(3, 4096, 4096))
    assert kept_where(many) == "disk"


@pytest.mark.parametrize("workers", [0, 1])
def test_a_picture_that_goes_away_while_training_is_named(tmp_path: Path, workers: int) -> None:
    root = folder(tmp_path, *"abcdefghij", count=3)
    data = scan(root, PictureFolder(size=8, keep_in="disk", workers=workers)).data_set
    assert isinstance(data, PictureFolder)
    recipe = recipe_for(data).changed(augment=(Grayscale(),), batch_size=3)
    story = train(small_cnn(), recipe)
    next(story)
    for path in root.rglob("*.png"):
        path.unlink()
    failed = list(story)[-1]
    assert isinstance(failed, Failed)
    assert failed.text.startswith("The picture '") and failed.text.endswith(
        "cannot be read any more: there is no such file."
    )


def test_chance_elsewhere_is_left_alone(pictures: PictureFolder) -> None:
    _, batches = load_for(recipe_for(pictures.changed(keep_in="disk", workers=0)), "cpu")
    before = torch.get_rng_state()
    drawn = list(batches.epoch(torch.arange(20), 5, range(4), 3))
    assert torch.equal(torch.get_rng_state(), before)
    again = list(batches.epoch(torch.arange(20), 5, range(4), 3))
    assert all(torch.equal(one[1], other[1]) for one, other in zip(drawn, again, strict=True))
    rest = list(batches.epoch(torch.arange(20), 5, range(2, 4), 3))
    assert torch.equal(rest[0][1], drawn[2][1]) and len(rest) == 2
    assert np.isfinite(drawn[0][1].numpy()).all() and drawn[0][1].shape == (5, 1, 8, 8)
