"""Operators of ONNX that rearrange, take or join: as functions of PyTorch, or worked out at once for plain sizes."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Any

import torch
from torch import fx, nn

from engine.importing import layers
from engine.importing.attributes import different
from engine.importing.fixed_batch import with_batch
from engine.importing.layers import Weight
from engine.importing.layouts import CannotDraw
from engine.importing.onnx_values import Operation, Value, sketch
from engine.importing.places import picked
from engine.importing.reshaping import origin, sizes_of
from engine.importing.tracing import BATCH

FAR = 2**31 - 2
"""Ends of slices beyond this mean "to the end"."""


def _shape(step: Operation) -> torch.Tensor:
    sizes = step.shape()
    return torch.tensor(sizes[step.settings.get("start", 0) : step.settings.get("end")], dtype=torch.int64)


def _reshape(step: Operation) -> Any:
    wanted = step.numbers(1, "shape")
    if wanted is None:
        raise CannotDraw("its shape is not given")
    value, given = step.get(0), step.shape()
    if not step.settings.get("allowzero"):
        wanted = [given[axis] if size == 0 else size for axis, size in enumerate(wanted)]
    if not isinstance(value, fx.Node):
        return step.run(torch.reshape, value, tuple(wanted))
    if step.batch is not None:
        wanted = _for_batch(wanted, sizes_of(origin(value)), step.batch)
    sizes = _whole(wanted, given)
    if len(given) > 2 and sizes == (given[0], prod(given[1:])) and origin(value) is value:
        return step.run(torch.flatten, value, 1)
    return step.build.reshaped(value, sizes)


def _whole(wanted: Sequence[int], given: Sequence[int]) -> tuple[int, ...]:
    """Sizes with a number in place of the one that follows from the others."""
    known = prod(size for size in wanted if size != -1)
    return tuple(prod(given) // max(known, 1) if size == -1 else size for size in wanted)


def _resized(step: Operation, sizes: Sequence[int]) -> Any:
    value = step.get(0)
    if isinstance(value, fx.Node):
        return step.build.reshaped(value, sizes)
    return step.run(torch.reshape, value, tuple(sizes))


def _for_batch(wanted: list[int], given: tuple[int, ...], batch: int) -> list[int]:
    """Sizes that a file with a fixed batch means, for the batch that is at hand."""
    if BATCH in wanted or not any(size % BATCH == 0 for size in given):
        return wanted
    total = prod(given) // BATCH * batch
    known = prod(size for size in wanted if size != -1)
    return with_batch([total // known if size == -1 else size for size in wanted], given, batch)


def _flatten(step: Operation) -> Any:
    axis = step.settings.get("axis", 1) % (step.rank() + 1)
    if axis == 1:
        return step.run(torch.flatten, step.get(0), 1)
    sizes = step.shape()
    return _resized(step, (prod(sizes[:axis]), prod(sizes[axis:])))


def _transpose(step: Operation) -> Any:
    order = tuple(step.settings.get("perm") or range(step.rank() - 1, -1, -1))
    sizes, value = step.shape(), step.get(0)
    moving = [axis for axis in order if sizes[axis] != 1]
    if moving == sorted(moving):
        return _resized(step, [sizes[axis] for axis in order])
    if isinstance(value, fx.Node) and value.target is torch.permute:
        source, first = value.args
        if isinstance(source, fx.Node) and isinstance(first, tuple):
            both = tuple(first[axis] for axis in order)
            return source if both == tuple(range(len(order))) else step.quietly_permuted(source, both)
    return step.quietly_permuted(value, order)


def _squeeze(step: Operation) -> Any:
    axes = step.numbers(1, "axes")
    sizes, rank = step.shape(), step.rank()
    gone = {axis % rank for axis in axes} if axes else {axis for axis, size in enumerate(sizes) if size == 1}
    return _resized(step, [size for axis, size in enumerate(sizes) if axis not in gone])


def _unsqueeze(step: Operation) -> Any:
    axes = step.numbers(1, "axes") or []
    rank, sizes = step.rank() + len(axes), list(step.shape())
    for axis in sorted(axis % rank for axis in axes):
        sizes.insert(axis, 1)
    return _resized(step, sizes)


def _concatenate(step: Operation) -> Any:
    axis = step.settings["axis"]
    given = [_for_each_example(step, value) if axis % step.rank() else value for value in step.inputs]
    return step.run(torch.cat, given, axis)


def _for_each_example(step: Operation, value: Value) -> Value:
    """What a file with a fixed batch holds once for every example, such as a class token."""
    moving = any(isinstance(other, fx.Node) and sketch(other).shape[0] == BATCH for other in step.inputs)
    if not moving or isinstance(value, fx.Node) or value is None or sketch(value).shape[0] != step.batch:
        return value
    numbers = sketch(value)
    if not bool((numbers == numbers[:1]).all()):
        raise CannotDraw("it joins something else to each example of a batch")
    first = Weight(value.path, nn.Parameter(numbers[:1])) if isinstance(value, Weight) else numbers[:1]
    found: Value = step.build.run(torch.broadcast_to, step.as_node(first), (BATCH, *numbers.shape[1:]))
    return found


def _split(step: Operation) -> Any:
    axis = step.settings.get("axis", 0) % step.rank()
    size = step.shape()[axis]
    sizes = step.numbers(1, "split")
    if sizes is None:
        part = -(-size // step.settings.get("num_outputs", step.outputs))
        sizes = [min(part, size - start) for start in range(0, size, part)]
    found = step.run(torch.split, step.get(0), sizes, axis)
    return list(found)


def _slice(step: Operation) -> Any:
    starts, ends = step.numbers(1, "starts"), step.numbers(2, "ends")
    if starts is None or ends is None:
        raise CannotDraw("its places are not given")
    axes = step.numbers(3, "axes") or list(range(len(starts)))
    steps = step.numbers(4, "steps") or [1] * len(starts)
    index = [slice(None)] * step.rank()
    for start, end, axis, stride in zip(starts, ends, axes, steps, strict=True):
        if stride < 0:
            return _flipped(step, axes, starts, ends, steps)
        size = step.shape()[axis]
        first = max(start + size, 0) if start < 0 else min(start, size)
        index[axis] = slice(first or None, None if end > FAR or end == size else end, stride)
    if all(one in (slice(None), slice(None, None, 1)) for one in index):
        return step.get(0)
    return step.run(operator.getitem, step.get(0), tuple(index))


def _flipped(step: Operation, axes: Sequence[int], *words: Sequence[int]) -> Any:
    """A slice that runs backwards through everything."""
    starts, ends, steps = words
    if set(steps) != {-1} or any(start < FAR and start != -1 for start in starts) or any(end > -FAR for end in ends):
        raise CannotDraw("it runs backwards through a part")
    return step.run(torch.flip, step.get(0), tuple(axis % step.rank() for axis in axes))


def _gather(step: Operation) -> Any:
    """Rows of a table for ids, or places of a tensor."""
    table, places = step.get(0), step.get(1)
    axis = step.settings.get("axis", 0) % step.rank()
    if isinstance(places, Weight):
        raise CannotDraw("it picks places by real numbers")
    if isinstance(places, fx.Node):
        if isinstance(table, Weight) and axis == 0 and len(table.sizes) == 2:
            return step.layer(layers.embedding(table), places)
        return picked(step.build, step.as_node(table), axis, [places])
    if places is None or (not isinstance(table, fx.Node) and not _repeats(table, axis, places)):
        return step.run(_picked, table, axis, places)
    numbers = [int(number) for number in places.flatten().tolist()]
    if places.dim() == 1 and len(numbers) == 1:
        return step.run(torch.narrow, table, axis, numbers[0] % step.shape()[axis], 1)
    stride = numbers[1] - numbers[0] if places.dim() == 1 else 0
    if stride < 1 or numbers != list(range(numbers[0], numbers[-1] + 1, stride)) or numbers[0] < 0:
        return picked(step.build, step.as_node(table), axis, [places])
    index = (*[slice(None)] * axis, slice(numbers[0], numbers[-1] + 1, stride))
    return step.run(operator.getitem, table, (*index, *[slice(None)] * (step.rank() - axis - 1)))


def _gather_several(step: Operation) -> Any:
    """GatherND: rows by places in the first dimensions."""
    places = step.get(1)
    if step.settings.get("batch_dims"):
        raise CannotDraw("it picks other places for each example")
    if isinstance(places, fx.Node) and step.shape(1)[-1] == 1:
        return picked(step.build, step.node(), 0, [step.run(torch.squeeze, places, -1)])
    if not isinstance(places, torch.Tensor):
        raise CannotDraw("it picks places in several dimensions at once, and they depend on the data")
    return picked(step.build, step.node(), 0, places.unbind(-1))


def _repeats(table: Value, axis: int, places: torch.Tensor) -> bool:
    """Whether places of what is learned come several times, so that each must stay one number to learn."""
    if not isinstance(table, Weight) or not table.tensor.requires_grad:
        return False
    return different(places % table.sizes[axis]) < places.numel()


def _picked(table: torch.Tensor, axis: int, places: torch.Tensor) -> torch.Tensor:
    found = torch.index_select(table, axis, places.flatten() % table.shape[axis])
    return found.reshape((*table.shape[:axis], *places.shape, *table.shape[axis + 1 :]))


def _expand(step: Operation) -> Any:
    wanted = step.numbers(1) or []
    value = step.get(0)
    alike = value.tensor.detach() if isinstance(value, Weight) else value
    if isinstance(alike, torch.Tensor) and bool((alike == alike.flatten()[0]).all()):
        return _filled_alike(step, alike, wanted)
    one, other = (torch.empty(shape, device="meta") for shape in (step.shape(), tuple(wanted)))
    sizes = list((one + other).shape)
    if step.batch is not None and not isinstance(step.get(0), fx.Node) and len(sizes) > 1 and sizes[0] == step.batch:
        sizes[0] = BATCH if isinstance(step.get(0), Weight) else sizes[0]
    if isinstance(value, Weight):
        value = step.as_node(value)
    return step.run(torch.broadcast_to, value, tuple(sizes))


def _filled_alike(step: Operation, value: torch.Tensor, wanted: Sequence[int]) -> torch.Tensor:
    """One number everywhere, for as many examples as are at hand."""
    pairs = zip(value.shape, reversed([*reversed(wanted)][: value.dim()]), strict=True)
    sizes = [*wanted[: len(wanted) - value.dim()], *(max(one, other) for one, other in pairs)]
    number = value.flatten()[:1]
    return number.reshape([1] * len(sizes)).expand(sizes)


def _filled(step: Operation) -> Any:
    value = step.settings.get("value")
    number = value.item() if isinstance(value, torch.Tensor) else 0.0
    return torch.full(tuple(step.numbers(0) or ()), number)


def _range(step: Operation) -> Any:
    start, end, stride = (sketch(value) for value in step.inputs)
    if not step.is_fixed:
        raise CannotDraw("it counts to a number that is worked out from the data")
    return torch.arange(start.item(), end.item(), stride.item())


SHAPING: Mapping[str, Callable[[Operation], Any]] = {
    "Shape": _shape,
    "Size": lambda step: torch.tensor(prod(step.shape())),
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Transpose": _transpose,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Concat": _concatenate,
    "Split": _split,
    "Slice": _slice,
    "Gather": _gather,
    "GatherND": _gather_several,
    "Expand": _expand,
    "ConstantOfShape": _filled,
    "Range": _range,
}
"""Operators by name."""
