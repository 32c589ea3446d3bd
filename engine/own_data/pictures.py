"""One picture file as numbers: opened only in known formats, measured before it is decoded, refused in words."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from engine.own_data.findings import DataProblem, short
from engine.own_data.found import PictureFiles

ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
"""The endings that torchvision's ImageFolder takes for pictures."""
FORMATS = ("JPEG", "PNG", "PPM", "BMP", "TIFF", "WEBP")
"""Only these are tried, whatever a file claims to be; some others would start programs."""
MOST_PIXELS = 64 * 2**20
"""A picture with more is refused before anything of it is decoded."""
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Warning,
)
"""What damaged files make Pillow raise, also where warnings are errors."""
SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I")

Pixels = NDArray[np.uint8]


class BadPicture(DataProblem):
    """A file that is no picture, or a damaged or far too large one; says why in a few words."""


def measured(path: Path) -> tuple[int, int, bool]:
    """Height, width and whether it has colours, from the head of the file. Raises BadPicture."""
    with _opened(path) as image:
        return image.height, image.width, not _is_grey(image)


def decoded(path: Path, height: int, width: int, mode: str, fit: str) -> Pixels:
    """The picture as (channels, height, width), pixels from 0 to 255. Raises BadPicture."""
    with _opened(path) as image:
        try:
            fitted = _fitted(_in_mode(image, mode), height, width, fit)
        except BROKEN as error:
            raise BadPicture(_reason(error)) from error
    pixels = np.array(fitted, np.uint8)
    return pixels[None] if mode == "L" else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def read_one(files: PictureFiles, place: int) -> Pixels:
    """One of many pictures (channels, height, width). Raises DataProblem with the file's name."""
    path = files.paths[place]
    try:
        return decoded(path, files.height, files.width, files.mode, files.fit)
    except BadPicture as error:
        raise DataProblem(f"The picture {short(path.name)} cannot be read any more: {error}.") from error


def _opened(path: Path) -> Image.Image:
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        raise BadPicture("it is no file")
    try:
        image = Image.open(path, formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadPicture("it has too many pixels") from error
    except BROKEN as error:
        raise BadPicture(_reason(error)) from error
    if image.width * image.height > MOST_PIXELS:
        size = f"{image.width:,} × {image.height:,}"
        image.close()
        raise BadPicture(f"it has {size} pixels, too many")
    return image


def _reason(error: BaseException) -> str:
    """Pillow's errors name files, places in memory and its own functions; people need none of these."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "it may not be read"
    if isinstance(error, IsADirectoryError):
        return "it is a folder"
    if isinstance(error, MemoryError):
        return "it needs too much memory"
    if isinstance(error, UnidentifiedImageError):
        return "it is no picture in a format that is known"
    return "it is damaged"


def _is_grey(image: Image.Image) -> bool:
    return image.mode in ("1", "L", "LA", "La", *SIXTEEN_BITS, "F")


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    """The picture in grey or in colours, as torchvision's loader makes it; 16 bits are brought to 8."""
    if image.mode in SIXTEEN_BITS:
        numbers = np.asarray(image).astype(np.int64)
        scale = 257 if image.mode != "I" or (numbers.size and numbers.max() > 255) else 1
        image = Image.fromarray((numbers.clip(0, 65535) // scale).astype(np.uint8))
    elif image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    return image.convert(mode)


def _fitted(image: Image.Image, height: int, width: int, fit: str) -> Image.Image:
    """Stretched to the size, or scaled until it covers the size and cut in the middle."""
    if image.size == (width, height):
        return image
    if fit == "stretch":
        return image.resize((width, height), Image.Resampling.BILINEAR)
    scale = max(width / image.width, height / image.height)
    wide, high = width / scale, height / scale
    left, top = (image.width - wide) / 2, (image.height - high) / 2
    box = (max(0.0, left), max(0.0, top), min(left + wide, image.width), min(top + high, image.height))
    return image.resize((width, height), Image.Resampling.BILINEAR, box=box)
