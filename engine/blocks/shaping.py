"""Blocks that arrange the same numbers in another shape."""

from __future__ import annotations

from math import prod

from engine.blocks.base import Block, SetValues, Shape, ShapeError, elements, setting_text, shape_text
from engine.blocks.operation import Operation, along
from engine.program import Call, Variable, call
from engine.settings import param


class Flatten(Block):
    """Lays a picture out as one long row of numbers, as Linear wants it.

    Formula: the same numbers in the same order
    In: a tensor of any shape.
    Out: the dimensions from start_dim to end_dim as one; usually a row of all numbers.
    Use: between the last convolution or pooling and the first Linear.
    Example: Flatten(): 16×5×5 → 400
        Flatten(start_dim=2): 16×5×5 → 16×25
    Labs: 39, 40
    """

    family = "pooling"
    title = "Flatten"
    torch_name = "nn.Flatten"
    keywords = ("reshape", "view", "row")
    short_name = "flatten"
    saves = ("view",)
    ids = "keeps"

    start_dim: int = param("First dimension to lay out; 0 is the batch.", -16, 16, default=1, rare=True)
    end_dim: int = param("Last dimension to lay out.", -16, 16, default=-1, rare=True)

    def shape_rule(self, input: Shape) -> Shape:
        rank = len(input) + 1
        reset = SetValues((("start_dim", 1), ("end_dim", -1)), "Lay out everything but the batch")
        first, last = (dim + rank if dim < 0 else dim for dim in (self.start_dim, self.end_dim))
        if not (0 <= first < rank and 0 <= last < rank):
            raise ShapeError(
                f"has start_dim={self.start_dim} and end_dim={self.end_dim}, which need more dimensions",
                reset,
            )
        if first > last:
            raise ShapeError(
                f"has start_dim={self.start_dim} behind end_dim={self.end_dim}; it needs them in order", reset
            )
        if first == 0 and prod(input[:last]) > 1:
            raise ShapeError("has start_dim=0, the batch: examples would be mixed. It needs a start_dim from 1", reset)
        if first == last:
            return input
        if first == 0:  # the batch swallows dimensions of size 1
            return input[last:]
        return *input[: first - 1], prod(input[first - 1 : last]), *input[last:]

    def as_function(self, *tensors: Variable) -> Call:
        ends = (self.start_dim,) if self.end_dim == -1 else (self.start_dim, self.end_dim)
        return call("torch.flatten", *tensors, *ends)


class Reshape(Operation):
    """Arranges the numbers of each example in another shape; -1 is worked out from the rest.

    Formula: the same numbers in the same order
    Out: a tensor of the given shape.
    Use: to turn a row into a picture or to split a dimension, as attention does for its heads.
    Example: Reshape(shape=(4, 7, 7)): 196 → 4×7×7
        Reshape(shape=(2, -1)): 3×8 → 2×12
    """

    family = "pooling"
    title = "Reshape"
    torch_name = "torch.reshape"
    keywords = ("view", "unflatten")
    short_name = "reshape"
    saves = ("view",)
    ids = "keeps"

    shape: tuple[int, ...] = param(
        "The new size of one example; one entry may be -1.", -1, 1_000_000, default=(-1,), listed=True
    )

    def shape_rule(self, input: Shape) -> Shape:
        wanted, whole = self.shape, elements(input)
        flat = SetValues((("shape", (-1,)),), "Set the shape to -1")
        if 0 in wanted or wanted.count(-1) > 1:
            raise ShapeError("needs sizes of at least 1, at most one of them -1", flat)
        known = prod(size for size in wanted if size != -1)
        if whole % known or (-1 not in wanted and whole != known):
            words = f"a multiple of {known}" if -1 in wanted else f"{known}"
            raise ShapeError(
                f"has the shape {shape_text(wanted)}, which needs {words} numbers in each example", flat,
                mismatch=f"{whole} ≠ {known}",
            )  # fmt: skip
        return tuple(whole // known if size == -1 else size for size in wanted)

    def apply(self, me: str, *tensors: Variable) -> Call:
        return call(f"{tensors[0]}.reshape", Variable(f"{tensors[0]}.shape[0]"), *self.shape)

    def key_settings(self) -> str:
        return setting_text(self.shape)


class Unflatten(Block):
    """Splits one dimension into several, the reverse of Flatten.

    Formula: the same numbers in the same order
    In: a tensor of any shape.
    Out: the same with dimension `dim` in the given sizes; one of them may be -1.
    Use: to give a row of numbers the shape of feature maps, as the first layer of a generator does.
    Example: Unflatten(dim=1, unflattened_size=(4, 7, 7)): 196 → 4×7×7
    """

    family = "pooling"
    title = "Unflatten"
    torch_name = "nn.Unflatten"
    keywords = ("reshape", "view", "split")
    short_name = "unflatten"
    saves = ("view",)
    ids = "keeps"

    dim: int = param("The dimension that is split; 0 is the batch.", -16, 16, default=1, required=True)
    unflattened_size: tuple[int, ...] = param(
        "What it is split into; one entry may be -1.", -1, 1_000_000, default=(1, -1), listed=True, required=True
    )

    def shape_rule(self, input: Shape) -> Shape:
        dim, wanted = along(self.dim, input), self.unflattened_size
        reset = SetValues((("unflattened_size", (1, -1)),), "Set unflattened_size to 1 and -1")
        if 0 in wanted or wanted.count(-1) > 1:
            raise ShapeError("needs sizes of at least 1, at most one of them -1", reset)
        known = prod(size for size in wanted if size != -1)
        if input[dim] % known or (-1 not in wanted and input[dim] != known):
            raise ShapeError(
                f"splits dimension {dim + 1} into {shape_text(wanted)}, which needs a size of {known} there", reset,
                mismatch=f"{input[dim]} ≠ {known}",
            )  # fmt: skip
        sizes = (input[dim] // known if size == -1 else size for size in wanted)
        return *input[:dim], *sizes, *input[dim + 1 :]

    def as_function(self, *tensors: Variable) -> Call:
        return call("torch.unflatten", *tensors, self.dim, self.unflattened_size)

    def key_settings(self) -> str:
        return setting_text(self.unflattened_size)


class Expand(Operation):
    """Repeats dimensions of size 1 without copying anything.

    Formula: y[…, i, …] = x[…, 0, …]
    Out: a tensor of the given sizes.
    Use: to show the same numbers to every place, such as one vector to a whole sequence.
    Example: Expand(sizes=(-1, 8, 8)): 16×1×1 → 16×8×8
    """

    family = "tensor"
    title = "Expand"
    torch_name = "Tensor.expand"
    keywords = ("broadcast", "repeat", "tile")
    short_name = "expand"
    saves = ("view",)
    ids = "keeps"

    sizes: tuple[int, ...] = param(
        "The new size of one example; -1 keeps a size.", -1, 1_000_000, default=(-1,), listed=True, required=True
    )

    def shape_rule(self, input: Shape) -> Shape:
        if len(self.sizes) != len(input):
            raise ShapeError(
                f"has {len(self.sizes)} sizes. It needs one for each of the {len(input)} dimensions of an example",
                *_keep(input, "sizes", -1),
            )
        for old, new in zip(input, self.sizes, strict=True):
            if new == 0 or (old != 1 and new not in (-1, old)):
                raise ShapeError(
                    f"expands {old} to {new}. It needs dimensions of size 1, and -1 for those that stay",
                    *_keep(input, "sizes", -1),
                    mismatch=f"{old} ≠ {new}",
                )
        return tuple(old if new == -1 else new for old, new in zip(input, self.sizes, strict=True))

    def apply(self, me: str, *tensors: Variable) -> Call:
        return call(f"{tensors[0]}.expand", -1, *self.sizes)

    def key_settings(self) -> str:
        return setting_text(self.sizes)


class Repeat(Operation):
    """Lays copies of a tensor side by side along its dimensions.

    Formula: y[…, i, …] = x[…, i mod size, …]
    Out: a tensor whose sizes are multiplied by `repeats`.
    Use: to tile a pattern, or to give one vector to every place of a sequence.
    Example: Repeat(repeats=(1, 2, 2)): 3×8×8 → 3×16×16
    """

    family = "tensor"
    title = "Repeat"
    torch_name = "Tensor.repeat"
    keywords = ("tile", "copies")
    short_name = "repeat"
    ids = "keeps"

    repeats: tuple[int, ...] = param(
        "How many copies along each dimension of an example.", 1, 10_000, default=(2,), listed=True, required=True
    )

    def shape_rule(self, input: Shape) -> Shape:
        if len(self.repeats) != len(input):
            raise ShapeError(
                f"has {len(self.repeats)} repeats. It needs one for each of the {len(input)} dimensions of an example",
                *_keep(input, "repeats", 1),
            )
        return tuple(size * times for size, times in zip(input, self.repeats, strict=True))

    def apply(self, me: str, *tensors: Variable) -> Call:
        return call(f"{tensors[0]}.repeat", 1, *self.repeats)

    def key_settings(self) -> str:
        return setting_text(self.repeats)


def _keep(input: Shape, name: str, neutral: int) -> tuple[SetValues, ...]:
    """The repair that leaves every size as it is; an example of one number has none."""
    return (SetValues(((name, (neutral,) * len(input)),), f"Set {name} to leave the shape alone"),) if input else ()
