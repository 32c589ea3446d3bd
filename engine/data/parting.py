"""What happens to examples before training; each function stands alone, since exported programs hold its text."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float32]
Indices = NDArray[np.int64]


def keep_back(labels: NDArray[Any], count: int, stratified: bool, seed: int) -> tuple[Indices, Indices]:
    """Which examples stay and which are kept back, both in their old order.

    Stratified: from the examples, sorted by class, `count` in equal distances are taken,
    so that every class has its share.
    """
    order = np.random.default_rng(seed).permutation(len(labels))
    if stratified and labels.ndim == 1:
        order = order[np.argsort(labels[order], kind="stable")]
    places = ((np.arange(count) + 0.5) * len(labels) / max(count, 1)).astype(np.int64)
    kept = np.full(len(labels), False)
    kept[order[places]] = True
    return np.flatnonzero(~kept), np.flatnonzero(kept)


def column_means(train: Numbers) -> Numbers:
    """The mean of each column without what is missing, to put in its place."""
    known = np.isfinite(train)
    total = np.where(known, train, 0).sum(axis=0, dtype=np.float64)
    means = total / np.maximum(known.sum(axis=0), 1)
    return np.asarray(means, np.float32)


def offset_and_scale(train: Numbers, how: str) -> tuple[Numbers, Numbers]:
    """What to take away from each column or channel, and what to divide it by."""
    axes = (0, *range(2, train.ndim))
    if how == "standard":
        offset = train.mean(axes, np.float64, keepdims=True)[0]
        scale = train.std(axes, np.float64, keepdims=True)[0]
    else:  # min-max: from 0 to 1
        offset = train.min(axes, keepdims=True)[0]
        scale = train.max(axes, keepdims=True)[0] - offset
    offset, scale = offset.astype(np.float32), scale.astype(np.float32)
    return offset, np.where(scale > 0, scale, np.float32(1))
