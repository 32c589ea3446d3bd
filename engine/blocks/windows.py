"""The arithmetic of windows that slide over a picture, shared by convolution and pooling.

Formula: out = floor((in + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1, from the
"Shape" sections of torch.nn.Conv2d and torch.nn.MaxPool2d.
"""

from __future__ import annotations

from typing import Any

SIDES = ("height", "width")

Size = Any
"""One whole number for both sides, or a pair (height, width)."""


def pair(value: Size) -> tuple[int, int]:
    """A size as (height, width)."""
    if isinstance(value, tuple):
        return value[0], value[1]
    return value, value


def span(kernel_size: int, dilation: int = 1) -> int:
    """How many pixels a window covers from its first to its last."""
    return dilation * (kernel_size - 1) + 1


def slide(length: int, window: int, stride: int, padding: int, ceil_mode: bool = False) -> int:
    """How many places a window of this span has on a side of this length; below 1 it does not fit.

    With `ceil_mode` a last window may hang over the edge, but must start inside the picture or its left padding.
    """
    room = length + 2 * padding - window
    places = (-(-room // stride) if ceil_mode else room // stride) + 1
    if ceil_mode and (places - 1) * stride >= length + padding:
        places -= 1
    return places
