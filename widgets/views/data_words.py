"""What is said about data: their parts, what is uneven, and what is there twice."""

from __future__ import annotations

from collections.abc import Sequence

from engine.looks.data import Part, Summary
from engine.recipes.data_sets import DataSet

PARTS: dict[Part, str] = {"train": "to learn from", "validation": "to check with", "test": "to test with"}
UNEVEN = 5.0
"""Classes are called uneven where one has so many times the examples of another."""


def summary_words(data: DataSet, summary: Summary | None, findings: Sequence[str] = ()) -> str:
    """Sentences about the data, the most needed first; findings are those of a look at somebody's own files."""
    if summary is None:
        return "\n".join([data.title, *findings])
    parts = ", ".join(f"{count:,} {PARTS[part]}" for part, count in summary.counts.items())
    said = [f"{data.title}: {parts}."]
    if len(summary.counts) == 1:
        said.append("The same examples test it, so the score says nothing about new ones.")
    elif "validation" not in summary.counts:
        said.append("The test part checks it while it learns; a split can keep a validation part back.")
    said += [
        f"{count:,} of those {PARTS[part]} {'is' if count == 1 else 'are'} also learned from."
        for part, count in summary.copies.items()
        if count
    ]
    said += _balance(data, summary)
    return "\n".join([*said, *findings])


def _balance(data: DataSet, summary: Summary) -> list[str]:
    counts = summary.classes.get("train", ())
    if not counts or len(counts) < 2:
        return []
    few, many = min(counts), max(counts)
    labels = data.labels
    if not few:
        return [f"No example of {labels[counts.index(0)]} is in the training part."]
    if many < UNEVEN * few:
        return []
    rare, usual = labels[counts.index(few)], labels[counts.index(many)]
    return [
        f"{usual} has {many / few:.0f} times the examples of {rare}: a network can score well by overlooking {rare}. "
        "The loss's setting balanced weighs classes evenly."
    ]
