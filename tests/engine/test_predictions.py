"""What the network answers to every example: the counts add up, and pictures of one's own are answered."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.data import load
from engine.events import EpochDone, Event
from engine.insight.scene import array, evaluating
from engine.looks.maps import MapsOf
from engine.looks.predictions import Answer, AnswerTo, OwnPicture, Pictures, PicturesOf, Predictions, PredictionsOf
from engine.recipes.data_sets import Digits, Gauss
from engine.recipes.losses import BCEWithLogitsLoss, MSELoss
from engine.recipes.recipe import Recipe
from engine.training.trainer import Control, Trainer
from tests.engine.networks import points_network, small_cnn

RECIPE = Recipe(data=Digits(examples=320), epochs=2, batch_size=32, threads=1)
POINTS = Recipe(data=Gauss(), loss=BCEWithLogitsLoss(), batch_size=25, epochs=2, threads=1)


def told(trainer: Trainer) -> list[Event]:
    return [event for handful in trainer.story() for event in handful]


def of_predictions(events: list[Event]) -> list[Predictions]:
    return [event for event in events if isinstance(event, Predictions)]


def test_after_each_epoch_every_answer_is_told_out_of_the_pass_made_anyway() -> None:
    trainer = Trainer(small_cnn(), RECIPE, Control(looks=(PredictionsOf(),)))
    events = told(trainer)
    found, done = of_predictions(events), [event for event in events if isinstance(event, EpochDone)]
    assert found[-1].step == 20 and found[-1].examples == 360
    for seen in (sight for sight in found if sight.step):
        epoch = next(event for event in done if event.step == seen.step)
        assert seen.counts.sum() == 360
        assert seen.counts.trace() / 360 == pytest.approx(epoch.accuracy)
        assert len(seen.wrong) == 360 - seen.counts.trace()
    assert trainer.network is not None
    with evaluating(trainer.network), torch.inference_mode():
        sure = trainer.network(load(RECIPE.data).test.inputs).softmax(1)
    assert found[-1].answers.tolist() == sure.argmax(1).tolist()
    assert found[-1].confidence == pytest.approx(sure.amax(1).numpy(), abs=1e-5)


def test_nobody_looking_nothing_is_gathered_and_before_the_first_pass_there_is_nothing() -> None:
    trainer = Trainer(small_cnn(), RECIPE)
    next(trainer.story())
    assert trainer.see((PredictionsOf(),)) == []
    (now,) = trainer.see((PredictionsOf(now=True),))
    assert isinstance(now, Predictions) and now.counts.sum() == 360 and now.step == trainer.step


@pytest.mark.parametrize("loss", [BCEWithLogitsLoss(), MSELoss()])
def test_one_output_for_two_classes(loss: BCEWithLogitsLoss | MSELoss) -> None:
    trainer = Trainer(points_network(), POINTS.changed(loss=loss))
    told(trainer)
    (seen,) = trainer.see((PredictionsOf(now=True),))
    assert isinstance(seen, Predictions) and seen.counts.shape == (2, 2) and seen.counts.sum() == 250
    assert seen.probabilities is (loss.wants != "values")
    if seen.probabilities:
        assert seen.confidence.min() >= 0.5


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(0, 1, width=32)), min_size=1))
def test_cells_hold_every_example_once_surest_first(rows: list[tuple[int, int, float]]) -> None:
    labels, answers, sure = (np.array(column) for column in zip(*rows, strict=True))
    seen = Predictions(1, PredictionsOf(), labels, answers, sure.astype(np.float32), len(rows), 4, True)
    cells = {(label, answer): seen.cell(label, answer) for label in range(4) for answer in range(4)}
    assert sorted(np.concatenate(list(cells.values())).tolist()) == list(range(len(rows)))
    for (label, answer), found in cells.items():
        assert len(found) == seen.counts[label, answer]
        assert (np.diff(seen.confidence[found]) <= 0).all()
    wrong = seen.wrong
    assert (labels[wrong] != answers[wrong]).all() and len(wrong) == int((labels != answers).sum())
    assert (np.diff(seen.confidence[wrong]) <= 0).all()


def test_values_are_compared_by_their_distance() -> None:
    labels, answers = np.array([1.0, 2.0, 5.0], np.float32), np.array([1.5, 2.0, 1.0], np.float32)
    seen = Predictions(1, PredictionsOf(), labels, answers, np.abs(labels - answers), 3, 0, False)
    assert seen.wrong.tolist() == [2, 0, 1]


def test_pictures_come_as_stored_and_unknown_numbers_are_left_out() -> None:
    trainer = Trainer(small_cnn(), RECIPE)
    next(trainer.story())
    (seen,) = trainer.see((PicturesOf((3, 359, 360, -1)),))
    assert isinstance(seen, Pictures) and sorted(seen.pictures) == [3, 359]
    test = load(RECIPE.data).test
    assert seen.pictures[3] == pytest.approx(array(test.picture(3))) and seen.pictures[3].shape == (1, 8, 8)
    rows = Trainer(points_network(), POINTS)
    next(rows.story())
    (points,) = rows.see((PicturesOf((0,)),))
    assert isinstance(points, Pictures) and points.pictures[0].shape == (2,)


def test_a_drawn_picture_is_answered_by_every_block() -> None:
    trainer = Trainer(small_cnn(), RECIPE)
    told(trainer)
    own = OwnPicture.of(array(load(RECIPE.data).test.picture(5)))
    (seen,) = trainer.see((AnswerTo(own, ("input1", "conv1", "linear1", "gone")),))
    (known,) = trainer.see((MapsOf(("conv1",), 5),))
    assert isinstance(seen, Answer) and seen.label == -1
    assert {name: values.shape for name, values in seen.maps.items()} == {
        "input1": (1, 8, 8),
        "conv1": (4, 8, 8),
        "linear1": (10,),
    }
    assert seen.maps["conv1"] == pytest.approx(vars(known)["maps"]["conv1"], abs=0.02)
    wrong = OwnPicture.of(np.zeros((1, 9, 9), np.float32))
    assert trainer.see((AnswerTo(wrong, ("conv1",)),)) == []


@given(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6))
def test_own_pictures_keep_their_levels(channels: int, height: int, width: int) -> None:
    levels = np.random.default_rng(channels).integers(0, 256, (channels, height, width)) / 255
    assert OwnPicture.of(levels).values == pytest.approx(levels, abs=1e-6)
