"""What gradients, and the steps that follow them, say in a sentence that names the layer and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from widgets.plots.axes import number
from widgets.verdict import EXPLODES, HARDLY_SHARE, SMALL, STILL, Verdict, judged

HEALTHY_LOW, HEALTHY_HIGH = 1e-4, 1e-2
"""A layer should move by about a thousandth of its length in a step; ten times less or more is still well."""
TOO_FAR, HARDLY = 0.1, 1e-6
"""Beyond these the words say so: a tenth of the weights in one step, and next to nothing."""


def vanishing_below(norms: Mapping[str, float]) -> float:
    """The length under which a gradient counts as vanishing beside the others."""
    greatest = max((norm for norm in norms.values() if isfinite(norm)), default=0.0)
    return max(STILL, min(SMALL, HARDLY_SHARE * greatest))


def explain_norms(norms: Mapping[str, float]) -> Verdict:
    """The layers' gradients, given in forward order: which one is in trouble, and what would help."""
    health = judged(norms)
    exploding = [name for name, verdict in health.items() if verdict == "explodes"]
    sleeping = [name for name, verdict in health.items() if verdict == "vanishes"]
    if not norms:
        return Verdict("", "ok")
    if exploding:
        worst = max(exploding, key=lambda name: norms[name] if isfinite(norms[name]) else float("inf"))
        size = f"{number(norms[worst])} long" if isfinite(norms[worst]) else "no number any more"
        return Verdict(
            f"{worst} explodes: its gradient is {size}, over {number(EXPLODES)}. "
            "Try a smaller learning rate, or a max_norm of 1 to shorten the gradients.",
            "danger",
        )
    if len(sleeping) == len(norms):
        return Verdict(
            "No layer learns: every gradient is close to 0. Look for a saturated last layer, dead units, "
            "or a loss that does not suit the output.",
            "warning",
        )
    if sleeping:
        slow, fast = min(sleeping, key=lambda name: norms[name]), max(norms, key=lambda name: norms[name])
        if norms[slow] <= 0:
            return Verdict(
                f"{slow} gets no gradient at all: look for dead units or a frozen layer behind it.", "warning"
            )
        times = f"{_rounded(norms[fast] / norms[slow])} times slower than {fast}"
        return Verdict(f"{slow} learns {times}: try ReLU, BatchNorm or a skip connection.", "warning")
    if len(norms) == 1:
        return Verdict(f"{next(iter(norms))} learns.", "ok")
    least, most = min(norms.values()), max(norms.values())
    apart = _rounded(most / least) if least > 0 else "1"
    return Verdict(f"Every layer learns; the longest gradient is {apart} times the shortest.", "ok")


def explain_ratios(ratios: Mapping[str, float]) -> Verdict:
    """How far each step moves the layers beside their own length."""
    if not ratios:
        return Verdict("", "ok")
    far, near = max(ratios, key=lambda name: ratios[name]), min(ratios, key=lambda name: ratios[name])
    if ratios[far] > TOO_FAR:
        words = f"{far} moves by {100 * ratios[far]:.0f} % of its length in one step"
        return Verdict(f"{words}: try a smaller learning rate.", "danger")
    if all(ratio < HARDLY for ratio in ratios.values()):
        return Verdict("No layer moves: try a larger learning rate.", "warning")
    if ratios[near] < HARDLY:
        words = f"{near} hardly moves, {number(ratios[near])} of its length in a step"
        return Verdict(f"{words}: try a larger learning rate, or look at its gradient.", "warning")
    if ratios[far] < HEALTHY_LOW:
        return Verdict("Every layer moves slowly: a larger learning rate may save time.", "ok")
    return Verdict(f"Steps are well sized: {far} moves most, by {number(ratios[far])} of its length.", "ok")


def _rounded(times: float) -> str:
    """A factor in a round number."""
    if times < 10:
        return f"{times:.1f}".removesuffix(".0")
    digits = len(str(int(times))) - 1
    return f"{round(times, 1 - digits):,.0f}"
