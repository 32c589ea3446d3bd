"""Blocks that slide small learned windows over a picture."""

from __future__ import annotations

from typing import Any

from engine.blocks.base import Block, SetValues, Shape, ShapeError, elements, needs_rank, setting_text
from engine.blocks.windows import SIDES, Size, pair, slide, span
from engine.program import Call
from engine.settings import param

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class Conv2d(Block):
    """Slides small learned filters over the picture; each filter makes one new feature map.

    Every output number is the sum of a window of the input times the filter's weights, plus a bias.
    """

    family = "convolution"
    title = "Convolution"
    torch_name = "nn.Conv2d"
    accepts = "C×H×W"
    short_name = "conv"
    keywords = ("convolution", "cnn", "filter", "kernel")

    out_channels: int = param(
        "How many filters there are; each makes one feature map.", 1, 1_000_000, required=True, default=16
    )
    kernel_size: Size = param("Height and width of the window.", 1, 100_000, dims=2, required=True, default=3)
    stride: Size = param("How far the window moves each time.", 1, 100_000, dims=2, default=1)
    padding: Size = param(
        "Rows added around the picture; 'same' keeps its size.",
        0,
        100_000,
        dims=2,
        choices=("same", "valid"),
        default=0,
    )
    dilation: Size = param("Distance between the pixels that a window reads.", 1, 100_000, dims=2, rare=True, default=1)
    groups: int = param("In how many separate parts the channels are worked on.", 1, 1_000_000, rare=True, default=1)
    bias: bool = param("Add one learned number to every feature map.", default=True)
    padding_mode: str = param("What the added rows are filled with.", choices=PADDING_MODES, rare=True, default="zeros")

    def shape_rule(self, picture: Shape) -> Shape:
        needs_rank(picture, (3,), "a picture (channels × height × width)")
        self._check_groups(picture[0])
        return self.out_channels, *(self._side(picture, side) for side in (0, 1))

    def layer(self, picture: Shape) -> Call:
        return self._create(picture[0])

    def parameters(self, picture: Shape) -> int:
        height, width = pair(self.kernel_size)
        return self.out_channels * (picture[0] // self.groups * height * width + self.bias)

    def macs(self, picture: Shape) -> int:
        height, width = pair(self.kernel_size)
        return elements(self.shape_rule(picture)) * (picture[0] // self.groups) * height * width

    def key_settings(self) -> str:
        stride = "" if self.stride == 1 else f", /{setting_text(self.stride)}"
        return f"{self.out_channels}, {setting_text(pair(self.kernel_size))}{stride}"

    def _check_groups(self, channels: int) -> None:
        reset = SetValues((("groups", 1),), "Set groups to 1")
        if channels % self.groups:
            raise ShapeError(f"has groups={self.groups}, which must divide the {channels} channels of its input", reset)
        if self.out_channels % self.groups:
            raise ShapeError(f"has groups={self.groups}, which must divide its {self.out_channels} out_channels", reset)

    def _added(self, side: int) -> int:
        """Rows that padding adds on both ends of a side together."""
        if self.padding == "valid":
            return 0
        if self.padding == "same":
            return span(pair(self.kernel_size)[side], pair(self.dilation)[side]) - 1
        return 2 * pair(self.padding)[side]

    def _side(self, picture: Shape, side: int) -> int:
        length, stride = picture[1 + side], pair(self.stride)[side]
        if self.padding == "same" and pair(self.stride) != (1, 1):
            raise ShapeError(
                "has padding='same', which PyTorch allows only with stride=1",
                SetValues((("stride", 1),), "Set stride to 1"),
                SetValues((("padding", 0),), "Set padding to 0"),
            )
        self._check_padding_mode(length, self._added(side), SIDES[side])
        window = span(pair(self.kernel_size)[side], pair(self.dilation)[side])
        places = slide(length + self._added(side), window, stride, 0)
        if places < 1:
            raise ShapeError(
                f"has a window of {window} pixels, which needs a picture of at least {window - self._added(side)} "
                f"in {SIDES[side]}",
                *self._smaller_windows(picture),
                mismatch=f"{window} > {length + self._added(side)}",
            )
        return places

    def _smaller_windows(self, picture: Shape) -> tuple[SetValues, ...]:
        limit = min(picture[1:])
        fits = tuple((("kernel_size", k), ("dilation", 1)) for k in (3, 1) if k <= limit)
        return (
            *(SetValues(_only_changes(self, values), f"Set kernel_size to {values[0][1]}") for values in fits),
            SetValues((("padding", "same"), ("stride", 1)), "Set padding to 'same'"),
        )

    def _check_padding_mode(self, length: int, added: int, side: str) -> None:
        longest = added - added // 2
        zeros = SetValues((("padding_mode", "zeros"),), "Set padding_mode to 'zeros'")
        if self.padding_mode == "reflect" and longest >= length:
            raise ShapeError(f"reflects {longest} rows, which needs a {side} of more than {longest}", zeros)
        if self.padding_mode == "circular" and longest > length:
            raise ShapeError(f"wraps {longest} rows around, which needs a {side} of at least {longest}", zeros)


def _only_changes(block: Block, values: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    return tuple((name, value) for name, value in values if getattr(block, name) != value)
