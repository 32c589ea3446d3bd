"""A table read to its end: rows of numbers and what is to be predicted from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.own_data.columns import Mask, Plan, numbers_in, one_hot, planned, sorted_words, words_in
from engine.own_data.findings import DataProblem, Gathering, several, short
from engine.own_data.found import Found, Part, Targets
from engine.own_data.tables import RawTable, read_raw
from engine.recipes.data_sets.own import MOST_FEATURES, MOST_LABELS, TableFile


def look_at_table(data: TableFile, path: Path) -> Found:
    """Read and encode a table. Raises DataProblem."""
    gathering = Gathering(data.when_bad)
    raw = read_raw(path, data.delimiter, data.header, gathering)
    if len(raw.names) < 2:
        raise DataProblem(f"{short(path.name)} has one column only. Choose another delimiter, or another file.")
    if not raw.rows:
        gathering.done(0, raw.looked_at)
    plan = planned(raw, data, gathering)
    raw = _without_bad_rows(raw, plan, data, gathering)
    findings = gathering.done(len(raw.rows), raw.looked_at)
    targets, labels = targets_in(raw, plan.targets, plan.classes)
    inputs, features = _inputs(raw, plan)
    facts: dict[str, object] = {"columns": plan.names, "kinds": plan.kinds, "feature_names": features}
    if not plan.classes:
        facts["target_names"] = tuple(raw.names[place] for place in plan.targets)
    return Found((inputs.shape[1],), labels, Part(inputs, targets), None, findings, facts)


def targets_in(raw: RawTable, places: tuple[int, ...], classes: bool) -> tuple[Targets, tuple[str, ...]]:
    """Class numbers (n,) with the names of the classes, or values (n, k) without."""
    if not classes:
        columns = [numbers_in(raw, place)[0] for place in places]
        return np.stack(columns, 1).astype(np.float32), ()
    cells, _ = words_in(raw, places[0])
    labels = sorted_words(set(cells))
    if len(labels) == 1 or len(labels) > MOST_LABELS:
        name = short(raw.names[places[0]])
        raise DataProblem(f"{name} has {several(len(labels), 'class')}; 2 to {MOST_LABELS:,} can be learned.")
    place = {label: number for number, label in enumerate(labels)}
    return np.array([place[cell] for cell in cells], np.int64), labels


@dataclass
class _Bad:
    """Rows that cannot be used, with the first reason of each."""

    wrong: dict[int, str]
    missing: dict[int, str]


def _without_bad_rows(raw: RawTable, plan: Plan, data: TableFile, gathering: Gathering) -> RawTable:
    """Leave out rows whose numbers are words, whose target is missing and, where wished, which have empty cells."""
    bad = _bad_rows(raw, plan)
    needed = _missing_targets(raw, plan)
    if bad.missing and data.missing == "fill":
        gathering.note(f"Empty cells were filled in {several(len(bad.missing), 'row')}.")
    for index, line in enumerate(raw.lines):
        if index in bad.wrong:
            gathering.leave_out("a number was expected", f"row {line}: {bad.wrong[index]}")
        elif index in needed:
            gathering.leave_out("there is nothing to predict", f"row {line}: {needed[index]}", bad=False)
        elif index in bad.missing and data.missing != "fill":
            told = f"row {line}: {bad.missing[index]}"
            gathering.leave_out("a value is missing", told, bad=data.missing == "refuse")
    gone = bad.wrong.keys() | needed.keys() | (bad.missing.keys() if data.missing != "fill" else set())
    kept = [index for index in range(len(raw.rows)) if index not in gone]
    return raw.only(kept)


def _bad_rows(raw: RawTable, plan: Plan) -> _Bad:
    bad = _Bad({}, {})
    for place in [*plan.of_kind("number"), *(() if plan.classes else plan.targets)]:
        _, missing, wrong = numbers_in(raw, place)
        name = raw.names[place]
        for index in wrong:
            bad.wrong.setdefault(index, f"{name} is {short(raw.rows[index][place])}")
        if place not in plan.targets:
            _note_missing(bad, missing, name)
    for place in plan.of_kind("category"):
        _note_missing(bad, words_in(raw, place)[1], raw.names[place])
    return bad


def _note_missing(bad: _Bad, missing: Mask, name: str) -> None:
    for index in np.flatnonzero(missing).tolist():
        bad.missing.setdefault(index, f"{name} is empty")


def _missing_targets(raw: RawTable, plan: Plan) -> dict[int, str]:
    gone: dict[int, str] = {}
    for place in plan.targets:
        for index in np.flatnonzero(words_in(raw, place)[1]).tolist():
            gone.setdefault(index, f"{raw.names[place]} is empty")
    return gone


def _inputs(raw: RawTable, plan: Plan) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """All columns side by side (n, numbers) in the order of the file, nan in gaps; and what each is called."""
    parts: list[NDArray[np.float32]] = []
    names: list[str] = []
    for place, kind in enumerate(plan.kinds):
        name = raw.names[place]
        if kind == "number":
            parts.append(numbers_in(raw, place)[0][:, None].astype(np.float32))
            names.append(name)
        elif kind == "category":
            table, words = one_hot(*words_in(raw, place), name)
            parts.append(table)
            names += [f"{name} = {word}" for word in words]
    inputs = np.concatenate(parts, 1)
    if not inputs.shape[1]:
        raise DataProblem("The columns to predict from are empty. Say with as_number or as_category which to use.")
    if inputs.shape[1] > MOST_FEATURES:
        raise DataProblem(f"One row gives {inputs.shape[1]:,} numbers; {MOST_FEATURES:,} are the most.")
    return inputs, tuple(names)
