"""MNIST: one epoch against the script that everybody writes first, and how well the CNN template does after five."""

from __future__ import annotations

import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

ROUNDS = 3
GOAL = 0.992


def plain_epoch(network: Any, recipe: Any) -> float:
    """Seconds of one epoch with a Dataset that converts pixel by picture, a DataLoader, and the usual loop."""
    import numpy as np
    import torch
    from torch.utils.data import DataLoader, Dataset

    import resources

    with np.load(resources.path("data", "mnist.npz")) as file:
        pixels, labels = file["x_train"], file["y_train"]

    class Digits(Dataset[tuple[torch.Tensor, int]]):
        def __len__(self) -> int:
            return len(labels)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            picture = torch.from_numpy(pixels[index]).unsqueeze(0).to(torch.float32).div(255)
            return picture.sub(0.1307).div(0.3081), int(labels[index])

    loader = DataLoader(Digits(), batch_size=recipe.batch_size, shuffle=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=recipe.optimizer.lr)
    loss_of = torch.nn.CrossEntropyLoss()
    network.train()
    began = time.perf_counter()
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = loss_of(network(inputs), targets)
        loss.backward()
        optimizer.step()
        loss.item()
    return time.perf_counter() - began


def our_epoch(source: Any, recipe: Any) -> float:
    """Seconds of our epoch, from its first step to the end of its last."""
    from engine.events import Steps
    from engine.training.trainer import Trainer

    trainer = Trainer(source, recipe.changed(epochs=1))
    began, last = 0.0, 0.0
    for handful in trainer.story():
        if any(isinstance(event, Steps) for event in handful):
            last = time.perf_counter()
            began = began or last
    return last - began


def work(connection: Connection[Any, Any]) -> None:
    """In a process of its own, with one thread."""
    import torch

    from engine.check import check
    from engine.lower import lower, write
    from engine.model import build
    from engine.templates import new
    from engine.training.trainer import train

    torch.set_num_threads(1)
    project = new("cnn")
    recipe = project.recipe.changed(threads=1, device="cpu")
    source = write(lower(project.graph, check(project.graph, recipe)))
    our_epoch(source, recipe.changed(data=recipe.data.changed(examples=640)))  # warm
    for _ in range(ROUNDS):
        connection.send(("epoch", plain_epoch(build(source), recipe), our_epoch(source, recipe)))
    end = list(train(source, recipe.changed(epochs=5)))[-1]
    connection.send(("accuracy", getattr(end, "accuracy", None), getattr(end, "text", "")))


def main() -> None:
    """Print the ratio and the accuracy."""
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs,), daemon=True)
    process.start()
    pairs = [ours.recv()[1:] for _ in range(ROUNDS)]
    plain, mine = median(one for one, _ in pairs), median(one for _, one in pairs)
    ratio = median(one / other for other, one in pairs)
    print(f"  one epoch: DataLoader script {plain:.1f} s, ours {mine:.1f} s, ratio {ratio:.2f}; to reach ≤ 1.00")
    _, accuracy, trouble = ours.recv()
    print(f"  CNN template after 5 epochs: {accuracy if accuracy is not None else trouble}; to reach {GOAL}")
    process.join()


if __name__ == "__main__":
    main()
