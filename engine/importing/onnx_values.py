"""One node of an ONNX graph: what it is given, and how its outcome is noted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx, nn

from engine.importing.layers import Layer, Weight
from engine.importing.layouts import CannotDraw
from engine.importing.rebuilding import Rebuilding
from engine.importing.reshaping import FLEETING
from engine.importing.tracing import BATCH

Value = fx.Node | Weight | torch.Tensor | None
"""A step of the rebuilt graph, a weight, fixed numbers, or an input that is left out."""


@dataclass(frozen=True)
class Operation:
    """A node with its inputs."""

    build: Rebuilding
    kind: str
    inputs: tuple[Value, ...]
    settings: dict[str, Any]
    outputs: int
    opset: int
    batch: int | None
    """The size of the batch that the file is made for; None where it takes any."""

    def get(self, index: int) -> Value:
        """An input, or None where it is left out."""
        return self.inputs[index] if index < len(self.inputs) else None

    def node(self, index: int = 0) -> fx.Node:
        """An input as a step. Raises CannotDraw where there is none."""
        return self.as_node(self.get(index))

    def as_node(self, value: Value) -> fx.Node:
        """Any tensor as a step."""
        if isinstance(value, Weight):
            return self.build.tensor(value)
        if isinstance(value, torch.Tensor):
            return self.build.constant(value)
        if value is None:
            raise CannotDraw("an input is left out")
        return value

    def shape(self, index: int = 0) -> tuple[int, ...]:
        """The sizes of an input."""
        return tuple(sketch(self.get(index)).shape)

    def rank(self) -> int:
        """How many dimensions the first input has."""
        return len(self.shape())

    def numbers(self, index: int, name: str = "") -> list[int] | None:
        """Whole numbers that are given as an input, or in older files as a setting."""
        value = self.get(index)
        if value is None:
            found = self.settings.get(name)
            return None if found is None else [found] if isinstance(found, int) else list(found)
        return [int(number) for number in self._fixed(value).flatten().tolist()]

    def number(self, index: int, name: str = "", default: float | None = None) -> float | None:
        """One number that is given as an input, or in older files as a setting."""
        value = self.get(index)
        if value is None:
            found = self.settings.get(name, default)
            return None if found is None else float(found)
        return float(self._fixed(value).flatten()[0])

    def _fixed(self, value: Value) -> torch.Tensor:
        if isinstance(value, Weight):
            return value.tensor.detach()
        if not isinstance(value, torch.Tensor):
            raise CannotDraw("a size or setting of it is worked out from the data")
        return value

    @property
    def is_fixed(self) -> bool:
        """Whether nothing that it is given depends on the network's inputs."""
        return not any(isinstance(value, fx.Node) for value in self.inputs)

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Note a step, or work it out at once where all its numbers are fixed."""
        tensors = [value for value in _flat(args) if isinstance(value, fx.Node | Weight | torch.Tensor)]
        if any(isinstance(value, fx.Node) for value in tensors):
            return self.build.run(function, *_each(args, self._as_argument), **kwargs)
        weights = [value for value in tensors if isinstance(value, Weight)]
        found = function(*_each(args, _plain), **kwargs)
        if weights and isinstance(found, tuple):
            return [_derived(weights[0], part) for part in found]
        return _derived(weights[0], found) if weights else found

    def quietly_permuted(self, value: Value, order: tuple[int, ...]) -> Any:
        """A step that changes the order of dimensions, and goes if nothing needs it."""
        found = self.run(torch.permute, value, order)
        if isinstance(found, fx.Node):
            found.meta[FLEETING] = True
        return found

    def layer(self, layer: Layer, value: Value) -> Any:
        """Note a step that calls a module with weights."""
        return self.build.layer(layer, self.as_node(value))

    def weight(self, index: int) -> Weight | None:
        """A weight among the inputs, None where it is left out. Raises CannotDraw for anything else."""
        value = self.get(index)
        if value is None or isinstance(value, Weight):
            return value
        raise CannotDraw("its weights are worked out by other steps")

    def needed_weight(self, index: int) -> Weight:
        """A weight that cannot be left out."""
        found = self.weight(index)
        if found is None:
            raise CannotDraw("it has no weights")
        return found

    def _as_argument(self, value: Any) -> Any:
        return self.as_node(value) if isinstance(value, Weight | torch.Tensor) else value


def _derived(weight: Weight, found: Any) -> Any:
    """What was worked out from a weight, as a weight; once where it is the same for every example."""
    if not isinstance(found, torch.Tensor):
        return found
    for axis in (axis for axis, size in enumerate(found.shape) if size == BATCH):
        found = once(found, axis)
    return Weight(weight.path, nn.Parameter(found, weight.learns) if found.is_floating_point() else found)


def once(numbers: torch.Tensor, axis: int) -> torch.Tensor:
    """The first along a dimension in which all are alike. Raises CannotDraw where they are not."""
    first = numbers.narrow(axis, 0, 1)
    if not bool((numbers == first).all()):
        raise CannotDraw("it holds something else for each example of a batch")
    return first


def sketch(value: Value) -> torch.Tensor:
    """A tensor that has the shape of a value."""
    if value is None:
        raise CannotDraw("an input is left out")
    if isinstance(value, Weight):
        return value.tensor.detach()
    found = value.meta["value"] if isinstance(value, fx.Node) else value
    assert isinstance(found, torch.Tensor)
    return found


def _flat(values: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        found += _flat(value) if isinstance(value, list | tuple) else [value]
    return found


def _each(values: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(values, list | tuple):
        return type(values)(_each(value, change) for value in values)
    return change(values)


def _plain(value: Any) -> Any:
    return value.tensor.detach() if isinstance(value, Weight) else value
