"""The data sets as Python text: read from a file or computed, with the very numbers that the program trains on."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template

from engine.export.pieces import Piece
from engine.export.style import CannotExport
from engine.recipes.data_sets import Box, Circle, DataSet, Digits, Gauss, Mnist, Playground, Spiral, Xor, XorPoints

TENSORS = ("import torch", "from torch.utils.data import TensorDataset")
ARRAYS = ("import numpy as np", *TENSORS)

FILES: Mapping[type[DataSet], str] = {Mnist: "mnist.npz", Digits: "digits8x8.npz"}
"""The data sets that are read from a file, and what it is called."""


def data_piece(data: DataSet) -> Piece:
    """The text with `load_data`, which gives the training and the test set. Raises CannotExport."""
    kind, about = type(data), f"{data.title}. {data.summary()}"
    if isinstance(data, Mnist | Digits):
        limit = "" if data.examples == kind().train_examples else f"[:{data.examples}]"
        text = Template(_FILED[kind]).substitute(limit=limit, count=f"{data.examples:,}")
        return Piece(text, (*ARRAYS, "from pathlib import Path"), about)
    if isinstance(data, Playground) and kind in _PATTERNS:
        values = {"summary": data.summary(), "pattern": _PATTERNS[kind], "noise": repr(data.noise)}
        return Piece(Template(_PLAYGROUND).substitute(values), ARRAYS, about)
    if kind in _PLAIN:
        return Piece(_PLAIN[kind], ARRAYS if "np." in _PLAIN[kind] else TENSORS, about)
    raise CannotExport(f"A training program for {data.title} cannot be written yet. Choose another data set.")


_MNIST = '''
MISSING = """{path} is not there. Layerloom has the file in its folder resources/data:
copy it here, or give its place. It can also be made with torchvision:

import numpy
from torchvision.datasets import MNIST

train, test = MNIST(".", train=True, download=True), MNIST(".", train=False)
numpy.savez_compressed(
    "mnist.npz",
    x_train=train.data, y_train=train.targets, x_test=test.data, y_test=test.targets,
)"""

MEAN, SPREAD = 0.1307, 0.3081  # of all pixels of MNIST


def load_data(path="mnist.npz"):
    """MNIST: $count handwritten digits to learn from and 10,000 to test with."""
    if not Path(path).exists():
        raise SystemExit(MISSING.format(path=path))
    with np.load(path) as file:
        train = as_dataset(file["x_train"]$limit, file["y_train"]$limit)
        test = as_dataset(file["x_test"], file["y_test"])
    return train, test


def as_dataset(pixels, labels):
    """Scale pixels to 0-1, then take the mean away and divide by the spread."""
    inputs = torch.from_numpy(pixels).to(torch.float32).unsqueeze(1)  # N x 1 x 28 x 28
    inputs = (inputs / 255 - MEAN) / SPREAD
    return TensorDataset(inputs, torch.from_numpy(labels).to(torch.int64))
'''

_DIGITS = '''
MISSING = """{path} is not there. Layerloom has the file in its folder resources/data:
copy it here, or give its place. It can also be made with scikit-learn:

import numpy
from sklearn.datasets import load_digits

digits = load_digits()
numpy.savez_compressed(
    "digits8x8.npz", x=digits.images.astype("uint8"), y=digits.target.astype("uint8")
)"""


def load_data(path="digits8x8.npz"):
    """Handwritten digits of 8x8 pixels: $count to learn from and 360 to test with."""
    if not Path(path).exists():
        raise SystemExit(MISSING.format(path=path))
    with np.load(path) as file:
        pixels, labels = file["x"], file["y"]
    # Shuffled by a fixed seed, so that the test set is the same for everybody.
    order = np.random.RandomState(0).permutation(len(labels))
    inputs = torch.from_numpy(pixels[order]).to(torch.float32).unsqueeze(1)
    inputs = inputs / 16  # pixels count from 0 to 16
    labels = torch.from_numpy(labels[order]).to(torch.int64)
    train = TensorDataset(inputs[:1437]$limit, labels[:1437]$limit)
    test = TensorDataset(inputs[1437:], labels[1437:])
    return train, test
'''

_PLAYGROUND = '''
NOISE = $noise  # how much the points are shaken out of their pattern


def load_data():
    """$summary

    The same 250 points to learn from and 250 to test with each time.
    """
    chance = np.random.default_rng(0)
$pattern
    order = chance.permutation(500)
    points = torch.from_numpy(points[order]).to(torch.float32)
    labels = torch.from_numpy(labels[order]).to(torch.int64)
    train = TensorDataset(points[:250], labels[:250])
    test = TensorDataset(points[250:], labels[250:])
    return train, test
'''

_CIRCLE = """\
    labels = np.repeat([1, 0], 250)
    inner, outer = chance.uniform(0, 2.5, 250), chance.uniform(3.5, 5, 250)
    radius, angle = np.concatenate([inner, outer]), chance.uniform(0, 2 * np.pi, 500)
    points = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    points += NOISE * chance.uniform(-5, 5, points.shape)"""

_XOR = """\
    points = chance.uniform(-5, 5, (500, 2))
    points += 0.3 * np.sign(points)  # a gap along the axes
    labels = (points[:, 0] * points[:, 1] >= 0).astype(np.int64)
    points += NOISE * chance.uniform(-5, 5, points.shape)"""

_GAUSS = """\
    labels = np.repeat([1, 0], 250)
    centres = np.where(labels[:, None] == 1, 2.0, -2.0)
    spread = np.sqrt(0.5 + 7 * NOISE)
    points = centres + spread * chance.standard_normal((500, 2))"""

_SPIRAL = """\
    labels = np.repeat([1, 0], 250)
    along = np.tile(np.arange(250) / 250, 2)
    angle = 3.5 * np.pi * along + np.where(labels == 1, 0.0, np.pi)
    points = 5 * along[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    points += NOISE * chance.uniform(-1, 1, points.shape)"""

_XOR_POINTS = '''
def load_data():
    """The XOR table: 100 points close to the corners of a square; tested with others."""
    return draw_points(seed=0), draw_points(seed=1)


def draw_points(seed):
    """25 points at each corner, shaken a little; class 1 where the coordinates differ."""
    corners = np.repeat(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), 25, axis=0)
    shaken = 0.01 * np.random.default_rng(seed).standard_normal(corners.shape)
    points = torch.from_numpy(corners + shaken).to(torch.float32)
    labels = torch.from_numpy(corners[:, 0] != corners[:, 1]).to(torch.int64)
    return TensorDataset(points, labels)
'''

_BOX = '''
def load_data():
    """The numbers from -20 to 19, with class 1 strictly between -4 and 4."""
    numbers = torch.arange(-20, 20, dtype=torch.float32).unsqueeze(1)
    labels = (numbers[:, 0].abs() < 4).to(torch.int64)
    box = TensorDataset(numbers, labels)
    return box, box  # the whole function is learned, so the test set is the same
'''

_PATTERNS: Mapping[type[DataSet], str] = {Circle: _CIRCLE, Xor: _XOR, Gauss: _GAUSS, Spiral: _SPIRAL}

_FILED: Mapping[type[DataSet], str] = {Mnist: _MNIST, Digits: _DIGITS}
_PLAIN: Mapping[type[DataSet], str] = {XorPoints: _XOR_POINTS, Box: _BOX}
