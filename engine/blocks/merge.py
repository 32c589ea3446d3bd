"""Blocks that join several tensors into one."""

from __future__ import annotations

from math import prod

from engine.blocks.base import Reach, Shape, ShapeError
from engine.blocks.operation import Operation, along
from engine.program import Call, Variable, call
from engine.settings import param

SIDES = {1: ("features",), 2: ("channels", "length"), 3: ("channels", "height", "width")}


class Pairwise(Operation):
    """Base of blocks that work on two tensors number by number, with PyTorch's broadcasting.

    In: two tensors of the same shape; where one has the size 1 its numbers are used again and again.
    Out: one tensor with the larger size in every dimension.
    """

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


class Add(Pairwise):
    """Adds two tensors of the same shape, as a skip connection does: input + alpha·other.

    Formula: y = input + alpha·other
    Use: for residual connections, where a block learns only what to change; and to combine two branches.
    Example: Add(): 16×8×8, 16×8×8 → 16×8×8
        Add(): 16×8×8, 16×1×1 → 16×8×8
    Labs: 26, 74
    """

    family = "merge"
    title = "Add"
    torch_name = "torch.add"
    keywords = ("sum", "plus", "residual", "skip")
    short_name = "add"

    alpha: float = param("What the second tensor is multiplied by.", -1e6, 1e6, default=1.0, rare=True)


class Subtract(Pairwise):
    """Takes the second tensor away from the first: input - alpha·other.

    Formula: y = input - alpha·other
    Use: to look at the difference of two branches or to take a mean away.
    Example: Subtract(): 16×8×8, 16×1×1 → 16×8×8
    """

    family = "merge"
    title = "Subtract"
    torch_name = "torch.sub"
    keywords = ("minus", "difference", "sub")
    short_name = "subtract"

    alpha: float = param("What the second tensor is multiplied by.", -1e6, 1e6, default=1.0, rare=True)


class Multiply(Pairwise):
    """Multiplies two tensors number by number, as a gate does.

    Formula: y = input·other
    Use: for gates and attention, where numbers between 0 and 1 decide how much of a signal passes.
    Example: Multiply(): 16×8×8, 16×1×1 → 16×8×8
    Labs: 26
    """

    family = "merge"
    title = "Multiply"
    torch_name = "torch.mul"
    keywords = ("product", "times", "gate", "mul")
    short_name = "multiply"
    saves = ("input",)


class Divide(Pairwise):
    """Divides the first tensor by the second, number by number.

    Formula: y = input / other, rounded if rounding_mode says so
    Use: to normalise one branch by another; rounded results let no gradient through.
    Example: Divide(): 16×8×8, 16×1×1 → 16×8×8
    """

    family = "merge"
    title = "Divide"
    torch_name = "torch.div"
    keywords = ("quotient", "ratio", "div")
    short_name = "divide"
    saves = ("input",)

    rounding_mode: str | None = param(
        "'trunc' rounds towards zero, 'floor' downwards; None does not round.", choices=("trunc", "floor"),
        default=None, optional=True, kind=str, rare=True,
    )  # fmt: skip


class Maximum(Pairwise):
    """Keeps the larger of the two numbers at every place.

    Formula: y = max(input, other)
    Use: to let the stronger of two branches win, as maxout does.
    Example: Maximum(): 10, 10 → 10
    """

    family = "merge"
    title = "Maximum"
    torch_name = "torch.maximum"
    keywords = ("larger", "maxout", "max")
    short_name = "maximum"
    saves = ("input",)


class Minimum(Pairwise):
    """Keeps the smaller of the two numbers at every place.

    Formula: y = min(input, other)
    Use: to let one branch limit another.
    Example: Minimum(): 10, 10 → 10
    """

    family = "merge"
    title = "Minimum"
    torch_name = "torch.minimum"
    keywords = ("smaller", "min")
    short_name = "minimum"
    saves = ("input",)


class MatMul(Operation):
    """Multiplies matrices: each row of the first with each column of the second, summed.

    The last two dimensions are the matrices; the dimensions before them are matched as in Add.

    Formula: y[i, j] = Σₖ input[i, k]·other[k, j]
    In: two tensors of at least two dimensions; the last size of the first is the second last of the second.
    Out: the rows of the first and the columns of the second.
    Use: for attention: scores are queries times transposed keys, answers are scores times values.
    Example: MatMul(): 8×16, 16×5 → 8×5
        MatMul(): 4×8×16, 1×16×5 → 4×8×5
    """

    family = "merge"
    title = "Matrix product"
    torch_name = "torch.matmul"
    accepts = "…×L×F"
    keywords = ("matmul", "bmm", "dot product", "attention", "@")
    short_name = "matmul"
    saves = ("input",)
    inputs = ("input", "other")

    def shape_rule(self, input: Shape, other: Shape) -> Shape:
        if len(input) != len(other) or len(input) < 2:
            raise ShapeError(
                "needs two matrices: at least two dimensions, and as many on both inputs",
                mismatch=f"{len(input)}d, {len(other)}d",
            )
        if input[-1] != other[-2]:
            raise ShapeError(
                f"multiplies rows of {input[-1]} numbers with columns of {other[-2]}. It needs both equally long",
                mismatch=f"{input[-1]} ≠ {other[-2]}",
            )
        for one, two in zip(input[:-2], other[:-2], strict=True):
            if one != two and 1 not in (one, two):
                raise ShapeError("needs as many matrices on both inputs", mismatch=f"{one} ≠ {two}")
        stacked = (two if one == 1 else one for one, two in zip(input[:-2], other[:-2], strict=True))
        return *stacked, input[-2], other[-1]

    def macs(self, input: Shape, other: Shape) -> int:
        return prod(self.shape_rule(input, other)) * input[-1]

    def reach(self, input: Shape, other: Shape) -> tuple[Reach, ...] | None:
        return None


class Joining(Operation):
    """Base of blocks that lay any number of tensors together along one dimension."""

    ids = "keeps"

    tensors: int = param("How many tensors are joined.", 2, 16, default=2)

    def input_ports(self) -> tuple[str, ...]:
        return tuple(f"tensor{number}" for number in range(1, self.tensors + 1))

    def apply(self, me: str, *tensors: Variable) -> Call:
        return call(self.torch_name, tensors, dim=self.values()["dim"])


class Concatenate(Joining):
    """Lays tensors behind each other along one dimension; the other dimensions must be equal.

    Formula: y = [tensor1, tensor2, …]
    In: two or more tensors that differ at most in the dimension `dim`.
    Out: one tensor whose size along `dim` is the sum.
    Use: to keep what several branches found side by side, as Inception, DenseNet and U-Net do.
    Example: Concatenate(dim=1): 16×8×8, 8×8×8 → 24×8×8
        Concatenate(tensors=3, dim=2): 4×1, 4×2, 4×3 → 4×6
    """

    family = "merge"
    title = "Concatenate"
    torch_name = "torch.cat"
    keywords = ("concat", "cat", "join")
    short_name = "concat"

    dim: int = param("The dimension that grows; 0 is the batch, 1 the channels.", -16, 16, default=1, required=True)

    def shape_rule(self, *inputs: Shape) -> Shape:
        first, rank = inputs[0], len(inputs[0])
        if any(len(other) != rank for other in inputs):
            raise ShapeError("needs the same number of dimensions on every input", mismatch="dimensions ≠")
        dim = along(self.dim, first)
        for index in range(rank):
            sizes = [shape[index] for shape in inputs]
            if index != dim and len(set(sizes)) > 1:
                other = next(size for size in sizes if size != sizes[0])
                names = SIDES.get(rank, ())
                which = f"the same {names[index]}" if names else f"the same size in dimension {index + 1}"
                raise ShapeError(f"needs {which} on every input", mismatch=f"{sizes[0]} ≠ {other}")
        return *first[:dim], sum(shape[dim] for shape in inputs), *first[dim + 1 :]


class Stack(Joining):
    """Lays tensors of the same shape on top of each other along a new dimension.

    Formula: y[i] = tensorᵢ
    In: two or more tensors of the same shape.
    Out: one tensor with one dimension more, as large as there are tensors.
    Use: to make a sequence of several vectors, or to treat branches as one more dimension.
    Example: Stack(dim=1): 8, 8 → 2×8
        Stack(tensors=3, dim=2): 4×5, 4×5, 4×5 → 4×3×5
    """

    family = "merge"
    title = "Stack"
    torch_name = "torch.stack"
    keywords = ("pile", "new dimension", "join")
    short_name = "stack"

    dim: int = param("Where the new dimension stands; 0 is the batch.", -16, 16, default=1, required=True)

    def shape_rule(self, *inputs: Shape) -> Shape:
        first = inputs[0]
        for other in inputs:
            if tuple(other) != tuple(first):
                raise ShapeError("needs the same shape on every input", mismatch="shapes ≠")
        dim = along(self.dim, first, extra=1)
        return *first[:dim], len(inputs), *first[dim:]
