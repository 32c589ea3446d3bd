"""Blocks that cut a picture into windows, and that put windows together to a picture."""

from __future__ import annotations

from math import prod

from engine.blocks.base import Reach, SetValues, Shape, ShapeError, shape_text
from engine.blocks.windows import OfPictures, Size, slide, span
from engine.settings import param


class Windows(OfPictures):
    """Base of the blocks between a picture and its windows, of which each is one column.

    Without channels PyTorch takes the batch for them, which does no harm where a window is a single pixel.
    """

    kernel_size: Size = param("Height and width of the window.", 1, 100_000, default=3, dims=1, required=True)
    dilation: Size = param("Distance between the pixels of a window.", 1, 100_000, default=1, dims=1, rare=True)
    padding: Size = param("Rows and columns of zeros around the picture.", 0, 100_000, default=0, dims=1)
    stride: Size = param("How far the window moves each time.", 1, 100_000, default=1, dims=1)

    def reach(self, input: Shape) -> tuple[Reach, ...] | None:
        """Rows of a picture and columns of windows are no places that compare."""
        return None

    @property
    def _pixels(self) -> int:
        """How many pixels a window has."""
        return prod(self.each(self.kernel_size))

    def _check_rank(self, input: Shape, rank: int, words: str) -> None:
        if len(input) != rank and (len(input) != rank - 1 or self._pixels > 1):
            raise ShapeError(f"needs {words}")

    def _windows(self, picture: Shape) -> int:
        """How many windows a picture of this height and width has."""
        return prod(self._side(length, side) for side, length in enumerate(picture))

    def _side(self, length: int, side: int) -> int:
        kernel, dilation, padding, stride = (
            self.each(size)[side] for size in (self.kernel_size, self.dilation, self.padding, self.stride)
        )
        window = span(kernel, dilation)
        places = slide(length, window, stride, padding)
        if places < 1:
            least = window - 2 * padding
            raise ShapeError(
                f"has a window of {window} {self.unit}, which needs a {self.sides[side]} of at least {least}",
                SetValues((("kernel_size", 1), ("dilation", 1)), "Set kernel_size to 1"),
                mismatch=f"{window} > {length}",
            )
        return places


class Unfold(Windows):
    """Cuts a picture into windows and lays each one out as a column of numbers.

    Formula: column l holds the numbers of all channels in window l
    Out: channels·kernel height·kernel width × number of windows.
    Use: To work on the windows yourself: a convolution is Unfold, a matrix product and Fold.
    Example:
    Unfold(kernel_size=3): 3×10×10 → 27×64
    Unfold(kernel_size=7, stride=7): 1×28×28 → 49×16
    """

    family = "convolution"
    title = "Unfold"
    torch_name = "nn.Unfold"
    functional = "F.unfold"
    accepts = "C×H×W"
    keywords = ("im2col", "patches", "windows")
    short_name = "unfold"

    def shape_rule(self, input: Shape) -> Shape:
        self._check_rank(input, 3, "a picture (channels × height × width)")
        channels = tuple(size * self._pixels for size in input[:-2])
        return *channels, self._windows(input[-2:])


class Fold(Windows):
    """Puts windows together to a picture; where windows overlap, their numbers are added.

    Formula: every pixel is the sum of all numbers in the columns that stand for it
    In: Windows as columns, as Unfold makes them: channels·kernel height·kernel width × number of windows.
    Out: A picture of output_size: channels × height × width.
    Use: To turn windows that were worked on back into a picture.
    Example: Fold(output_size=(10, 10), kernel_size=2, stride=2): 12×25 → 3×10×10
    """

    family = "convolution"
    title = "Fold"
    torch_name = "nn.Fold"
    functional = "F.fold"
    accepts = "C×L"
    keywords = ("col2im", "patches", "windows")
    short_name = "fold"
    order = ("output_size",)

    output_size: Size = param("Height and width of the picture.", 1, 100_000, default=28, dims=1, required=True)

    def shape_rule(self, input: Shape) -> Shape:
        self._check_rank(input, 2, "windows (numbers of a window × number of windows)")
        size = self.each(self.output_size)
        if any(numbers % self._pixels for numbers in input[:-1]):
            raise ShapeError(
                f"has windows of {shape_text(self.each(self.kernel_size))} pixels, which needs columns in a multiple "
                f"of {self._pixels} numbers",
                SetValues((("kernel_size", 1),), "Set kernel_size to 1"),
                mismatch=f"{input[0]} ≠ {self._pixels}·c",
            )
        if (count := self._windows(size)) != input[-1]:
            raise ShapeError(
                f"makes a picture of {shape_text(size)}, which needs {count} windows",
                mismatch=f"{input[-1]} ≠ {count}",
            )
        return *(numbers // self._pixels for numbers in input[:-1]), *size

    def key_settings(self) -> str:
        return shape_text(self.each(self.output_size))
