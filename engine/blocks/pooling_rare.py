"""Pooling of rarer kinds: powers, random windows, and the strongest numbers down to a chosen size."""

from __future__ import annotations

from typing import Any

from engine.blocks.base import BYTES_OF_ID, BYTES_OF_NUMBER, Reach, SetValues, Shape, ShapeError, elements
from engine.blocks.pooling import AdaptivePool, Pool, Shrinking
from engine.blocks.windows import OfPictures, OfSequences, OfVolumes, Size, reaches
from engine.program import Call, Variable, call
from engine.settings import param


class AdaptiveMaxPool(AdaptivePool):
    """Base of taking the strongest numbers down to a chosen size."""

    title = "Adaptive max pooling"
    functional = "F.adaptive_max_pool"
    keywords = ("global max", "downsample")
    saves = ("input",)

    def saved_besides(self, batch: int, input: Shape) -> int:
        return BYTES_OF_ID * batch * elements(self.shape_rule(input))


class AdaptiveMaxPool2d(AdaptiveMaxPool, OfPictures):
    """Keeps the strongest numbers of a picture, down to a size of your choice.

    Use: In place of adaptive average pooling, where a pattern counts even if it is at one place only.
    Example: AdaptiveMaxPool2d(output_size=(2, None)): 64×7×7 → 64×2×7
    """


class AdaptiveMaxPool1d(AdaptiveMaxPool, OfSequences):
    """Keeps the strongest numbers of a sequence, down to a length of your choice.

    Use: Behind convolutions over text or signals: did the pattern occur anywhere?
    Example: AdaptiveMaxPool1d(output_size=1): 16×50 → 16×1
    """

    output_size: Size = param("The length that comes out.", 1, 100_000, default=1, dims=1, required=True)


class AdaptiveMaxPool3d(AdaptiveMaxPool, OfVolumes):
    """Keeps the strongest numbers of a volume or a film, down to a size of your choice.

    Use: In place of adaptive average pooling, where a pattern counts even if it is at one place only.
    Example: AdaptiveMaxPool3d(output_size=1): 32×4×8×8 → 32×1×1×1
    """


class LPPool(Pool):
    """Base of power-average pooling, which lies between the sum of a window and its largest number.

    Formula: y[c, p] = (Σ over the places k of the window of x[c, stride·p + k]^norm_type)^(1 / norm_type)
    Use: Where neither the average nor the maximum of a window is right; for numbers that are not negative.
    """

    title = "Power-average pooling"
    functional = "F.lp_pool"
    order = ("norm_type",)
    keywords = ("downsample", "norm", "lp pooling")
    saves = ("input",)

    norm_type: float = param(
        "The power: 1 sums, a large one comes close to the maximum.", 0.01, 100.0, default=2.0, required=True
    )

    def saved_besides(self, batch: int, input: Shape) -> int:
        powers, means = elements(input), elements(self.shape_rule(input))
        return BYTES_OF_NUMBER * batch * (powers + 4 * means)


class LPPool2d(LPPool, OfPictures):
    """Shrinks a picture to the length of each window, taken as a vector.

    Example: LPPool2d(norm_type=2.0, kernel_size=2): 16×28×28 → 16×14×14
    """


class LPPool1d(LPPool, OfSequences):
    """Shrinks a sequence to the length of each window, taken as a vector.

    Example: LPPool1d(norm_type=2.0, kernel_size=2): 8×50 → 8×25
    """


class LPPool3d(LPPool, OfVolumes):
    """Shrinks a volume to the length of each window, taken as a vector.

    Example: LPPool3d(norm_type=2.0, kernel_size=2): 8×16×32×32 → 8×8×16×16
    """

    needs_one_window = True


class FractionalMaxPool(Shrinking):
    """Base of max pooling whose windows start at places drawn at random, anew each time.

    Formula: y[c, p] = max over the window at the drawn place s[p] of x[c, s[p] + k]; it is drawn after training as well
    Out: The same channels, each side output_size long, or ⌊output_ratio·side⌋.
    Use: To shrink pictures by less than a half at a time, with some randomness against learning by heart.
    """

    title = "Fractional max pooling"
    functional = "F.fractional_max_pool"
    keywords = ("downsample", "random")
    saves = ("input",)

    kernel_size: Size = param("Size of the window.", 1, 100_000, default=2, dims=1, required=True)
    output_size: Size = param(
        "The size that comes out, in place of a ratio.", 1, 100_000, default=None, dims=1, kind=int, optional=True
    )
    output_ratio: Size = param(
        "Which part of each side comes out, in place of a size.", 1e-6, 1 - 1e-6, default=0.5, dims=1, optional=True,
        required=True,
    )  # fmt: skip

    def shape_rule(self, input: Shape) -> Shape:
        self.check(input)
        return *input[: -self.dimensions], *(self._side(input, side) for side in range(self.dimensions))

    def layer(self, input: Shape) -> Call:
        made = self._create()
        defaults = (("output_size", None), ("output_ratio", None))
        return Call(made.target, made.args, made.options, ("kernel_size",), defaults)

    def code_options(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """PyTorch wants a size or a ratio, by name."""
        names = ("output_size", "output_ratio")
        return (self.kernel_size,), {name: self.values()[name] for name in names if self.values()[name] is not None}

    def as_function(self, *tensors: Variable) -> Call:
        """The function wants a ratio for each dimension, where the module takes one for all."""
        required, changed = self.code_options()
        wanted = {name: self.each(value) for name, value in changed.items()}
        return call(self.functional, *tensors, *required, **wanted)

    def reach(self, input: Shape) -> tuple[Reach, ...]:
        kernel, sizes = self.each(self.kernel_size), self.places(self.shape_rule(input))
        rooms = zip(self.places(input), kernel, sizes, strict=True)
        steps = tuple(max(-(-(length - window) // max(size - 1, 1)), 1) for length, window, size in rooms)
        return reaches(kernel, steps)

    def saved_besides(self, batch: int, input: Shape) -> int:
        return BYTES_OF_ID * batch * elements(self.shape_rule(input))

    def _side(self, input: Shape, side: int) -> int:
        length, window = self.places(input)[side], self.each(self.kernel_size)[side]
        size = self._size(length, side)
        if size < 1:
            raise ShapeError(
                f"leaves nothing of a {self.sides[side]} of {length}, so it needs a larger output_ratio",
                SetValues((("output_size", 1), ("output_ratio", None)), "Set output_size to 1"),
            )
        least = size + window - 1 + (self.dimensions == 3)  # PyTorch wants a place to spare in volumes
        if length < least:
            raise ShapeError(
                f"takes {size} windows of {window} {self.unit}, which needs a {self.sides[side]} of at least {least}",
                SetValues((("kernel_size", 1),), "Set kernel_size to 1"),
                mismatch=f"{least} > {length}",
            )
        return size

    def _size(self, length: int, side: int) -> int:
        ratio = SetValues((("output_size", None), ("output_ratio", 0.5)), "Set output_ratio to 0.5")
        given = tuple(self.each(size)[side] for size in (self.output_size, self.output_ratio))
        if (self.output_size is None) == (self.output_ratio is None):
            raise ShapeError("needs either an output_size or an output_ratio", ratio)
        if given == (None, None):
            raise ShapeError("needs an output_size or an output_ratio for each dimension", ratio)
        return int(length * given[1]) if given[0] is None else int(given[0])


class FractionalMaxPool2d(FractionalMaxPool, OfPictures):
    """Shrinks a picture by keeping the strongest number of windows at random places.

    Example: FractionalMaxPool2d(kernel_size=2, output_ratio=0.7): 8×20×20 → 8×14×14
    """


class FractionalMaxPool3d(FractionalMaxPool, OfVolumes):
    """Shrinks a volume by keeping the strongest number of windows at random places.

    Example: FractionalMaxPool3d(kernel_size=2, output_ratio=0.5): 8×8×20×20 → 8×4×10×10
    """
