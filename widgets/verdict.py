"""What the gradient norms of a network say, in words: does every layer learn?"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Literal, NamedTuple

Level = Literal["ok", "warning", "danger"]
Health = Literal["", "vanishes", "explodes"]

STILL = 1e-6
"""A norm below this moves no weight, whatever the other layers do; healthy layers have 0.05 to 1."""
SMALL = 0.01
HARDLY_SHARE = 0.01
"""A small norm below this share of the greatest one: the layer does not keep up with the others."""
EXPLODES = 100.0
"""A norm above this tears the weights apart in one step."""


class Verdict(NamedTuple):
    """A few words and how urgent they are."""

    text: str
    level: Level


def judged(norms: Mapping[str, float]) -> dict[str, Health]:
    """What each layer's norm says by itself and beside the others."""
    finite = [norm for norm in norms.values() if isfinite(norm)]
    limit = max(STILL, min(SMALL, HARDLY_SHARE * max(finite, default=0.0)))
    return {
        name: "explodes" if not isfinite(norm) or norm > EXPLODES else "vanishes" if norm < limit else ""
        for name, norm in norms.items()
    }


def verdict(norms: Mapping[str, float]) -> Verdict:
    """Judge the latest smoothed norms, given in forward order.

    Exploding counts before vanishing. Of several layers the one the signal meets first is named.
    """
    if not norms:
        return Verdict("no layer learns", "warning")
    verdicts = judged(norms)
    exploding = [name for name in norms if verdicts[name] == "explodes"]
    if exploding:
        return Verdict(_named(exploding, "explodes", "explode"), "danger")
    sleeping = [name for name in norms if verdicts[name] == "vanishes"]
    if len(sleeping) == len(norms):
        return Verdict("no layer learns", "warning")
    if sleeping:
        return Verdict(_named(sleeping, "hardly learns", "hardly learn"), "warning")
    return Verdict("all layers learn", "ok")


def _named(names: list[str], one: str, several: str) -> str:
    return f"{names[0]} {one}" if len(names) == 1 else f"{names[0]} and {len(names) - 1} more {several}"
