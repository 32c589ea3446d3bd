"""What only graphics cards can do: float16 with a scaler, cards by number, their chance and their memory."""

import copy

import pytest
import torch

from engine.events import Event, Failed, Finished, Paused, Steps
from engine.lower import Source
from engine.recipes.data_sets import Digits
from engine.recipes.optimizers import SGD, Adam
from engine.recipes.recipe import Recipe
from engine.recipes.schedules import OneCycleLR
from engine.training.trainer import Control, Trainer, train
from tests.engine.networks import small_cnn

pytestmark = [
    pytest.mark.cuda,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no graphics card"),
]

DIGITS = Recipe(data=Digits(examples=320), optimizer=Adam(lr=0.01), epochs=4, batch_size=32, device="cuda:0")


def losses(events: list[Event]) -> list[float]:
    return [float(loss) for event in events if isinstance(event, Steps) for loss in event.losses]


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
@pytest.mark.parametrize("values", [{}, {"max_norm": 0.5}, {"accumulate": 3, "optimizer": SGD(lr=0.1, momentum=0.9)}])
def test_every_precision_learns(precision: str, values: dict[str, object]) -> None:
    events = list(train(small_cnn(), DIGITS.changed(precision=precision, **values)))
    assert isinstance(events[-1], Finished), events[-1]
    found = losses(events)
    assert sum(found[-10:]) < 0.9 * sum(found[:10])


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_a_run_goes_on_to_the_same_bits(precision: str) -> None:
    recipe = DIGITS.changed(precision=precision, deterministic=True, schedule=OneCycleLR())
    whole = list(train(small_cnn(), recipe))
    trainer, told = Trainer(small_cnn(), recipe, Control(stop_at=13)), list[Event]()
    story = trainer.story()
    while not told or not isinstance(told[-1], Paused):
        told += next(story)
    state = copy.deepcopy(trainer.state())
    assert state is not None
    torch.cuda.manual_seed(99)
    again = Trainer(small_cnn(), recipe)
    again.restore(state)
    told += [event for handful in again.story() for event in handful]
    assert losses(told) == losses(whole)
    list(train(small_cnn(), DIGITS.changed(epochs=1)))  # determinism is off again


def test_a_batch_that_fits_is_found() -> None:
    source = small_cnn()
    room = torch.cuda.mem_get_info()[1] // 4  # numbers of four bytes
    hungry = f"torch.cat([flatten1, flatten1.repeat(1, {room} // (64 * 16))[:, :1]], 1)[:, :-1]"
    text = "import torch\n" + source.text.replace("self.dropout1(flatten1)", hungry)
    lines = {number + 1: block for number, block in source.lines.items()}
    failed = list(train(Source(text, lines), DIGITS))[-1]
    assert isinstance(failed, Failed) and failed.batch_size in (2, 4, 8)


def test_a_card_that_is_not_there_is_said() -> None:
    failed = list(train(small_cnn(), DIGITS.changed(device="cuda:7")))[-1]
    if torch.cuda.device_count() < 8:
        assert isinstance(failed, Failed) and "There is no graphics card cuda:7" in failed.text
