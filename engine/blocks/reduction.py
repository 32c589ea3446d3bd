"""Operations that make one number of many, along dimensions of each example."""

from __future__ import annotations

from engine.blocks.base import BYTES_OF_NUMBER, Ids, Reach, SetValues, Shape, ShapeError, elements
from engine.blocks.operation import Operation, SameShape, along, everywhere_if_spatial, several
from engine.program import Call, Variable, call
from engine.settings import param

DIM = "The dimensions that are put together; 0 is the batch, 1 the channels."
KEEPDIM = "Keep each of them with the size 1."


class Reduction(Operation):
    """Base of operations over some dimensions.

    Out: the tensor without these dimensions, or with the size 1 there.
    """

    dim: tuple[int, ...] = param(DIM, -16, 16, default=(-1,), listed=True, required=True)
    keepdim: bool = param(KEEPDIM, default=False)

    def shape_rule(self, input: Shape) -> Shape:
        return without(input, several(self.dim, input), self.keepdim)

    def apply(self, me: str, *tensors: Variable) -> Call:
        dim = self.dim[0] if len(self.dim) == 1 else self.dim
        options = {name: value for name, value in self.code_options()[1].items() if name != "keepdim"}
        keep = {"keepdim": True} if self.keepdim else {}
        return call(self.torch_name, *tensors, **options, dim=dim, **keep)

    def reach(self, input: Shape) -> tuple[Reach, ...] | None:
        return everywhere_if_spatial(several(self.dim, input))

    def key_settings(self) -> str:
        return "dim " + ", ".join(map(str, self.dim))


def without(input: Shape, dims: tuple[int, ...], keep: bool) -> Shape:
    """A shape with these dimensions gone, or kept with the size 1."""
    sizes = ((1 if index in dims else size, index) for index, size in enumerate(input))
    return tuple(size for size, index in sizes if keep or index not in dims)


class Mean(Reduction):
    """Averages along dimensions.

    Formula: y = Σ x / n
    Use: for global average pooling over height and width, or the average of a sequence.
    Example: Mean(dim=(2, 3)): 16×8×8 → 16
        Mean(dim=(1,), keepdim=True): 16×8×8 → 1×8×8
    """

    family = "tensor"
    title = "Mean"
    torch_name = "torch.mean"
    keywords = ("average", "global pooling", "reduce")
    short_name = "mean"


class Sum(Reduction):
    """Adds up along dimensions.

    Formula: y = Σ x
    Use: to put weighted parts together, as attention does.
    Example: Sum(dim=(1,)): 12×64 → 64
    """

    family = "tensor"
    title = "Sum"
    torch_name = "torch.sum"
    keywords = ("total", "add up", "reduce")
    short_name = "sum"


class Max(Reduction):
    """Keeps the largest number along dimensions.

    Formula: y = max x
    Use: for global max pooling: is a feature anywhere?
    Example: Max(dim=(2, 3)): 16×8×8 → 16
    """

    family = "tensor"
    title = "Largest"
    torch_name = "torch.amax"
    keywords = ("maximum", "global max pooling", "amax", "reduce")
    short_name = "max"
    saves = ("input", "output")


class Min(Reduction):
    """Keeps the smallest number along dimensions.

    Formula: y = min x
    Use: where the weakest decides, such as the shortest distance.
    Example: Min(dim=(1,)): 12×64 → 64
    """

    family = "tensor"
    title = "Smallest"
    torch_name = "torch.amin"
    keywords = ("minimum", "amin", "reduce")
    short_name = "min"
    saves = ("input", "output")


class Spread(Reduction):
    """Base of the measures of spread, which need more numbers than `correction`."""

    correction: int = param(
        "Divide by the count less this: 1 for a sample, 0 for all there is.", 0, 1_000_000, default=1
    )

    def shape_rule(self, input: Shape) -> Shape:
        count = 1
        for index in several(self.dim, input):
            count *= input[index]
        if count <= self.correction:
            raise ShapeError(
                f"has correction={self.correction}, which needs more than {self.correction} numbers to compare",
                SetValues((("correction", 0),), "Set correction to 0"),
                mismatch=f"{count} ≤ {self.correction}",
            )
        return super().shape_rule(input)


class Std(Spread):
    """Measures how far numbers lie from their mean along dimensions: the standard deviation.

    Formula: y = √(Σ (x - mean)² / (n - correction))
    Use: to normalise by hand or to show a batch how varied an example is.
    Example: Std(dim=(2, 3)): 16×8×8 → 16
    """

    family = "tensor"
    title = "Standard deviation"
    torch_name = "torch.std"
    keywords = ("spread", "deviation", "reduce")
    short_name = "std"
    saves = ("input", "output")


class Var(Spread):
    """Measures how far numbers lie from their mean along dimensions, squared: the variance.

    Formula: y = Σ (x - mean)² / (n - correction)
    Use: to build a normalisation by hand; layers do it with correction 0.
    Example: Var(dim=(2, 3), correction=0): 16×8×8 → 16
    """

    family = "tensor"
    title = "Variance"
    torch_name = "torch.var"
    keywords = ("spread", "reduce")
    short_name = "var"
    saves = ("input",)


class Norm(Reduction):
    """Measures the length of vectors along dimensions.

    Formula: y = (Σ |x|^ord)^(1/ord); with ord 0 it counts what is not zero
    Use: to compare how strong features are, or to look at the length of an embedding.
    Example: Norm(dim=(1,)): 64 → one number
    """

    family = "tensor"
    title = "Norm"
    torch_name = "torch.linalg.vector_norm"
    keywords = ("length", "magnitude", "euclidean", "reduce")
    short_name = "length"
    saves = ("input", "output")

    ord: float = param("The power: 2 is the usual length, 1 the sum of sizes.", -1e3, 1e3, default=2.0)


class LogSumExp(Reduction):
    """A smooth maximum along dimensions: the logarithm of summed exponentials, computed safely.

    Formula: y = ln Σ exp(x)
    Use: to normalise scores, as log-softmax does: x - logsumexp(x).
    Example: LogSumExp(dim=(1,)): 10 → one number
    Labs: 9, 11
    """

    family = "tensor"
    title = "LogSumExp"
    torch_name = "torch.logsumexp"
    keywords = ("smooth maximum", "softmax", "reduce")
    short_name = "logsumexp"
    saves = ("input", "output")


class Argmax(Operation):
    """Tells at which place the largest number stands along one dimension.

    Formula: y = argmax x
    Out: ids without this dimension, or with the size 1 there.
    Use: to turn scores into the predicted class; no gradient passes.
    Example: Argmax(dim=1): 10 → ids one number
        Argmax(dim=1): 3×8×8 → ids 8×8
    Labs: 13
    """

    family = "tensor"
    title = "Argmax"
    torch_name = "torch.argmax"
    keywords = ("largest", "prediction", "class", "index")
    short_name = "argmax"

    dim: int = param("The dimension that is searched; 0 is the batch.", -16, 16, default=1, required=True)
    keepdim: bool = param(KEEPDIM, default=False)

    def shape_rule(self, input: Shape) -> Shape:
        return Ids(without(input, (along(self.dim, input),), self.keepdim))

    def reach(self, input: Shape) -> tuple[Reach, ...] | None:
        return everywhere_if_spatial((along(self.dim, input),))


class CumulativeSum(SameShape):
    """Adds up what came so far along one dimension.

    Formula: y[i] = x[0] + … + x[i]
    Use: to turn steps into positions, or to count along a sequence.
    Example: CumulativeSum(dim=1): 12×4 → 12×4
    """

    family = "tensor"
    title = "Cumulative sum"
    torch_name = "torch.cumsum"
    keywords = ("running total", "cumsum", "integrate")
    short_name = "cumsum"

    dim: int = param("The dimension along which it adds; 0 is the batch.", -16, 16, default=1, required=True)

    def shape_rule(self, input: Shape) -> Shape:
        along(self.dim, input)
        return input

    def reach(self, input: Shape) -> tuple[Reach, ...] | None:
        return everywhere_if_spatial((along(self.dim, input),))


class Normalize(SameShape):
    """Divides vectors along one dimension by their length, so that only the direction is left.

    Formula: y = x / max(‖x‖ₚ, eps)
    Use: before comparing embeddings by their angle.
    Example: Normalize(dim=1): 64 → 64
    """

    family = "tensor"
    title = "Normalize"
    torch_name = "F.normalize"
    keywords = ("unit length", "direction", "l2", "norm")
    short_name = "normalize"
    saves = ("input",)

    p: float = param("The power of the norm: 2 is the usual length.", 0.0, 1e3, default=2.0)
    dim: int = param("The dimension of the vectors; 0 is the batch.", -16, 16, default=1)
    eps: float = param("A small number that keeps the division safe.", 0.0, 1.0, default=1e-12, rare=True)

    def shape_rule(self, input: Shape) -> Shape:
        along(self.dim, input)
        return input

    def reach(self, input: Shape) -> tuple[Reach, ...] | None:
        return everywhere_if_spatial((along(self.dim, input),))

    def saved_besides(self, batch: int, input: Shape) -> int:
        return 2 * BYTES_OF_NUMBER * batch * elements(input) // input[along(self.dim, input)]
