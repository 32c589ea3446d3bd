"""What is told about data before a network sees them is what the loader gives; drawings are made to suit data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.blocks.activation import ReLU
from engine.blocks.convolution import Conv2d
from engine.blocks.data import Input, Output
from engine.blocks.linear import Linear
from engine.blocks.shaping import Flatten
from engine.check import check
from engine.data import load
from engine.fitting import fitted
from engine.graph import Graph
from engine.insight.data_looks import answer_about_data
from engine.looks.base import Unseen
from engine.looks.data import PARTS, Augmented, AugmentedOf, Part, Samples, SamplesOf, Summary, SummaryOf
from engine.recipes.data_sets import DATA_SETS, DataSet, Digits, Iris, Mnist, Spiral
from engine.recipes.data_sets.own import PictureFolder
from engine.recipes.data_sets.torchvision_sets import InFolder
from engine.recipes.losses import CrossEntropyLoss, MSELoss
from engine.recipes.recipe import Recipe
from engine.recipes.split import Split
from engine.recipes.transforms import TRANSFORMS
from engine.sketching import row
from engine.templates import TEMPLATES, new

BUNDLED = [kind for kind in DATA_SETS.values() if kind().train_examples and not issubclass(kind, InFolder)]


@given(st.integers(0, 400), st.integers(1, 60), st.sampled_from(PARTS), st.none() | st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_samples_are_the_examples_of_the_part(start: int, count: int, part: Part, label: int | None) -> None:
    data, split = Digits(), Split(validation=0.25)
    told = answer_about_data(SamplesOf(data, split, part, start, count, label))
    assert isinstance(told, Samples)
    examples = getattr(load(data, split=split), part)
    fitting = [n for n in range(len(examples)) if label is None or int(examples.labels[n]) == label]
    assert told.total == len(fitting)
    assert list(told.numbers) == fitting[start : start + count]
    for place, number in enumerate(told.numbers):
        assert np.allclose(told.pictures[place], examples.picture(number), atol=1e-6)
        assert int(told.targets[place, 0]) == int(examples.labels[number])


@pytest.mark.parametrize("kind", BUNDLED, ids=lambda kind: kind.__name__)
def test_every_data_set_can_be_looked_at(kind: type[DataSet]) -> None:
    data = Mnist(examples=200) if kind is Mnist else kind()
    told = answer_about_data(SummaryOf(data, Split()))
    assert isinstance(told, Summary), told
    counts = Split().counts(data)
    assert told.counts["train"] == counts.train
    if data.classes:
        assert sum(told.classes["train"]) == counts.train and len(told.classes["train"]) == data.classes
    inputs = load(data, split=Split()).train
    for index, column in enumerate(told.columns[:3]):
        values = (inputs.inputs * inputs.scale + inputs.offset).transpose(0, 1)[index]
        assert column.low == pytest.approx(float(values.min()), abs=1e-4)
        assert column.mean == pytest.approx(float(values.mean()), abs=1e-3)
    assert isinstance(answer_about_data(SamplesOf(data, Split())), Samples)


def test_examples_that_are_learned_from_and_tested_with_are_counted() -> None:
    told = answer_about_data(SummaryOf(Iris(), Split()))
    assert isinstance(told, Summary)
    tensors = load(Iris(), split=Split())
    train = {tuple(values.tolist()) for values in tensors.train.inputs}
    assert told.copies == {"test": sum(tuple(values.tolist()) in train for values in tensors.test.inputs)}


def test_augmentation_is_shown_on_sixteen_pictures() -> None:
    look = AugmentedOf(Digits(), Split(), (TRANSFORMS["RandomRotation"](), TRANSFORMS["RandomErasing"]()))
    told, again = answer_about_data(look), answer_about_data(look)
    assert isinstance(told, Augmented) and isinstance(again, Augmented)
    assert told.plain.shape == told.changed.shape == (16, 1, 8, 8)
    assert not np.array_equal(told.plain, told.changed) and np.array_equal(told.changed, again.changed)
    other = answer_about_data(AugmentedOf(Digits(), Split(), look.augment, seed=1))
    assert isinstance(other, Augmented) and not np.array_equal(told.changed, other.changed)


def test_data_that_are_not_there_are_a_sentence(tmp_path: Path) -> None:
    gone = PictureFolder(path=str(tmp_path / "gone"), fingerprint="x", input_shape=(3, 8, 8), labels=("a", "b"))
    for look in (SummaryOf(gone, Split()), SamplesOf(gone, Split()), AugmentedOf(gone, Split())):
        told = answer_about_data(look)
        assert isinstance(told, Unseen) and "no folder" in told.text and told.text.endswith(".")


@pytest.mark.parametrize("kind", BUNDLED, ids=lambda kind: kind.__name__)
def test_a_template_is_made_to_suit_any_data(kind: type[DataSet]) -> None:
    recipe = Recipe(data=kind())
    shape = recipe.data.input_shape
    inner = {"flatten": Flatten(), "hidden": Linear(out_features=7), "relu": ReLU(), "last": Linear(out_features=3)}
    graph = row(Graph(), "", digits=Input(shape=(1, 28, 28)), **inner, answer=Output())
    graph, recipe = fitted(graph, recipe)
    assert check(graph, recipe).ok, [problem.text for problem in check(graph, recipe).problems]
    assert graph.nodes["digits"].block == Input(shape=shape)
    assert fitted(graph, recipe) == (graph, recipe)


def test_values_get_a_loss_for_values_and_classes_one_for_classes() -> None:
    values = next(kind() for kind in BUNDLED if kind().classes is None)
    graph = new("linear").graph
    _, recipe = fitted(graph, Recipe(data=values, loss=CrossEntropyLoss()))
    assert recipe.loss == MSELoss()
    assert fitted(graph, Recipe(data=Digits(), loss=MSELoss()))[1].loss == MSELoss()


def test_what_the_data_cannot_decide_is_left_alone() -> None:
    graph = row(Graph(), "", picture=Input(), conv=Conv2d(out_channels=4), answer=Output())
    after, _ = fitted(graph, Recipe(data=Digits()))
    assert after.nodes["conv"] == graph.nodes["conv"]
    for name in TEMPLATES:
        project = new(name)
        assert fitted(project.graph, project.recipe) == (project.graph, project.recipe)


def test_a_drawing_without_an_output_keeps_its_blocks() -> None:
    graph = row(Graph(), "", points=Input(shape=(5,)), hidden=Linear(out_features=3))
    after, _ = fitted(graph, Recipe(data=Spiral()))
    assert after.nodes["hidden"] == graph.nodes["hidden"] and after.nodes["points"].block == Input(shape=(2,))
    assert torch.is_tensor(load(Spiral()).train.inputs)
