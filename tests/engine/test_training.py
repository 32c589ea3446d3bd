"""Training tells the truth, can be held anywhere, and is the same whether watched or not."""

from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from engine.data import load
from engine.events import (
    EpochDone,
    Event,
    Failed,
    Finished,
    Gradients,
    Paused,
    Progress,
    Started,
    Steps,
    plain,
)
from engine.insight.scene import evaluating
from engine.looks.maps import Maps, MapsOf
from engine.lower import Source
from engine.model import build
from engine.recipes.data_sets import Box, DataSet, Digits, Gauss, Spiral, XorPoints
from engine.recipes.losses import LOSSES, BCEWithLogitsLoss, CrossEntropyLoss, GaussianNLLLoss, Loss, MSELoss, NLLLoss
from engine.recipes.optimizers import LBFGS, OPTIMIZERS, SGD, Adam, Optimizer
from engine.recipes.recipe import Recipe
from engine.training.trainer import Control, Trainer, train
from tests.engine.networks import points_network, row, small_cnn

DIGITS = Recipe(data=Digits(examples=320), epochs=2, batch_size=32)
POINTS = Recipe(data=Gauss(), loss=BCEWithLogitsLoss(), optimizer=Adam(lr=0.01), batch_size=25, epochs=3)

Kind = TypeVar("Kind", bound=Event)


def of(kind: type[Kind], events: list[Event]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def losses(events: list[Event]) -> list[float]:
    return [float(loss) for event in of(Steps, events) for loss in event.losses]


def test_a_run_tells_its_story_in_order() -> None:
    events = list(train(small_cnn(), DIGITS))
    assert isinstance(events[0], Started) and isinstance(events[-1], Finished)
    assert events[0].steps_per_epoch == 10 and events[0].blocks == ("conv1", "norm1", "linear1")
    steps = np.concatenate([event.steps for event in of(Steps, events)])
    assert steps.tolist() == list(range(1, 21))
    assert [event.epoch for event in of(EpochDone, events)] == [1, 2]
    assert of(Progress, events)[-1].step == of(Progress, events)[-1].steps == 20
    assert not of(Failed, events)


def test_the_figures_of_an_epoch_are_those_of_the_network() -> None:
    trainer = Trainer(small_cnn(), DIGITS)
    events = [event for handful in trainer.story() for event in handful]
    test = load(DIGITS.data).test
    assert trainer.network is not None
    with evaluating(trainer.network), torch.inference_mode():
        outputs = trainer.network(test.inputs)
    done = of(EpochDone, events)[-1]
    assert done.accuracy == pytest.approx(float((outputs.argmax(1) == test.labels).float().mean()))
    assert done.loss == pytest.approx(float(torch.nn.functional.cross_entropy(outputs, test.labels)), rel=1e-5)
    assert done.train_loss == pytest.approx(np.mean(losses(events)[10:]), rel=1e-5)
    assert trainer.network.training


@pytest.mark.parametrize(
    "optimizer", [*(kind() for kind in OPTIMIZERS.values() if kind is not LBFGS), SGD(momentum=0.9, nesterov=True)]
)
def test_it_learns_what_a_plain_loop_learns(optimizer: Optimizer) -> None:
    recipe = POINTS.changed(optimizer=optimizer, shuffle=False, epochs=2)
    told = losses(list(train(points_network(), recipe)))
    torch.manual_seed(recipe.seed)
    network, data = build(points_network()), load(recipe.data).train
    options = {**optimizer.values(), optimizer.in_one_pass: True}
    plain_optimizer = getattr(torch.optim, optimizer.kind())(network.parameters(), **options)
    expected = []
    for inputs, labels in 2 * list(zip(data.inputs.view(-1, 25, 2), data.labels.view(-1, 25), strict=True)):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(network(inputs), labels.float()[:, None])
        plain_optimizer.zero_grad()
        torch.autograd.backward(loss)
        plain_optimizer.step()
        expected.append(loss.item())
    assert told == [np.float32(value) for value in expected]


def test_two_seeded_runs_are_the_same_and_another_seed_is_not() -> None:
    first, second, other = (losses(list(train(small_cnn(), DIGITS.changed(seed=seed)))) for seed in (0, 0, 1))
    assert first == second and first != other


def test_watching_changes_no_bit() -> None:
    alone, watched = Trainer(small_cnn(), DIGITS), Trainer(small_cnn(), DIGITS)
    blind = losses([event for handful in alone.story() for event in handful])
    looks = (MapsOf(("conv1", "norm1", "dropout1")),)
    watched.watch(looks)
    told: list[Event] = []
    for handful in watched.story():
        told += [*handful, *watched.see(looks)]
    assert of(Maps, told) and losses(told) == blind
    assert alone.network is not None and watched.network is not None
    for name, value in alone.network.state_dict().items():
        assert torch.equal(value, watched.network.state_dict()[name]), name


def test_gradient_norms_are_those_of_the_step() -> None:
    recipe = POINTS.changed(shuffle=False, max_norm=1e-3)
    told = of(Gradients, list(train(points_network(), recipe)))[0]
    torch.manual_seed(recipe.seed)
    network, data = build(points_network()), load(recipe.data).train
    outputs = network(data.inputs[:25])[:, 0]
    torch.autograd.backward(torch.nn.functional.binary_cross_entropy_with_logits(outputs, data.labels[:25].float()))
    for block, norm in told.norms.items():
        own = [p.grad.flatten() for p in network.get_submodule(block).parameters() if p.grad is not None]
        assert norm == pytest.approx(float(torch.cat(own).norm()), rel=1e-5)
    assert told.total == pytest.approx(sum(norm**2 for norm in told.norms.values()) ** 0.5)
    assert told.step == 1 and told.clipped


def test_clipping_shortens_the_steps() -> None:
    def distance(max_norm: float | None) -> float:
        recipe = POINTS.changed(optimizer=SGD(lr=1.0), max_norm=max_norm, epochs=1)
        trainer = Trainer(points_network(), recipe, Control(stop_at=1))
        next(trainer.story())
        torch.manual_seed(recipe.seed)
        fresh = build(points_network())
        assert trainer.network is not None
        pairs = zip(trainer.network.parameters(), fresh.parameters(), strict=True)
        return float(torch.cat([(a - b).detach().flatten() for a, b in pairs]).norm())

    assert distance(1e-3) == pytest.approx(1e-3, rel=1e-2)
    assert distance(None) > 1e-2


def test_maps_show_the_picture_and_the_guess() -> None:
    trainer = Trainer(small_cnn(), DIGITS)
    look = MapsOf(("input1", "conv1", "linear1", "gone"), 5)
    assert trainer.see((look,)) == []  # before there is a network
    list(trainer.story())
    (maps,) = of(Maps, list[Event](trainer.see((look,))))
    assert maps.look == look
    assert {name: values.shape for name, values in maps.maps.items()} == {
        "input1": (1, 8, 8),
        "conv1": (4, 8, 8),
        "linear1": (10,),
    }
    assert maps.guess.shape == (10,) and maps.guess.sum() == pytest.approx(1)
    assert np.array_equal(maps.picture, maps.maps["input1"])
    assert maps.label == int(load(DIGITS.data).test.labels[5])
    assert plain(maps)["event"] == "maps"


@pytest.mark.parametrize("kind", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("data", [XorPoints(), Digits(examples=100), Box()], ids=lambda data: data.kind())
def test_every_loss_trains_on_every_kind_of_data(kind: type[Loss], data: DataSet) -> None:
    (outputs,) = kind().output_shape(data)
    ends = {"logits": "Identity", "probabilities": "Sigmoid", "log-probabilities": "LogSoftmax", "values": "Identity"}
    source = row(
        ("Input", {"shape": list(data.input_shape)}),
        ("Flatten", {}),
        ("Linear", {"out_features": outputs}),
        (ends[kind.wants], {}),
        ("Output", {}),
    )
    events = list(
        train(source, Recipe(data=data, loss=kind(), epochs=2, batch_size=10), Control(looks=(MapsOf(("linear1",)),)))
    )
    finished = events[-1]
    assert isinstance(finished, Finished), finished
    assert finished.accuracy is not None and 0 <= finished.accuracy <= 1
    guesses = of(Maps, events)
    meant = outputs // 2 if kind is GaussianNLLLoss else outputs
    assert len(guesses[0].guess) == (meant if kind.wants == "values" else data.classes)


def test_a_spiral_is_learned() -> None:
    source = row(
        ("Input", {"shape": [2]}),
        ("Linear", {"out_features": 32}),
        ("Tanh", {}),
        ("Linear", {"out_features": 32}),
        ("Tanh", {}),
        ("Linear", {"out_features": 1}),
        ("Output", {}),
    )
    recipe = Recipe(data=Spiral(), loss=BCEWithLogitsLoss(), optimizer=Adam(lr=0.01), batch_size=25, epochs=100)
    finished = list(train(source, recipe))[-1]
    assert isinstance(finished, Finished) and finished.accuracy is not None and finished.accuracy > 0.95


def test_holding_at_a_step_and_going_on_is_the_same_run() -> None:
    whole = losses(list(train(small_cnn(), DIGITS)))
    control = Control(stop_at=3)
    trainer = Trainer(small_cnn(), DIGITS, control)
    told: list[Event] = []
    for handful in trainer.story():
        told += handful
        if isinstance(told[-1], Paused):
            assert trainer.step == control.stop_at
            trainer.see((MapsOf(("conv1",)),))
            control.stop_at = trainer.step + 3
    assert [event.step for event in of(Paused, told)] == [3, 6, 9, 12, 15, 18]
    assert losses(told) == whole


def test_an_epoch_at_a_time() -> None:
    trainer = Trainer(small_cnn(), DIGITS, Control(stop_after_epoch=True))
    told = [event for handful in trainer.story() for event in handful]
    assert [(event.step, event.epoch) for event in of(Paused, told)] == [(10, 1)]
    assert told.index(of(Paused, told)[0]) > told.index(of(EpochDone, told)[0])
    assert isinstance(told[-1], Finished)
    trainer.extend()
    more = [event for handful in trainer.story() for event in handful]
    assert of(Steps, more)[0].steps[0] == 21 and of(EpochDone, more)[0].epoch == 3


def test_weights_are_saved_and_fit_a_fresh_network(tmp_path: Path) -> None:
    place = tmp_path / "runs" / "weights.safetensors"
    trainer = Trainer(small_cnn(), DIGITS, save=place)
    finished = list(trainer.story())[-1][-1]
    assert isinstance(finished, Finished) and finished.weights == str(place)
    fresh = build(small_cnn())
    fresh.load_state_dict(load_file(place))
    picture = load(DIGITS.data).test.inputs[:3]
    assert trainer.network is not None
    with evaluating(fresh), evaluating(trainer.network), torch.inference_mode():
        assert torch.equal(fresh(picture), trainer.network(picture))


def test_a_place_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    trainer = Trainer(points_network(), POINTS, save=tmp_path / "file" / "weights.safetensors")
    finished = list(trainer.story())[-1][-1]
    assert isinstance(finished, Finished) and finished.weights is None
    assert "could not be saved" in finished.note


def test_a_stopped_run_keeps_its_weights(tmp_path: Path) -> None:
    trainer = Trainer(small_cnn(), DIGITS, Control(stop_at=4), tmp_path / "w.safetensors")
    for handful in trainer.story():
        if isinstance(handful[-1], Paused):
            break
    stopped = trainer.stopped()
    assert stopped.step == 4 and stopped.epoch == 1 and stopped.weights
    saved = load_file(stopped.weights)
    assert trainer.network is not None
    assert all(torch.equal(value, saved[name]) for name, value in trainer.network.state_dict().items())


def failure(source: Source, recipe: Recipe) -> Failed:
    last = list(train(source, recipe))[-1]
    assert isinstance(last, Failed)
    return last


def test_a_blown_up_run_names_step_and_block() -> None:
    wild = POINTS.changed(loss=MSELoss(), optimizer=SGD(lr=1e6))
    source = row(
        ("Input", {"shape": [2]}), ("Linear", {"out_features": 8}), ("Linear", {"out_features": 1}), ("Output", {})
    )
    events = list(train(source, wild))
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert failed.step == len(losses(events)) + 1 and failed.block == "linear1"
    assert f"stopped at step {failed.step}" in failed.text and "The gradient of linear1 blew up first" in failed.text
    assert "learning rate of 100000" in failed.text


def test_a_loss_that_gets_what_it_cannot_take_names_the_last_block() -> None:
    source = row(("Input", {"shape": [2]}), ("Linear", {"out_features": 2}), ("Softmax", {}), ("Output", {}))
    shouting = Source(
        source.text.replace("softmax1 = self.softmax1(linear1)", "softmax1 = linear1.log()"), source.lines
    )
    failed = failure(shouting, POINTS.changed(loss=NLLLoss()))
    assert failed.step == 1 and failed.block == "softmax1" and "output of softmax1" in failed.text


def test_an_error_of_pytorch_lands_on_its_block() -> None:
    source = small_cnn()
    broken = Source(source.text.replace("nn.Linear(64", "nn.Linear(63"), source.lines)
    failed = failure(broken, DIGITS)
    assert failed.block == "linear1" and failed.step == 1
    assert "PyTorch stopped at step 1 in block linear1" in failed.text and "Traceback" in failed.details


def test_memory_that_runs_out_is_said_with_advice() -> None:
    source = points_network()
    hungry = Source(source.text.replace("self.tanh1(linear1)", "linear1.repeat(1, 2**40)"), source.lines)
    failed = failure(hungry, POINTS)
    assert failed.text.startswith("Training stopped: memory ran out at batch 25 in block tanh1.")
    assert "Not even one example fits: try a smaller network." in failed.text and failed.batch_size is None


def test_a_batch_that_fits_is_found_by_trying() -> None:
    source = points_network()
    doubling = "linear1.repeat(1, 2**40 if len(linear1) > 10 else 1)"
    hungry = Source(source.text.replace("self.tanh1(linear1)", doubling), source.lines)
    failed = failure(hungry, POINTS)
    assert "memory ran out at batch 25 in block tanh1" in failed.text and failed.text.endswith("Try batch 6.")
    assert failed.batch_size == 6


def test_outputs_that_do_not_suit_the_loss_are_refused() -> None:
    failed = failure(points_network(3), POINTS.changed(loss=MSELoss()))
    assert failed.text == "MSELoss with Gauss needs 1 number for each example, but the network gives 3."


def test_a_drawing_that_cannot_learn_is_said_so() -> None:
    source = row(("Input", {"shape": [2]}), ("Tanh", {}), ("Output", {}))
    assert "Nothing in this drawing can learn" in failure(source, POINTS.changed(loss=CrossEntropyLoss())).text


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a graphics card")
def test_a_missing_graphics_card_is_said_so() -> None:
    assert "No CUDA graphics card" in failure(points_network(), POINTS.changed(device="cuda")).text


def test_a_single_example_at_the_end_of_an_epoch_is_left_out() -> None:
    events = list(train(small_cnn(), DIGITS.changed(data=Digits(examples=65))))
    assert isinstance(events[0], Started) and events[0].steps_per_epoch == 2
    assert isinstance(events[-1], Finished)
