"""Recipes agree with PyTorch, survive files, and refuse nonsense in words."""

import inspect
import json
import math
from collections.abc import Mapping

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.recipes.data_sets import Digits
from engine.recipes.losses import CrossEntropyLoss, MSELoss, NLLLoss
from engine.recipes.optimizers import SGD, Adam, Optimizer
from engine.recipes.recipe import DATA_SETS, LOSSES, OPTIMIZERS, SCHEDULES, Head, Recipe


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_optimizers_have_the_names_and_defaults_of_pytorch(kind: type[Optimizer]) -> None:
    signature = inspect.signature(getattr(torch.optim, kind.kind())).parameters
    assert {row.name: row.default for row in kind.params()} == {
        row.name: signature[row.name].default for row in kind.params()
    }


def test_the_registries_hold_what_is_promised() -> None:
    assert list(DATA_SETS)[:3] == ["Mnist", "Digits", "Twemoji"] and len(DATA_SETS) >= 24
    left_out = {  # these compare several answers with each other, or have weights of their own
        *("CTCLoss", "CosineEmbeddingLoss", "MarginRankingLoss", "TripletMarginLoss", "TripletMarginWithDistanceLoss"),
        *("AdaptiveLogSoftmaxWithLoss", "LinearCrossEntropyLoss", "NLLLoss2d"),
    }
    assert {name for name in dir(nn) if "Loss" in name} - left_out == set(LOSSES)
    special = {"Optimizer", "ASGD", "SparseAdam", "Adafactor", "Muon"}
    known = {name for name, kind in vars(torch.optim).items() if isinstance(kind, type)}
    assert known - special == set(OPTIMIZERS)
    parts = [*DATA_SETS.values(), *LOSSES.values(), *OPTIMIZERS.values(), *SCHEDULES.values()]
    assert all(part.title and part.summary().endswith(".") for part in parts)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("data", DATA_SETS.values(), ids=DATA_SETS)
def test_a_recipe_survives_json(data: type, optimizer: type) -> None:
    recipe = Recipe(data=data(), optimizer=optimizer(lr=0.25), max_norm=1.0, threads=2, seed=7)
    assert Recipe.from_data(json.loads(json.dumps(recipe.as_data()))) == recipe
    assert Recipe.from_data({}) == Recipe()


NONSENSE: list[Mapping[str, object]] = [
    {"speed": 3},
    {"data": 3},
    {"data": {"kind": "Imagenet"}},
    {"data": {"kind": ["Mnist"]}},
    {"data": {"kind": "Mnist", "settings": [1]}},
    {"data": {"kind": "Mnist", "settings": {"examples": 1e99}}},
    {"data": {"kind": "Spiral", "settings": {"noise": 0.6}}},
    {"loss": None},
    {"loss": {"kind": "MSELoss", "settings": {"label_smoothing": 0.1}}},
    {"optimizer": {"kind": "Adam", "settings": {"lr": math.nan}}},
    {"optimizer": {"kind": "Adam", "settings": {"lr": -1}}},
    {"optimizer": {"kind": "Adam", "settings": {"betas": 0.9}}},
    {"optimizer": {"kind": "Adam", "settings": {"betas": [0.9, 1.0]}}},
    {"optimizer": {"kind": "Adam", "settings": {}, "extra": 1}},
    {"epochs": 0},
    {"epochs": True},
    {"epochs": 10**30},
    {"batch_size": 2.5},
    {"seed": -1},
    {"device": "toaster"},
    {"max_norm": math.inf},
    {"max_norm": 0},
    {"shuffle": "yes"},
    {"optimizer": {"kind": "Rprop", "settings": {"etas": [1.5, 0.5]}}},
    {"optimizer": {"kind": "Rprop", "settings": {"etas": 0.5}}},
    {"optimizer": {"kind": "Rprop", "settings": {"step_sizes": [2, 1]}}},
    {"schedule": {"kind": "StepLR", "settings": {"step_size": 0}}},
    {"schedule": {"kind": "LambdaLR"}},
    {"schedule": "StepLR"},
    {"heads": {}},
    {"heads": [3]},
    {"heads": [{"kind": "Body"}]},
    {"heads": [{"kind": "Head", "settings": {"loss": {"kind": "Adam"}}}]},
    {"heads": [{"kind": "Head", "settings": {"weight": -1}}]},
    {"heads": [{"kind": "Head"}] * 65},
    {"precision": "float8"},
    {"accumulate": 0},
    {"patience": 0},
]


@pytest.mark.parametrize("data", NONSENSE, ids=repr)
def test_nonsense_is_refused_in_a_sentence(data: Mapping[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be|no setting called"):
        Recipe.from_data(data)


@given(
    st.dictionaries(
        st.sampled_from([*Recipe().as_data(), "x"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "settings", "lr"]), inner)
            ),
            max_leaves=6,
        ),
    )
)
def test_a_strangers_data_gives_a_recipe_or_a_value_error(data: dict[str, object]) -> None:
    try:
        recipe = Recipe.from_data(data)
    except ValueError:
        return
    assert Recipe.from_data(recipe.as_data()) == recipe


def test_heads_survive_json_and_belong_to_their_outputs() -> None:
    aside = Head(output="aside", loss=MSELoss(), weight=0.3)
    recipe = Recipe(heads=(aside, Head(output="gone", target="age")), loss=CrossEntropyLoss(label_smoothing=0.1))
    assert Recipe.from_data(json.loads(json.dumps(recipe.as_data()))) == recipe
    assert recipe.heads_for(("answer", "aside")) == (Head(output="answer", loss=recipe.loss), aside)
    assert hash(recipe) == hash(Recipe.from_data(recipe.as_data()))
    with pytest.raises(ValueError, match="heads must be a list of Head"):
        Recipe().changed(heads=(Adam(),))


def test_files_from_before_have_what_is_usual_now() -> None:
    before = {"data": {"kind": "Digits"}, "loss": {"kind": "NLLLoss"}, "optimizer": {"kind": "SGD"}, "batch_size": 8}
    recipe = Recipe.from_data(before)
    assert recipe == Recipe(data=Digits(), loss=NLLLoss(), optimizer=SGD(), batch_size=8)
    assert recipe.schedule.kind() == "NoSchedule" and recipe.accumulate == 1 and recipe.precision == "float32"


def test_nesterov_needs_momentum() -> None:
    with pytest.raises(ValueError, match="nesterov needs a momentum above 0"):
        SGD(nesterov=True)
    assert SGD(nesterov=True, momentum=0.9).nesterov


def test_changed_takes_parts_and_rows() -> None:
    recipe = Recipe().changed(optimizer=SGD(lr=0.1), epochs=1)
    assert recipe.summary() == "SGD 0.1 · 1 epoch"
    assert Recipe().summary() == "Adam 0.001 · 5 epochs"
    with pytest.raises(ValueError, match="data must be one of Mnist"):
        Recipe().changed(data=Adam())
