"""Data sets as tensors in memory: loaded or computed once, then only indexed.

Drawing a batch is one `index_select`; a DataLoader would cost several times as much for data of this size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np
import torch

import resources
from engine.data.own_loading import Loaded, own_parts
from engine.data.parting import column_means, keep_back, offset_and_scale
from engine.data.torchvision_sets import folder_parts
from engine.recipes.data_sets import Call, DataSet, Mnist, OwnData, Playground, Source
from engine.recipes.data_sets.pictures import MNIST_MEAN, MNIST_SPREAD
from engine.recipes.data_sets.torchvision_sets import InFolder
from engine.recipes.split import Split, kept_back

__all__ = ["Examples", "Tensors", "load", "told"]

USUAL = Split()


@dataclass(frozen=True, eq=False)
class Examples:
    """Inputs (n, *shape) as the network gets them, and class numbers (n,) or target values (n, targets).

    `beside` has further tensors with one row for each example: `points` (n, 2), the places of a playground's points
    whatever the network is told about them; `boxes` (n, 4), where a shape lies: first column and row, last ones.
    """

    inputs: torch.Tensor
    labels: torch.Tensor
    scale: float | torch.Tensor = 1.0
    offset: float | torch.Tensor = 0.0
    """`inputs * scale + offset` are the numbers before normalising; one of each for every column or channel."""
    beside: Mapping[str, torch.Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.labels)

    def picture(self, index: int) -> torch.Tensor:
        """One example as people look at it: pixels from 0 to 1, or plain numbers."""
        return self.inputs[index] * self.scale + self.offset

    def class_counts(self, classes: int) -> tuple[int, ...]:
        """How many examples each class has."""
        return tuple(torch.bincount(self.labels, minlength=classes).tolist())

    def take(self, indices: torch.Tensor) -> Examples:
        """Some of the examples, in this order."""
        beside = {name: values[indices] for name, values in self.beside.items()}
        return replace(self, inputs=self.inputs[indices], labels=self.labels[indices], beside=beside)

    def moved(self, device: str) -> Examples:
        """The same examples on a device."""
        scale, offset = (
            value.to(device) if isinstance(value, torch.Tensor) else value for value in (self.scale, self.offset)
        )
        beside = {name: values.to(device) for name, values in self.beside.items()}
        return Examples(self.inputs.to(device), self.labels.to(device), scale, offset, beside)


@dataclass(frozen=True, eq=False)
class Tensors:
    """A data set in memory, on one device. Without a validation part of its own, `validation` is the test part."""

    train: Examples
    test: Examples
    validation: Examples

    @property
    def has_validation(self) -> bool:
        """Whether there is a part to check with while training that is not the test part."""
        return self.validation is not self.test


def load(data: DataSet, device: str = "cpu", split: Split = USUAL) -> Tensors:
    """Read or compute a data set, share it out, and normalise it with figures of the training part.

    It stays in memory, so loading it again costs nothing. Raises ValueError for a set that cannot be loaded or shared.
    """
    shares = split.validation or not data.test_examples
    return _load(data, device, split if shares else USUAL)


@lru_cache(maxsize=2)
def _load(data: DataSet, device: str, split: Split) -> Tensors:
    train, test = _whole(data)
    if test is None:
        if len(train) < 2:
            raise ValueError(f"{data.title} has {len(train)} example; at least 2 are needed, to keep one for the test")
        train, test = _shared(train, kept_back(len(train), split.test), split)
    count = kept_back(len(train), split.validation)
    train, validation = _shared(train, count, split) if count else (train, test)
    parts = {id(part): part for part in (train, test, validation)}
    ready = {name: part.moved(device) for name, part in _ready(data, id(train), parts).items()}
    return Tensors(ready[id(train)], ready[id(test)], ready[id(validation)])


def told(data: Playground, points: torch.Tensor) -> torch.Tensor:
    """What the network is told about places on the plane (n, 2): as many columns as the set has features."""
    then = data.source.then
    if then is None:
        return points
    return torch.from_numpy(called(then, points.cpu().double().numpy())).to(points)


def called(call: Call, *arguments: Any) -> Any:
    """What a function of a file in this folder gives."""
    return getattr(import_module(f"{__name__}.{call.file}"), call.function)(*arguments, **call.arguments)


def _whole(data: DataSet) -> tuple[Examples, Examples | None]:
    """Training part and test part as they come, if there is one. They are one and the same where all is learned."""
    source = data.source
    if isinstance(data, OwnData):
        own, test = own_parts(data)
        return _own(own), _own(test) if test else None
    if isinstance(data, InFolder):
        learned, tested = folder_parts(data)
        return _own(learned), _own(tested)
    if source is None:
        raise ValueError(f"the data set {data.kind()} cannot be loaded by this version")
    train = _drawn(data, source, source.train)
    if source.cut is not None:
        places = torch.arange(len(train))
        return train.take(places[: min(source.cut, data.train_examples)]), train.take(places[source.cut :])
    if source.test is None:
        return train, None
    return train, _drawn(data, source, source.test)


def _own(loaded: Loaded) -> Examples:
    inputs, targets = loaded
    return Examples(_tensor(inputs), _tensor(targets))


def _drawn(data: DataSet, source: Source, call: Call) -> Examples:
    place = (resources.path("data", source.file),) if source.file else ()
    inputs, labels, *more = called(call, *place)
    beside = dict(zip(source.beside, map(_tensor, more), strict=True))
    if isinstance(data, Playground):
        beside["points"] = _tensor(inputs)
    if source.then:
        inputs = called(source.then, inputs)
    return Examples(_tensor(inputs), _tensor(labels), beside=beside)


def _tensor(values: Any) -> torch.Tensor:
    """Real numbers in single precision, whole ones in 64 bits."""
    whole = np.issubdtype(values.dtype, np.integer)
    return torch.from_numpy(np.ascontiguousarray(values, np.int64 if whole else np.float32))


def _shared(examples: Examples, count: int, split: Split) -> tuple[Examples, Examples]:
    """What stays, and what is kept back."""
    parts = keep_back(examples.labels.numpy(), count, split.stratified, split.seed)
    stays, kept = (examples.take(torch.from_numpy(indices)) for indices in parts)
    return stays, kept


def _ready(data: DataSet, train: int, parts: Mapping[int, Examples]) -> Mapping[int, Examples]:
    """All parts filled and normalised by what the training part says."""
    how = data.normalising
    if data.fills_missing:
        means = torch.from_numpy(column_means(parts[train].inputs.numpy()))
        filled = {name: torch.where(part.inputs.isnan(), means, part.inputs) for name, part in parts.items()}
        parts = {name: replace(part, inputs=filled[name]) for name, part in parts.items()}
    if how == "none":
        return parts
    offset, scale = torch.tensor(MNIST_MEAN), torch.tensor(MNIST_SPREAD)
    if not (how == "usual" and isinstance(data, Mnist)):
        offset, scale = map(torch.from_numpy, offset_and_scale(parts[train].inputs.numpy(), how))
    for part in parts.values():  # in place: nobody else has these tensors, and MNIST would be there twice
        part.inputs.sub_(offset).div_(scale)
    return {name: replace(part, scale=scale, offset=offset) for name, part in parts.items()}
