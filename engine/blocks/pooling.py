"""Blocks that make a sequence, a picture or a volume smaller and learn nothing."""

from __future__ import annotations

from math import gcd
from typing import Any, ClassVar

from engine.blocks.base import BYTES_OF_ID, Reach, Saved, SetValues, Shape, ShapeError, elements, setting_text
from engine.blocks.normalisation import PLACES
from engine.blocks.windows import OfPictures, OfSequences, OfVolumes, Size, Spatial, reaches, slide, span
from engine.settings import param


class Shrinking(Spatial):
    """Base of all pooling. PyTorch takes an example without channels as well, and so do these blocks."""

    kin = "pooling"
    short_name = "pool"

    def check(self, input: Shape) -> None:
        """Refuse another number of dimensions. Raises ShapeError."""
        self.check_rank(input, self.dimensions)


class Pool(Shrinking):
    """Base of pooling with a sliding window.

    Out: The same channels. Each side becomes
        ⌊(side + 2·padding - dilation·(kernel_size - 1) - 1) / stride⌋ + 1, or the next larger number with ceil_mode.
    """

    kernel_size: Size = param("Size of the window.", 1, 100_000, default=2, dims=1, required=True)
    stride: Size = param(
        "How far the window moves; None means as far as it is wide.", 1, 100_000, default=None, dims=1, kind=int,
        optional=True,
    )  # fmt: skip
    ceil_mode: bool = param("Let a last window hang over the edge.", default=False, rare=True)

    needs_one_window: ClassVar[bool] = False
    """Whether the input must hold a whole window without any padding."""

    def shape_rule(self, input: Shape) -> Shape:
        self.check(input)
        self._check_stride()
        self._check_padding()
        places = (self._side(input, side) for side in range(self.dimensions))
        return *input[: -self.dimensions], *places

    def key_settings(self) -> str:
        return setting_text(self.kernel_size)

    def reach(self, input: Shape) -> tuple[Reach, ...]:
        return reaches(self._windows, self._strides)

    @property
    def _windows(self) -> tuple[int, ...]:
        return tuple(map(span, self.each(self.kernel_size), self.each(getattr(self, "dilation", 1))))

    @property
    def _strides(self) -> tuple[int, ...]:
        return self.each(self.kernel_size if self.stride is None else self.stride)

    @property
    def _padding(self) -> tuple[int, ...]:
        return self.each(getattr(self, "padding", 0))

    def _check_stride(self) -> None:
        if isinstance(self.stride, tuple) and None in self.stride:
            raise ShapeError(
                f"has stride={self.stride}, which needs a number for each dimension",
                SetValues((("stride", None),), "Set stride to None"),
            )

    def _check_padding(self) -> None:
        kernel = self.each(self.kernel_size)
        if any(added > size // 2 for added, size in zip(self._padding, kernel, strict=True)):
            raise ShapeError(
                f"has padding={setting_text(self._padding)}, which needs a kernel_size of at least twice as much",
                SetValues((("padding", 0),), "Set padding to 0"),
            )

    def _side(self, input: Shape, side: int) -> int:
        window, padding, length = self._windows[side], self._padding[side], self.places(input)[side]
        places = slide(length, window, self._strides[side], padding, self.ceil_mode)
        if places >= 1 and not (self.needs_one_window and window > length):
            return places
        least = window if self.needs_one_window else window - 2 * padding
        limit = min(2, *self.places(input))
        smaller = {"kernel_size": limit, "stride": None, "padding": 0, "dilation": 1}
        values = self.values()
        changes = tuple((name, value) for name, value in smaller.items() if name in values and values[name] != value)
        raise ShapeError(
            f"has a window of {window} {self.unit}, which needs a {self.sides[side]} of at least {least}",
            SetValues(changes, f"Set kernel_size to {limit}"),
            mismatch=f"{window} > {length}",
        )


class MaxPool(Pool):
    """Base of max pooling.

    Formula: y[c, p] = max over the places k of the window of x[c, stride·p + dilation·k]
    """

    title = "Max pooling"
    functional = "F.max_pool"
    order = ("kernel_size", "stride", "padding", "dilation")
    keywords = ("downsample", "subsample")
    saves = ("input",)

    padding: Size = param("Places added around, never the strongest.", 0, 100_000, default=0, dims=1, rare=True)
    dilation: Size = param("Distance between the places of a window.", 1, 100_000, default=1, dims=1, rare=True)

    def saved_besides(self, batch: int, input: Shape) -> int:
        return BYTES_OF_ID * batch * elements(self.shape_rule(input))


class MaxPool2d(MaxPool, OfPictures):
    """Shrinks a picture by keeping only the strongest number of each window.

    Use: Between convolutions: what was found counts, and where exactly it was counts less.
    Example:
    MaxPool2d(kernel_size=2): 16×28×28 → 16×14×14
    MaxPool2d(kernel_size=3, stride=2, padding=1): 64×112×112 → 64×56×56
    Labs: 63, 64, 67, 68, 69, 70, 78
    """


class MaxPool1d(MaxPool, OfSequences):
    """Shrinks a sequence by keeping only the strongest number of each window.

    Use: Between convolutions over a signal: what was found counts, and when exactly counts less.
    Example: MaxPool1d(kernel_size=2): 8×50 → 8×25
    """


class MaxPool3d(MaxPool, OfVolumes):
    """Shrinks a volume or a film by keeping only the strongest number of each window.

    Use: Between convolutions over scans or films.
    Example: MaxPool3d(kernel_size=(1, 2, 2)): 8×16×32×32 → 8×16×16×16
    """


class AvgPool(Pool):
    """Base of average pooling.

    Formula: y[c, p] = mean over the places k of the window of x[c, stride·p + k]
    """

    title = "Average pooling"
    functional = "F.avg_pool"
    order = ("kernel_size", "stride", "padding")
    keywords = ("downsample", "mean", "subsample")
    saves = ("input",)

    padding: Size = param("Places with zeros added around.", 0, 100_000, default=0, dims=1, rare=True)
    count_include_pad: bool = param("Count the added zeros in the average.", default=True, rare=True)


class AvgPoolWithDivisor(AvgPool):
    """Base of the average pooling whose divisor may be chosen."""

    divisor_override: int | None = param(
        "Divide by this instead of the window's size.",
        1,
        1_000_000,
        default=None,
        kind=int,
        optional=True,
        rare=True,
    )


class AvgPool2d(AvgPoolWithDivisor, OfPictures):
    """Shrinks a picture by averaging each window.

    Use: To make feature maps smaller smoothly, where every place should count a little.
    Example: AvgPool2d(kernel_size=2): 16×28×28 → 16×14×14
    """


class AvgPool1d(AvgPool, OfSequences):
    """Shrinks a sequence by averaging each window.

    Use: To smooth a signal and make it shorter.
    Example: AvgPool1d(kernel_size=5): 8×50 → 8×10
    """


class AvgPool3d(AvgPoolWithDivisor, OfVolumes):
    """Shrinks a volume or a film by averaging each window.

    Use: To make scans or films smaller smoothly.
    Example: AvgPool3d(kernel_size=2): 8×16×32×32 → 8×8×16×16
    """

    needs_one_window = True


class AdaptivePool(Shrinking):
    """Base of pooling to a chosen size, whatever the size of the input.

    Formula: window p along a side reaches from ⌊p·side / output_size⌋ to ⌈(p + 1)·side / output_size⌉
    Out: The same channels, each side output_size long.
    """

    output_size: Size = param(
        "The size that comes out; None keeps that of the input.", 1, 100_000, default=1, dims=1, kind=int,
        optional=True, required=True,
    )  # fmt: skip

    def shape_rule(self, input: Shape) -> Shape:
        self.check(input)
        return *input[: -self.dimensions], *self._sizes(input)

    def code_options(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """PyTorch refuses a lone None, though its signature has it."""
        required, changed = super().code_options()
        return (self.each(None),) if self.output_size is None else required, changed

    def reach(self, input: Shape) -> tuple[Reach, ...] | None:
        sizes = self._sizes(input)
        if set(sizes) == {1}:
            return None
        pairs = tuple(zip(self.places(input), sizes, strict=True))
        spans = tuple(_widest_window(length, size) for length, size in pairs)
        return reaches(spans, tuple(max(length // size, 1) for length, size in pairs))

    def _sizes(self, input: Shape) -> tuple[int, ...]:
        wanted = zip(self.each(self.output_size), self.places(input), strict=True)
        return tuple(length if size is None else size for size, length in wanted)


class AdaptiveAvgPool(AdaptivePool):
    """Base of averaging to a chosen size."""

    title = "Adaptive average pooling"
    functional = "F.adaptive_avg_pool"
    keywords = ("global average", "gap", "downsample", "mean")

    def check(self, input: Shape) -> None:
        """For one number of each picture or volume PyTorch takes the mean, whatever stands before it."""
        if len(input) < self.dimensions:
            raise ShapeError(f"needs {PLACES[(self.dimensions + 1,)]}")
        if self.dimensions == 1 or set(self._sizes(input)) != {1}:
            super().check(input)

    def saved(self, input: Shape) -> tuple[Saved, ...]:
        """The mean of everything needs nothing of it."""
        return () if set(self._sizes(input)) == {1} else ("input",)


class AdaptiveAvgPool2d(AdaptiveAvgPool, OfPictures):
    """Averages a picture down to a size of your choice; 1 gives one number for each channel.

    Use: Between the last convolution and Flatten: the network then takes pictures of any size.
    Example: AdaptiveAvgPool2d(output_size=1): 64×7×7 → 64×1×1
    Labs: 78
    """


class AdaptiveAvgPool1d(AdaptiveAvgPool, OfSequences):
    """Averages a sequence down to a length of your choice; 1 gives one number for each channel.

    Use: Between the last convolution and Flatten: the network then takes sequences of any length.
    Example: AdaptiveAvgPool1d(output_size=1): 16×50 → 16×1
    """

    output_size: Size = param("The length that comes out.", 1, 100_000, default=1, dims=1, required=True)


class AdaptiveAvgPool3d(AdaptiveAvgPool, OfVolumes):
    """Averages a volume or a film down to a size of your choice; 1 gives one number for each channel.

    Use: Between the last convolution and Flatten: the network then takes volumes of any size.
    Example: AdaptiveAvgPool3d(output_size=(1, 7, 7)): 32×8×14×14 → 32×1×7×7
    """


def _widest_window(length: int, size: int) -> int:
    """How many places the widest window covers; they differ by up to two where the sizes do not divide."""
    whole, rest = divmod(length, size)
    if not rest:
        return whole
    return whole + 1 + (rest > gcd(rest, size))
