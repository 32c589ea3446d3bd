"""How much training costs in our process, with every view on, against a plain PyTorch loop; and how soon it starts.

The plain loop runs in a process of its own, with the same thread count, the same data in memory, the same fused
optimizer and the same look at the test set after each epoch. Both take turns, so that a busy machine slows both.
Our rate is read from the events as they arrive, so that it contains everything: views, events and the pipe.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

from engine.blocks import BLOCKS
from engine.check import check
from engine.events import Event, Ready, Steps
from engine.graph import Graph, Node, Wire
from engine.looks.maps import MapsOf
from engine.lower import Source, lower, write
from engine.recipes.data_sets import Mnist, Spiral
from engine.recipes.losses import BCEWithLogitsLoss
from engine.recipes.optimizers import Adam
from engine.recipes.recipe import Recipe
from engine.requests import Prepare, Stop, Train
from engine.worker import Worker, start_worker

SECONDS = 3.0
ROUNDS = 7
Rows = tuple[tuple[str, dict[str, object]], ...]


@dataclass(frozen=True)
class Case:
    """A network with its recipe, what is watched, and the ratio to reach."""

    name: str
    rows: Rows
    recipe: Recipe
    watch: tuple[str, ...]
    goal: float

    @property
    def source(self) -> Source:
        """The code of the rows, wired one after the other."""
        graph, before = Graph(), ""
        for kind, settings in self.rows:
            block = BLOCKS[kind].read(settings)
            name = graph.name_for(block)
            graph = graph.add(Node(name, block))
            if before:
                graph = graph.connect(Wire(before, "output", name, "input"))
            before = name
        return write(lower(graph, check(graph)))


def linear(width: int) -> tuple[str, dict[str, object]]:
    """One row."""
    return "Linear", {"out_features": width}


PICTURE: Rows = (("Input", {"shape": [1, 28, 28]}),)
END: Rows = (("Output", {}),)


def filters(channels: int) -> Rows:
    """A convolution with what usually follows it."""
    convolution: tuple[str, dict[str, object]] = ("Conv2d", {"out_channels": channels, "kernel_size": 3, "padding": 1})
    return (convolution, ("BatchNorm2d", {}), ("ReLU", {}), ("MaxPool2d", {}))


CNN: Rows = (
    *PICTURE,
    *filters(16),
    *filters(32),
    ("Flatten", {}),
    linear(64),
    ("ReLU", {}),
    ("Dropout", {}),
    linear(10),
    *END,
)
MLP: Rows = (*PICTURE, ("Flatten", {}), linear(512), ("ReLU", {}), linear(512), ("ReLU", {}), linear(10), *END)
PLANE: Rows = (("Input", {"shape": [2]}), linear(32), ("Tanh", {}), linear(32), ("Tanh", {}), linear(1), *END)

ONE_THREAD = Recipe(epochs=10_000, threads=1, device="cpu")
CASES = (
    Case(
        "spiral",
        PLANE,
        ONE_THREAD.changed(data=Spiral(), loss=BCEWithLogitsLoss(), optimizer=Adam(lr=0.01), batch_size=32),
        ("tanh1", "tanh2"),
        0.95,
    ),
    Case("mlp", MLP, ONE_THREAD.changed(data=Mnist()), ("relu1", "relu2"), 0.93),
    Case("cnn", CNN, ONE_THREAD.changed(data=Mnist()), ("conv1", "relu1", "conv2", "relu2"), 0.93),
)


def serve_plain_loops(connection: Connection[Any, Any]) -> None:
    """In a process of its own: for each case that is asked for, the steps a second of a plain loop."""
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    import torch

    torch.set_num_threads(1)
    while (case := connection.recv()) is not None:
        connection.send(plain_rate(case))


def plain_rate(case: Case) -> float:
    """The loop that one would write by hand, for some seconds after its first step."""
    import torch

    from engine.data import load
    from engine.insight.scoring import chosen
    from engine.model import build
    from engine.recipes.heads import Head
    from engine.training.criterion import targets_of

    recipe = case.recipe
    torch.manual_seed(recipe.seed)
    data = load(recipe.data)
    inputs, targets = data.train.inputs, targets_of(Head(loss=recipe.loss), recipe.data, data.train.labels)
    test_targets = targets_of(Head(loss=recipe.loss), recipe.data, data.test.labels)
    network = build(case.source)
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.optimizer.lr, fused=True)
    loss_of = getattr(torch.nn, recipe.loss.kind())()
    losses: list[float] = []
    began = 0.0
    while True:
        order = torch.randperm(len(inputs))
        for start in range(0, len(inputs), recipe.batch_size):
            picked = order[start : start + recipe.batch_size]
            loss = loss_of(network(inputs[picked]), targets[picked])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
            began = began or time.perf_counter()
            if time.perf_counter() - began > SECONDS:
                return (len(losses) - 1) / (time.perf_counter() - began)
        network.eval()
        with torch.inference_mode():
            for start in range(0, len(test_targets), 500):
                part = slice(start, start + 500)
                outputs = network(data.test.inputs[part])
                loss_of(outputs, test_targets[part]).item()
                (chosen(outputs, recipe.loss) == data.test.labels[part]).sum().item()
        network.train()


def our_rate(worker: Worker, case: Case) -> float:
    """Steps a second of our process with gradients, maps, progress and every event on its way."""
    worker.connection.send(Train(case.source, case.recipe, (MapsOf(case.watch),)))
    first, began = _wait_for_steps(worker)
    last, now = first, began
    while now - began < SECONDS:
        last, now = _wait_for_steps(worker)
    worker.connection.send(Stop())
    while not any(type(event).__name__ == "Stopped" for event in worker.connection.recv()):
        pass
    return (last - first) / (now - began)


def _wait_for_steps(worker: Worker) -> tuple[int, float]:
    while True:
        events: list[Event] = worker.connection.recv()
        steps = [event for event in events if isinstance(event, Steps)]
        if steps:
            return int(steps[-1].steps[-1]), time.perf_counter()


def _ready_worker() -> tuple[Worker, float]:
    """A warm worker, and the seconds it took to get warm."""
    began = time.perf_counter()
    worker = start_worker()
    while not any(isinstance(event, Ready) for event in worker.connection.recv()):
        pass
    return worker, time.perf_counter() - began


def throughput(worker: Worker, say: Callable[[str], None]) -> None:
    """The ratio of the two rates, in turns."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve_plain_loops, args=(theirs,), daemon=True)
    process.start()
    for case in CASES:
        pairs = []
        for turn in range(ROUNDS + 1):
            ours.send(case)
            plain, mine = ours.recv(), our_rate(worker, case)
            pairs += [(plain, mine)] if turn else []  # the first turn loads data
        ratio = median(mine / plain for plain, mine in pairs)
        low, high = min(mine / plain for plain, mine in pairs), max(mine / plain for plain, mine in pairs)
        plain, mine = median(plain for plain, _ in pairs), median(mine for _, mine in pairs)
        say(
            f"{case.name}: plain loop {plain:,.0f} steps/s, ours with all views {mine:,.0f} steps/s, "
            f"median ratio {ratio:.1%} [{low:.1%}-{high:.1%}] (to reach {case.goal:.0%})"
        )
    ours.send(None)
    process.join()


def latency(say: Callable[[str], None]) -> None:
    """From Train to the first loss, and from the death of the process to the news of it."""
    worker, warm = _ready_worker()
    worker.connection.send(Prepare(Mnist()))
    time.sleep(3)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        worker.connection.send(Train(CASES[2].source, CASES[2].recipe, (MapsOf(CASES[2].watch),)))
        times.append(_wait_for_steps(worker)[1] - began)
    say(
        f"Train to first step, cnn on MNIST, worker warm: first time {times[0] * 1000:.0f} ms, "
        f"again {median(times[1:]) * 1000:.0f} ms (to reach 500 ms); a worker is warm after {warm:.1f} s"
    )
    assert worker.process.pid is not None
    began = time.perf_counter()
    os.kill(worker.process.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    multiprocessing.connection.wait([worker.process.sentinel])
    say(f"death of the process seen after {(time.perf_counter() - began) * 1000:.0f} ms (to reach 500 ms)")
    worker.end()


def main() -> None:
    """Print all figures."""
    latency(print)
    worker, _ = _ready_worker()
    throughput(worker, print)
    worker.end()


if __name__ == "__main__":
    main()
