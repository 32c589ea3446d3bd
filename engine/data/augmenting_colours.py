"""Batches of pictures with other pixels in the same places, each picture by its own draw.

Pictures are (n, channels, height, width) with pixels from 0 to 1. Draws come from a generator on the CPU.
"""

from __future__ import annotations

import torch
from torch.nn import functional

from engine.data.augmenting_moves import corners_of, rectangles, uniform
from engine.recipes.transforms import (
    ColorJitter,
    GaussianBlur,
    GaussianNoise,
    RandomErasing,
    RandomSolarize,
    Transform,
)

Chance = torch.Generator
LIGHT = (0.2989, 0.587, 0.114)
"""How much red, green and blue count for how light a pixel is."""


def greyed(pictures: torch.Tensor) -> torch.Tensor:
    """All without colours, with as many channels as before."""
    if pictures.shape[1] != 3:
        return pictures
    weights = torch.tensor(LIGHT, dtype=pictures.dtype, device=pictures.device)
    return (pictures * weights[:, None, None]).sum(1, keepdim=True).expand_as(pictures)


def inverted(pictures: torch.Tensor, settings: Transform, chance: Chance) -> torch.Tensor:
    """All with dark and light exchanged."""
    return 1 - pictures


def solarized(pictures: torch.Tensor, settings: RandomSolarize, chance: Chance) -> torch.Tensor:
    """All with their light pixels inverted."""
    return torch.where(pictures >= settings.threshold, 1 - pictures, pictures)


def noisy(pictures: torch.Tensor, settings: GaussianNoise, chance: Chance) -> torch.Tensor:
    """Each pixel with its own noise."""
    noise = torch.randn(pictures.shape, generator=chance, dtype=pictures.dtype).to(pictures.device)
    changed = pictures + settings.mean + settings.sigma * noise
    return changed.clamp(0, 1) if settings.clip else changed


def jittered(pictures: torch.Tensor, settings: ColorJitter, chance: Chance) -> torch.Tensor:
    """Brightness, contrast, saturation and hue of each changed by its own draw, in an order drawn for the batch."""
    ways = (("brightness", brightened), ("contrast", contrasted), ("saturation", saturated), ("hue", turned))
    for place in torch.randperm(len(ways), generator=chance).tolist():
        name, change = ways[place]
        span = settings.span(name)
        if span is not None:
            factors = uniform(len(pictures), span, chance).to(pictures)
            pictures = change(pictures, factors[:, None, None, None])
    return pictures


def brightened(pictures: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Each as many times lighter as its factor says (n, 1, 1, 1)."""
    return (pictures * factors).clamp(0, 1)


def contrasted(pictures: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Each farther away from its own mean."""
    mean = greyed(pictures)[:, :1].mean((1, 2, 3), keepdim=True)
    return (factors * pictures + (1 - factors) * mean).clamp(0, 1)


def saturated(pictures: torch.Tensor, factors: torch.Tensor) -> torch.Tensor:
    """Each farther away from its own grey."""
    return (factors * pictures + (1 - factors) * greyed(pictures)).clamp(0, 1)


def turned(pictures: torch.Tensor, turns: torch.Tensor) -> torch.Tensor:
    """The hue of each turned by a share of the circle; grey pictures stay as they are."""
    if pictures.shape[1] != 3:
        return pictures
    largest, smallest = pictures.amax(1), pictures.amin(1)
    spread = largest - smallest
    red, green, blue = pictures.unbind(1)
    divisor = torch.where(spread == 0, torch.ones_like(spread), spread)
    hue = torch.where(
        largest == red,
        (green - blue) / divisor,
        torch.where(largest == green, 2 + (blue - red) / divisor, 4 + (red - green) / divisor),
    )
    hue = (hue / 6 + turns[:, 0]) % 1
    channels = []
    for start in (5, 3, 1):  # how far each channel is down from the lightest, along the circle of hues
        along = (start + 6 * hue) % 6
        channels.append(largest - spread * torch.minimum(along, 4 - along).clamp(0, 1))
    return torch.stack(channels, 1)


def blurred(pictures: torch.Tensor, settings: GaussianBlur, chance: Chance) -> torch.Tensor:
    """Each with its own spread."""
    return blurred_by(pictures, uniform(len(pictures), settings.sigma, chance), settings.kernel_size)


def blurred_by(pictures: torch.Tensor, sigma: torch.Tensor, size: int) -> torch.Tensor:
    """Each mixed with its neighbours up to `size` // 2 pixels away; borders are mirrored."""
    count, channels, height, width = pictures.shape
    reach = size // 2
    away = torch.arange(-reach, reach + 1, dtype=torch.float64)
    weights = (-0.5 * (away / sigma.double()[:, None]) ** 2).exp()
    weights = (weights / weights.sum(1, keepdim=True)).to(pictures).repeat_interleave(channels, 0)
    wide = functional.pad(pictures, (reach, reach, reach, reach), mode="reflect")
    wide = wide.reshape(1, count * channels, height + 2 * reach, width + 2 * reach)
    groups = count * channels
    across = functional.conv2d(wide, weights[:, None, None, :], groups=groups)
    return functional.conv2d(across, weights[:, None, :, None], groups=groups).reshape(pictures.shape)


def erased(pictures: torch.Tensor, settings: RandomErasing, chance: Chance) -> torch.Tensor:
    """Each with its own rectangle covered."""
    count, (height, width) = len(pictures), pictures.shape[-2:]
    most = (height - 1, width - 1)
    sides = rectangles(count, most, height * width, settings.scale, settings.ratio, chance)
    corner = corners_of(sides, (height, width), chance)
    rows = _between(corner[:, 0], sides[:, 0], height)
    columns = _between(corner[:, 1], sides[:, 1], width)
    covered = (rows[:, :, None] & columns[:, None, :]).to(pictures.device)[:, None]
    return pictures.masked_fill(covered, settings.value)


def _between(first: torch.Tensor, length: torch.Tensor, side: int) -> torch.Tensor:
    """Which places of a side lie in the part that begins at `first` (n, side)."""
    places = torch.arange(side)
    return (places >= first[:, None]) & (places < (first + length)[:, None])
