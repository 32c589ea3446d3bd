"""How the examples are shared out: to learn from, to check with while training, and to test with at the end."""

from __future__ import annotations

from dataclasses import dataclass

from engine.recipes.data_sets import DataSet
from engine.recipes.part import RecipePart
from engine.settings import param

LARGEST_SEED = 2**31 - 1

SPLITS: dict[str, type[Split]] = {}
"""Every way to split data by the name of its class: so far there is one."""


@dataclass(frozen=True)
class Counts:
    """How many examples each part has; `validation` is 0 where the test part is looked at while training."""

    train: int
    validation: int
    test: int

    @property
    def checking(self) -> int:
        """How many examples the network is tried on while it learns."""
        return self.validation or self.test


class Split(RecipePart):
    """Keeps examples back that the network never learns from; without a validation part the test part checks it."""

    title = "Split"

    validation: float = param(
        "Share of the training part that checks the network after each epoch.", 0, 0.9, default=0.0
    )
    test: float = param(
        "Share of the whole that is to test with, for data without a test part.", 0.01, 0.9, default=0.2
    )
    stratified: bool = param("Give every part the same shares of the classes.", rare=True, default=True)
    seed: int = param(
        "Where chance starts: another seed keeps other examples back.", 0, LARGEST_SEED, rare=True, default=0
    )

    def counts(self, data: DataSet) -> Counts:
        """How many examples of a data set each part gets."""
        train, test = data.train_examples, data.test_examples
        if not test:
            test = kept_back(train, self.test)
            train -= test
        validation = kept_back(train, self.validation)
        return Counts(train - validation, validation, test)

    def summary_of(self, data: DataSet) -> str:
        """How many examples each part of this data set gets, in words."""
        counts = self.counts(data)
        parts = [f"{counts.train:,} to learn from"]
        if counts.validation:
            parts.append(f"{counts.validation:,} to check with after each epoch")
        parts.append(f"{counts.test:,} to test with")
        return ", ".join(parts[:-1]) + f" and {parts[-1]}."


SPLITS["Split"] = Split


def kept_back(count: int, share: float) -> int:
    """How many of some examples a share is: at least one, and at least one stays; none for a share of 0."""
    return min(max(1, round(share * count)), max(0, count - 1)) if share else 0
