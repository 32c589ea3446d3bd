"""Blocks that add places around a sequence, a picture or a volume; they differ in what the new places hold."""

from __future__ import annotations

from typing import Any, ClassVar

from engine.blocks.base import SetValues, Shape, ShapeError, setting_text
from engine.blocks.windows import OfPictures, OfSequences, OfVolumes, Size, Spatial, check_numbers
from engine.program import Call, Variable, call
from engine.settings import param


class Padding(Spatial):
    """Base of the blocks that add places around their input.

    Out: The same channels, every side longer by what was added to both of its ends.
    """

    kin = "pooling"
    short_name = "pad"
    keywords: ClassVar[tuple[str, ...]] = ("padding", "border", "margin")
    mode: ClassVar[str] = ""
    """What the function calls the way to fill the new places."""

    padding: Size = param(
        "Places added at the start and the end of each dimension, the last dimension first; one number for all.",
        0,
        100_000,
        default=1,
        dims=2,
        required=True,
    )

    def shape_rule(self, input: Shape) -> Shape:
        self.check(input)
        reset = SetValues((("padding", 0),), "Set padding to 0")
        longer = (self._side(length, side, reset) for side, length in enumerate(self.places(input)))
        return check_numbers((*input[: -self.dimensions], *longer), reset)

    def check(self, input: Shape) -> None:
        """Refuse another number of dimensions; PyTorch takes an example without channels as well."""
        self.check_rank(input, self.dimensions)

    def layer(self, input: Shape) -> Call:
        return self._create()

    def as_function(self, *tensors: Variable) -> Call:
        return call("F.pad", *tensors, self._ends, **self._filling())

    def key_settings(self) -> str:
        return setting_text(self.padding)

    @property
    def _ends(self) -> tuple[int, ...]:
        """Places at the start and the end of the last dimension, of the one before it, and so on."""
        return self.padding if isinstance(self.padding, tuple) else (self.padding,) * (2 * self.dimensions)

    def _filling(self) -> dict[str, Any]:
        return {"mode": self.mode}

    def _most(self, length: int) -> int | None:
        """How many places can be filled at one end, if there is a limit."""
        return None

    def _side(self, length: int, side: int, reset: SetValues) -> int:
        last = 2 * (self.dimensions - 1 - side)
        start, end = self._ends[last : last + 2]
        most, longest = self._most(length), max(start, end)
        if most is not None and longest > most:
            least = longest + length - most
            raise ShapeError(
                f"adds {longest} places at an end of the {self.sides[side]}, which needs a size of at least {least}",
                SetValues((("padding", most),), f"Set padding to {most}"),
                reset,
                mismatch=f"{longest} > {most}",
            )
        return length + start + end


class ConstantPadding(Padding):
    """Base of padding with one number, which suits any number of dimensions before those that it pads."""

    def shape_rule(self, input: Shape) -> Shape:
        if len(input) == self.dimensions - 1 and self._ends[-2:] == (0, 0):
            return super().shape_rule((1, *input))[1:]  # in this place is the batch, to which nothing is added
        return super().shape_rule(input)

    def check(self, input: Shape) -> None:
        """Any number of dimensions from those that are padded."""
        if len(input) < self.dimensions:
            self.check_rank(input)


class ZeroPad(ConstantPadding):
    """Base of padding with zeros.

    Formula: y[c, p] = x[c, p - start], and 0 outside
    Use: To make room for windows at the edge, or to give several inputs the same size.
    """

    title = "Zero padding"
    keywords = ("padding", "border", "margin", "zeros")

    def _filling(self) -> dict[str, Any]:
        return {}


class ZeroPad2d(ZeroPad, OfPictures):
    """Adds rows and columns of zeros around a picture.

    Example: ZeroPad2d(padding=(1, 2, 0, 0)): 3×28×28 → 3×28×31
    """


class ZeroPad1d(ZeroPad, OfSequences):
    """Adds zeros at the ends of a sequence.

    Example: ZeroPad1d(padding=(2, 0)): 4×50 → 4×52
    """


class ZeroPad3d(ZeroPad, OfVolumes):
    """Adds layers of zeros around a volume.

    Example: ZeroPad3d(padding=1): 4×8×16×16 → 4×10×18×18
    """


class ConstantPad(ConstantPadding):
    """Base of padding with any one number.

    Formula: y[c, p] = x[c, p - start], and value outside
    Use: Where zero means something, so that another number must say "nothing here".
    """

    title = "Constant padding"

    value: float = param("The number in the new places.", -1e9, 1e9, default=0.0, required=True)

    def _filling(self) -> dict[str, Any]:
        return {"value": self.value}


class ConstantPad2d(ConstantPad, OfPictures):
    """Adds rows and columns of one number around a picture.

    Example: ConstantPad2d(padding=1, value=-1.0): 3×28×28 → 3×30×30
    """


class ConstantPad1d(ConstantPad, OfSequences):
    """Adds one number, again and again, at the ends of a sequence.

    Example: ConstantPad1d(padding=(0, 2), value=-1.0): 4×50 → 4×52
    """


class ConstantPad3d(ConstantPad, OfVolumes):
    """Adds layers of one number around a volume.

    Example: ConstantPad3d(padding=1, value=-1.0): 4×8×16×16 → 4×10×18×18
    """


class ReflectionPad(Padding):
    """Base of padding with the mirror image of the input, without its edge.

    Formula: y[c, start - i] = x[c, i], and the same at the end
    Use: Before a convolution over pictures, where zeros would show as a dark frame.
    """

    title = "Reflection padding"
    keywords = ("padding", "border", "margin", "mirror")
    mode = "reflect"
    saves = ("input",)

    def _most(self, length: int) -> int:
        return length - 1


class ReflectionPad2d(ReflectionPad, OfPictures):
    """Continues a picture beyond its edges by its mirror image.

    Example: ReflectionPad2d(padding=3): 3×28×28 → 3×34×34
    """


class ReflectionPad1d(ReflectionPad, OfSequences):
    """Continues a sequence beyond its ends by its mirror image.

    Example: ReflectionPad1d(padding=(4, 0)): 4×50 → 4×54
    """


class ReflectionPad3d(ReflectionPad, OfVolumes):
    """Continues a volume beyond its edges by its mirror image.

    Example: ReflectionPad3d(padding=1): 4×8×16×16 → 4×10×18×18
    """


class ReplicationPad(Padding):
    """Base of padding with copies of the edge.

    Formula: y[c, p] = x[c, the place nearest to p - start]
    Use: Before a convolution, where the world beyond the edge is probably like the edge.
    """

    title = "Replication padding"
    keywords = ("padding", "border", "margin", "edge", "clamp")
    mode = "replicate"
    saves = ("input",)


class ReplicationPad2d(ReplicationPad, OfPictures):
    """Continues a picture beyond its edges by copies of its outermost rows and columns.

    Example: ReplicationPad2d(padding=2): 3×28×28 → 3×32×32
    """


class ReplicationPad1d(ReplicationPad, OfSequences):
    """Continues a sequence beyond its ends by copies of its first and last number.

    Example: ReplicationPad1d(padding=(4, 0)): 4×50 → 4×54
    """


class ReplicationPad3d(ReplicationPad, OfVolumes):
    """Continues a volume beyond its edges by copies of its outermost layers.

    Example: ReplicationPad3d(padding=1): 4×8×16×16 → 4×10×18×18
    """


class CircularPad(Padding):
    """Base of padding with the other end of the input, as if it were a ring.

    Formula: y[c, p] = x[c, (p - start) mod side]
    Use: For what has no edge, such as angles, hours of the day, or a map around the globe.
    """

    title = "Circular padding"
    keywords = ("padding", "border", "margin", "periodic", "wrap")
    mode = "circular"

    def _most(self, length: int) -> int:
        return length


class CircularPad2d(CircularPad, OfPictures):
    """Continues a picture beyond its edges by what stands at the opposite edge.

    Example: CircularPad2d(padding=(2, 2, 0, 0)): 3×16×36 → 3×16×40
    """


class CircularPad1d(CircularPad, OfSequences):
    """Continues a sequence beyond its ends by what stands at the other end.

    Example: CircularPad1d(padding=3): 4×24 → 4×30
    """


class CircularPad3d(CircularPad, OfVolumes):
    """Continues a volume beyond its edges by what stands at the opposite side.

    Example: CircularPad3d(padding=1): 4×8×16×16 → 4×10×18×18
    """
