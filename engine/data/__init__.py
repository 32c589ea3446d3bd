"""Data sets as tensors in memory: loaded or computed once, then only indexed.

Drawing a batch is one `index_select`; a DataLoader would cost several times as much for data of this size.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

import resources
from engine.data.points import Drawn, box, playground, xor_points
from engine.recipes.data_sets import Box, DataSet, Digits, Mnist, Playground, XorPoints
from engine.recipes.losses import Loss

MNIST_MEAN, MNIST_SPREAD = 0.1307, 0.3081
DIGITS_TRAIN = 1437
DIGITS_LARGEST = 16
"""Pixels of the 8×8 digits count from 0 to 16."""

Raw = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs (n, *shape) as the network gets them, and class numbers (n,)."""

    inputs: torch.Tensor
    labels: torch.Tensor
    scale: float = 1.0
    offset: float = 0.0
    """`inputs * scale + offset` are the numbers before normalising."""

    def __len__(self) -> int:
        return len(self.labels)

    def picture(self, index: int) -> torch.Tensor:
        """One example as people look at it: pixels from 0 to 1, or plain numbers."""
        return self.inputs[index] * self.scale + self.offset


@dataclass(frozen=True, eq=False)
class Tensors:
    """A data set in memory, on one device."""

    train: Examples
    test: Examples


@lru_cache(maxsize=2)
def load(data: DataSet, device: str = "cpu", seed: int = 0) -> Tensors:
    """Read or compute a data set. It stays in memory, so loading it again costs nothing.

    The seed is for computed sets. A recipe does not pass its own, so that runs with different seeds
    learn from the same points.
    """
    train, test = _load(data, seed)
    limit = data.train_examples
    return Tensors(_moved(train, device, limit), _moved(test, device, len(test)))


def targets_for(loss: Loss, data: DataSet, labels: torch.Tensor) -> torch.Tensor:
    """What the loss compares the output with: class numbers, or rows of 0.0 and 1.0."""
    if loss.takes_index:
        return labels
    (width,) = loss.output_shape(data)
    if width == 1:
        return labels.to(torch.float32)[:, None]
    return torch.nn.functional.one_hot(labels, width).to(torch.float32)


def _load(data: DataSet, seed: int) -> tuple[Examples, Examples]:
    if isinstance(data, Mnist):
        return _mnist()
    if isinstance(data, Digits):
        return _digits()
    if isinstance(data, Playground):
        points, labels = playground(data, seed)
        half = len(labels) // 2
        return _rows((points[:half], labels[:half])), _rows((points[half:], labels[half:]))
    if isinstance(data, XorPoints):
        return _rows(xor_points(seed)), _rows(xor_points(seed + 1))
    if isinstance(data, Box):
        return _rows(box()), _rows(box())
    raise ValueError(f"the data set {data.kind()} cannot be loaded by this version")


@lru_cache(maxsize=1)
def _mnist() -> tuple[Examples, Examples]:
    with np.load(resources.path("data", "mnist.npz")) as file:
        train = _pictures(file["x_train"], file["y_train"])
        return train, _pictures(file["x_test"], file["y_test"])


def _pictures(pixels: Raw, labels: Raw) -> Examples:
    """(x / 255 - mean) / spread, once for all pictures."""
    inputs = torch.from_numpy(pixels).to(torch.float32).unsqueeze_(1)
    inputs.div_(255).sub_(MNIST_MEAN).div_(MNIST_SPREAD)
    return Examples(inputs, torch.from_numpy(labels).to(torch.int64), MNIST_SPREAD, MNIST_MEAN)


@lru_cache(maxsize=1)
def _digits() -> tuple[Examples, Examples]:
    """Shuffled once by a fixed seed, so that the test set is the same for everybody."""
    with np.load(resources.path("data", "digits8x8.npz")) as file:
        pixels, labels = file["x"], file["y"]
    order = np.random.RandomState(0).permutation(len(labels))
    inputs = torch.from_numpy(pixels[order]).to(torch.float32).unsqueeze_(1).div_(DIGITS_LARGEST)
    numbers = torch.from_numpy(labels[order]).to(torch.int64)
    cut = DIGITS_TRAIN
    return Examples(inputs[:cut], numbers[:cut]), Examples(inputs[cut:], numbers[cut:])


def _rows(drawn: Drawn) -> Examples:
    points, labels = drawn
    return Examples(torch.from_numpy(points).to(torch.float32), torch.from_numpy(labels))


def _moved(examples: Examples, device: str, limit: int) -> Examples:
    inputs, labels = examples.inputs[:limit].to(device), examples.labels[:limit].to(device)
    return Examples(inputs, labels, examples.scale, examples.offset)
