"""Whether a run can have the same bits as another one here, and whether it did."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.runs.curves import RunCurves
from engine.runs.record import Run
from engine.runs.store import LAST

NAMES = {"layerloom": "Layerloom", "python": "Python", "torch": "PyTorch", "numpy": "NumPy", "machine": "the machine"}


def what_differs(before: Run, after: Run) -> tuple[str, ...]:
    """What may change bits, in words: `PyTorch 2.13.0 instead of 2.12.1`. Nothing where both should be the same."""
    found = []
    for key in dict.fromkeys((*before.versions, *after.versions)):
        old, new = before.versions.get(key, "none"), after.versions.get(key, "none")
        if old != new:
            found.append(f"{NAMES.get(key, key)} {new} instead of {old}")
    if before.threads != after.threads:
        found.append(f"{after.threads} instead of {before.threads} threads")
    if before.device != after.device:
        found.append(f"{after.device} instead of {before.device}")
    if before.data_hash and after.data_hash and before.data_hash != after.data_hash:
        found.append("other data")
    return tuple(found)


def beforehand(before: Run, after: Run) -> str:
    """What to say at the beginning of a run that repeats another one; nothing if the same bits are to be expected."""
    found = what_differs(before, after)
    if before.changes:
        found = (*found, f"the recipe is not changed on the way ({'; '.join(before.changes)})")
    return f"This run will not have the same bits as that of {before.clock}: {', '.join(found)}." if found else ""


def afterwards(before: Run, old: RunCurves, after: Run, new: RunCurves, folders: tuple[Path, Path]) -> str:
    """What to say at the end: the same to the last bit, or from which step on not."""
    whose = f"the run of {before.clock}"
    if where := _where(old, new):
        return f"Not the same bits as {whose}{where}. {_why(before, after)}"
    if [done.loss for done in old.epochs] != [done.loss for done in new.epochs] or not _same_files(*folders):
        return f"Not the same weights as {whose}. {_why(before, after)}"
    return f"The same as {whose} to the last bit."


def _where(old: RunCurves, new: RunCurves) -> str:
    """From which step on the losses differ, of those steps that both curves still have."""
    shared, places, others = np.intersect1d(old.steps, new.steps, return_indices=True)
    differ = shared[old.losses[places] != new.losses[others]]
    if len(differ):
        return f" from step {int(differ[0]):,} on"
    last = [int(curves.steps[-1]) if len(curves.steps) else 0 for curves in (old, new)]
    return f": it has {last[1]:,} instead of {last[0]:,} steps" if last[0] != last[1] else ""


def _why(before: Run, after: Run) -> str:
    found = what_differs(before, after)
    if before.changes != after.changes:
        found = (*found, "recipes that were changed on the way")
    if found:
        return f"What differs: {', '.join(found)}."
    return "Nothing that is known differs, so some operation of PyTorch does not repeat itself here."


def _same_files(old: Path, new: Path) -> bool:
    try:
        return (old / LAST).read_bytes() == (new / LAST).read_bytes()
    except OSError:
        return True
