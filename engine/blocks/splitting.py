"""Blocks that cut one tensor into several."""

from __future__ import annotations

from engine.blocks.base import SetValues, Shape, ShapeError
from engine.blocks.operation import Operation, along
from engine.program import Call, Statement, Variable, call
from engine.settings import param

DIM = "The dimension that is cut; 0 is the batch, 1 the channels."


class Parts(Operation):
    """Base of blocks that give several parts of their input.

    Out: the parts in their order; what nothing reads is not kept.
    """

    ids = "keeps"
    saves = ("view",)

    def count(self) -> int:
        """How many parts there are."""
        raise NotImplementedError

    def output_ports(self) -> tuple[str, ...]:
        return tuple(f"part{number}" for number in range(1, self.count() + 1))

    def statements(self, me: str, results: tuple[str, ...], *tensors: Variable) -> tuple[Statement, ...]:
        target = ", ".join(results) if len(results) > 1 else f"({results[0]},)"
        return (Statement(target, self.apply(me, *tensors)),)


class Split(Parts):
    """Cuts a tensor into parts of given sizes along one dimension.

    One size alone is the size of every part; then `parts` says how many there are, and the last may be smaller.

    Formula: partᵢ = x[…, startᵢ : startᵢ + sizeᵢ, …]
    Use: to send different channels different ways, or to take queries, keys and values out of one Linear.
    Example: Split(split_size_or_sections=(4, 12), dim=1): 16×8×8 → 4×8×8, 12×8×8
        Split(split_size_or_sections=(8,), parts=2, dim=1): 16 → 8, 8
    """

    family = "merge"
    title = "Split"
    torch_name = "torch.split"
    keywords = ("cut", "divide", "separate")
    short_name = "split"

    split_size_or_sections: tuple[int, ...] = param(
        "The size of each part, or one size for all.", 1, 1_000_000, default=(8,), listed=True, required=True
    )
    dim: int = param(DIM, -16, 16, default=1, required=True)
    parts: int = param("How many parts one size for all makes.", 1, 64, default=2)

    def count(self) -> int:
        return self.parts if len(self.split_size_or_sections) == 1 else len(self.split_size_or_sections)

    def shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        (input,) = inputs
        dim = along(self.dim, input)
        sizes = self._sizes(input[dim])
        return tuple((*input[:dim], size, *input[dim + 1 :]) for size in sizes)

    def apply(self, me: str, *tensors: Variable) -> Call:
        sizes = self.split_size_or_sections
        return call("torch.split", *tensors, sizes if len(sizes) > 1 else sizes[0], dim=self.dim)

    def key_settings(self) -> str:
        return ", ".join(map(str, self.split_size_or_sections))

    def _sizes(self, whole: int) -> tuple[int, ...]:
        """The size of each part of a dimension. Raises ShapeError."""
        sizes = self.split_size_or_sections
        if len(sizes) > 1:
            if sum(sizes) != whole:
                raise ShapeError(
                    f"has parts of {sum(sizes)} together, which needs a dimension of that size",
                    *_last_part(sizes, whole),
                    mismatch=f"{whole} ≠ {sum(sizes)}",
                )
            return sizes
        found = -(-whole // sizes[0])
        if found != self.parts:
            repairs = [SetValues((("parts", found),), f"Set parts to {found}")] if found <= 64 else []
            raise ShapeError(
                f"has parts={self.parts} of size {sizes[0]}, but a dimension of {whole} needs {found} of them",
                *repairs,
                mismatch=f"{whole}",
            )
        return (*sizes * (found - 1), whole - sizes[0] * (found - 1))


class Chunk(Parts):
    """Cuts a tensor into equal parts along one dimension; the last may be smaller.

    Formula: each part has the size of the whole divided by chunks, rounded up
    Use: to halve the channels, as ShuffleNet and gated units do.
    Example: Chunk(chunks=2, dim=1): 16×8×8 → 8×8×8, 8×8×8
        Chunk(chunks=3, dim=-1): 5×48 → 5×16, 5×16, 5×16
    """

    family = "merge"
    title = "Chunk"
    torch_name = "torch.chunk"
    keywords = ("split", "halve", "equal parts")
    short_name = "chunk"

    chunks: int = param("How many parts there are.", 1, 64, default=2, required=True)
    dim: int = param(DIM, -16, 16, default=1, required=True)

    def count(self) -> int:
        return self.chunks

    def shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        (input,) = inputs
        dim = along(self.dim, input)
        size = -(-input[dim] // self.chunks)
        found = -(-input[dim] // size)
        if found != self.chunks:
            raise ShapeError(
                f"has chunks={self.chunks}, but a dimension of {input[dim]} makes only {found} parts. "
                "It needs a size that can be cut into so many",
                SetValues((("chunks", found),), f"Set chunks to {found}"),
            )
        sizes = (*(size,) * (found - 1), input[dim] - size * (found - 1))
        return tuple((*input[:dim], size, *input[dim + 1 :]) for size in sizes)

    def apply(self, me: str, *tensors: Variable) -> Call:
        return call("torch.chunk", *tensors, self.chunks, dim=self.dim)


class Unbind(Parts):
    """Takes a tensor apart along one dimension, which goes.

    Formula: partᵢ = x[…, i, …]
    Use: to get at each member of a dimension, such as queries, keys and values that are stacked.
    Example: Unbind(parts=3, dim=1): 3×5×8 → 5×8, 5×8, 5×8
    """

    family = "merge"
    title = "Unbind"
    torch_name = "torch.unbind"
    keywords = ("unstack", "take apart")
    short_name = "unbind"

    dim: int = param(DIM, -16, 16, default=1, required=True)
    parts: int = param("How many parts there are: the size of the dimension.", 1, 64, default=3)

    def count(self) -> int:
        return self.parts

    def shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        (input,) = inputs
        dim = along(self.dim, input)
        if input[dim] != self.parts:
            repairs = [SetValues((("parts", input[dim]),), f"Set parts to {input[dim]}")] if input[dim] <= 64 else []
            raise ShapeError(
                f"has parts={self.parts}, which needs a dimension of that size",
                *repairs,
                mismatch=f"{input[dim]} ≠ {self.parts}",
            )
        return ((*input[:dim], *input[dim + 1 :]),) * self.parts

    def apply(self, me: str, *tensors: Variable) -> Call:
        return call("torch.unbind", *tensors, dim=self.dim)


def _last_part(sizes: tuple[int, ...], whole: int) -> tuple[SetValues, ...]:
    """The repair that lets the last part have what the others leave."""
    rest = whole - sum(sizes[:-1])
    fits = (*sizes[:-1], rest)
    return (SetValues((("split_size_or_sections", fits),), f"Make the last part {rest}"),) if rest > 0 else ()
