"""Blocks that make a picture smaller."""

from __future__ import annotations

from engine.blocks.base import Block, SetValues, Shape, ShapeError, needs_rank, setting_text
from engine.blocks.windows import SIDES, Size, pair, slide, span
from engine.program import Call, call
from engine.settings import param

PICTURE = "a picture (channels × height × width)"


class Pool(Block):
    """Base of pooling with a sliding window; `dilation` is 1 where a block has none."""

    def shape_rule(self, picture: Shape) -> Shape:
        needs_rank(picture, (2, 3), PICTURE)
        self._check_stride()
        self._check_padding()
        return *picture[:-2], *(self._side(picture, side) for side in (0, 1))

    def key_settings(self) -> str:
        return setting_text(self._window())

    def _window(self) -> Size:
        raise NotImplementedError

    def _check_stride(self) -> None:
        stride = self.values()["stride"]
        if isinstance(stride, tuple) and None in stride:
            raise ShapeError(
                f"has stride={stride}, which needs a number for both sides",
                SetValues((("stride", None),), "Set stride to None"),
            )

    def _check_padding(self) -> None:
        padding = pair(self.values()["padding"])
        for side in (0, 1):
            if padding[side] > pair(self._window())[side] // 2:
                raise ShapeError(
                    f"has padding={self.values()['padding']}, which needs a kernel_size of at least twice as much",
                    SetValues((("padding", 0),), "Set padding to 0"),
                )

    def _side(self, picture: Shape, side: int) -> int:
        values = self.values()
        kernel, padding = pair(self._window())[side], pair(values["padding"])[side]
        stride = pair(values["stride"])[side] if values["stride"] is not None else kernel
        window, length = span(kernel, pair(values.get("dilation", 1))[side]), picture[side - 2]
        places = slide(length, window, stride, padding, values["ceil_mode"])
        if places < 1:
            limit = min(2, *picture[-2:])
            smaller = {"kernel_size": limit, "stride": None, "padding": 0, "dilation": 1}
            changes = tuple((n, v) for n, v in smaller.items() if n in values and values[n] != v)
            raise ShapeError(
                f"has a window of {window} pixels, which needs a picture of at least {window - 2 * padding} "
                f"in {SIDES[side]}",
                SetValues(changes, f"Set kernel_size to {limit}"),
                mismatch=f"{window} > {length}",
            )
        return places


class MaxPool2d(Pool):
    """Shrinks a picture by keeping only the strongest number of each window."""

    family = "pooling"
    title = "Max pooling"
    torch_name = "nn.MaxPool2d"
    accepts = "C×H×W"
    keywords = ("downsample", "subsample")
    short_name = "pool"

    kernel_size: Size = param("Height and width of the window.", 1, 100_000, default=2, dims=2, required=True)
    stride: Size = param(
        "How far the window moves; None means as far as it is wide.", 1, 100_000, default=None, dims=2, kind=int,
        optional=True,
    )  # fmt: skip
    padding: Size = param("Rows added around, never the strongest.", 0, 100_000, default=0, dims=2, rare=True)
    dilation: Size = param("Distance between the pixels of a window.", 1, 100_000, default=1, dims=2, rare=True)
    ceil_mode: bool = param("Let a last window hang over the edge.", default=False, rare=True)

    def _window(self) -> Size:
        return self.kernel_size


class AvgPool2d(Pool):
    """Shrinks a picture by averaging each window."""

    family = "pooling"
    title = "Average pooling"
    torch_name = "nn.AvgPool2d"
    accepts = "C×H×W"
    keywords = ("downsample", "mean", "subsample")
    short_name = "pool"

    kernel_size: Size = param("Height and width of the window.", 1, 100_000, default=2, dims=2, required=True)
    stride: Size = param(
        "How far the window moves; None means as far as it is wide.", 1, 100_000, default=None, dims=2, kind=int,
        optional=True,
    )  # fmt: skip
    padding: Size = param("Rows of zeros added around.", 0, 100_000, default=0, dims=2, rare=True)
    ceil_mode: bool = param("Let a last window hang over the edge.", default=False, rare=True)
    count_include_pad: bool = param("Count the added zeros in the average.", default=True, rare=True)
    divisor_override: int | None = param(
        "Divide by this instead of the window's size.",
        1,
        1_000_000,
        default=None,
        kind=int,
        optional=True,
        rare=True,
    )

    def _window(self) -> Size:
        return self.kernel_size


class AdaptiveAvgPool2d(Block):
    """Averages a picture down to a size of your choice; 1 gives one number for each channel."""

    family = "pooling"
    title = "Adaptive average pooling"
    torch_name = "nn.AdaptiveAvgPool2d"
    accepts = "C×H×W"
    keywords = ("global average", "gap", "downsample", "mean")
    short_name = "pool"

    output_size: Size = param(
        "Height and width that come out; None keeps that side.", 1, 100_000, default=1, dims=2, kind=int,
        optional=True, required=True,
    )  # fmt: skip

    def shape_rule(self, picture: Shape) -> Shape:
        if len(picture) < 2:
            raise ShapeError(f"needs {PICTURE}")
        wanted = pair(self.output_size)
        sides = tuple(picture[side - 2] if wanted[side] is None else wanted[side] for side in (0, 1))
        if sides != (1, 1):  # for one number each PyTorch takes the mean, whatever stands before height and width
            needs_rank(picture, (2, 3), PICTURE)
        return *picture[:-2], *sides

    def layer(self, picture: Shape) -> Call:
        both = (None, None)  # PyTorch refuses a lone None, though its signature has it
        return call(self.torch_name, both if self.output_size is None else self.output_size)
