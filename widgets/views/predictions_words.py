"""The answers as a table for a file, and in one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from engine.looks.predictions import Predictions
from widgets.plots.axes import number
from widgets.views.base import Row


def rows(seen: Predictions, labels: Sequence[str]) -> Iterable[Row]:
    """The confusion matrix; without classes the true and the predicted value of each example."""
    if not seen.classes:
        yield ("example", "label", "answer")
        pairs = zip(seen.labels.tolist(), seen.answers.tolist(), strict=True)
        yield from ((place, label, answer) for place, (label, answer) in enumerate(pairs, 1))
        return
    names = labels or tuple(map(str, range(seen.classes)))
    yield ("label", *names)
    for label, row in zip(names, seen.counts.tolist(), strict=True):
        yield (label, *row)


def none_of(cell: tuple[int, int] | None, labels: Sequence[str]) -> str:
    """Why a list of examples is empty: a cell (true class and answer) or, without one, all mistakes."""
    if cell is None:
        return "No mistakes."
    label, answer = (labels[place] if place < len(labels) else str(place) for place in cell)
    return f"{label} is never right here." if label == answer else f"{label} is never taken for {answer}."


def summary(seen: Predictions, part: str) -> str:
    """How many answers are wrong, or how far off they are; `part` names the data, such as "test set"."""
    count = len(seen.labels)
    share = f"first {count:,} of {seen.examples:,}" if count < seen.examples else f"{count:,}"
    if seen.classes:
        wrong = len(seen.wrong)
        text = f"{100 - 100 * wrong / max(count, 1):.1f} % right · {wrong:,} of {share} wrong"
    else:
        text = f"{share} examples, off by {number(float(np.mean(seen.confidence)))} on average"
    return f"{text} · {part}, step {seen.step:,}"
