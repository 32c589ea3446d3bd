"""Blocks that slide small learned windows over a sequence, a picture or a volume."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from engine.blocks.base import BYTES_OF_NUMBER, Reach, Saved, SetValues, Shape, ShapeError, elements, setting_text
from engine.blocks.windows import (
    OfPictures,
    OfSequences,
    OfVolumes,
    Size,
    Spatial,
    check_numbers,
    reaches,
    slide,
    span,
)
from engine.program import Call
from engine.settings import param

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class Convolution(Spatial):
    """Base of all convolutions."""

    kin = "convolution"
    derived = ("in_channels",)
    saves = ("input",)
    short_name = "conv"

    out_channels: int = param(
        "How many filters there are; each makes one feature map.", 1, 1_000_000, required=True, default=16
    )
    kernel_size: Size = param("Size of the window.", 1, 100_000, dims=1, required=True, default=3)
    stride: Size = param("How far the window moves each time.", 1, 100_000, dims=1, default=1)
    padding: Size = param("Places cut off around what comes out.", 0, 100_000, dims=1, default=0)
    dilation: Size = param("Distance between the places of a window.", 1, 100_000, dims=1, rare=True, default=1)
    groups: int = param("In how many separate parts the channels are worked on.", 1, 1_000_000, rare=True, default=1)
    bias: bool = param("Add one learned number to every feature map.", default=True)

    def layer(self, input: Shape) -> Call:
        return self._create(input[0])

    def weights(self, input: Shape) -> Mapping[str, Shape]:
        weight = {"weight": self._weight(input[0])}
        return {**weight, "bias": (self.out_channels,)} if self.bias else weight

    def key_settings(self) -> str:
        stride = "" if self.stride == 1 else f", /{setting_text(self.stride)}"
        return f"{self.out_channels}, {setting_text(self.each(self.kernel_size))}{stride}"

    @property
    def windows(self) -> tuple[int, ...]:
        """How many places the window covers along each dimension."""
        return tuple(map(span, self.each(self.kernel_size), self.each(self.dilation)))

    def _weight(self, channels: int) -> Shape:
        return self.out_channels, channels // self.groups, *self.each(self.kernel_size)

    def _check_channels(self, channels: int) -> None:
        reset = SetValues((("groups", 1),), "Set groups to 1")
        if channels % self.groups:
            raise ShapeError(f"has groups={self.groups}, which must divide the {channels} channels of its input", reset)
        if self.out_channels % self.groups:
            raise ShapeError(f"has groups={self.groups}, which must divide its {self.out_channels} out_channels", reset)
        smaller = SetValues((("kernel_size", 3), ("padding", 0)), "Set kernel_size to 3")
        check_numbers(self._weight(channels), smaller)


class Conv(Convolution):
    """Base of the convolutions that make their input smaller or keep its size.

    Every output number is the sum of a window of the input times the filter's weights, plus a bias.

    Formula: y[o, p] = bias[o] + Σ over channels c and places k of weight[o, c, k] · x[c, stride·p + dilation·k]
    Out: out_channels feature maps. Each side becomes
        ⌊(side + 2·padding - dilation·(kernel_size - 1) - 1) / stride⌋ + 1.
    """

    title = "Convolution"
    keywords = ("convolution", "cnn", "filter", "kernel")

    padding: Size = param(
        "Places added around the input; 'same' keeps its size.",
        0,
        100_000,
        dims=1,
        choices=("same", "valid"),
        default=0,
    )
    padding_mode: str = param(
        "What the added places are filled with.", choices=PADDING_MODES, rare=True, default="zeros"
    )

    def shape_rule(self, input: Shape) -> Shape:
        self.check_rank(input)
        self._check_channels(input[0])
        places = (self._side(input, side) for side in range(self.dimensions))
        return check_numbers((self.out_channels, *places), SetValues((("padding", 0),), "Set padding to 0"))

    def macs(self, input: Shape) -> int:
        return elements(self.shape_rule(input)) * prod(self._weight(input[0])[1:])

    def reach(self, input: Shape) -> tuple[Reach, ...]:
        return reaches(self.windows, self.each(self.stride))

    def saved(self, input: Shape) -> tuple[Saved, ...]:
        """Where places are added beforehand, the result of that is kept in place of the input."""
        beforehand = self._padded(input) is not None
        return () if beforehand and self.padding_mode not in ("reflect", "replicate") else self.saves

    def saved_besides(self, batch: int, input: Shape) -> int:
        padded = self._padded(input)
        return 0 if padded is None else BYTES_OF_NUMBER * batch * elements(padded)

    def _padded(self, input: Shape) -> Shape | None:
        """What PyTorch makes of the input before the convolution itself, if anything."""
        added = tuple(map(self._added, range(self.dimensions)))
        if self.padding_mode == "zeros":  # the convolution adds zeros by itself, as many at the start as at the end
            added = tuple(places % 2 for places in added)
            if not any(added):
                return None
        return input[0], *(length + places for length, places in zip(input[1:], added, strict=True))

    def _added(self, side: int) -> int:
        """Places that padding adds on both ends of a side together."""
        if self.padding == "valid":
            return 0
        if self.padding == "same":
            return self.windows[side] - 1
        return int(2 * self.each(self.padding)[side])

    def _side(self, input: Shape, side: int) -> int:
        strides = self.each(self.stride)
        if self.padding == "same" and set(strides) != {1}:
            raise ShapeError(
                "has padding='same', which PyTorch allows only with stride=1",
                SetValues((("stride", 1),), "Set stride to 1"),
                SetValues((("padding", 0),), "Set padding to 0"),
            )
        length, window = input[1 + side] + self._added(side), self.windows[side]
        self._check_padding_mode(input[1 + side], self._added(side), self.sides[side])
        if (places := slide(length, window, strides[side], 0)) >= 1:
            return places
        raise ShapeError(
            f"has a window of {window} {self.unit}, which needs a {self.sides[side]} of at least "
            f"{window - self._added(side)}",
            *self._smaller_windows(input),
            mismatch=f"{window} > {length}",
        )

    def _smaller_windows(self, input: Shape) -> tuple[SetValues, ...]:
        limit = min(input[1:])
        fits = tuple((("kernel_size", k), ("dilation", 1)) for k in (3, 1) if k <= limit)
        return (
            *(SetValues(self._changes(values), f"Set kernel_size to {values[0][1]}") for values in fits),
            SetValues((("padding", "same"), ("stride", 1)), "Set padding to 'same'"),
        )

    def _changes(self, values: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
        return tuple((name, value) for name, value in values if getattr(self, name) != value)

    def _check_padding_mode(self, length: int, added: int, side: str) -> None:
        longest = added - added // 2
        zeros = SetValues((("padding_mode", "zeros"),), "Set padding_mode to 'zeros'")
        if self.padding_mode == "reflect" and longest >= length:
            raise ShapeError(f"reflects {longest} places, which needs a {side} of more than {longest}", zeros)
        if self.padding_mode == "circular" and longest > length:
            raise ShapeError(f"wraps {longest} places around, which needs a {side} of at least {longest}", zeros)


class Conv2d(Conv, OfPictures):
    """Slides small learned filters over the picture; each filter makes one new feature map.

    Use: To find patterns in pictures wherever they are: edges first, and parts of things in later blocks.
    Example:
    Conv2d(out_channels=16, kernel_size=3): 3×32×32 → 16×30×30
    Conv2d(out_channels=16, kernel_size=5, stride=2, padding=2): 1×28×28 → 16×14×14
    Labs: 61, 62, 63, 65, 66, 67, 68, 69, 70, 71, 72, 77, 78, 79
    """


class Conv1d(Conv, OfSequences):
    """Slides small learned filters along a sequence; each filter makes one new row of numbers.

    Use: To find patterns in signals, series of measurements or embedded text wherever they are.
    Example: Conv1d(out_channels=8, kernel_size=5): 4×50 → 8×46
    """


class Conv3d(Conv, OfVolumes):
    """Slides small learned filters through a volume or a film; each filter makes one new volume.

    Use: To find patterns in scans, or movements in films. It takes far more memory and time than Conv2d.
    Example: Conv3d(out_channels=8, kernel_size=3, padding=1): 1×8×32×32 → 8×8×32×32
    """


class ConvTranspose(Convolution):
    """Base of the transposed convolutions, which go the way of a convolution backwards.

    Every input number, times the filter's weights, is added to a window of the output; windows may overlap.

    Formula: y[o, stride·p + dilation·k - padding] += weight[c, o, k] · x[c, p], for all channels c and places p and k
    Out: out_channels feature maps. Each side becomes
        (side - 1)·stride - 2·padding + dilation·(kernel_size - 1) + output_padding + 1.
    """

    title = "Transposed convolution"
    keywords = ("deconvolution", "upsampling", "decoder", "generator")
    order = ("out_channels", "kernel_size", "stride", "padding", "output_padding", "groups", "bias")

    output_padding: Size = param(
        "Places added at the end of what comes out, to choose among the sizes that a stride allows.",
        0,
        100_000,
        dims=1,
        rare=True,
        default=0,
    )

    def shape_rule(self, input: Shape) -> Shape:
        self.check_rank(input)
        self._check_channels(input[0])
        places = (self._side(input, side) for side in range(self.dimensions))
        return check_numbers((self.out_channels, *places), SetValues((("stride", 1),), "Set stride to 1"))

    def macs(self, input: Shape) -> int:
        return elements(input[1:]) * prod(self._weight(input[0]))

    def reach(self, input: Shape) -> tuple[Reach, ...]:
        """Neighbours lie less than one place of the input apart, which is counted as one."""
        strides = self.each(self.stride)
        return tuple(Reach(-(-window // stride), 1) for window, stride in zip(self.windows, strides, strict=True))

    def _weight(self, channels: int) -> Shape:
        return channels, self.out_channels // self.groups, *self.each(self.kernel_size)

    def _side(self, input: Shape, side: int) -> int:
        stride, added = self.each(self.stride)[side], self.each(self.output_padding)[side]
        if added >= max(stride, self.each(self.dilation)[side]):
            raise ShapeError(
                f"has output_padding={setting_text(self.output_padding)}, which needs a larger stride or dilation",
                SetValues((("output_padding", 0),), "Set output_padding to 0"),
            )
        cut = 2 * self.each(self.padding)[side]
        places = int((input[1 + side] - 1) * stride + self.windows[side] + added - cut)
        if places < 1:
            raise ShapeError(
                f"has padding={setting_text(self.padding)}, which cuts all of the {self.sides[side]} off. "
                "It needs less padding",
                SetValues((("padding", 0),), "Set padding to 0"),
                mismatch=f"{cut} ≥ {places + cut}",
            )
        return places


class ConvTranspose2d(ConvTranspose, OfPictures):
    """Makes a picture larger: every number of the input paints a small learned picture into the output.

    Use: To make pictures larger in a way that is learned, as decoders and generators do.
    Example: ConvTranspose2d(out_channels=8, kernel_size=2, stride=2): 16×14×14 → 8×28×28
    """


class ConvTranspose1d(ConvTranspose, OfSequences):
    """Makes a sequence longer: every number of the input adds a small learned curve to the output.

    Use: To make signals longer in a way that is learned, as decoders of sound do.
    Example: ConvTranspose1d(out_channels=8, kernel_size=4, stride=2, padding=1): 16×25 → 8×50
    """


class ConvTranspose3d(ConvTranspose, OfVolumes):
    """Makes a volume larger: every number of the input adds a small learned volume to the output.

    Use: To make scans or films larger in a way that is learned, as decoders do.
    Example: ConvTranspose3d(out_channels=4, kernel_size=2, stride=2): 8×4×8×8 → 4×8×16×16
    """
