"""Explanations: which parts of an example speak for a class, and which against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.events import Floats
from engine.looks.base import Look, Sight
from engine.looks.predictions import OwnPicture

NONE, SALIENCY, GRAD_CAM, CAM, OCCLUSION, GRADIENTS = (
    "none",
    "saliency",
    "grad-cam",
    "cam",
    "occlusion",
    "integrated-gradients",
)
METHODS: Mapping[str, str] = {
    NONE: "No explanation",
    SALIENCY: "Saliency",
    GRAD_CAM: "Grad-CAM",
    CAM: "CAM",
    OCCLUSION: "Occlusion",
    GRADIENTS: "Integrated gradients",
}
"""Every way of explaining with its title."""
MEANINGS: Mapping[str, str] = {
    NONE: "The example as it is.",
    SALIENCY: "How much the score changes where a pixel changes a little.",
    GRAD_CAM: "Where the maps of one convolution raise the score.",
    CAM: "How much each place of the last maps adds to the score; it needs average pooling before one Linear.",
    OCCLUSION: "How far the score falls when a patch is covered.",
    GRADIENTS: "What each pixel adds on the way from an empty picture to this one; all together give the score.",
}
"""Each in a sentence."""
OF_PICTURES = (GRAD_CAM, CAM)
"""These need pictures; the others explain rows of numbers as well."""

WHILE_TRAINING, WHILE_PAUSED, THOROUGH = 0.25, 2.0, 120.0
"""Seconds that one explanation may take: between two steps, while the run waits, and where somebody asks for it all."""


@dataclass(frozen=True)
class Explain(Look):
    """Why the network answers what it answers to one example."""

    patience: ClassVar[float] = 10.0

    method: str
    example: int = 0
    """Of the validation examples, counted from 0; where there is a picture, it counts alone."""
    picture: OwnPicture | None = None
    target: int | None = None
    """The class, or the output, that is explained; None takes the class that the network chooses."""
    layer: str = ""
    """For Grad-CAM the path of the convolution; none takes the last one."""
    seconds: float = WHILE_TRAINING
    """A slow explanation is made coarser until it takes no longer."""


@dataclass(frozen=True, eq=False)
class Explanation(Sight):
    """The example, the answer to it, and what speaks for the target."""

    picture: Floats
    """The example before normalising: (channels, height, width) in 0-1 for pictures, else its numbers."""
    label: float | None
    """The true class, or the true value; None for a picture of one's own."""
    guess: Floats
    """(classes,) probabilities; values as they are where `probabilities` is false."""
    probabilities: bool
    target: int
    """What is explained."""
    values: Floats | None
    """(height, width) for pictures, else as the numbers; what is above zero speaks for the target.
    None without a method."""
    layers: tuple[str, ...]
    """The paths of the convolutions that Grad-CAM can look at, in forward order."""
    layer: str = ""
    """The convolution that was looked at; nothing for other methods."""
    note: str = ""
    """How fine the explanation is, and how well it adds up."""
    missing: str = ""
    """Why there are no values, and what would help."""
    coarse: bool = False
    """Whether more time would give a finer one."""
