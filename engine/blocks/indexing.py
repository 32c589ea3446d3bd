"""Blocks that take places out of a tensor, move them round, or write a place as a row of zeros and a one."""

from __future__ import annotations

from engine.blocks.base import Reach, SetValues, Shape, ShapeError, setting_text
from engine.blocks.operation import Operation, along, several
from engine.program import Call, Statement, Variable, call
from engine.settings import param


class Select(Operation):
    """Takes one place of a dimension, which goes.

    Formula: y = x[…, index, …]
    Out: a tensor with one dimension less.
    Use: to take the last step of a sequence or the class token of a transformer.
    Example: Select(dim=1, index=-1): 12×64 → 64
        Select(dim=1, index=0): 3×8×8 → 8×8
    """

    family = "tensor"
    title = "Select"
    torch_name = "torch.select"
    keywords = ("index", "last step", "class token", "getitem")
    short_name = "select"
    saves = ("view",)
    ids = "keeps"

    dim: int = param("The dimension; 0 is the batch, 1 the channels.", -16, 16, default=1, required=True)
    index: int = param("Which place; -1 is the last.", -1_000_000, 1_000_000, default=0, required=True)

    def shape_rule(self, input: Shape) -> Shape:
        dim = along(self.dim, input)
        if not -input[dim] <= self.index < input[dim]:
            raise ShapeError(
                f"has index={self.index}, which needs a larger dimension: it has places 0 to {input[dim] - 1}",
                SetValues((("index", -1),), "Set index to -1, the last"),
                mismatch=f"{self.index} ≥ {input[dim]}" if self.index >= 0 else "",
            )
        return *input[:dim], *input[dim + 1 :]

    def key_settings(self) -> str:
        return f"dim {self.dim}, {self.index}"


class Slice(Operation):
    """Takes a range of places of a dimension: from start up to, but not including, end.

    Formula: y = x[…, start:end:step, …]
    Out: a tensor with a smaller dimension `dim`.
    Use: to crop, to drop a token, or to keep every second place with a step of 2.
    Example: Slice(dim=1, start=1): 17×64 → 16×64
        Slice(dim=2, start=2, end=-2): 3×8×8 → 3×4×8
    """

    family = "tensor"
    title = "Slice"
    torch_name = "Tensor.__getitem__"
    keywords = ("crop", "range", "narrow", "getitem")
    short_name = "slice"
    saves = ("view",)
    ids = "keeps"

    dim: int = param("The dimension; 0 is the batch, 1 the channels.", -16, 16, default=1, required=True)
    start: int | None = param(
        "The first place; None is the beginning, -1 the last.", -1_000_000, 1_000_000, default=None, optional=True,
        kind=int,
    )  # fmt: skip
    end: int | None = param(
        "The place behind the last one; None is the end.", -1_000_000, 1_000_000, default=None, optional=True, kind=int
    )
    step: int = param("How far apart the places are.", 1, 1_000_000, default=1, rare=True)

    def shape_rule(self, input: Shape) -> Shape:
        dim = along(self.dim, input)
        places = len(range(*slice(self.start, self.end, self.step).indices(input[dim])))
        if not places:
            raise ShapeError(
                f"takes {self._range()}, where a dimension of {input[dim]} has no place. It needs at least one",
                SetValues((("start", None), ("end", None)), "Take the whole dimension"),
            )
        return *input[:dim], places, *input[dim + 1 :]

    def statements(self, me: str, results: tuple[str, ...], *tensors: Variable) -> tuple[Statement, ...]:
        if self.dim > 0:
            places = ", ".join([*[":"] * self.dim, self._range()])
        else:
            places = ", ".join(["...", self._range(), *[":"] * (-self.dim - 1)])
        return (Statement(results[0], Variable(f"{tensors[0]}[{places}]")),)

    def reach(self, input: Shape) -> tuple[Reach, ...] | None:
        dim = along(self.dim, input)
        if dim == 0 or self.step == 1:
            return ()
        return tuple(Reach(1, self.step if index == dim else 1) for index in range(1, len(input)))

    def key_settings(self) -> str:
        return f"dim {self.dim}, {self._range()}"

    def _range(self) -> str:
        """The range as Python writes it: `1:-1`."""
        start, end = ("" if place is None else str(place) for place in (self.start, self.end))
        return f"{start}:{end}" + (f":{self.step}" if self.step > 1 else "")


class Roll(Operation):
    """Shifts the numbers along dimensions; what leaves at one end comes in at the other.

    Formula: y[…, i, …] = x[…, (i - shift) mod size, …]
    Use: to let windows overlap in turns, as shifted-window transformers do.
    Example: Roll(shifts=(2, 2), dims=(2, 3)): 3×8×8 → 3×8×8
    """

    family = "tensor"
    title = "Roll"
    torch_name = "torch.roll"
    keywords = ("shift", "rotate", "cyclic")
    short_name = "roll"
    ids = "keeps"

    shifts: tuple[int, ...] = param(
        "How far along each of the dimensions.", -1_000_000, 1_000_000, default=(1,), listed=True, required=True
    )
    dims: tuple[int, ...] = param(
        "Which dimensions; 0 is the batch.", -16, 16, default=(1,), listed=True, required=True
    )

    def shape_rule(self, input: Shape) -> Shape:
        several(self.dims, input, "dims", once=False)
        if len(self.shifts) != len(self.dims):
            raise ShapeError(
                f"has {len(self.shifts)} shifts for {len(self.dims)} dims. It needs one shift for each",
                SetValues((("shifts", (1,)), ("dims", (1,))), "Set shifts and dims to 1"),
            )
        return input


class Flip(Operation):
    """Turns dimensions round, so that the last place comes first.

    Formula: y[…, i, …] = x[…, size - 1 - i, …]
    Use: to mirror a picture or to read a sequence backwards.
    Example: Flip(dims=(3,)): 3×8×9 → 3×8×9
    """

    family = "tensor"
    title = "Flip"
    torch_name = "torch.flip"
    keywords = ("mirror", "reverse")
    short_name = "flip"
    ids = "keeps"

    dims: tuple[int, ...] = param(
        "Which dimensions; 0 is the batch.", -16, 16, default=(1,), listed=True, required=True
    )

    def shape_rule(self, input: Shape) -> Shape:
        several(self.dims, input, "dims")
        return input

    def key_settings(self) -> str:
        return setting_text(self.dims)


class OneHot(Operation):
    """Writes every id as a row of zeros with a single one.

    Formula: y[…, k] = 1 where k is the id, else 0
    In: ids from 0 to num_classes - 1, of any shape.
    Out: real numbers with one dimension more, of size num_classes.
    Use: to feed a few classes or letters to a network without learning an Embedding.
    Example: OneHot(num_classes=10): ids 12 → 12×10
        OneHot(num_classes=3): ids one number → 3
    """

    family = "tensor"
    title = "One-hot"
    torch_name = "F.one_hot"
    accepts = "ids"
    keywords = ("classes", "categorical", "dummy", "ids")
    short_name = "one_hot"
    ids = "needs"

    num_classes: int = param("How many different ids there are.", 1, 1_000_000, default=10, required=True)

    def shape_rule(self, input: Shape) -> Shape:
        return *input, self.num_classes

    def apply(self, me: str, *tensors: Variable) -> Call:
        return call(f"{super().apply(me, *tensors)}.float")
