"""How a drawing is trained, as one frozen value: data, loss, optimizer and the rest of the recipe.

Data set, loss and optimizer are settings of their own, each kept in a registry by the name of its class;
`Recipe.params()` are the remaining rows. One form builder and one file writer serve them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, Self

from engine.recipes.data_sets import DATA_SETS, DataSet, Mnist
from engine.recipes.losses import LOSSES, CrossEntropyLoss, Loss
from engine.recipes.optimizers import OPTIMIZERS, Adam, Optimizer
from engine.recipes.part import RecipePart
from engine.settings import Param, Settings, param

__all__ = ["DATA_SETS", "LOSSES", "OPTIMIZERS", "DataSet", "Loss", "Optimizer", "Recipe"]

DEVICES = ("auto", "cpu", "cuda")
TEST_BATCH = 500
"""How many examples of the test set are looked at together."""
LARGEST_SEED = 2**31 - 1


class Recipe(Settings):
    """Everything about a training run except the drawing."""

    data: DataSet = Mnist()
    loss: Loss = CrossEntropyLoss()
    optimizer: Optimizer = Adam()
    batch_size: int = param("How many examples are looked at before each step.", 1, 65_536, default=64)
    epochs: int = param("How many times training goes through all the data.", 1, 10_000, default=5)
    shuffle: bool = param("Draw the examples in a new order in each epoch.", default=True)
    seed: int = param("Where chance starts: the same seed gives the same run.", 0, LARGEST_SEED, default=0)
    device: str = param(
        "Where to compute; auto takes a graphics card when there is one.", choices=DEVICES, default="auto"
    )
    max_norm: float | None = param(
        "Shorten gradients that are longer than this; none leaves them as they are.",
        1e-6,
        1e6,
        default=None,
        kind=float,
        optional=True,
        rare=True,
    )
    threads: int | None = param(
        "Processor cores to use; none leaves one core to the window.",
        1,
        256,
        default=None,
        kind=int,
        optional=True,
        rare=True,
    )

    def __post_init__(self) -> None:
        """Check the parts and the rows. Raises ValueError."""
        super().__post_init__()
        for name, base in _BASES.items():
            if not isinstance(getattr(self, name), base):
                raise ValueError(f"{name} must be one of {', '.join(_REGISTRIES[name])}")

    @classmethod
    @cache
    def params(cls) -> tuple[Param, ...]:
        """The rows beside data, loss and optimizer, which have rows of their own."""
        return tuple(
            Param(f.name, f.default, **f.metadata) for f in fields(cls) if f.default is not MISSING and f.metadata
        )

    @classmethod
    def from_data(cls, data: Mapping[str, object]) -> Self:
        """Read what `as_data` wrote. Raises ValueError with a sentence for anything else; parts may be missing."""
        parts = {name: _part(name, data[name]) for name in _REGISTRIES if name in data}
        return cls().changed(**{**data, **parts})

    def as_data(self) -> dict[str, Any]:
        """Plain values for a JSON file; `from_data` reads them back."""
        parts = (("data", self.data), ("loss", self.loss), ("optimizer", self.optimizer))
        return {
            **{name: {"kind": part.kind(), "settings": _plain(part.values())} for name, part in parts},
            **_plain(self.values()),
        }

    def changed(self, **values: Any) -> Self:
        """The same recipe with some rows or parts replaced. Raises ValueError."""
        parts = {"data": self.data, "loss": self.loss, "optimizer": self.optimizer}
        known = {**parts, **self.values()}
        for name in values:
            if name not in known:
                raise ValueError(f"there is no setting called {str(name)[:40]!r}")
        return type(self)(**{**known, **values})

    def summary(self) -> str:
        """The recipe on a button: `Adam 0.001 · 5 epochs`."""
        return f"{self.optimizer.kind()} {self.optimizer.lr:g} · {self.epochs:,} epoch{'s' * (self.epochs != 1)}"


_REGISTRIES: Mapping[str, Mapping[str, type[RecipePart]]] = {
    "data": DATA_SETS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
}
_BASES: Mapping[str, type[RecipePart]] = {"data": DataSet, "loss": Loss, "optimizer": Optimizer}


def _part(name: str, data: object) -> RecipePart:
    """Read one part of a stranger's recipe. Raises ValueError."""
    if not isinstance(data, Mapping) or data.keys() - {"kind", "settings"}:
        raise ValueError(f"{name} must be an object with a kind and its settings")
    kind, settings = data.get("kind"), data.get("settings", {})
    known = _REGISTRIES[name].get(kind) if isinstance(kind, str) else None
    if known is None:
        raise ValueError(f"{name} must be one of {', '.join(_REGISTRIES[name])}, not {str(kind)[:40]!r}")
    if not isinstance(settings, Mapping):
        raise ValueError(f"the settings of {kind} must be an object")
    try:
        return known.read(settings)
    except ValueError as error:
        raise ValueError(f"{kind}: {error}") from error


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Tuples as lists, which is what JSON gives back."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
