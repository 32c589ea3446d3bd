"""Blocks that join several tensors into one."""

from __future__ import annotations

from engine.blocks.base import Block, SetValues, Shape, ShapeError
from engine.program import Call, Variable, call
from engine.settings import param

SIDES = {1: ("features",), 2: ("channels", "length"), 3: ("channels", "height", "width")}


class Pairwise(Block):
    """Base of blocks that work on two tensors number by number, with PyTorch's broadcasting."""

    inputs = ("input", "other")

    def shape_rule(self, input: Shape, other: Shape) -> Shape:
        if len(input) != len(other):
            raise ShapeError(
                "needs the same number of dimensions on both inputs",
                mismatch=f"{len(input)}d ≠ {len(other)}d",
            )
        for index, (one, two) in enumerate(zip(input, other, strict=True)):
            if one != two and 1 not in (one, two):
                names = SIDES.get(len(input), ())
                which = f" ({names[index]} differ)" if names else ""
                raise ShapeError(f"needs the same shape on both inputs{which}", mismatch=f"{one} ≠ {two}")
        return tuple(two if one == 1 else one for one, two in zip(input, other, strict=True))

    def layer(self, input: Shape, other: Shape) -> Call | None:
        return None

    def apply(self, me: str, *tensors: Variable) -> Call:
        return call(self.torch_name, *tensors, **self.code_options()[1])


class Add(Pairwise):
    """Adds two tensors of the same shape, as a skip connection does: input + alpha·other."""

    family = "merge"
    title = "Add"
    torch_name = "torch.add"
    keywords = ("sum", "plus", "residual", "skip")
    short_name = "add"

    alpha: float = param("What the second tensor is multiplied by.", -1e6, 1e6, default=1.0, rare=True)


class Multiply(Pairwise):
    """Multiplies two tensors number by number, as a gate does."""

    family = "merge"
    title = "Multiply"
    torch_name = "torch.mul"
    keywords = ("product", "times", "gate", "mul")
    short_name = "multiply"


class Concatenate(Block):
    """Lays tensors behind each other along one dimension; the other dimensions must be equal."""

    family = "merge"
    title = "Concatenate"
    torch_name = "torch.cat"
    keywords = ("concat", "cat", "join")
    short_name = "concat"

    tensors: int = param("How many tensors are joined.", 2, 16, default=2)
    dim: int = param("The dimension that grows; 0 is the batch, 1 the channels.", -16, 16, default=1, required=True)

    def input_ports(self) -> tuple[str, ...]:
        return tuple(f"tensor{number}" for number in range(1, self.tensors + 1))

    def shape_rule(self, *inputs: Shape) -> Shape:
        first, rank = inputs[0], len(inputs[0])
        if any(len(other) != rank for other in inputs):
            raise ShapeError("needs the same number of dimensions on every input", mismatch="dimensions ≠")
        dim = self.dim + rank + 1 if self.dim < 0 else self.dim
        if not 1 <= dim <= rank:
            meaning = "the batch: examples would be mixed" if dim == 0 else "which its inputs do not have"
            raise ShapeError(
                f"has dim={self.dim}, {meaning}. It needs a dimension from 1 to {rank}",
                *([SetValues((("dim", 1),), "Set dim to 1")] if rank else []),
            )
        for index in range(rank):
            sizes = [shape[index] for shape in inputs]
            if index != dim - 1 and len(set(sizes)) > 1:
                other = next(size for size in sizes if size != sizes[0])
                names = SIDES.get(rank, ())
                which = f"the same {names[index]}" if names else f"the same size in dimension {index + 1}"
                raise ShapeError(f"needs {which} on every input", mismatch=f"{sizes[0]} ≠ {other}")
        return *first[: dim - 1], sum(shape[dim - 1] for shape in inputs), *first[dim:]

    def layer(self, *inputs: Shape) -> Call | None:
        return None

    def apply(self, me: str, *tensors: Variable) -> Call:
        return call("torch.cat", tensors, dim=self.dim)
