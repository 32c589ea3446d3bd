"""Pictures changed by chance while a network learns: every picture in its own way, a whole batch at once.

torchvision's transforms draw once for a batch. Here each picture has its own draw, from a random generator of its own,
so that nothing else that is random in a run changes. Given the same draw, both compute the same; tests hold them to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.data import Examples, load
from engine.data.augmenting_colours import blurred, erased, greyed, inverted, jittered, noisy, solarized
from engine.data.augmenting_moves import (
    centred,
    cropped,
    flipped_across,
    flipped_down,
    in_perspective,
    moved,
    resized,
    resized_crop,
    rotated,
)
from engine.recipes.data_sets import DataSet
from engine.recipes.transforms import Grayscale, Transform, seen_shape

Chance = torch.Generator
CHUNK = 500
Change = Callable[[torch.Tensor, Any, Chance], torch.Tensor]


def _made_grey(pictures: torch.Tensor, settings: Grayscale, chance: Chance) -> torch.Tensor:
    return greyed(pictures)[:, :1].expand(-1, settings.num_output_channels, -1, -1)


def _some_grey(pictures: torch.Tensor, settings: Any, chance: Chance) -> torch.Tensor:
    return _some(pictures, greyed(pictures), settings.p, chance)


def _some(pictures: torch.Tensor, changed: torch.Tensor, share: float, chance: Chance) -> torch.Tensor:
    """The changed picture in place of some."""
    happens = (torch.rand(len(pictures), generator=chance) < share).to(pictures.device)
    return torch.where(happens[:, None, None, None], changed, pictures)


def _at_times(change: Change) -> Change:
    """A change that happens to a picture with the probability p of its settings."""

    def some(pictures: torch.Tensor, settings: Any, chance: Chance) -> torch.Tensor:
        return _some(pictures, change(pictures, settings, chance), settings.p, chance)

    return some


CHANGES: Mapping[str, Change] = {
    "RandomHorizontalFlip": _at_times(flipped_across),
    "RandomVerticalFlip": _at_times(flipped_down),
    "RandomRotation": rotated,
    "RandomAffine": moved,
    "RandomPerspective": _at_times(in_perspective),
    "RandomCrop": cropped,
    "RandomResizedCrop": resized_crop,
    "Resize": resized,
    "CenterCrop": centred,
    "Grayscale": _made_grey,
    "RandomGrayscale": _some_grey,
    "ColorJitter": jittered,
    "GaussianBlur": blurred,
    "GaussianNoise": noisy,
    "RandomErasing": _at_times(erased),
    "RandomInvert": _at_times(inverted),
    "RandomSolarize": _at_times(solarized),
}
"""How each transform changes pictures (n, channels, height, width) with pixels from 0 to 1."""


class Augmenter:
    """Does the transforms of a recipe to normalised inputs (n, channels, height, width)."""

    def __init__(
        self, transforms: Sequence[Transform], scale: float | torch.Tensor = 1.0, offset: float | torch.Tensor = 0.0
    ) -> None:
        """`inputs * scale + offset` are pixels from 0 to 1."""
        self.transforms, self._scale, self._offset = tuple(transforms), scale, offset

    def training(self, inputs: torch.Tensor, seed: int) -> torch.Tensor:
        """A batch to learn from. The same seed changes the same inputs in the same way."""
        return self._done(inputs, self.transforms, seed) if self.transforms else inputs

    def always(self, inputs: torch.Tensor) -> torch.Tensor:
        """Examples to check or to test with: only what happens to every picture."""
        fixed = tuple(transform for transform in self.transforms if transform.always)
        return self._done(inputs, fixed, 0) if fixed else inputs

    def _done(self, inputs: torch.Tensor, transforms: Sequence[Transform], seed: int) -> torch.Tensor:
        chance = torch.Generator().manual_seed(seed)
        pictures = inputs * self._scale + self._offset
        for transform in transforms:
            pictures = CHANGES[transform.kind()](pictures, transform, chance)
        channels = pictures.shape[1]
        return (pictures - _as_many(self._offset, channels)) / _as_many(self._scale, channels)

    def examples(self, part: Examples) -> Examples:
        """A part to check or to test with, in chunks, with the figures that show its pictures."""
        if not any(transform.always for transform in self.transforms):
            return part
        inputs = torch.cat([self.always(chunk) for chunk in torch.split(part.inputs, CHUNK)])
        scale, offset = (_as_many(figure, inputs.shape[1]) for figure in (part.scale, part.offset))
        return replace(part, inputs=inputs, scale=scale, offset=offset)


def _as_many(figure: float | torch.Tensor, channels: int) -> float | torch.Tensor:
    """Figures of channels that are no longer three, or not yet."""
    if isinstance(figure, torch.Tensor) and figure.dim() and figure.shape[0] not in (1, channels):
        return figure.mean(0, keepdim=True)
    return figure


def augmenter_for(data: DataSet, transforms: Sequence[Transform], train: Examples) -> Augmenter:
    """What does a recipe's transforms to this data. Raises ValueError with a sentence where they do not suit it."""
    if transforms:
        seen_shape(transforms, data.input_shape)
    return Augmenter(transforms, train.scale, train.offset)


def preview(
    data: DataSet, transforms: Sequence[Transform], count: int = 16, seed: int = 0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The first training pictures as they are, and as the network would see them, with pixels from 0 to 1.

    Both are (count, channels, height, width) and may differ in size. Raises ValueError with a sentence.
    """
    train = load(data).train
    augmenter = augmenter_for(data, transforms, train)
    plain = train.inputs[:count]
    changed = augmenter.training(plain, seed)
    channels = changed.shape[1]
    shown = changed * _as_many(train.scale, channels) + _as_many(train.offset, channels)
    return _array(plain * train.scale + train.offset), _array(shown)


def _array(pictures: torch.Tensor) -> NDArray[np.float32]:
    array: NDArray[np.float32] = pictures.clamp(0, 1).cpu().numpy()
    return array
