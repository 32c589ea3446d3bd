"""How much of each card is drawn: chosen by scale and by how many cards are in view."""

from dataclasses import dataclass
from enum import IntEnum

NAMES_BELOW, BARS_BELOW = 0.45, 0.22
"""Scales below which a card shows its name only, or its colour only."""
MOST_FULL, MOST_NAMES = 120, 400
MOST_FULL_MOVING, MOST_NAMES_MOVING = 60, 160
"""The most cards in view that are drawn in full or with names: at rest, and while a zoom is going on."""


class Detail(IntEnum):
    """The three ways to draw a card."""

    BARS = 0
    NAMES = 1
    FULL = 2


@dataclass
class DetailInUse:
    """What a scene has chosen, for everything in it to read."""

    level: Detail = Detail.FULL


def choose(scale: float, visible: int, moving: bool = False) -> Detail:
    """The most detail that this scale can show and this many cards allow within a frame."""
    full, names = (MOST_FULL_MOVING, MOST_NAMES_MOVING) if moving else (MOST_FULL, MOST_NAMES)
    if scale < BARS_BELOW or visible > names:
        return Detail.BARS
    return Detail.NAMES if scale < NAMES_BELOW or visible > full else Detail.FULL
