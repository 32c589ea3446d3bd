"""What a recipe asks for is what a plain loop with PyTorch alone would do, bit for bit."""

import copy
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch
from torch import nn
from torch.optim import lr_scheduler

from engine.blocks import BLOCKS
from engine.check import check
from engine.data import load
from engine.events import Changed, EpochDone, Event, Failed, Finished, Gradients, Note, Paused, Steps
from engine.graph import Graph, Node, Wire
from engine.lower import Source, lower, write
from engine.model import build
from engine.recipes.data_sets import Diabetes, Digits, Gauss
from engine.recipes.heads import Head
from engine.recipes.losses import BCEWithLogitsLoss, CrossEntropyLoss, MSELoss
from engine.recipes.optimizers import LBFGS, SGD, Adam, RMSprop
from engine.recipes.recipe import Recipe
from engine.recipes.schedules import CosineAnnealingLR, OneCycleLR, StepLR
from engine.training.trainer import Control, Trainer, train
from tests.engine.networks import points_network, row, small_cnn

POINTS = Recipe(
    data=Gauss(), loss=BCEWithLogitsLoss(), optimizer=SGD(lr=0.1, momentum=0.9), batch_size=25, epochs=3, shuffle=False
)
DIGITS = Recipe(data=Digits(examples=320), epochs=3, batch_size=32)
Batches = list[tuple[torch.Tensor, torch.Tensor]]


def losses(events: list[Event]) -> list[float]:
    return [float(loss) for event in events if isinstance(event, Steps) for loss in event.losses]


def batches() -> Batches:
    data = load(POINTS.data).train
    aims = data.labels.float()[:, None]
    return list(zip(torch.split(data.inputs, 25), torch.split(aims, 25), strict=True))


def fresh(source: Source | None = None) -> nn.Module:
    torch.manual_seed(POINTS.seed)
    return build(source or points_network())


def sgd(network: nn.Module, rate: float = 0.1) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9, fused=True)


def same(told: list[float], expected: list[float]) -> None:
    assert told == [float(np.float32(value)) for value in expected]


cost = nn.functional.binary_cross_entropy_with_logits


def plain(change: Callable[[nn.Module], None] = lambda network: None, l1: float = 0.0, gather: int = 1) -> list[float]:
    """A loop as people write it; `change` is done to the gradients before each move."""
    network, found = fresh(), []
    optimizer = sgd(network)
    for _ in range(POINTS.epochs):
        for number, (inputs, aims) in enumerate(batches()):
            group = min(gather, 10 - number + number % gather)
            loss = cost(network(inputs), aims)
            found.append(loss.item())
            if l1:
                sizes = [weight.abs().sum() for weight in network.parameters() if weight.dim() > 1]
                loss = loss + l1 * torch.stack(sizes).sum()
            torch.autograd.backward(loss / group if group > 1 else loss)
            if number % gather == group - 1:
                change(network)
                optimizer.step()
                optimizer.zero_grad()
    return found


def test_values_are_clipped_as_pytorch_clips_them() -> None:
    events = list(train(points_network(), POINTS.changed(clip_value=0.01)))
    same(losses(events), plain(lambda network: nn.utils.clip_grad_value_(network.parameters(), 0.01)))
    assert next(event for event in events if isinstance(event, Gradients)).clipped


def test_norms_are_clipped_after_values() -> None:
    def clip(network: nn.Module) -> None:
        nn.utils.clip_grad_value_(network.parameters(), 0.05)
        nn.utils.clip_grad_norm_(network.parameters(), 0.1)

    same(losses(list(train(points_network(), POINTS.changed(clip_value=0.05, max_norm=0.1)))), plain(clip))


def test_an_l1_term_pulls_at_the_weights_alone() -> None:
    same(losses(list(train(points_network(), POINTS.changed(l1=0.02)))), plain(l1=0.02))


@pytest.mark.parametrize("gather", [2, 3, 4, 100])
def test_gradients_of_several_batches_are_gathered(gather: int) -> None:
    recipe = POINTS.changed(accumulate=gather)
    told = losses(list(train(points_network(), recipe)))
    if gather in (2, 4):  # parts of two are exact
        same(told, plain(gather=gather if gather < 100 else 10))
    assert told == pytest.approx(plain(gather=min(gather, 10)), rel=1e-4)


def test_gathering_whole_epochs_is_one_large_batch() -> None:
    recipe = POINTS.changed(accumulate=10, epochs=2)
    first = losses(list(train(points_network(), recipe)))
    large = losses(list(train(points_network(), POINTS.changed(batch_size=250, epochs=2))))
    assert np.mean(first[:10]) == pytest.approx(large[0], rel=1e-5)
    assert np.mean(first[10:]) == pytest.approx(large[1], rel=1e-5)


def test_lbfgs_measures_for_itself() -> None:
    recipe = POINTS.changed(optimizer=LBFGS(max_iter=5, line_search_fn="strong_wolfe"), batch_size=250, max_norm=1.0)
    network, data, found = fresh(), load(POINTS.data).train, []
    optimizer = torch.optim.LBFGS(network.parameters(), lr=1.0, max_iter=5, line_search_fn="strong_wolfe")

    def closure() -> float:
        optimizer.zero_grad()
        loss = cost(network(data.inputs), data.labels.float()[:, None])
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        return float(loss.item())

    step: Callable[..., float] = optimizer.step
    for _ in range(3):
        found.append(step(closure))
    events = list(train(points_network(), recipe))
    same(losses(events), found)
    assert any(isinstance(event, Gradients) for event in events)


def test_bfloat16_computes_as_autocast_does() -> None:
    network, found = fresh(), []
    optimizer = sgd(network)
    for _ in range(POINTS.epochs):
        for inputs, aims in batches():
            with torch.autocast("cpu", dtype=torch.bfloat16):
                outputs = network(inputs)
            loss = cost(outputs.float(), aims)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            found.append(loss.item())
    told = losses(list(train(points_network(), POINTS.changed(precision="bfloat16"))))
    same(told, found)
    assert told != plain()


@pytest.mark.parametrize("schedule", [StepLR(step_size=1, gamma=0.5), OneCycleLR()], ids=lambda one: one.kind())
def test_a_schedule_moves_the_weights_as_in_a_plain_loop(schedule: StepLR | OneCycleLR) -> None:
    network, found, rates = fresh(), [], []
    optimizer = sgd(network)
    counts = 30 if schedule.by_step else 3
    scheduler = getattr(lr_scheduler, schedule.kind())(optimizer, **schedule.options(0.1, counts))
    for _ in range(POINTS.epochs):
        for inputs, aims in batches():
            loss = cost(network(inputs), aims)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            rates.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            found.append(loss.item())
            if schedule.by_step:
                scheduler.step()
        if not schedule.by_step:
            scheduler.step()
    events = list(train(points_network(), POINTS.changed(schedule=schedule)))
    same(losses(events), found)
    assert [event.rate for event in events if isinstance(event, EpochDone)] == rates[9::10]
    assert all(event.rate == rates[event.steps[-1] - 1] for event in events if isinstance(event, Steps))


def test_a_run_without_a_schedule_tells_its_rate() -> None:
    assert {event.rate for event in train(points_network(), POINTS) if isinstance(event, Steps)} == {0.1}


def test_patience_ends_a_run_with_the_best_weights() -> None:
    recipe = DIGITS.changed(optimizer=Adam(lr=0.05), epochs=60, patience=3)
    trainer, kept = Trainer(small_cnn(), recipe), list[dict[str, torch.Tensor]]()

    def keep(done: EpochDone) -> Iterator[Event]:
        assert trainer.network is not None
        kept.append(copy.deepcopy(dict(trainer.network.state_dict())))
        yield from ()

    trainer.epoch_over = keep
    events = [event for handful in trainer.story() for event in handful]
    epochs = [event for event in events if isinstance(event, EpochDone)]
    best = min(range(len(epochs)), key=lambda number: epochs[number].loss)
    finished = events[-1]
    assert isinstance(finished, Finished) and finished.epoch == len(epochs) == best + 4 < 60
    assert (finished.loss, finished.accuracy) == (epochs[best].loss, epochs[best].accuracy)
    assert epochs[-1].metrics  # nobody knew before that it would be the last
    assert trainer.network is not None
    assert all(torch.equal(value, kept[best][name]) for name, value in trainer.network.state_dict().items())
    (note,) = [event.text for event in events if isinstance(event, Note)]
    assert note == "The validation loss has not become better for 3 epochs, so training ends here."


def test_small_gains_do_not_count_and_a_run_that_ends_keeps_the_best() -> None:
    events = list(train(points_network(), POINTS.changed(patience=1, min_delta=100.0, epochs=9)))
    assert isinstance(events[-1], Finished) and events[-1].epoch == 2
    whole = list(train(points_network(), POINTS.changed(patience=100)))
    done = [event for event in whole if isinstance(event, EpochDone)]
    assert isinstance(whole[-1], Finished) and whole[-1].loss == min(event.loss for event in done)


def paused(recipe: Recipe, at: int) -> tuple[Trainer, list[Event], Iterator[list[Event]]]:
    """A run that waits after a step: what it told so far, and what is still to come."""
    trainer, told = Trainer(points_network(), recipe, Control(stop_at=at)), list[Event]()
    story = trainer.story()
    while not told or not isinstance(told[-1], Paused):
        told += next(story)
    return trainer, told, story


def test_rate_and_clipping_change_in_the_middle_with_the_momentum_kept() -> None:
    network, found = fresh(), []
    optimizer = sgd(network)
    for number, (inputs, aims) in enumerate(3 * batches()):
        if number == 13:
            optimizer.param_groups[0]["lr"] = 0.02
        loss = cost(network(inputs), aims)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        if number >= 13:
            nn.utils.clip_grad_norm_(network.parameters(), 0.05)
        optimizer.step()
        found.append(loss.item())
    trainer, told, story = paused(POINTS, 13)
    changed = trainer.change(POINTS.changed(optimizer=SGD(lr=0.02, momentum=0.9), max_norm=0.05))
    assert changed == Changed(13, 0.02, "From the next step on, max_norm and lr are new.")
    told += [event for handful in story for event in handful]
    same(losses(told), found)


def test_a_new_schedule_begins_with_what_is_left() -> None:
    trainer, _, story = paused(POINTS.changed(epochs=4), 20)
    changed = trainer.change(POINTS.changed(epochs=4, schedule=CosineAnnealingLR()))
    assert changed.rate == 0.1 and changed.text == "From the next step on, schedule is new."
    told = [event for handful in story for event in handful]
    rates = [event.rate for event in told if isinstance(event, EpochDone)]
    assert rates[-2:] == [pytest.approx(0.1), pytest.approx(0.05)]


def test_what_cannot_change_in_the_middle_is_said() -> None:
    trainer, _, story = paused(POINTS.changed(optimizer=RMSprop()), 5)
    wanted = POINTS.changed(batch_size=10, optimizer=RMSprop(centered=True, lr=0.5), loss=MSELoss(), epochs=5)
    changed = trainer.change(wanted)
    assert changed.text == (
        "From the next step on, epochs and lr are new. "
        "loss, batch_size and centered cannot change in the middle of a run; they count from the next Train."
    )
    assert trainer.recipe == POINTS.changed(optimizer=RMSprop(lr=0.5), epochs=5) and trainer.epochs == 5
    assert trainer.change(trainer.recipe.changed(optimizer=Adam())).text.startswith("optimizer cannot change")
    assert trainer.change(trainer.recipe).text == ""
    told = [event for handful in story for event in handful]
    assert isinstance(told[-1], Finished) and told[-1].epoch == 5


MOVES = [
    {"schedule": OneCycleLR(warmup=4)},
    {"schedule": StepLR(step_size=1, gamma=0.5), "accumulate": 4},
    {"precision": "bfloat16", "optimizer": Adam()},
    {"optimizer": LBFGS(max_iter=3)},
    {"patience": 2, "clip_value": 0.1},
]


@pytest.mark.parametrize("values", MOVES, ids=lambda values: "-".join(values))
@pytest.mark.parametrize("cut", [3, 10, 17])
def test_a_state_goes_on_to_the_same_bits(values: dict[str, object], cut: int) -> None:
    recipe = POINTS.changed(**values, shuffle=True)
    whole = list(train(points_network(), recipe))
    trainer, told, _ = paused(recipe, cut)
    state = copy.deepcopy(trainer.state())
    assert state is not None
    torch.manual_seed(99)
    again = Trainer(points_network(), recipe)
    again.restore(state)
    told += [event for handful in again.story() for event in handful]
    assert losses(told) == losses(whole)
    first, second = ([e for e in events if isinstance(e, EpochDone)] for events in (told, whole))
    assert [(e.loss, e.rate) for e in first] == [(e.loss, e.rate) for e in second]


def branches(*widths: int, inputs: int = 1) -> Source:
    """A network for the digits with an Output for each width, and perhaps several Inputs."""
    graph = Graph()

    def add(name: str, kind: str, settings: dict[str, object], *sources: str) -> None:
        nonlocal graph
        block = BLOCKS[kind].read(settings)
        graph = graph.add(Node(name, block))
        for source, port in zip(sources, block.input_ports(), strict=False):
            graph = graph.connect(Wire(source, "output", name, port))

    for number in range(inputs):
        add(f"digit{number}", "Input", {"shape": [1, 8, 8]})
    start = "digit0"
    if inputs > 1:
        add("both", "Add", {}, *(f"digit{number}" for number in range(inputs)))
        start = "both"
    add("flat", "Flatten", {}, start)
    add("hidden", "Linear", {"out_features": 16}, "flat")
    add("tanh", "Tanh", {}, "hidden")
    for number, width in enumerate(widths):
        add(f"last{number}", "Linear", {"out_features": width}, "tanh")
        add(f"answer{number}", "Output", {}, f"last{number}")
    report = check(graph, DIGITS)
    assert report.ok, report.problems
    return write(lower(graph, report))


def test_two_heads_learn_together() -> None:
    source = branches(10, 10)
    assert source.outputs == ("answer0", "answer1")
    recipe = DIGITS.changed(shuffle=False, heads=(Head(output="answer1", loss=MSELoss(), weight=0.3),))
    events = list(train(source, recipe))
    network, data, found = fresh(source), load(DIGITS.data).train, []
    optimizer = torch.optim.Adam(network.parameters(), lr=0.001, fused=True)
    rows = nn.functional.one_hot(data.labels, 10).float()
    for _ in range(3):
        for inputs, labels, aims in zip(
            *(torch.split(part, 32) for part in (data.inputs, data.labels, rows)), strict=True
        ):
            logits, values = network(inputs)
            loss = nn.functional.cross_entropy(logits, labels) + 0.3 * nn.functional.mse_loss(values, aims)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            found.append(loss.item())
    assert losses(events) == pytest.approx(found, rel=1e-6)
    finished = events[-1]
    assert isinstance(finished, Finished) and finished.accuracy is not None
    test = load(DIGITS.data).test
    with torch.inference_mode():
        logits, values = network(test.inputs)
    assert finished.accuracy == pytest.approx(float((logits.argmax(1) == test.labels).float().mean()), abs=0.01)
    expected = nn.functional.cross_entropy(logits, test.labels) + 0.3 * nn.functional.mse_loss(
        values, nn.functional.one_hot(test.labels, 10).float()
    )
    assert finished.loss == pytest.approx(float(expected), rel=1e-4)


def test_several_inputs_get_the_same_example() -> None:
    events = list(train(branches(10, inputs=2), DIGITS.changed(epochs=1)))
    assert isinstance(events[-1], Finished)


def test_plain_numbers_are_learned_and_have_no_accuracy() -> None:
    source = row(("Input", {"shape": [10]}), ("Linear", {"out_features": 1}), ("Output", {}))
    events = list(train(source, Recipe(data=Diabetes(), loss=MSELoss(), optimizer=Adam(lr=1.0), epochs=3)))
    finished = events[-1]
    assert isinstance(finished, Finished) and finished.accuracy is None
    done = [event for event in events if isinstance(event, EpochDone)]
    assert done[-1].loss < done[0].loss
    data = load(Diabetes())
    assert data.train.labels.shape[1:] == (1,)


def test_deterministic_runs_refuse_what_is_not() -> None:
    try:
        events = list(train(points_network(), POINTS.changed(deterministic=True)))
        assert torch.are_deterministic_algorithms_enabled()
        same(losses(events), plain())
    finally:
        list(train(points_network(), POINTS.changed(epochs=1)))
    assert not torch.are_deterministic_algorithms_enabled()


REFUSED = [
    ({"precision": "float16", "device": "cpu"}, "float16 needs a CUDA graphics card."),
    ({"optimizer": LBFGS(), "accumulate": 2}, "LBFGS measures a batch several times; it needs accumulate 1"),
    ({"loss": CrossEntropyLoss(weight=(1.0,))}, "weight of CrossEntropyLoss has 1 numbers, but Gauss has 2 classes"),
]


@pytest.mark.parametrize(("values", "sentence"), REFUSED, ids=lambda value: value if isinstance(value, str) else "")
def test_what_cannot_be_is_said_in_a_sentence(values: dict[str, object], sentence: str) -> None:
    failed = list(train(points_network(2), POINTS.changed(**values)))[-1]
    assert isinstance(failed, Failed) and failed.text.startswith(sentence)


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a graphics card")
@pytest.mark.parametrize("device", ["cuda", "cuda:3", "mps"])
def test_a_device_that_is_not_there_is_said(device: str) -> None:
    failed = list(train(points_network(), POINTS.changed(device=device)))[-1]
    assert isinstance(failed, Failed) and "Choose the device auto or cpu." in failed.text
