"""What there is to know about data before a network sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from engine.data import Examples, Tensors, load
from engine.data.augmenting import preview
from engine.insight.scene import array
from engine.looks.base import Sight, Unseen
from engine.looks.data import (
    MOST_COLUMNS,
    MOST_SAMPLES,
    Augmented,
    AugmentedOf,
    Column,
    DataLook,
    Part,
    Samples,
    SamplesOf,
    Summary,
    SummaryOf,
)


def answer_about_data(look: DataLook) -> Sight:
    """The answer, or why there is none: data may be missing, damaged or too few."""
    try:
        return _ANSWERS[type(look)](look)
    except (OSError, ValueError) as error:
        text = str(error)
        return Unseen(0, look, text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else "."))


def _samples(look: SamplesOf) -> Samples:
    part = _parts(load(look.data, split=look.split)).get(look.part)
    numbers = torch.arange(len(part) if part else 0)
    if part and look.label is not None:
        numbers = (part.labels == look.label).nonzero()[:, 0]
    start = max(0, look.start)
    shown = numbers[start : start + min(look.count, MOST_SAMPLES)]
    some = part.take(shown) if part else None
    shape = tuple(look.data.input_shape)
    return Samples(
        step=0,
        look=look,
        numbers=tuple(shown.tolist()),
        pictures=array(some.inputs * some.scale + some.offset) if some else array(torch.zeros(0, *shape)),
        targets=array(some.labels.reshape(len(some), -1)) if some else array(torch.zeros(0, 1)),
        total=len(numbers),
    )


def _summary(look: SummaryOf) -> Summary:
    tensors = load(look.data, split=look.split)
    parts = _parts(tensors)
    classes = look.data.classes
    return Summary(
        step=0,
        look=look,
        counts={name: len(part) for name, part in parts.items()},
        classes={name: part.class_counts(classes) for name, part in parts.items()} if classes else {},
        copies=_copies(parts),
        columns=_columns(tensors.train, look.data.feature_names),
    )


def _augmented(look: AugmentedOf) -> Augmented:
    plain, changed = preview(look.data, look.augment, look.count, look.seed)
    return Augmented(0, look, plain, changed)


def _parts(tensors: Tensors) -> dict[Part, Examples]:
    """The parts that there are; without one of its own, validation is the test part."""
    parts: dict[Part, Examples] = {"train": tensors.train}
    if tensors.has_validation:
        parts["validation"] = tensors.validation
    if tensors.test is not tensors.train:
        parts["test"] = tensors.test
    return parts


def _copies(parts: Mapping[Part, Examples]) -> dict[Part, int]:
    """How many examples of the other parts are to be learned from as well, number by number."""
    known = set(map(hash, _rows(parts["train"])))
    return {name: sum(hash(row) in known for row in _rows(part)) for name, part in parts.items() if name != "train"}


def _rows(part: Examples) -> list[bytes]:
    flat = part.inputs.reshape(len(part), -1).cpu().contiguous().numpy()
    return [row.tobytes() for row in flat]


def _columns(train: Examples, names: tuple[str, ...]) -> tuple[Column, ...]:
    """For rows of numbers each column, for pictures each channel."""
    inputs = train.inputs * train.scale + train.offset
    if inputs.dim() < 2 or not inputs.is_floating_point():
        return ()
    columns = inputs.transpose(0, 1).reshape(inputs.shape[1], -1)[:MOST_COLUMNS]
    usual = ("red", "green", "blue") if inputs.dim() == 4 and len(columns) == 3 else ()
    found = names or usual or tuple(f"column {number}" for number in range(1, len(columns) + 1))
    return tuple(
        Column(name, *(float(value) for value in (row.min(), row.max(), row.mean(), row.std(unbiased=False))))
        for name, row in zip(found, columns, strict=False)
    )


_ANSWERS: Mapping[type[DataLook], Callable[[Any], Sight]] = {
    SamplesOf: _samples,
    SummaryOf: _summary,
    AugmentedOf: _augmented,
}
