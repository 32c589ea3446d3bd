"""What may help a block that refuses its inputs, by the kind of block. Each idea is tried before it is offered."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from math import isqrt, prod

from engine.blocks import BLOCKS
from engine.blocks.base import Block, Ids, Shape, shape_text
from engine.blocks.convolution import Conv1d, Conv3d
from engine.blocks.dimensions import Transpose
from engine.blocks.dropout import Dropout, Dropout2d
from engine.blocks.linear import Embedding, Linear
from engine.blocks.pooling import AdaptiveAvgPool1d
from engine.blocks.recurrent import Recurrent
from engine.blocks.shaping import Flatten, Reshape
from engine.blocks.transformer import Transformer
from engine.blocks.upsampling import Upsample
from engine.evaluation import evaluate
from engine.graph import Wire
from engine.problems import Fix
from engine.repair_steps import Fault, insert, replace_with, set_values

STEPS: tuple[Block, ...] = (Flatten(start_dim=2), Transpose(dim0=1, dim1=2))
"""A picture as a sequence: its places are the steps, its channels the features."""


def another_rank(fault: Fault) -> Iterator[Fix]:
    """For one input with too many or too few dimensions: a block for such shapes, or another shape."""
    port, shape, block = fault.ports[0], fault.inputs[0], fault.node.block
    if isinstance(shape, Ids):
        yield from insert(fault, {port: (Embedding(),)}, "Insert Embedding")
    if isinstance(block, Dropout2d):
        yield from replace_with(fault, Dropout(**block.values()), "Use Dropout")
    yield from _siblings(fault)
    if isinstance(block, Recurrent | Transformer):
        yield from _as_sequence(fault)
    if len(shape) > 1:
        yield from insert(fault, {port: (Flatten(),)}, "Insert Flatten")
    for other in _unfolded(shape):
        yield from insert(fault, {port: (Reshape(shape=other),)}, f"Reshape to {shape_text(other)}")


def _siblings(fault: Fault) -> Iterator[Fix]:
    """The same block for another number of dimensions: Conv1d in place of Conv2d."""
    block = fault.node.block
    stem, rank = block.kind()[:-2], block.kind()[-2:]
    for other in ("1d", "2d", "3d"):
        kind = BLOCKS.get(f"{stem}{other}")
        if rank in ("1d", "2d", "3d") and kind and not isinstance(block, kind):
            known = kind().values()
            values = {name: value for name, value in block.values().items() if name in known}
            with suppress(ValueError):  # sizes for each dimension are as many as there are dimensions
                yield from replace_with(fault, kind(**values), f"Use {kind.kind()}")


def _as_sequence(fault: Fault) -> Iterator[Fix]:
    port, shape = fault.ports[0], fault.inputs[0]
    if len(shape) == 3 and shape[0] == 1:
        yield from insert(fault, {port: (Reshape(shape=shape[1:]),)}, "Read the rows of the picture as steps")
    if len(shape) == 3:
        yield from insert(fault, {port: STEPS}, "Read the places of the picture as steps")
    if len(shape) == 1:
        yield from insert(fault, {port: (Reshape(shape=(shape[0], 1)),)}, f"Reshape to {shape[0]}×1, a number a step")


def _unfolded(shape: Shape) -> Iterator[Shape]:
    """Shapes with the same numbers and more dimensions: with one channel, and as a picture, square if it can be."""
    numbers = prod(shape)
    side = isqrt(numbers)
    if len(shape) == 2:
        yield 1, *shape
    yield (1, side, side) if side * side == numbers else (1, 1, numbers)
    if len(shape) == 1:
        yield 1, *shape


def matrices(fault: Fault) -> Iterator[Fix]:
    """For a matrix product: lay one of the matrices on its side, swap them, or make the rows fit."""
    (one, two), (a, b) = fault.ports, fault.inputs
    for port, shape in ((two, b), (one, a)):
        if len(shape) > 1:
            turned = Transpose(dim0=len(shape) - 1, dim1=len(shape))
            yield from insert(fault, {port: (turned,)}, f"Transpose {port}")
    yield from _swapped(fault)
    if len(b) > 1:
        yield from insert(fault, {one: (Linear(out_features=b[-2]),)}, f"Put a Linear on {one}")


def _swapped(fault: Fault) -> Iterator[Fix]:
    if evaluate(fault.node.block, fault.inputs[::-1]).error:
        return
    name, (one, two), feeds = fault.node.name, fault.ports, fault.graph.feeds(fault.node.name)
    crossed = Wire(*feeds[two], name, one), Wire(*feeds[one], name, two)
    yield Fix("Swap the inputs", lambda graph: graph.disconnect(*graph.into(name)).connect(*crossed))


def sequences(fault: Fault) -> Iterator[Fix]:
    """For attention and what is built of it: pictures as sequences, and value from where key comes from."""
    words = {p: (Embedding(),) for p, s in zip(fault.ports, fault.inputs, strict=True) if isinstance(s, Ids)}
    yield from insert(fault, words, "Insert Embedding")
    pictures = {p: STEPS for p, s in zip(fault.ports, fault.inputs, strict=True) if len(s) == 3}
    yield from insert(fault, pictures, "Read the places of the picture as steps")
    feeds = fault.graph.feeds(fault.node.name)
    for port, model in (("value", "key"), ("key", "value"), ("key", "query")):
        if port in feeds and model in feeds:
            yield from _fed_like(fault, port, model)
    yield from narrowed(fault)


def _fed_like(fault: Fault, port: str, model: str) -> Iterator[Fix]:
    shapes = tuple(fault.shape_at(model if name == port else name) for name in fault.ports)
    source = fault.graph.feeds(fault.node.name)[model]
    wire = Wire(*source, fault.node.name, port)
    if not evaluate(fault.node.block, shapes).error:
        yield Fix(f"Feed {port} from {source[0]} too", lambda graph: graph.connect(wire))


def narrowed(fault: Fault) -> Iterator[Fix]:
    """For inputs whose last sizes differ: a Linear on one of them."""
    for port, shape in zip(fault.ports, fault.inputs, strict=True):
        for size in dict.fromkeys(other[-1] for other in fault.inputs if other and shape and other[-1] != shape[-1]):
            yield from insert(fault, {port: (Linear(out_features=size),)}, f"Put a Linear on {port}")


def broadcast(fault: Fault) -> Iterator[Fix]:
    """For one number a channel that meets a picture or a sequence: a shape that is used at every place."""
    for port, other in zip(fault.ports, reversed(fault.inputs), strict=True):
        shape = fault.shape_at(port)
        if len(shape) == 1 and len(other) > 1 and shape[0] in (other[0], other[-1]):
            ones = (1,) * (len(other) - 1)
            wide = (shape[0], *ones) if shape[0] == other[0] else (*ones, shape[0])
            yield from insert(fault, {port: (Reshape(shape=wide),)}, f"Reshape {port} to {shape_text(wide)}")


def skip_of_another_rank(fault: Fault, port: str, wanted: Shape) -> Iterator[Fix]:
    """For sequences and volumes that are added up: another number of channels, another length."""
    block = {2: Conv1d, 4: Conv3d}.get(len(wanted))
    if block:
        layer = block(out_channels=wanted[0], kernel_size=1)
        yield from insert(fault, {port: (layer,)}, f"Put a 1×1 {block.kind()} on the skip wire")
    if len(wanted) == 2:
        pool = AdaptiveAvgPool1d(output_size=wanted[1])
        yield from insert(fault, {port: (pool,)}, "Insert a pooling layer on the skip wire")


def another_dim(fault: Fault) -> Iterator[Fix]:
    """For tensors that are joined: along another dimension."""
    for dim in range(1, len(fault.inputs[0]) + 1):
        if dim != fault.node.block.values()["dim"]:
            yield from set_values(fault, {"dim": dim}, f"Set dim to {dim}")


def enlarged(fault: Fault) -> Iterator[Fix]:
    """For pictures that are joined: the smaller ones as large as the largest."""
    if any(len(shape) != 3 for shape in fault.inputs):
        return
    size = max(shape[1] for shape in fault.inputs), max(shape[2] for shape in fault.inputs)
    larger = Upsample(size=size, scale_factor=None)
    chains = {p: (larger,) for p, s in zip(fault.ports, fault.inputs, strict=True) if s[1:] != size}
    yield from insert(fault, chains, "Enlarge the smaller pictures")
