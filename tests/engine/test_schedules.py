"""Schedules give PyTorch's rates, and their curves without PyTorch are those of the run."""

import inspect
import json
import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.optim import lr_scheduler

from engine.recipes.data_sets import Gauss
from engine.recipes.losses import BCEWithLogitsLoss
from engine.recipes.optimizers import SGD, Adagrad, Adam, RMSprop
from engine.recipes.recipe import SCHEDULES, Recipe
from engine.recipes.schedules import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    NoSchedule,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    Schedule,
    StepLR,
)
from engine.training.rates import Rates
from engine.training.trainer import Trainer
from tests.engine.networks import points_network

RATE, EPOCHS, PER_EPOCH = 0.1, 12, 5
STEPS = EPOCHS * PER_EPOCH

FORESEEABLE: list[Schedule] = [
    StepLR(step_size=3),
    StepLR(step_size=7, gamma=0.5, every="step"),
    MultiStepLR(milestones=(2, 5)),
    ExponentialLR(),
    CosineAnnealingLR(),
    CosineAnnealingLR(T_max=4, eta_min=0.01),
    CosineAnnealingLR(every="step"),
    CosineAnnealingWarmRestarts(T_0=2, T_mult=2, eta_min=0.001),
    CosineAnnealingWarmRestarts(T_0=7, every="step"),
    CosineAnnealingWarmRestarts(T_0=3, T_mult=3, every="step"),
    OneCycleLR(),
    OneCycleLR(max_lr=0.5, anneal_strategy="linear"),
    OneCycleLR(three_phase=True, div_factor=10),
    LinearLR(),
    LinearLR(start_factor=1.0, end_factor=0.1, total_iters=30, every="step"),
    PolynomialLR(total_iters=8, power=2.0),
    CyclicLR(step_size_up=7),
    CyclicLR(step_size_up=6, step_size_down=3, mode="triangular2", max_lr=0.3),
    CyclicLR(step_size_up=4, mode="exp_range", gamma=0.98),
    NoSchedule(),
]


def plain(schedule: Schedule) -> list[float]:
    """The rates of each step in a loop that a person would write."""
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=RATE, momentum=0.9)
    if isinstance(schedule, NoSchedule):
        return [RATE] * STEPS
    counts = STEPS if schedule.by_step else EPOCHS
    scheduler = getattr(lr_scheduler, schedule.kind())(optimizer, **schedule.options(RATE, counts))
    rates = []
    for step in range(1, STEPS + 1):
        rates.append(float(optimizer.param_groups[0]["lr"]))
        optimizer.step()
        if (schedule.by_step or step % PER_EPOCH == 0) and step < STEPS:
            scheduler.step()
    return rates


def followed(schedule: Schedule, optimizer: torch.optim.Optimizer, steps: int = STEPS) -> list[float]:
    """The rates of each step as a run follows them."""
    recipe = Recipe(optimizer=SGD(lr=RATE, momentum=0.9), schedule=schedule)
    rates, found = Rates(optimizer, recipe, STEPS, PER_EPOCH), []
    for step in range(1, steps + 1):
        found.append(rates.now)
        optimizer.step()
        rates.stepped()
        assert rates.used == found[-1]
        if step % PER_EPOCH == 0:
            rates.epoch_over(1.0)
    return found


def sgd() -> torch.optim.Optimizer:
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=RATE, momentum=0.9)


@pytest.mark.parametrize("schedule", FORESEEABLE, ids=repr)
def test_a_run_follows_pytorchs_scheduler_and_the_preview_foresees_it(schedule: Schedule) -> None:
    expected = plain(schedule)
    assert followed(schedule, sgd()) == expected
    steps, rates = zip(*schedule.rates(RATE, STEPS, PER_EPOCH), strict=True)
    assert steps == tuple(range(1, STEPS + 1))
    assert list(rates) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("warmup", [1, 5, 8, 10])
@pytest.mark.parametrize("schedule", FORESEEABLE, ids=lambda schedule: schedule.kind())
def test_a_warm_up_rises_to_the_rate_and_then_the_schedule_begins(schedule: Schedule, warmup: int) -> None:
    warm = schedule.changed(warmup=warmup, warmup_start=0.1)
    found = followed(warm, sgd())
    assert found[0] == pytest.approx(RATE / 10) and found[:warmup] == sorted(found[:warmup])
    if not isinstance(schedule, OneCycleLR | LinearLR):  # these begin lower themselves
        assert found[warmup] == pytest.approx(RATE)
    foreseen = [rate for _, rate in warm.rates(RATE, STEPS, PER_EPOCH)]
    assert foreseen == pytest.approx(found, rel=1e-6, abs=1e-12)


def test_every_schedule_is_tried_and_has_the_names_and_defaults_of_pytorch() -> None:
    assert {schedule.kind() for schedule in FORESEEABLE} | {"ReduceLROnPlateau"} == set(SCHEDULES)
    for name, kind in SCHEDULES.items():
        assert kind.title and kind.summary().endswith(".")
        if kind is NoSchedule:
            continue
        signature = inspect.signature(getattr(lr_scheduler, name)).parameters
        for row in kind.params():
            if row.name not in kind.own:
                own = signature[row.name].default
                assert own in (inspect.Parameter.empty, None, row.default) or row.default is None, (name, row.name)


def test_a_plateau_lowers_the_rate_when_the_loss_gets_no_better() -> None:
    losses = [1.0, 0.9, 0.95, 0.95, 0.95, 0.2, 0.2, 0.2, 0.2]
    settings = ReduceLROnPlateau(patience=1, factor=0.5)
    optimizer, own = sgd(), sgd()
    rates = Rates(own, Recipe(optimizer=SGD(lr=RATE, momentum=0.9), schedule=settings), STEPS, 1)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    for loss in losses:
        own.step()
        rates.stepped()
        rates.epoch_over(loss)
        scheduler.step(loss)
        assert rates.now == optimizer.param_groups[0]["lr"]
    assert rates.now < RATE / 3 and not settings.foreseeable


@pytest.mark.parametrize("schedule", [*FORESEEABLE, ReduceLROnPlateau(patience=0)], ids=repr)
@pytest.mark.parametrize("warmup", [0, 7])
@pytest.mark.parametrize("cut", [3, 10])
def test_a_schedule_goes_on_where_it_was(schedule: Schedule, warmup: int, cut: int) -> None:
    recipe = Recipe(optimizer=SGD(lr=RATE, momentum=0.9), schedule=schedule.changed(warmup=warmup))
    optimizer = sgd()
    rates = Rates(optimizer, recipe, STEPS, PER_EPOCH)

    def go(rates: Rates, optimizer: torch.optim.Optimizer, first: int, last: int) -> list[float]:
        found = []
        for step in range(first, last):
            optimizer.step()
            rates.stepped()
            if (step + 1) % PER_EPOCH == 0:
                rates.epoch_over(1.0)
            found.append(rates.now)
        return found

    go(rates, optimizer, 0, cut)
    state, kept = rates.state(), optimizer.state_dict()
    other = sgd()
    again = Rates(other, recipe, STEPS, PER_EPOCH)
    again.restore(state)
    other.load_state_dict(kept)
    assert again.now == rates.now
    assert go(again, other, cut, 40) == go(rates, optimizer, cut, 40)
    assert all(
        again_group.get("momentum") == group.get("momentum")
        for again_group, group in zip(other.param_groups, optimizer.param_groups, strict=True)
    )


def test_a_run_that_is_longer_than_its_cycle_keeps_the_last_rate() -> None:
    for schedule in (OneCycleLR(), CosineAnnealingLR()):
        found = followed(schedule, sgd(), STEPS + 20)
        assert found[-1] == found[STEPS + 6] < RATE / 1000


@pytest.mark.parametrize("optimizer", [Adagrad(), RMSprop(), Adam(), SGD()], ids=lambda one: one.kind())
@pytest.mark.parametrize("schedule", [CyclicLR(step_size_up=4), OneCycleLR()], ids=lambda one: one.kind())
def test_cycles_run_with_optimizers_that_have_no_momentum(optimizer: SGD, schedule: Schedule) -> None:
    recipe = Recipe(data=Gauss(), loss=BCEWithLogitsLoss(), optimizer=optimizer, schedule=schedule, epochs=1)
    trainer = Trainer(points_network(), recipe)
    last = [event for handful in trainer.story() for event in handful][-1]
    assert type(last).__name__ == "Finished", last


@given(st.sampled_from(FORESEEABLE), st.integers(1, 5000), st.integers(1, 700), st.integers(0, 900))
def test_a_preview_has_few_points_from_the_first_to_the_last_step(
    schedule: Schedule, steps: int, per_epoch: int, warmup: int
) -> None:
    curve = schedule.changed(warmup=warmup).rates(RATE, steps, per_epoch)
    assert curve[0][0] == 1 and curve[-1][0] == steps and len(curve) <= 400
    assert all(rate >= -1e-12 for _, rate in curve)
    assert [step for step, _ in curve] == sorted({step for step, _ in curve})


@pytest.mark.parametrize("schedule", [*FORESEEABLE, ReduceLROnPlateau()], ids=repr)
def test_a_schedule_survives_json(schedule: Schedule) -> None:
    recipe = Recipe(schedule=schedule.changed(warmup=3))
    assert Recipe.from_data(json.loads(json.dumps(recipe.as_data()))) == recipe


def test_a_preview_needs_no_torch() -> None:
    code = (
        "import sys; from engine.recipes.recipe import Recipe;"
        "Recipe().schedule.rates(1, 9, 3); print('torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "False"
