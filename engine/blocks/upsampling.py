"""Blocks that make a picture larger or smaller by arranging or repeating its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from engine.blocks.base import Block, Reach, Saved, SetValues, Shape, ShapeError, elements, needs_rank
from engine.blocks.resizing import MODES, Interpolate
from engine.program import Call, Variable
from engine.settings import param


class Upsample(Block):
    """Makes a picture, a sequence or a volume larger by repeating or blending its numbers.

    Formula: nearest repeats numbers, linear and cubic modes blend neighbours, area averages
    In: Channels and one, two or three dimensions; linear is for one, bilinear and bicubic for two, trilinear for three.
    Out: The same channels in the new size: `size`, or ⌊side·scale_factor⌋.
    Use: In decoders, to bring small feature maps back to the size of larger ones without learning.
    Example:
    Upsample(scale_factor=(2.0,)): 16×14×14 → 16×28×28
    Upsample(size=(7, 5), scale_factor=None, mode="bilinear"): 3×4×4 → 3×7×5
    """

    family = "pooling"
    title = "Upsample"
    torch_name = "nn.Upsample"
    functional = "F.interpolate"
    accepts = "C×H×W"
    keywords = ("resize", "interpolate", "scale", "zoom", "decoder")
    short_name = "up"

    size: tuple[int, ...] | None = param(
        "The new size of each side, or one for all, in place of a factor.", 1, 100_000, default=None, kind=int,
        listed=True, optional=True,
    )  # fmt: skip
    scale_factor: tuple[float, ...] | None = param(
        "How much larger each side becomes, or one for all.", 1e-6, 1e5, default=(2.0,), listed=True, optional=True,
        required=True,
    )  # fmt: skip
    mode: str = param("How numbers in between are found.", choices=MODES, default="nearest")
    align_corners: bool | None = param(
        "Let the corners of both sizes lie on each other; only for linear and cubic modes.", default=None, kind=bool,
        optional=True, rare=True,
    )  # fmt: skip

    @classmethod
    def read(cls, values: Mapping[str, object]) -> Self:
        """One number for all sides may also stand alone, as PyTorch writes it."""
        lone = {name: (values[name],) for name in ("size", "scale_factor") if isinstance(values.get(name), int | float)}
        return super().read({**values, **lone})

    def shape_rule(self, input: Shape) -> Shape:
        return self._function.shape_rule(input)

    def layer(self, input: Shape) -> Call:
        """PyTorch wants a size or a factor, by name."""
        defaults = tuple((row.name, None if row.required else row.default) for row in self.params())
        return Call(self.torch_name, (), self._function.apply("").options, (), defaults)

    def as_function(self, *tensors: Variable) -> Call:
        return self._function.apply("", *tensors)

    def reach(self, input: Shape) -> tuple[Reach, ...] | None:
        return self._function.reach(input)

    def saved(self, input: Shape) -> tuple[Saved, ...]:
        averages = self.mode == "area" and elements(self.shape_rule(input)[1:]) > 1
        return ("input",) if averages else ()

    def key_settings(self) -> str:
        return self._function.key_settings()

    @property
    def _function(self) -> Interpolate:
        """The operation that does the same."""
        return Interpolate(**self.values())


class PixelShuffle(Block):
    """Makes a picture larger by laying the numbers of several channels side by side.

    Formula: y[c, r·i + a, r·j + b] = x[r²·c + r·a + b, i, j], with r the upscale_factor
    In: A picture: channels × height × width; the channels must be a multiple of upscale_factor².
    Out: Height and width times upscale_factor, the channels divided by its square.
    Use: Behind a convolution that makes channels out of detail, to make pictures sharper and larger.
    Example: PixelShuffle(upscale_factor=2): 16×14×14 → 4×28×28
    """

    family = "pooling"
    title = "Pixel shuffle"
    torch_name = "nn.PixelShuffle"
    functional = "F.pixel_shuffle"
    accepts = "C×H×W"
    keywords = ("sub-pixel", "super resolution", "depth to space", "upsample")
    short_name = "shuffle"

    upscale_factor: int = param("How many times larger height and width become.", 1, 1000, default=2, required=True)

    def shape_rule(self, input: Shape) -> Shape:
        factor = self.upscale_factor
        _needs_picture(input, factor)
        if factor == 1:
            return input
        *outer, channels, height, width = input
        if channels % factor**2:
            raise ShapeError(
                f"has upscale_factor={factor}, which needs channels in a multiple of {factor**2}",
                SetValues((("upscale_factor", 1),), "Set upscale_factor to 1"),
                mismatch=f"{channels} ≠ {factor**2}·c",
            )
        return *outer, channels // factor**2, height * factor, width * factor


class PixelUnshuffle(Block):
    """Makes a picture smaller by turning each small square of it into channels; nothing is lost.

    Formula: y[r²·c + r·a + b, i, j] = x[c, r·i + a, r·j + b], with r the downscale_factor
    In: A picture: channels × height × width; downscale_factor must divide height and width.
    Out: Height and width divided by downscale_factor, the channels times its square.
    Use: To work on large pictures at a smaller size and bring them back with PixelShuffle.
    Example: PixelUnshuffle(downscale_factor=2): 4×28×28 → 16×14×14
    """

    family = "pooling"
    title = "Pixel unshuffle"
    torch_name = "nn.PixelUnshuffle"
    functional = "F.pixel_unshuffle"
    accepts = "C×H×W"
    keywords = ("space to depth", "downsample", "patches")
    short_name = "unshuffle"

    downscale_factor: int = param("How many times smaller height and width become.", 1, 1000, default=2, required=True)

    def shape_rule(self, input: Shape) -> Shape:
        factor = self.downscale_factor
        _needs_picture(input, factor)
        if factor == 1:
            return input
        *outer, channels, height, width = input
        for name, side in (("height", height), ("width", width)):
            if side % factor:
                raise ShapeError(
                    f"has downscale_factor={factor}, which must divide the {name} of {side}",
                    SetValues((("downscale_factor", 1),), "Set downscale_factor to 1"),
                    mismatch=f"{side} ≠ {factor}·n",
                )
        return *outer, channels * factor**2, height // factor, width // factor

    def reach(self, input: Shape) -> tuple[Reach, ...]:
        return (Reach(self.downscale_factor, self.downscale_factor),) * 2


class ChannelShuffle(Block):
    """Mixes the order of the channels, so that the parts of a grouped convolution meet.

    Formula: y[groups·k + g] = x[g·(channels / groups) + k]
    In: Channels, and at least one dimension behind them; groups must divide the channels.
    Out: The same shape.
    Use: Between two convolutions with groups, as ShuffleNet does.
    Example: ChannelShuffle(groups=2): 16×14×14 → 16×14×14
    """

    family = "pooling"
    title = "Channel shuffle"
    torch_name = "nn.ChannelShuffle"
    functional = "F.channel_shuffle"
    accepts = "C×…"
    keywords = ("permute channels", "shufflenet", "groups")
    short_name = "shuffle"

    groups: int = param("Into how many groups the channels are split.", 1, 1_000_000, default=2, required=True)

    def shape_rule(self, input: Shape) -> Shape:
        needs_rank(input, tuple(range(2, 64)), "channels, and at least one dimension behind them")
        if input[0] % self.groups:
            raise ShapeError(
                f"has groups={self.groups}, which must divide the {input[0]} channels of its input",
                SetValues((("groups", 1),), "Set groups to 1"),
            )
        return input


def _needs_picture(input: Shape, factor: int) -> None:
    """PyTorch takes further dimensions before the channels; a factor of 1 touches nothing but height and width."""
    needs_rank(input, tuple(range(2 if factor == 1 else 3, 64)), "a picture (channels × height × width)")
