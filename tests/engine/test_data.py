"""The data sets are what they say, and loading them twice gives the same numbers."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import resources
from engine.blocks.base import Ids
from engine.data import Tensors, load, told
from engine.recipes.data_sets import (
    DATA_SETS,
    AbsoluteValue,
    Box,
    BreastCancer,
    CabFare,
    Circle,
    DataSet,
    Diabetes,
    Digits,
    Gauss,
    Iris,
    Lines,
    Mnist,
    Penguins,
    Playground,
    Poly,
    RandomExamples,
    Shapes,
    Spiral,
    Spiral3,
    Table,
    ThreeParts,
    Threshold,
    Twemoji,
    TwoBoxes,
    Wine,
    Xor,
    XorPoints,
)
from engine.recipes.split import Split
from engine.settings import Param

FILES = {name: source.file for name, kind in DATA_SETS.items() if (source := kind().source)}
OURS = {name: DATA_SETS[name] for name in FILES}
COMPUTED = [DATA_SETS[name] for name, file in FILES.items() if not file]


def forget() -> None:
    """Let the program forget what it has loaded: it keeps two sets."""
    load(Box())
    load(TwoBoxes())


def parts_of(tensors: Tensors) -> tuple[torch.Tensor, ...]:
    return tuple(part.inputs for part in (tensors.train, tensors.validation, tensors.test))


@pytest.mark.parametrize("kind", OURS.values(), ids=OURS)
def test_what_is_declared_is_what_is_loaded(kind: type[DataSet]) -> None:
    data, split = kind(), Split()
    tensors, counts = load(data), split.counts(data)
    assert tensors.validation is tensors.test and not tensors.has_validation
    for part, count in ((tensors.train, counts.train), (tensors.test, counts.test)):
        assert part.inputs.shape == (count, *data.input_shape)
        assert part.inputs.dtype == torch.float32 and part.inputs.is_contiguous()
        assert part.inputs.isfinite().all()
        if data.classes:
            assert part.labels.dtype == torch.int64 and part.labels.shape == (count,)
            assert len(part.class_counts(data.classes)) == data.classes
        else:
            assert part.labels.dtype == torch.float32 and part.labels.shape == (count, len(data.target_names))
    assert not data.classes or min(tensors.train.class_counts(data.classes)) > 0
    assert len(data.feature_names) == (0 if data.is_pictures else data.input_shape[0])


@pytest.mark.parametrize("kind", OURS.values(), ids=OURS)
def test_a_set_knows_whether_its_classes_come_one_after_the_other(kind: type[DataSet]) -> None:
    data, labels = kind(), load(kind()).train.labels
    runs = int((labels[1:] != labels[:-1]).sum()) + 1
    assert data.in_class_order == (runs == data.classes)


@pytest.mark.parametrize("kind", OURS.values(), ids=OURS)
def test_every_set_says_what_it_is_and_whose(kind: type[DataSet]) -> None:
    data = kind()
    assert data.licence and data.describe().startswith(data.summary())
    assert data.targets == ("classes" if data.classes else "values")
    assert "  " not in data.describe() and data.describe().endswith(".")


@pytest.mark.parametrize("kind", [kind for kind in OURS.values() if issubclass(kind, Table)])
def test_tables_are_described_as_their_files_are(kind: type[Table]) -> None:
    data = kind()
    assert data.source is not None
    with np.load(resources.path("data", data.source.file)) as file:
        assert len(file["x"]) in (data.train_examples, data.train_examples + 9)
        assert data.feature_names[: file["x"].shape[1]] == tuple(file["features"].tolist())
        if data.classes and kind is not Wine:
            assert data.labels == tuple(file["classes"].tolist())


def test_mnist_is_normalised_once_and_shown_as_it_was() -> None:
    tensors = load(Mnist())
    assert abs(tensors.train.inputs.mean()) < 1e-3 and abs(tensors.train.inputs.std() - 1) < 1e-3
    picture = tensors.test.picture(0)
    assert abs(picture.min()) < 1e-6 and picture.max() <= 1 + 1e-6 and picture.max() > 0.9
    assert tensors.test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert tensors.train.class_counts(10) == (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)


def test_loading_again_costs_nothing() -> None:
    assert load(Digits()) is load(Digits(), "cpu", Split()) is load(Digits(), split=Split(seed=7, test=0.5))
    assert load(Digits()) is not load(Digits(), "cpu", Split(validation=0.1))


def test_fewer_examples_are_the_first_ones() -> None:
    few, all_of_them = load(Digits(examples=100)), load(Digits())
    assert torch.equal(few.train.inputs, all_of_them.train.inputs[:100])
    assert len(few.test) == 360


def test_digits_are_enlarged_as_pytorch_does() -> None:
    small, large = load(Digits()), load(Digits(size=28))
    wanted = torch.nn.functional.interpolate(small.test.inputs, size=(28, 28), mode="bilinear")
    assert Digits(size=28).input_shape == (1, 28, 28) and torch.equal(large.test.inputs, wanted)


def test_emoji_have_their_classes_and_colours() -> None:
    tensors = load(Twemoji())
    both = Counter((*tensors.train.labels.tolist(), *tensors.test.labels.tolist()))
    assert [both[number] for number in range(6)] == [129, 104, 56, 46, 29, 110]
    assert tensors.train.inputs.min() == 0 and tensors.train.inputs.max() == 1
    face = tensors.train.inputs[tensors.train.labels == 5].mean((0, 2, 3))
    assert face[0] > face[2], "faces are yellow: more red than blue"


@pytest.mark.parametrize("kind", Playground.__subclasses__())
def test_points_depend_on_the_seed_alone(kind: type[Playground]) -> None:
    first, other = load(kind(noise=0.2)), load(kind(noise=0.2, seed=1))
    forget()
    assert torch.equal(first.train.inputs, load(kind(noise=0.2)).train.inputs)
    assert not torch.equal(first.train.inputs, other.train.inputs)


def whole(data: Playground) -> tuple[torch.Tensor, torch.Tensor]:
    tensors = load(data)
    both = (tensors.train, tensors.test)
    return torch.cat([part.beside["points"] for part in both]), torch.cat([part.labels for part in both])


def test_patterns_without_noise_can_be_told_apart() -> None:
    points, labels = whole(Xor())
    assert ((points[:, 0] * points[:, 1] > 0) == (labels == 1)).all() and abs(points).min() >= 0.3
    points, labels = whole(Gauss())
    assert ((points.sum(1) > 0) == (labels == 1)).float().mean() > 0.99
    points, labels = whole(Circle())
    assert ((points.norm(dim=1) < 2.5) == (labels == 1)).all() and points.norm(dim=1).max() <= 5
    points, labels = whole(Spiral())
    radius = points.double().norm(dim=1)
    angle = radius / 5 * 3.5 * math.pi + (labels == 0) * math.pi
    assert abs(points[:, 0] - radius * angle.sin()).max() < 1e-5


def test_a_network_may_be_told_other_things_about_points() -> None:
    data = Circle(x1=False, x1_squared=True, x1_x2=True, sin_x2=True, radius=True)
    assert data.feature_names == ("x2", "x1_squared", "x1_x2", "sin_x2", "radius") and data.input_shape == (5,)
    train = load(data).train
    x1, x2 = train.beside["points"].T
    wanted = torch.stack([x2, x1**2, x1 * x2, x2.sin(), (x1**2 + x2**2).sqrt()], dim=1)
    assert torch.allclose(train.inputs, wanted, atol=1e-5)
    assert torch.allclose(told(data, train.beside["points"]), train.inputs, atol=1e-5)
    assert told(Circle(), train.beside["points"]) is train.beside["points"]
    middle = train.inputs[:, 4] < 3
    assert torch.equal(middle, train.labels == 1), "the radius alone parts the circle"
    with pytest.raises(ValueError, match="at least one"):
        Circle(x1=False, x2=False)


def test_the_lines_of_the_curriculum() -> None:
    box = load(Box())
    assert box.train.inputs.flatten().tolist() == [float(number) for number in range(-20, 20)]
    assert box.train.inputs[box.train.labels == 1].flatten().tolist() == [-3, -2, -1, 0, 1, 2, 3]
    boxes = load(TwoBoxes()).train
    assert boxes.class_counts(2) == (74, 26)
    assert all(5 < abs(number) < 10 for number in boxes.inputs[boxes.labels == 1].flatten().tolist())
    step = load(Threshold()).train
    assert torch.allclose(step.inputs.flatten(), torch.arange(-1, 1, 0.1)) and step.class_counts(2) == (13, 7)
    assert load(ThreeParts()).train.class_counts(3) == (11, 19, 10)
    bend = load(AbsoluteValue()).train
    assert torch.equal(bend.labels, bend.inputs.abs()) and torch.allclose(bend.inputs[:2, 0], torch.tensor([-3, -2.9]))


def test_the_planes_of_the_curriculum() -> None:
    xor = load(XorPoints())
    corners = xor.train.inputs.round()
    assert torch.equal((corners[:, 0] != corners[:, 1]).long(), xor.train.labels)
    assert Counter(map(tuple, corners.abs().tolist())) == dict.fromkeys([(0, 0), (0, 1), (1, 0), (1, 1)], 25)
    assert 0.005 < (xor.train.inputs - corners).std() < 0.015 and not torch.equal(xor.train.inputs, xor.test.inputs)
    arms = load(Spiral3(noise=0.0)).train
    for arm in range(3):
        radius, angle = torch.linspace(0, 1, 100), torch.linspace(4 * arm, 4 * arm + 4, 100)
        wanted = torch.stack([radius * angle.sin(), radius * angle.cos()], dim=1)
        assert torch.allclose(arms.inputs[arms.labels == arm], wanted, atol=1e-5)
    assert load(Poly()).train.labels.float().mean() == pytest.approx(0.509)
    x1, x2 = (clear := load(Poly(noise=0.0)).train).inputs.T
    assert torch.equal(clear.labels, (-1 + x1 + 2 * x2 + x1 * x2 - 3 * x1**2 + x2**2 > 0).long())


def test_the_fare_is_what_the_meter_says() -> None:
    data = CabFare(normalise="none")
    rides = load(data).train
    distance, night, waiting = rides.inputs.T
    assert torch.allclose(rides.labels[:, 0], 3 + 1.8 * distance + 5 * night + 0.4 * waiting, atol=1e-4)
    assert set(night.tolist()) == {0, 1} and 19 < distance.max() <= 20 and 28 < waiting.max() <= 30
    assert data.train_examples == 200 and data.classes is None and data.target_names == ("fare",)


def test_bars_stand_and_lie() -> None:
    tensors = load(Lines())
    assert (len(tensors.train), len(tensors.test)) == (10_000, 1_000)
    labels, pictures = tensors.train.labels, tensors.train.inputs
    assert labels.tolist() == sorted(labels.tolist()) and tensors.train.class_counts(2) == (5000, 5000)
    standing = torch.zeros(11, 11)
    standing[1:10, 4:7] = 0.9
    assert abs(pictures[labels == 0].mean((0, 1)) - standing).max() < 0.03
    assert abs(pictures[labels == 1].mean((0, 1)) - standing.T).max() < 0.03


def test_shapes_lie_where_their_boxes_say() -> None:
    clear = load(Shapes(noise=0.0, examples=500)).train
    for picture, (left, top, right, bottom) in zip(clear.inputs[:, 0], clear.beside["boxes"].tolist(), strict=True):
        rows, columns = picture.nonzero().T
        assert (columns.min(), rows.max(), columns.max()) == (left, bottom, right) and rows.min() - top in (0, 1)
        assert 9 <= right - left + 1 == bottom - top + 1 <= 15
    boxes = load(Shapes()).train.beside["boxes"]
    share = ((boxes[:, 2] - boxes[:, 0] + 1) * (boxes[:, 3] - boxes[:, 1] + 1)).double().mean() / 32**2
    assert share == pytest.approx(0.145, abs=0.006)
    parted = load(Shapes(noise=0.0), "cpu", Split(validation=0.3)).validation
    rows, columns = parted.inputs[7, 0].nonzero().T
    assert parted.beside["boxes"][7, [0, 2]].tolist() == [columns.min(), columns.max()]


def test_noise_has_the_wished_form() -> None:
    data = RandomExamples(shape=(2, 5), number_of_classes=3, examples=40)
    assert load(data).train.inputs.shape == (40, 2, 5) and len(load(data).test) == 10
    words = RandomExamples(shape=(7,), ids=11)
    inputs = load(words).train.inputs
    assert words.input_shape == Ids((7,)) and inputs.dtype == torch.int64 and 0 <= inputs.min() < inputs.max() < 11
    assert "nothing to learn" in data.describe()
    with pytest.raises(ValueError, match="take fewer examples"):
        RandomExamples(shape=(1000, 1000), examples=1_000_000)


def test_missing_values_are_left_out_or_filled_and_always_told() -> None:
    out, filled, without = Penguins(), Penguins(missing="mean", normalise="none"), Penguins(sex=False)
    assert [data.train_examples for data in (out, filled, without)] == [333, 342, 342]
    assert "9 of 342 rows" in out.describe() and "left out" in out.describe()
    assert "filled" in filled.describe() and "missing" not in without.describe()
    tensors = load(filled)
    (mean,) = {round(number, 6) for number in torch.cat(parts_of(tensors)[::2])[:, 4].tolist()} - {0, 1}
    known = tensors.train.inputs[:, 4][(tensors.train.inputs[:, 4] == 0) | (tensors.train.inputs[:, 4] == 1)]
    assert mean == pytest.approx(float(known.mean()), abs=1e-6)
    assert without.input_shape == (4,) and load(without).train.inputs.isfinite().all()


@pytest.mark.parametrize("data", [Wine(), CabFare(), Twemoji(normalise="standard"), Digits(normalise="standard")])
def test_normalising_takes_its_figures_from_the_training_part(data: DataSet) -> None:
    tensors = load(data, "cpu", Split(validation=0.2))
    axes = [0, *range(2, tensors.train.inputs.dim())]
    assert abs(tensors.train.inputs.mean(axes)).max() < 1e-4
    assert abs(tensors.train.inputs.std(axes, correction=0) - 1).max() < 1e-4
    assert abs(tensors.validation.inputs.mean(axes)).max() > 1e-4
    plain = load(data.changed(normalise="none"), "cpu", Split(validation=0.2))
    for part, other in zip(
        (tensors.train, tensors.validation, tensors.test), (plain.train, plain.validation, plain.test), strict=True
    ):
        assert torch.allclose(part.picture(3), other.picture(3), rtol=1e-4, atol=1e-4)


def test_min_max_brings_the_training_part_between_0_and_1() -> None:
    tensors = load(BreastCancer(normalise="min-max"))
    assert torch.equal(tensors.train.inputs.amin(0), torch.zeros(30))
    assert torch.allclose(tensors.train.inputs.amax(0), torch.ones(30))
    assert tensors.test.inputs.max() != 1


def rows_of(inputs: torch.Tensor) -> Counter[bytes]:
    return Counter(row.numpy().tobytes() for row in inputs)


@given(
    st.sampled_from([Iris(normalise="none"), Diabetes(normalise="none"), Digits(examples=300), Box(), Wine()]),
    st.floats(0, 0.9),
    st.floats(0.01, 0.9),
    st.booleans(),
    st.integers(0, 1000),
)
@settings(max_examples=40, deadline=None)
def test_a_split_loses_and_repeats_nothing(
    data: DataSet, validation: float, test: float, stratified: bool, seed: int
) -> None:
    data = data.changed(normalise="none") if isinstance(data, Table) else data
    split = Split(validation=validation, test=test, stratified=stratified, seed=seed)
    tensors, counts = load(data, "cpu", split), split.counts(data)
    assert (len(tensors.train), len(tensors.test)) == (counts.train, counts.test)
    assert (len(tensors.validation) if tensors.has_validation else 0) == counts.validation
    usual = load(data)
    parts = [tensors.train, *([tensors.validation] if tensors.has_validation else [])]
    everything = [usual.train, *([] if data.test_examples else [usual.test])]
    parts += [] if data.test_examples else [tensors.test]
    assert rows_of(torch.cat([part.inputs for part in parts])) == rows_of(
        torch.cat([part.inputs for part in everything])
    )
    if stratified and data.classes:
        shares = np.array([part.class_counts(data.classes) for part in everything]).sum(0)
        for part in parts[1:]:
            exact = shares * len(part) / shares.sum()
            assert abs(np.array(part.class_counts(data.classes)) - exact).max() < 2


def test_another_seed_keeps_others_back() -> None:
    one, again, other = (load(Iris(), "cpu", Split(seed=seed)) for seed in (1, 1, 2))
    assert one is again and not torch.equal(one.test.inputs, other.test.inputs)
    assert one.test.class_counts(3) == (10, 10, 10)


def values(row: Param) -> st.SearchStrategy[Any]:
    """Settings of a computed set that do not take long."""
    if row.kind is bool:
        return st.booleans()
    if row.choices:
        return st.sampled_from(row.choices)
    if row.listed:
        return st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple)
    assert row.low is not None and row.high is not None
    if row.kind is float:
        return st.floats(row.low, row.high)
    return st.integers(int(row.low), int(row.high if row.name == "seed" else min(row.high, 60)))


@st.composite
def computed(draw: st.DrawFn) -> DataSet:
    kind = draw(st.sampled_from(COMPUTED))
    try:
        return kind(**{row.name: draw(values(row)) for row in kind.params()})
    except ValueError as error:
        assert "told something" in str(error)
        return kind()


@given(computed(), st.sampled_from([Split(), Split(validation=0.3), Split(validation=0.5, stratified=False)]))
@settings(max_examples=150, deadline=None)
def test_any_settings_give_examples_as_declared(data: DataSet, split: Split) -> None:
    tensors, counts = load(data, "cpu", split), split.counts(data)
    for part, count in ((tensors.train, counts.train), (tensors.test, counts.test)):
        assert part.inputs.shape == (count, *data.input_shape) and len(part.labels) == count > 0
        assert part.inputs.isfinite().all() and part.labels.isfinite().all()
        assert all(len(values) == count for values in part.beside.values())
        assert data.classes is None or part.labels.max() < data.classes
    kept = [part.clone() for part in parts_of(tensors)]
    forget()
    assert all(map(torch.equal, kept, parts_of(load(data, "cpu", split))))
