"""Batches of pictures moved, turned, cut and resized, each picture by its own draw.

Pictures are (n, channels, height, width). Draws come from a generator on the CPU, so that every device does the same.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional

from engine.recipes.transforms import (
    CenterCrop,
    RandomAffine,
    RandomCrop,
    RandomPerspective,
    RandomResizedCrop,
    RandomRotation,
    Resize,
    Transform,
    size_of,
    span_of,
)

Chance = torch.Generator
TRIES = 10
"""How many rectangles are drawn for a picture before one that fits into it is given up."""
PAD_MODES = {"constant": "constant", "edge": "replicate", "reflect": "reflect"}


def flipped_across(pictures: torch.Tensor, settings: Transform, chance: Chance) -> torch.Tensor:
    """All mirrored."""
    return pictures.flip(-1)


def flipped_down(pictures: torch.Tensor, settings: Transform, chance: Chance) -> torch.Tensor:
    """All upside down."""
    return pictures.flip(-2)


def uniform(count: int, span: tuple[float, float], chance: Chance) -> torch.Tensor:
    """One number for each picture."""
    low, high = span
    return low + (high - low) * torch.rand(count, generator=chance)


def rotated(pictures: torch.Tensor, settings: RandomRotation, chance: Chance) -> torch.Tensor:
    """Each turned by its own angle, against the clock where it is positive."""
    angles = -uniform(len(pictures), span_of(settings.degrees), chance)
    still = torch.zeros(len(pictures))
    return affine(pictures, angles, (still, still), still + 1, still, settings.interpolation, settings.fill)


def moved(pictures: torch.Tensor, settings: RandomAffine, chance: Chance) -> torch.Tensor:
    """Each turned, moved, scaled and slanted by its own draw."""
    count, height, width = len(pictures), *pictures.shape[-2:]
    angles = uniform(count, span_of(settings.degrees), chance)
    far_across, far_down = settings.translate or (0.0, 0.0)
    across = uniform(count, (-far_across * width, far_across * width), chance).round()
    down = uniform(count, (-far_down * height, far_down * height), chance).round()
    scale = uniform(count, settings.scale or (1.0, 1.0), chance)
    shear = uniform(count, (0.0, 0.0) if settings.shear is None else span_of(settings.shear), chance)
    return affine(pictures, angles, (across, down), scale, shear, settings.interpolation, settings.fill)


def affine(
    pictures: torch.Tensor,
    angles: torch.Tensor,
    move: tuple[torch.Tensor, torch.Tensor],
    scale: torch.Tensor,
    shear: torch.Tensor,
    interpolation: str,
    fill: float,
) -> torch.Tensor:
    """Each picture slanted, scaled, turned (degrees, with the clock) around its middle and moved (pixels)."""
    height, width = pictures.shape[-2:]
    turn, slant = angles.double().deg2rad(), shear.double().deg2rad()
    cos, sin, zero, one = turn.cos(), turn.sin(), torch.zeros_like(turn), torch.ones_like(turn)
    rotation = _matrices([[cos, -sin], [sin, cos]])
    forward = scale.double()[:, None, None] * rotation @ _matrices([[one, -slant.tan()], [zero, one]])
    back = torch.linalg.inv(forward)  # where each pixel of the result comes from
    shift = back @ torch.stack(move, 1).double()[:, :, None]
    y, x = torch.meshgrid(_middles(height), _middles(width), indexing="ij")
    places = torch.stack([x, y], 2).reshape(1, -1, 2) @ back.transpose(1, 2) - shift.transpose(1, 2)
    grid = places / torch.tensor([width / 2, height / 2], dtype=torch.float64)
    return _sampled(pictures, grid.reshape(-1, height, width, 2), interpolation, fill)


def _matrices(rows: list[list[torch.Tensor]]) -> torch.Tensor:
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def _middles(count: int) -> torch.Tensor:
    """Where the middles of pixels are, seen from the middle of the picture."""
    return torch.arange(count, dtype=torch.float64) + (1 - count) / 2


def _sampled(pictures: torch.Tensor, grid: torch.Tensor, interpolation: str, fill: float) -> torch.Tensor:
    """Pictures taken at places from -1 to 1 (n, height, width, 2), with `fill` where they end."""
    inside = torch.ones_like(pictures[:, :1])
    both = functional.grid_sample(
        torch.cat([pictures, inside], 1), grid.to(pictures), mode=interpolation, align_corners=False
    )
    shown, inside = both[:, :-1], both[:, -1:]
    return inside * (shown - fill) + fill  # at the border torchvision, too, fades what is faded already


def in_perspective(pictures: torch.Tensor, settings: RandomPerspective, chance: Chance) -> torch.Tensor:
    """Each with its four corners moved inwards by chance."""
    count, (height, width) = len(pictures), pictures.shape[-2:]
    most = [int(settings.distortion_scale * (side // 2)) + 1 for side in (width, height)]
    inwards = torch.stack([torch.randint(0, bound, (count, 4), generator=chance) for bound in most], 2)
    corners = torch.tensor([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]])
    direction = torch.tensor([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    return perspective(pictures, corners + direction * inwards, settings.interpolation, settings.fill)


def perspective(pictures: torch.Tensor, corners: torch.Tensor, interpolation: str, fill: float) -> torch.Tensor:
    """Each picture drawn into four corners (n, 4, 2) as x and y: first above, from the left, then below, back."""
    height, width = pictures.shape[-2:]
    old = torch.tensor([[0, 0], [width - 1, 0], [width - 1, height - 1], [0, height - 1]], dtype=torch.float64)
    new = corners.double()
    ones, zeros = torch.ones_like(new[:, :, :1]), torch.zeros_like(new)
    for_x = torch.cat([new, ones, zeros, zeros[:, :, :1], -new * old[:, :1]], 2)
    for_y = torch.cat([zeros, zeros[:, :, :1], new, ones, -new * old[:, 1:]], 2)
    system = torch.cat([for_x, for_y], 1)
    known = torch.cat([old[:, 0], old[:, 1]]).expand(len(pictures), 8)
    solved = torch.linalg.lstsq(system, known[:, :, None]).solution[:, :, 0]
    a, b, c, d, e, f, g, h = (solved[:, place, None, None] for place in range(8))
    y, x = torch.meshgrid(*(torch.arange(side, dtype=torch.float64) + 0.5 for side in (height, width)), indexing="ij")
    below = g * x + h * y + 1
    grid = torch.stack([(a * x + b * y + c) / below / (width / 2), (d * x + e * y + f) / below / (height / 2)], 3) - 1
    return _sampled(pictures, grid, interpolation, fill)


def cropped(pictures: torch.Tensor, settings: RandomCrop, chance: Chance) -> torch.Tensor:
    """A part of each at its own place."""
    height, width = size_of(settings.size, tuple(pictures.shape[1:]))
    across, down = settings.widened()
    wide = padded(pictures, across, down, settings.padding_mode, settings.fill)
    top = torch.randint(0, wide.shape[-2] - height + 1, (len(wide),), generator=chance)
    left = torch.randint(0, wide.shape[-1] - width + 1, (len(wide),), generator=chance)
    return cut(wide, top, left, height, width)


def cut(pictures: torch.Tensor, top: torch.Tensor, left: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """The part of each picture that begins at its own row and column."""
    device = pictures.device
    rows = (top[:, None] + torch.arange(height)).to(device)[:, None, :, None]
    columns = (left[:, None] + torch.arange(width)).to(device)[:, None, None, :]
    channels = torch.arange(pictures.shape[1], device=device)[None, :, None, None]
    return pictures[torch.arange(len(pictures), device=device)[:, None, None, None], channels, rows, columns]


def padded(pictures: torch.Tensor, across: int, down: int, mode: str, fill: float) -> torch.Tensor:
    """All with a wider border."""
    if not (across or down):
        return pictures
    if mode == "symmetric":
        rows, columns = (_mirrored(side, more) for side, more in zip(pictures.shape[-2:], (down, across), strict=True))
        return pictures[:, :, rows.to(pictures.device)][:, :, :, columns.to(pictures.device)]
    border = (across, across, down, down)
    if mode == "constant":
        return functional.pad(pictures, border, value=fill)
    return functional.pad(pictures, border, mode=PAD_MODES[mode])


def _mirrored(side: int, more: int) -> torch.Tensor:
    """The places of a side with its ends mirrored, the outermost pixel twice."""
    inner = torch.arange(side)
    return torch.cat([inner[:more].flip(0), inner, inner[side - more :].flip(0)])


def resized_crop(pictures: torch.Tensor, settings: RandomResizedCrop, chance: Chance) -> torch.Tensor:
    """A part of each with its own place, size and shape, brought to one size."""
    height, width = size_of(settings.size, tuple(pictures.shape[1:]))
    high, wide = pictures.shape[-2:]
    upright = (1 / settings.ratio[1], 1 / settings.ratio[0])
    sides = rectangles(len(pictures), (high, wide), high * wide, settings.scale, upright, chance)
    sides = torch.where(sides[:, :1] > 0, sides, torch.tensor(_largest(high, wide, settings.ratio)))
    corner = corners_of(sides, (high, wide), chance)
    parts = [
        functional.interpolate(
            pictures[i : i + 1, :, top : top + tall, left : left + broad],
            (height, width),
            mode="bilinear",
            antialias=True,
        )
        for i, ((top, left), (tall, broad)) in enumerate(zip(corner.tolist(), sides.tolist(), strict=True))
    ]
    return torch.cat(parts)


def _largest(high: int, wide: int, ratio: tuple[float, float]) -> tuple[int, int]:
    """Height and width of the largest part with an allowed ratio, for a picture in which no draw fits."""
    if wide / high < ratio[0]:
        return min(high, round(wide / ratio[0])), wide
    if wide / high > ratio[1]:
        return high, min(wide, round(high * ratio[1]))
    return high, wide


def rectangles(
    count: int,
    most: tuple[int, int],
    whole: int,
    scale: tuple[float, float],
    ratio: tuple[float, float],
    chance: Chance,
) -> torch.Tensor:
    """Height and width (count, 2), at most `most`: shares of the whole area, and ratios of height to width.

    Where none of the draws for a picture fits, both are 0.
    """
    area = uniform(count * TRIES, scale, chance) * whole
    shape = uniform(count * TRIES, (math.log(ratio[0]), math.log(ratio[1])), chance).exp()
    sides = torch.stack([(area * shape).sqrt().round(), (area / shape).sqrt().round()], 1).long()
    sides = sides.reshape(count, TRIES, 2)
    fits = ((sides > 0) & (sides <= torch.tensor(most))).all(2)
    first = fits.int().argmax(1)
    return sides[torch.arange(count), first] * fits.any(1)[:, None]


def corners_of(sides: torch.Tensor, size: tuple[int, int], chance: Chance) -> torch.Tensor:
    """Row and column (count, 2) of a place for each rectangle in a picture."""
    room = torch.tensor(size) - sides + 1
    return torch.minimum((torch.rand(len(sides), 2, generator=chance) * room).long(), room - 1)


def resized(pictures: torch.Tensor, settings: Resize, chance: Chance) -> torch.Tensor:
    """All brought to one size."""
    size = settings.after(tuple(pictures.shape[1:]))[1:]
    if size == tuple(pictures.shape[-2:]):
        return pictures
    return functional.interpolate(pictures, size, mode="bilinear", antialias=True)


def centred(pictures: torch.Tensor, settings: CenterCrop, chance: Chance) -> torch.Tensor:
    """The middle of all, on black where it is larger than a picture."""
    height, width = size_of(settings.size, tuple(pictures.shape[1:]))
    high, wide = pictures.shape[-2:]
    if height > high or width > wide:
        more, broader = max(height - high, 0), max(width - wide, 0)
        pictures = functional.pad(pictures, (broader // 2, (broader + 1) // 2, more // 2, (more + 1) // 2))
        high, wide = pictures.shape[-2:]
    top, left = round((high - height) / 2), round((wide - width) / 2)
    return pictures[..., top : top + height, left : left + width]
