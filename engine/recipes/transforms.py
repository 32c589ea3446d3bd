"""What may happen to pictures before the network sees them, as settings with the names of torchvision.transforms.v2.

Those by chance happen to the training part alone, to each picture in its own way. Those that `always` happen, such as
Resize, happen to every part. Pixels are numbers from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from engine.blocks.base import Shape, shape_text
from engine.recipes.part import RecipePart
from engine.settings import param

LARGEST_SIDE = 4096
RESAMPLING = ("nearest", "bilinear")
PADDING = ("constant", "edge", "reflect", "symmetric")

TRANSFORMS: dict[str, type[Transform]] = {}
"""Every transform by the name of torchvision's class, in the order of the form."""


class Transform(RecipePart):
    """Base of every transform. A subclass has the name of torchvision's class and joins the registry by existing."""

    always: ClassVar[bool] = False
    """Whether it happens to every part of the data, and not to the training part alone."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.title:
            TRANSFORMS[cls.__name__] = cls

    def after(self, shape: Shape) -> Shape:
        """The size of a picture (channels, height, width) that had this size before. Raises ValueError."""
        return shape


def _chance() -> Any:
    return param("How likely it happens to a picture.", 0, 1, default=0.5)


def _fill() -> Any:
    return param("What stands where the picture ends: 0 is black, 1 is white.", 0, 1, default=0.0, rare=True)


def _size(help: str) -> Any:
    return param(help, 1, LARGEST_SIDE, kind=int, dims=2, optional=True, default=None)


def _pair(help: str, low: float, high: float, default: tuple[float, float] | None) -> Any:
    return param(help, low, high, kind=float, dims=2, optional=default is None, default=default, rare=True)


def size_of(size: Any, shape: Shape) -> tuple[int, int]:
    """Height and width that a setting asks for; none keeps those of the picture."""
    if size is None:
        return shape[1], shape[2]
    return size if isinstance(size, tuple) else (size, size)


def check_pair(name: str, value: Any, *, ordered: bool = True) -> None:
    """Two numbers, the smaller one first, or None where that is allowed. Raises ValueError."""
    if value is None:
        return
    if not isinstance(value, tuple) or None in value or (ordered and value[0] > value[1]):
        rule = ", the smaller one first" if ordered else ""
        raise ValueError(f"{name} must be two numbers{rule}")


class RandomHorizontalFlip(Transform):
    """Mirrors a picture: left becomes right."""

    title = "Flip left and right"

    p: float = _chance()


class RandomVerticalFlip(Transform):
    """Turns a picture upside down as in water."""

    title = "Flip up and down"

    p: float = _chance()


class RandomRotation(Transform):
    """Turns a picture around its middle."""

    title = "Rotate"

    degrees: Any = param("The largest angle, or the smallest and the largest.", -360, 360, dims=2, required=True,
                         kind=float, default=15.0)  # fmt: skip
    interpolation: str = param("How new pixels are taken from old ones.", choices=RESAMPLING, default="nearest")
    fill: float = _fill()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_degrees(self.degrees)


class RandomAffine(Transform):
    """Turns, moves, scales and slants a picture."""

    title = "Rotate, move and scale"

    degrees: Any = param("The largest angle, or the smallest and the largest.", -360, 360, dims=2, required=True,
                         kind=float, default=10.0)  # fmt: skip
    translate: Any = _pair("How far it moves at most across and down, as shares of its size.", 0, 1, None)
    scale: Any = _pair("The smallest and the largest factor of its size.", 0.01, 100, None)
    shear: Any = param("The largest slant in degrees, or the smallest and the largest.", -80, 80, dims=2, kind=float,
                       optional=True, default=None, rare=True)  # fmt: skip
    interpolation: str = param("How new pixels are taken from old ones.", choices=RESAMPLING, default="nearest")
    fill: float = _fill()

    def __post_init__(self) -> None:
        super().__post_init__()
        check_degrees(self.degrees)
        check_pair("translate", self.translate, ordered=False)
        check_pair("scale", self.scale)
        if self.shear is not None:
            check_degrees(self.shear, "shear")


class RandomPerspective(Transform):
    """Looks at a picture aslant."""

    title = "Perspective"

    distortion_scale: float = param("How far the corners move at most, as a share.", 0, 1, default=0.5)
    p: float = _chance()
    interpolation: str = param("How new pixels are taken from old ones.", choices=RESAMPLING, default="bilinear")
    fill: float = _fill()


class RandomCrop(Transform):
    """Cuts out a part of a picture at a place by chance, often after widening its border."""

    title = "Crop"

    size: Any = _size("Height and width of the part; none keeps the size that pictures have.")
    padding: Any = param("How many pixels its border is widened by before: all, or across and down.", 0, LARGEST_SIDE,
                         kind=int, dims=2, optional=True, default=None)  # fmt: skip
    fill: float = _fill()
    padding_mode: str = param("What the wider border shows.", choices=PADDING, default="constant", rare=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_pair("padding", self.padding if isinstance(self.padding, tuple) else None, ordered=False)

    def widened(self) -> tuple[int, int]:
        """How many pixels are added on the left and on the right, and above and below."""
        if self.padding is None:
            return 0, 0
        return self.padding if isinstance(self.padding, tuple) else (self.padding, self.padding)

    def after(self, shape: Shape) -> Shape:
        height, width = size_of(self.size, shape)
        across, down = self.widened()
        most = shape[1:] if self.padding_mode == "symmetric" else tuple(side - 1 for side in shape[1:])
        if self.padding_mode in ("reflect", "symmetric") and (down > most[0] or across > most[1]):
            raise ValueError(f"RandomCrop cannot mirror {max(across, down)} pixels of {shape_text(shape)}")
        if height > shape[1] + 2 * down or width > shape[2] + 2 * across:
            raise ValueError(f"RandomCrop cannot cut {height} × {width} out of {shape_text(shape)}; widen its padding")
        return (shape[0], height, width)


class RandomResizedCrop(Transform):
    """Cuts out a part of a picture and brings it to a size: shows objects large and small."""

    title = "Crop and resize"

    size: Any = _size("Height and width afterwards; none keeps the size that pictures have.")
    scale: Any = _pair("The smallest and the largest share of the picture's area.", 0.0001, 1, (0.08, 1.0))
    ratio: Any = _pair("The smallest and the largest ratio of width to height.", 0.01, 100, (3 / 4, 4 / 3))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_pair("scale", self.scale)
        check_pair("ratio", self.ratio)

    def after(self, shape: Shape) -> Shape:
        return (shape[0], *size_of(self.size, shape))


class Resize(Transform):
    """Brings every picture to a size, with more or fewer pixels."""

    title = "Resize"
    always = True

    size: Any = _size("Height and width, or the shorter side where a single number is given.")

    def after(self, shape: Shape) -> Shape:
        if self.size is None or isinstance(self.size, tuple):
            return (shape[0], *size_of(self.size, shape))
        short, long = sorted(shape[1:])
        other = int(self.size * long / short)
        if other > LARGEST_SIDE:
            raise ValueError(f"Resize would make a side of {other:,} pixels; {LARGEST_SIDE:,} are the most")
        return (shape[0], self.size, other) if shape[1] <= shape[2] else (shape[0], other, self.size)


class CenterCrop(Transform):
    """Cuts out the middle of every picture."""

    title = "Crop the middle"
    always = True

    size: Any = _size("Height and width of the part; none keeps the size that pictures have.")

    def after(self, shape: Shape) -> Shape:
        return (shape[0], *size_of(self.size, shape))


class Grayscale(Transform):
    """Takes the colours out of every picture."""

    title = "Grey"
    always = True

    num_output_channels: int = param("1, or 3 alike for networks that expect colours.", 1, 3, default=1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_output_channels == 2:
            raise ValueError("num_output_channels must be 1 or 3, not 2")

    def after(self, shape: Shape) -> Shape:
        if shape[0] not in (1, 3):
            raise ValueError(f"Grayscale needs pictures with 1 or 3 channels, not {shape[0]}")
        return (self.num_output_channels, *shape[1:])


class RandomGrayscale(Transform):
    """Takes the colours out of some pictures."""

    title = "Grey at times"

    p: float = param("How likely it happens to a picture.", 0, 1, default=0.1)


class ColorJitter(Transform):
    """Changes brightness, contrast, saturation and hue a little."""

    title = "Change colours"

    brightness: Any = param("Factors from 1 - this to 1 + this, or the smallest and the largest.", 0, 10, kind=float,
                            dims=2, optional=True, default=None)  # fmt: skip
    contrast: Any = param("Factors from 1 - this to 1 + this, or the smallest and the largest.", 0, 10, kind=float,
                          dims=2, optional=True, default=None)  # fmt: skip
    saturation: Any = param("Factors from 1 - this to 1 + this, or the smallest and the largest.", 0, 10, kind=float,
                            dims=2, optional=True, default=None)  # fmt: skip
    hue: Any = param("Turns by up to this share of the circle, or the smallest and the largest.", -0.5, 0.5,
                     kind=float, dims=2, optional=True, default=None)  # fmt: skip

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("brightness", "contrast", "saturation", "hue"):
            value = getattr(self, name)
            check_pair(name, value if isinstance(value, tuple) else None)
        if isinstance(self.hue, float) and self.hue < 0:
            raise ValueError("hue must be 0 to 0.5, or the smallest and the largest turn")

    def span(self, name: str) -> tuple[float, float] | None:
        """The smallest and the largest factor or turn; None where nothing changes."""
        value, middle = getattr(self, name), 0.0 if name == "hue" else 1.0
        if isinstance(value, tuple):
            return value
        if not value:
            return None
        return (middle - value if name == "hue" else max(0.0, middle - value)), middle + value


class GaussianBlur(Transform):
    """Blurs a picture."""

    title = "Blur"

    kernel_size: int = param("How many pixels are mixed along a side; an odd number.", 1, 99, required=True, default=3)
    sigma: Any = _pair("The smallest and the largest spread in pixels.", 0.01, 100, (0.1, 2.0))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_pair("sigma", self.sigma)
        if self.kernel_size % 2 == 0:
            raise ValueError(f"kernel_size must be an odd number, not {self.kernel_size}")

    def after(self, shape: Shape) -> Shape:
        if self.kernel_size // 2 >= min(shape[1:]):
            raise ValueError(f"GaussianBlur cannot mix {self.kernel_size} pixels of {shape_text(shape)}")
        return shape


class GaussianNoise(Transform):
    """Adds noise to every pixel."""

    title = "Noise"

    mean: float = param("What is added on average.", -1, 1, default=0.0, rare=True)
    sigma: float = param("How strong the noise is.", 0, 10, default=0.1)
    clip: bool = param("Keep pixels from 0 to 1.", default=True, rare=True)


class RandomErasing(Transform):
    """Covers a rectangle, so that a network does not rely on one detail."""

    title = "Cover a part"

    p: float = _chance()
    scale: Any = _pair("The smallest and the largest share of the picture's area.", 0.0001, 1, (0.02, 0.33))
    ratio: Any = _pair("The smallest and the largest ratio of height to width.", 0.01, 100, (0.3, 3.3))
    value: float = param("What covers it: 0 is black, 1 is white.", 0, 1, default=0.0, rare=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_pair("scale", self.scale)
        check_pair("ratio", self.ratio)


class RandomInvert(Transform):
    """Makes dark pixels light and light ones dark."""

    title = "Invert"

    p: float = _chance()


class RandomSolarize(Transform):
    """Inverts the light pixels only."""

    title = "Solarize"

    threshold: float = param("Pixels from here on are inverted.", 0, 1, required=True, default=0.5)
    p: float = _chance()


def check_degrees(value: Any, name: str = "degrees") -> None:
    """A positive number, or two with the smaller one first. Raises ValueError."""
    check_pair(name, value if isinstance(value, tuple) else None)
    if isinstance(value, float) and value < 0:
        raise ValueError(f"{name} must be at least 0, or the smallest and the largest angle")


def span_of(value: float | tuple[float, float]) -> tuple[float, float]:
    """The smallest and the largest angle."""
    return value if isinstance(value, tuple) else (-value, value)


def shape_after(transforms: Iterable[Transform], shape: Shape, training: bool = True) -> Shape:
    """The size of a picture after all transforms of a part. Raises ValueError where one cannot be done."""
    for transform in transforms:
        if len(shape) != 3:
            raise ValueError(f"{transform.kind()} needs pictures, but one example is {shape_text(shape)}")
        if training or transform.always:
            shape = transform.after(shape)
    return shape


def seen_shape(transforms: Sequence[Transform], shape: Shape) -> Shape:
    """The size of what the network sees. Raises ValueError where it differs between training and test."""
    learned, tested = (shape_after(transforms, shape, training) for training in (True, False))
    if learned != tested:
        raise ValueError(
            f"training would see {shape_text(learned)} and the test {shape_text(tested)}; "
            f"end the list with CenterCrop or Resize to {learned[1]} × {learned[2]}"
        )
    return learned
