"""What is wrong with the units of a layer, in words that name it and say what to do."""

from __future__ import annotations

from collections.abc import Iterable

from engine.looks.distributions import Layer
from widgets.verdict import Verdict

_WORTH_SAYING = 0.05
"""Below this share a few units that rest are no matter."""


def share(layer: Layer, saturated: bool) -> float | None:
    """The share of dead or saturated units; None where that cannot be."""
    flags = layer.saturated if saturated else layer.dead
    return float(flags.mean()) if flags is not None and flags.size else None


def worst_first(layers: Iterable[Layer]) -> list[Layer]:
    """The layers with the most useless units first, the others in the order of computation."""
    return sorted(layers, key=lambda layer: -layer.worst)


def warn(layers: Iterable[Layer]) -> Verdict:
    """About the worst layer; an empty text where all is well."""
    bad = [layer for layer in worst_first(layers) if layer.worst >= _WORTH_SAYING]
    if not bad:
        return Verdict("", "ok")
    worst = bad[0]
    others = len(bad) - 1
    more = f" {others} more layer{'s have' if others > 1 else ' has'} such units." if others else ""
    units = "maps" if worst.maps else "units"
    if share(worst, False) == worst.worst and worst.dead is not None:
        words = f"{int(worst.dead.sum())} of {worst.units} {units} of {worst.path} never answer.{more}"
        advice = "Try a smaller learning rate, LeakyReLU or BatchNorm in front."
    else:
        count = int(worst.saturated.sum()) if worst.saturated is not None else 0
        words = f"{count} of {worst.units} {units} of {worst.path} always answer at the end of their range.{more}"
        advice = "Try smaller weights at the start, or BatchNorm in front."
    return Verdict(f"{words} {advice}", "danger" if worst.worst >= 0.5 else "warning")
