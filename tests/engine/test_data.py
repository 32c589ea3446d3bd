"""The data sets are what they say, and loading them twice gives the same numbers."""

import math

import pytest
import torch

from engine.data import load, targets_for
from engine.data.points import playground
from engine.recipes.data_sets import DATA_SETS, Box, DataSet, Digits, Gauss, Mnist, Playground, Spiral, Xor, XorPoints
from engine.recipes.losses import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss


@pytest.mark.parametrize("kind", DATA_SETS.values(), ids=DATA_SETS)
def test_what_is_declared_is_what_is_loaded(kind: type[DataSet]) -> None:
    data = kind()
    tensors = load(data)
    assert tensors.train.inputs.shape == (data.train_examples, *data.input_shape)
    assert tensors.test.inputs.shape == (data.test_examples, *data.input_shape)
    for part in (tensors.train, tensors.test):
        assert part.inputs.dtype == torch.float32 and part.labels.dtype == torch.int64
        assert part.inputs.is_contiguous()
        assert sorted(set(part.labels.tolist())) == list(range(data.classes or 0))


def test_mnist_is_normalised_once_and_shown_as_it_was() -> None:
    tensors = load(Mnist())
    assert abs(tensors.train.inputs.mean()) < 1e-3 and abs(tensors.train.inputs.std() - 1) < 1e-3
    picture = tensors.test.picture(0)
    assert abs(picture.min()) < 1e-6 and picture.max() <= 1 + 1e-6 and picture.max() > 0.9
    assert tensors.test.labels[:5].tolist() == [7, 2, 1, 0, 4]


def test_fewer_examples_are_the_first_ones() -> None:
    few, all_of_them = load(Digits(examples=100)), load(Digits())
    assert torch.equal(few.train.inputs, all_of_them.train.inputs[:100])
    assert len(few.test) == 360


@pytest.mark.parametrize("kind", Playground.__subclasses__())
def test_points_depend_on_the_seed_alone(kind: type[Playground]) -> None:
    first, again, other = (playground(kind(noise=0.2), seed)[0] for seed in (0, 0, 1))
    assert (first == again).all() and (first != other).any()


def test_patterns_without_noise_can_be_told_apart() -> None:
    points, labels = playground(Xor(), 0)
    assert ((points[:, 0] * points[:, 1] > 0) == (labels == 1)).all() and abs(points).min() >= 0.3
    points, labels = playground(Gauss(), 0)
    assert ((points.sum(1) > 0) == (labels == 1)).mean() > 0.99
    points, labels = playground(Spiral(), 0)
    radius = (points**2).sum(1) ** 0.5
    angle = radius / 5 * 3.5 * math.pi + (labels == 0) * math.pi
    assert abs(points[:, 0] - radius * torch.tensor(angle).sin().numpy()).max() < 1e-9


def test_the_tables_of_the_curriculum() -> None:
    box = load(Box())
    assert box.train.inputs.flatten().tolist() == [float(number) for number in range(-20, 20)]
    assert box.train.inputs[box.train.labels == 1].flatten().tolist() == [-3, -2, -1, 0, 1, 2, 3]
    xor = load(XorPoints())
    corners = xor.train.inputs.round()
    assert torch.equal((corners[:, 0] != corners[:, 1]).long(), xor.train.labels)
    assert not torch.equal(xor.train.inputs, xor.test.inputs)


def test_targets_suit_the_loss() -> None:
    labels = torch.tensor([1, 0])
    assert targets_for(CrossEntropyLoss(), Spiral(), labels) is labels
    assert targets_for(BCEWithLogitsLoss(), Spiral(), labels).tolist() == [[1.0], [0.0]]
    assert targets_for(MSELoss(), Digits(), labels)[0].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
