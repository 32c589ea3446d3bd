"""Blocks that reorder, add and remove dimensions."""

from __future__ import annotations

from engine.blocks.base import SetValues, Shape, ShapeError
from engine.blocks.operation import Operation, along
from engine.settings import param


class Permute(Operation):
    """Puts the dimensions in another order.

    Formula: y[n, …] = x[n, …] with its indices reordered
    Out: a tensor with the same dimensions in the order of `dims`.
    Use: to bring channels last for a Linear or LayerNorm over them, and back again.
    Example: Permute(dims=(0, 2, 3, 1)): 16×8×9 → 8×9×16
    """

    family = "tensor"
    title = "Permute"
    torch_name = "torch.permute"
    keywords = ("transpose", "reorder", "channels last", "swap")
    short_name = "permute"
    saves = ("view",)
    ids = "keeps"

    dims: tuple[int, ...] = param(
        "The old dimensions in their new order; 0 is the batch and stays first.",
        -16,
        16,
        default=(0, 2, 1),
        listed=True,
        required=True,
    )

    def shape_rule(self, input: Shape) -> Shape:
        rank = len(input) + 1
        found = tuple(dim + rank if dim < 0 else dim for dim in self.dims)
        reverse = SetValues((("dims", (0, *range(rank - 1, 0, -1))),), "Reverse the dimensions of its input")
        if sorted(found) != list(range(rank)):
            raise ShapeError(f"has dims={self.dims}. It needs each dimension from 0 to {rank - 1} once", reverse)
        if found[0] != 0:
            raise ShapeError(f"has dims={self.dims}, which moves the batch. It needs 0 in the first place", reverse)
        return tuple(input[dim - 1] for dim in found[1:])

    def key_settings(self) -> str:
        return ", ".join(map(str, self.dims))


class Transpose(Operation):
    """Swaps two dimensions.

    Formula: y[…, j, …, i, …] = x[…, i, …, j, …]
    Out: a tensor with the sizes of the two dimensions swapped.
    Use: to turn rows into columns before a matrix product, or a sequence of features into channels.
    Example: Transpose(dim0=1, dim1=2): 5×16 → 16×5
    """

    family = "tensor"
    title = "Transpose"
    torch_name = "torch.transpose"
    keywords = ("swap", "permute", "swapaxes")
    short_name = "transpose"
    saves = ("view",)
    ids = "keeps"

    dim0: int = param("The one dimension; 0 is the batch.", -16, 16, default=1, required=True)
    dim1: int = param("The other dimension.", -16, 16, default=2, required=True)

    def shape_rule(self, input: Shape) -> Shape:
        one, two = along(self.dim0, input, "dim0"), along(self.dim1, input, "dim1")
        sizes = list(input)
        sizes[one], sizes[two] = sizes[two], sizes[one]
        return tuple(sizes)

    def key_settings(self) -> str:
        return f"{self.dim0}, {self.dim1}"


class Squeeze(Operation):
    """Takes a dimension of size 1 away; one of another size stays.

    Formula: the same numbers
    Out: a tensor with one dimension less where that had the size 1.
    Use: after a global pooling, or to make a row of single answers.
    Example: Squeeze(dim=1): 1×8 → 8
        Squeeze(dim=1): 1 → one number
    """

    family = "tensor"
    title = "Squeeze"
    torch_name = "torch.squeeze"
    keywords = ("remove dimension",)
    short_name = "squeeze"
    saves = ("view",)
    ids = "keeps"

    dim: int = param("The dimension that goes; 0 is the batch.", -16, 16, default=1, required=True)

    def shape_rule(self, input: Shape) -> Shape:
        dim = along(self.dim, input)
        return input if input[dim] != 1 else (*input[:dim], *input[dim + 1 :])


class Unsqueeze(Operation):
    """Puts in a new dimension of size 1.

    Formula: the same numbers
    Out: a tensor with one dimension more.
    Use: to give pictures without channels one, or to let two tensors match in Add and Multiply.
    Example: Unsqueeze(dim=1): 28×28 → 1×28×28
        Unsqueeze(dim=-1): 16 → 16×1
    """

    family = "tensor"
    title = "Unsqueeze"
    torch_name = "torch.unsqueeze"
    keywords = ("add dimension", "newaxis")
    short_name = "unsqueeze"
    saves = ("view",)
    ids = "keeps"

    dim: int = param("Where the new dimension stands; 0 is the batch.", -16, 16, default=1, required=True)

    def shape_rule(self, input: Shape) -> Shape:
        dim = along(self.dim, input, extra=1)
        return *input[:dim], 1, *input[dim:]
