"""Metrics agree with sums done by hand, and say when they are undefined."""

import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.data import load
from engine.events import EpochDone, plain
from engine.insight.scene import evaluating
from engine.recipes.data_sets import DATA_SETS, Box, Circle, DataSet, Digits
from engine.recipes.losses import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, Loss, MSELoss, NLLLoss
from engine.recipes.metrics import METRICS, in_words, metrics_for, tops
from engine.recipes.recipe import Recipe
from engine.scores import GRID, ClassScores, Roc
from engine.training.metrics import Measured, choose, measure, measure_classes
from engine.training.trainer import Trainer
from tests.engine.networks import points_network

TWO = ("no", "yes")
SPLIT = {"tp": 69, "fp": 84, "fn": 29, "tn": 818}
"""A thousand answers of a detector, a tenth of them positive."""


class Length(DataSet):
    """Plain numbers to aim at."""

    labels = ()


def sure(*probabilities: float) -> torch.Tensor:
    """Rows of two probabilities, given the second."""
    second = torch.tensor(probabilities)
    return torch.stack([1 - second, second], 1)


def detector() -> Measured:
    scores = [0.7] * SPLIT["tp"] + [0.6] * SPLIT["fp"] + [0.3] * SPLIT["fn"] + [0.1] * SPLIT["tn"]
    labels = [1] * SPLIT["tp"] + [0] * SPLIT["fp"] + [1] * SPLIT["fn"] + [0] * SPLIT["tn"]
    return measure_classes(sure(*scores), torch.tensor(labels), TWO)


def scores_of(measured: Measured) -> ClassScores:
    assert measured.scores is not None
    return measured.scores


def test_a_detector_of_rare_things() -> None:
    found = detector()
    assert found.metrics["accuracy"] == pytest.approx(0.887)
    assert found.metrics["precision"] == pytest.approx(0.4510, abs=5e-5)
    assert found.metrics["recall"] == pytest.approx(0.7041, abs=5e-5)
    assert found.metrics["f1"] == pytest.approx(2 * 69 / (2 * 69 + 84 + 29))
    table = scores_of(found)
    assert table.confusion.tolist() == [[818, 84], [29, 69]]
    assert table.counts.tolist() == [902, 98]
    assert table.precision[0] == pytest.approx(818 / (818 + 29))
    assert table.recall[0] == pytest.approx(818 / 902)


def test_the_threshold_moves_the_answers() -> None:
    (curve,) = scores_of(detector()).roc.values()
    half, high, low = curve.at(0.5), curve.at(0.8), curve.at(0.2)
    assert vars(half) == SPLIT
    assert (half.accuracy, half.precision, half.recall) == pytest.approx((0.887, 69 / 153, 69 / 98))
    assert high.precision is None and high.f1 == 0.0 and high.recall == 0.0
    assert high.accuracy == pytest.approx(0.902)  # who always says no
    assert low.recall == 1.0 and low.precision == pytest.approx(98 / 182)


def test_coverage_at_a_confidence() -> None:
    rows = [0.95] * 731 + [0.6] * 269
    labels = [1] * 706 + [0] * 25 + [1] * 269
    found = measure_classes(sure(*rows), torch.tensor(labels), TWO)
    assert found.metrics["coverage"] == pytest.approx(0.731)
    assert found.metrics["sure_accuracy"] == pytest.approx(0.966, abs=5e-4)
    coverage = scores_of(found).coverage
    assert coverage is not None
    assert coverage.at(0.0) == (1.0, 975 / 1000)
    assert coverage.at(1.0) == (0.0, None)


def test_what_cannot_be_divided_is_undefined() -> None:
    never = measure_classes(sure(0.1, 0.2, 0.3), torch.tensor([0, 0, 0]), TWO)
    assert never.metrics["accuracy"] == 1.0
    assert {never.metrics[name] for name in ("precision", "recall", "f1", "auc")} == {None}
    table = scores_of(never)
    assert np.isnan(table.precision[1]) and np.isnan(table.recall[1]) and table.precision[0] == 1.0
    assert table.roc["yes"].area is None and not len(table.roc["yes"].false_share)
    unsure = measure_classes(sure(0.5, 0.6), torch.tensor([0, 1]), TWO)
    assert (unsure.metrics["coverage"], unsure.metrics["sure_accuracy"]) == (0.0, None)


def test_undefined_is_null_for_machines_and_a_word_for_people() -> None:
    never = measure_classes(sure(0.1), torch.tensor([0]), TWO)
    assert json.loads(json.dumps(dict(never.metrics)))["precision"] is None
    assert METRICS["precision"].words(None) == "undefined"
    assert METRICS["precision"].words(0.45098) == "45.1 %"
    assert METRICS["r2"].words(-0.25) == "−0.25"
    json.dumps(plain(scores_of(never)))  # every part of it is plain


def test_a_line_tells_the_most_telling_metrics() -> None:
    assert in_words(detector().metrics) == "Precision 45.1 %, Recall 70.4 %, F1 55.0 %"
    assert in_words({"r2": None, "mae": 0.25, "mse": 2.0}) == "R² undefined, Mean absolute error 0.25"
    assert in_words({}) == ""


def test_a_mean_over_classes_leaves_out_the_undefined_ones() -> None:
    guesses = torch.eye(4)[[0, 0, 1, 1]]  # the classes 2 and 3 are never answered, 3 never occurs
    found = measure_classes(guesses, torch.tensor([0, 1, 1, 2]), ("a", "b", "c", "d"))
    assert found.metrics["precision"] == pytest.approx((1 / 2 + 1 / 2) / 2)
    assert found.metrics["recall"] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert found.metrics["f1"] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert list(scores_of(found).roc) == ["a", "b", "c", "d"]
    assert scores_of(found).roc["d"].area is None


def test_the_right_class_among_the_likeliest() -> None:
    guesses = torch.tensor([[0.4, 0.3, 0.2, 0.1], [0.4, 0.3, 0.2, 0.1], [0.1, 0.2, 0.3, 0.4], [0.1, 0.2, 0.3, 0.4]])
    found = measure_classes(guesses, torch.tensor([0, 2, 0, 1]), ("a", "b", "c", "d"))
    assert found.metrics["accuracy"] == 0.25 and found.metrics["top_3"] == 0.75


@pytest.mark.parametrize(
    ("loss", "outputs"),
    [
        (CrossEntropyLoss(), [[0.0, 2.0], [3.0, 0.0], [0.0, 0.5]]),
        (NLLLoss(), [[-3.0, -0.05], [-0.05, -3.0], [-1.0, -0.46]]),
        (BCEWithLogitsLoss(), [[2.0], [-3.0], [0.5]]),
        (BCELoss(), [[0.9], [0.1], [0.6]]),
        (MSELoss(), [[1.2], [-0.4], [0.6]]),
    ],
)
def test_outputs_are_read_as_the_loss_reads_them(loss: Loss, outputs: list[list[float]]) -> None:
    found = measure(torch.tensor(outputs), torch.tensor([1, 0, 0]), loss, Circle())
    assert found.metrics["accuracy"] == pytest.approx(2 / 3)
    assert (found.metrics["precision"], found.metrics["recall"], found.metrics["auc"]) == (0.5, 1.0, 1.0)
    assert ("coverage" in found.metrics) == (loss.wants != "values")


def test_values_have_errors_in_place_of_accuracy() -> None:
    found = measure(torch.tensor([[1.0], [2.0], [6.0]]), torch.tensor([1.0, 3.0, 5.0]), MSELoss(), Length())
    assert found.metrics == pytest.approx({"mse": 2 / 3, "mae": 2 / 3, "r2": 1 - 2 / 8})
    assert found.scores is None
    flat = measure(torch.tensor([[1.0], [2.0]]), torch.tensor([4.0, 4.0]), MSELoss(), Length())
    assert flat.metrics["r2"] is None and flat.metrics["mae"] == 2.5


def test_what_has_no_class_for_each_example_is_not_measured() -> None:
    assert not measure(torch.zeros(2, 10, 4, 4), torch.zeros(2, 4, 4).long(), CrossEntropyLoss(), Digits()).metrics
    assert not measure(torch.zeros(0, 10), torch.zeros(0).long(), CrossEntropyLoss(), Digits()).metrics
    assert not measure(torch.full((2, 10), math.nan), torch.zeros(2).long(), CrossEntropyLoss(), Digits()).metrics
    assert not measure(torch.zeros(2, 3), torch.zeros(2), MSELoss(), Length()).metrics


@pytest.mark.parametrize("data", [kind() for kind in DATA_SETS.values()], ids=lambda data: data.kind())
def test_the_table_names_what_is_measured(data: DataSet) -> None:
    if data.classes is None:
        assert {metric.name for metric in metrics_for(data)} == {"mse", "mae", "r2"}
        return
    labels = torch.arange(2 * data.classes) % data.classes
    outputs = torch.rand(len(labels), data.classes, generator=torch.Generator().manual_seed(0))
    found = measure(outputs, labels, CrossEntropyLoss(), data)
    assert set(found.metrics) == {metric.name for metric in metrics_for(data)}
    assert metrics_for(data)[0].name == "accuracy"


def test_only_what_says_something_is_offered() -> None:
    assert "top_3" not in {metric.name for metric in metrics_for(Box())}
    assert {"top_3", "top_5"} & {metric.name for metric in metrics_for(Digits())} == {"top_3"}
    assert (tops(3), tops(4), tops(11), tops(12)) == ((), (3,), (3,), (3, 5))
    assert all(metric.meaning.endswith((".", ").")) and metric.title for metric in METRICS.values())


def test_a_run_is_measured_at_its_first_and_last_epoch() -> None:
    recipe = Recipe(data=Circle(), loss=BCEWithLogitsLoss(), batch_size=125, epochs=12)
    trainer = Trainer(points_network(), recipe)
    events = [event for handful in trainer.story() for event in handful]
    done = [event for event in events if isinstance(event, EpochDone)]
    told = [event for event in events if isinstance(event, ClassScores)]
    assert len(done) == 12 and done[0].metrics and done[-1].metrics
    assert [scores.epoch for scores in told] == [event.epoch for event in done if event.metrics]
    test = load(recipe.data).test
    assert trainer.network is not None
    with evaluating(trainer.network), torch.inference_mode():
        again = measure(trainer.network(test.inputs), test.labels, recipe.loss, recipe.data)
    assert done[-1].metrics == again.metrics and done[-1].accuracy == pytest.approx(again.metrics["accuracy"])
    assert told[-1].confusion.tolist() == scores_of(again).confusion.tolist()


def naive_area(curve: Roc) -> float:
    return float(np.trapezoid(curve.true_share, curve.false_share))


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 1)), min_size=1, max_size=40), st.integers(0, GRID))
def test_two_classes_agree_with_plain_counting(rows: list[tuple[int, int]], place: int) -> None:
    threshold = place / GRID
    numbers, labels = [row[0] / 8 for row in rows], [row[1] for row in rows]
    guesses = sure(*numbers)
    table = scores_of(measure_classes(guesses, torch.tensor(labels), TWO, threshold=threshold))
    kept = [float(score) > float(np.float32(threshold)) for score in guesses[:, 1]]
    tp = sum(answer and label for answer, label in zip(kept, labels, strict=True))
    fp = sum(answer and not label for answer, label in zip(kept, labels, strict=True))
    hits = table.roc["yes"].at(threshold)
    assert (hits.tp, hits.fp, hits.fn) == (tp, fp, sum(labels) - tp)
    assert table.confusion[1].tolist() == [hits.fn, hits.tp]
    pairs = [
        (a, b) for a, la in zip(numbers, labels, strict=True) for b, lb in zip(numbers, labels, strict=True) if la > lb
    ]
    area = table.roc["yes"].area
    if pairs:  # the area is the chance that a positive beats a negative
        assert area == pytest.approx(sum((a > b) + (a == b) / 2 for a, b in pairs) / len(pairs), abs=1e-5)
        assert naive_area(table.roc["yes"]) == pytest.approx(area, abs=1e-5)
    else:
        assert area is None


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=40))
def test_many_classes_agree_with_plain_counting(rows: list[tuple[int, int]]) -> None:
    chosen, labels = [row[0] for row in rows], [row[1] for row in rows]
    found = measure_classes(torch.eye(5)[chosen], torch.tensor(labels), tuple("abcde"))
    table = scores_of(found)
    for index in range(5):
        tp = sum(row == (index, index) for row in rows)
        for values, whole in ((table.precision, chosen.count(index)), (table.recall, labels.count(index))):
            assert np.isnan(values[index]) if not whole else values[index] == pytest.approx(tp / whole)
    assert found.metrics["accuracy"] == pytest.approx(np.mean([a == b for a, b in rows]))
    assert table.confusion.sum(1).tolist() == table.counts.tolist()


@given(st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=30))
def test_coverage_agrees_with_plain_counting(rows: list[tuple[float, bool]]) -> None:
    guesses = sure(*[row[0] for row in rows])
    labels = torch.tensor([int(row[1]) for row in rows])
    coverage = scores_of(measure_classes(guesses, labels, TWO)).coverage
    assert coverage is not None
    surest, right = guesses.amax(1), choose(guesses) == labels
    for place in range(0, GRID + 1, 5):
        given_answers = surest >= torch.tensor(place / GRID)
        assert coverage.answered[place] == int(given_answers.sum())
        assert coverage.right[place] == int((given_answers & right).sum())


def test_long_curves_are_thinned_to_their_shape() -> None:
    chance = torch.Generator().manual_seed(0)
    labels = torch.arange(5000) % 2
    scores = (torch.rand(5000, generator=chance) + 0.4 * labels).div(1.4)
    found = measure_classes(torch.stack([1 - scores, scores], 1), labels, TWO)
    curve = scores_of(found).roc["yes"]
    assert len(curve.true_share) <= 200 and (curve.false_share[0], curve.true_share[-1]) == (0.0, 1.0)
    assert naive_area(curve) == pytest.approx(curve.area, abs=2e-3)
