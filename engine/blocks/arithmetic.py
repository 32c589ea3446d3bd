"""Operations on every number by itself, and a few that treat an example or its channels as one."""

from __future__ import annotations

from engine.blocks.base import BYTES_OF_NUMBER, SetValues, Shape, ShapeError
from engine.blocks.operation import SameShape
from engine.program import Call, Statement, Variable, call
from engine.settings import param


class Scale(SameShape):
    """Multiplies every number by one number and adds another.

    Formula: y = factor·x + offset
    Use: to bring numbers into a range, such as the scores of attention divided by √d.
    Example: Scale(factor=0.125): 8×8 → 8×8
    """

    family = "tensor"
    title = "Scale"
    torch_name = "torch.mul"
    keywords = ("times", "multiply", "add", "offset", "affine", "number")
    short_name = "scale"

    factor: float = param("What every number is multiplied by.", -1e9, 1e9, default=1.0)
    offset: float = param("What is added then.", -1e9, 1e9, default=0.0)

    def statements(self, me: str, results: tuple[str, ...], *tensors: Variable) -> tuple[Statement, ...]:
        text = str(tensors[0])
        if self.factor != 1.0 or self.offset == 0.0:
            text += f" * {self.factor!r}"
        if self.offset != 0.0:
            text += f" + {self.offset!r}" if self.offset > 0 else f" - {-self.offset!r}"
        return (Statement(results[0], Variable(text)),)

    def key_settings(self) -> str:
        return f"·{self.factor:g}" + (f" {self.offset:+g}" if self.offset else "")


class Power(SameShape):
    """Raises every number to a power.

    Formula: y = x^exponent; not a number for roots of negative x
    Use: to square differences or to bend a curve.
    Example: Power(exponent=2.0): 10 → 10
    """

    family = "tensor"
    title = "Power"
    torch_name = "torch.pow"
    keywords = ("square", "exponent", "pow")
    short_name = "power"
    saves = ("input",)

    exponent: float = param("The power.", -1e3, 1e3, default=2.0, required=True)


class Clamp(SameShape):
    """Cuts every number off at a smallest and a largest value.

    Formula: y = min(max(x, min), max)
    Use: to keep numbers in a range; outside it no gradient passes.
    Example: Clamp(min=0.0, max=6.0): 16×8×8 → 16×8×8
    """

    family = "tensor"
    title = "Clamp"
    torch_name = "torch.clamp"
    keywords = ("clip", "limit", "range")
    short_name = "clamp"
    saves = ("input",)

    min: float | None = param(
        "The smallest value; None sets no limit.", -1e9, 1e9, default=0.0, kind=float, optional=True
    )
    max: float | None = param(
        "The largest value; None sets no limit.", -1e9, 1e9, default=1.0, kind=float, optional=True
    )

    def shape_rule(self, input: Shape) -> Shape:
        if self.min is None and self.max is None:
            raise ShapeError(
                "has neither min nor max. It needs at least one of them",
                SetValues((("min", 0.0),), "Set min to 0"),
            )
        return input

    def apply(self, me: str, *tensors: Variable) -> Call:
        limits = {"min": self.min, "max": self.max}
        return call(self.torch_name, *tensors, **{name: v for name, v in limits.items() if v is not None})

    def key_settings(self) -> str:
        return f"{'' if self.min is None else f'{self.min:g}'} … {'' if self.max is None else f'{self.max:g}'}".strip()


class Abs(SameShape):
    """Takes the sign away from every number.

    Formula: y = |x|
    Use: where only the size of a number matters, not its direction.
    Example: Abs(): 10 → 10
    """

    family = "tensor"
    title = "Absolute value"
    torch_name = "torch.abs"
    keywords = ("magnitude", "modulus")
    short_name = "abs"
    saves = ("input",)


class Negative(SameShape):
    """Turns the sign of every number round.

    Formula: y = -x
    Use: to take the opposite, such as a score out of a distance.
    Example: Negative(): 10 → 10
    """

    family = "tensor"
    title = "Negative"
    torch_name = "torch.neg"
    keywords = ("minus", "opposite", "neg")
    short_name = "negative"


class Reciprocal(SameShape):
    """Divides one by every number.

    Formula: y = 1 / x
    Use: to divide by what a branch computes; keep x away from 0.
    Example: Reciprocal(): 10 → 10
    """

    family = "tensor"
    title = "Reciprocal"
    torch_name = "torch.reciprocal"
    keywords = ("inverse", "one over")
    short_name = "reciprocal"
    saves = ("output",)


class Exp(SameShape):
    """Raises e to the power of every number.

    Formula: y = exp(x)
    Use: to make numbers positive, such as a variance out of its logarithm; from x = 89 on it is infinite.
    Example: Exp(): 10 → 10
    Labs: 11
    """

    family = "tensor"
    title = "Exponential"
    torch_name = "torch.exp"
    keywords = ("e", "power")
    short_name = "exp"
    saves = ("output",)


class Log(SameShape):
    """Takes the natural logarithm of every number.

    Formula: y = ln x; not a number below 0, minus infinity at 0
    Use: to turn products into sums and probabilities into scores.
    Example: Log(): 10 → 10
    Labs: 11
    """

    family = "tensor"
    title = "Logarithm"
    torch_name = "torch.log"
    keywords = ("ln", "natural")
    short_name = "log"
    saves = ("input",)


class Sqrt(SameShape):
    """Takes the square root of every number.

    Formula: y = √x; not a number below 0
    Use: to turn a variance into a standard deviation; its gradient is infinite at 0.
    Example: Sqrt(): 10 → 10
    """

    family = "tensor"
    title = "Square root"
    torch_name = "torch.sqrt"
    keywords = ("root",)
    short_name = "sqrt"
    saves = ("output",)


class Rsqrt(SameShape):
    """Divides one by the square root of every number.

    Formula: y = 1 / √x
    Use: to normalise by a variance that another branch computes.
    Example: Rsqrt(): 10 → 10
    """

    family = "tensor"
    title = "Reciprocal square root"
    torch_name = "torch.rsqrt"
    keywords = ("root", "inverse", "normalise")
    short_name = "rsqrt"
    saves = ("output",)


class Sin(SameShape):
    """Takes the sine of every number, an angle in radians.

    Formula: y = sin x
    Use: for periodic signals and for positions written as waves.
    Example: Sin(): 10 → 10
    """

    family = "tensor"
    title = "Sine"
    torch_name = "torch.sin"
    keywords = ("wave", "periodic", "position")
    short_name = "sin"
    saves = ("input",)


class Cos(SameShape):
    """Takes the cosine of every number, an angle in radians.

    Formula: y = cos x
    Use: for periodic signals and for positions written as waves.
    Example: Cos(): 10 → 10
    """

    family = "tensor"
    title = "Cosine"
    torch_name = "torch.cos"
    keywords = ("wave", "periodic", "position")
    short_name = "cos"
    saves = ("input",)


class Detach(SameShape):
    """Passes numbers on and holds the gradient back: what lies before it does not learn through it.

    Formula: y = x, dy/dx = 0
    Use: to use a branch without training it, or to treat its answer as a constant.
    Example: Detach(): 10 → 10
    Labs: 31
    """

    family = "tensor"
    title = "Detach"
    torch_name = "Tensor.detach"
    keywords = ("stop gradient", "no grad", "constant")
    short_name = "detach"
    saves = ("view", "stops")
    ids = "keeps"

    def apply(self, me: str, *tensors: Variable) -> Call:
        return call(f"{tensors[0]}.detach")


class DropPath(SameShape):
    """Sets whole examples to zero at random, only while training, and scales up the rest.

    Formula: y = 0 with probability p, else x / (1 - p); y = x after training
    Use: on the branch of a residual block, so that deep networks learn without every block each time.
    Example: DropPath(p=0.1): 16×8×8 → 16×8×8
    """

    family = "tensor"
    title = "Drop path"
    torch_name = "F.dropout"
    keywords = ("stochastic depth", "drop connect", "regularization", "residual")
    short_name = "drop_path"

    p: float = param("How likely an example's branch is dropped.", 0.0, 1.0, default=0.1)
    mode: str = param(
        "'row' decides for each example, 'batch' for the whole batch at once.", choices=("row", "batch"),
        default="row", rare=True,
    )  # fmt: skip

    def statements(self, me: str, results: tuple[str, ...], *tensors: Variable) -> tuple[Statement, ...]:
        result, tensor = Variable(results[0]), tensors[0]
        decisions = Variable(f"{tensor}.shape[0]") if self.mode == "row" else 1
        ones = call(f"{tensor}.new_ones", decisions)
        # one factor for each example; the batch goes last for a moment so that the factors meet their examples
        return (
            Statement(result, call("F.dropout", ones, self.p, training=Variable("self.training"))),
            Statement(result, Variable(f"({tensor}.movedim(0, -1) * {result}).movedim(-1, 0)")),
        )

    def key_settings(self) -> str:
        return f"{self.p:g}"

    def saved_besides(self, batch: int, input: Shape) -> int:
        return BYTES_OF_NUMBER * (batch if self.mode == "row" else 1)
