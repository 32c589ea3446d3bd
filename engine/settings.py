"""Typed settings: one declared row per value, from which forms, files, code and tests are derived."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from functools import cache
from typing import Any, Self, dataclass_transform

Value = bool | int | float | str | None | tuple[Any, ...]
"""What a setting may hold: plain, immutable and printable with `repr`."""

MAX_ENTRIES = 16
"""The most numbers that a list setting (a shape) may hold."""


def _shown(number: float) -> str:
    """A limit as people write it: 1,000,000."""
    return f"{number:,.12g}"


@dataclass(frozen=True)
class Param:
    """One row of a form: its name, starting value, limits and one plain sentence of help.

    `kind` is what one entry must be. `dims` > 0 allows a tuple of that many entries beside a single one
    (PyTorch's `kernel_size=3` or `(3, 5)`), with `choices` as words in its place (`padding="same"`).
    """

    name: str
    default: Value
    help: str
    low: float | None = None
    high: float | None = None
    kind: type = int
    choices: tuple[str, ...] = ()
    dims: int = 0
    listed: bool = False
    """Whether the value is a tuple of any length, such as a shape."""
    optional: bool = False
    """Whether None is allowed; inside a tuple as well."""
    required: bool = False
    """Whether PyTorch has no default for it, so that code must always state it."""
    rare: bool = False
    """Whether the form keeps the row under "more settings"."""
    most: int | None = None
    """The most entries of a list that may also be empty; without it a list has 1 to MAX_ENTRIES entries."""
    found: bool = False
    """Whether the program finds the value out, so that forms leave the row away."""

    def read(self, value: object) -> Value:
        """The value in its canonical form: a list becomes a tuple, (3,) for one dimension 3, and 1 a due float 1.0.

        Raises ValueError with a sentence that names the setting, what it must be and what came.
        """
        if value is None and self.optional:
            return None
        if isinstance(value, str) and value in self.choices:
            return value
        if isinstance(value, list | tuple) and (self.dims or self.listed):
            entries = self._entries(value)
            return entries[0] if self.dims == 1 else entries
        if self.listed or (self.choices and not self.dims):
            raise self._wrong(value)
        return self._entry(value)

    @property
    def expects(self) -> str:
        """What the value must be, in words: "a whole number from 1 to 64"."""
        if self.kind is bool:
            return "true or false"
        if self.choices and not self.dims:
            return "one of " + ", ".join(self.choices)
        noun = {int: "a whole number", float: "a number", str: "text"}[self.kind]
        if self.low is not None and self.high is not None:
            noun += f" from {_shown(self.low)} to {_shown(self.high)}"
        elif self.low is not None:
            noun += f" of at least {_shown(self.low)}"
        if self.listed:
            noun = f"a list of up to {_shown(self._most)} entries, each {noun}"
        elif self.dims > 1:
            noun += f" or {self.dims} of them"
        words = [*(repr(word) for word in self.choices if self.dims), *(["None"] if self.optional else [])]
        return " or ".join([noun, *words])

    @property
    def _most(self) -> int:
        return MAX_ENTRIES if self.most is None else self.most

    def _entries(self, values: list[Any] | tuple[Any, ...]) -> tuple[Value, ...]:
        fewest = 1 if self.most is None else 0
        if len(values) != self.dims if self.dims else not fewest <= len(values) <= self._most:
            raise self._wrong(values)
        return tuple(None if v is None and self.optional else self._entry(v) for v in values)

    def _entry(self, value: object) -> bool | int | float | str:
        if self.kind is float and type(value) is int and abs(value) < 2**53:
            value = float(value)
        if type(value) is not self.kind or not isinstance(value, bool | int | float | str):
            raise self._wrong(value)
        if isinstance(value, bool | str):
            return value
        if isinstance(value, float) and not math.isfinite(value):
            raise self._wrong(value)
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise self._wrong(value)
        return value

    def _wrong(self, value: object) -> ValueError:
        shown = repr(value)
        return ValueError(f"{self.name} must be {self.expects}, not {shown if len(shown) <= 40 else shown[:39] + '…'}")


def param(
    help: str,
    low: float | None = None,
    high: float | None = None,
    *,
    default: Any,
    kind: type | None = None,
    choices: tuple[str, ...] = (),
    dims: int = 0,
    listed: bool = False,
    optional: bool = False,
    required: bool = False,
    rare: bool = False,
    most: int | None = None,
    found: bool = False,
) -> Any:
    """Declare one setting of a `Settings` class; see `Param` for what the arguments mean."""
    if kind is None:
        first = default[0] if isinstance(default, tuple) else default
        kind = str if choices and not dims else type(first)
    return field(
        default=default,
        metadata={
            "help": help,
            "low": low,
            "high": high,
            "kind": kind,
            "choices": choices,
            "dims": dims,
            "listed": listed,
            "optional": optional,
            "required": required,
            "rare": rare,
            "most": most,
            "found": found,
        },
    )


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(param,))
@dataclass(frozen=True, kw_only=True)
class Settings:
    """Base of everything that has settings; a subclass is a frozen dataclass whose values are always valid."""

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)

    def __post_init__(self) -> None:
        """Bring every value into its canonical form; raises ValueError for one outside its limits."""
        for row in self.params():
            value = getattr(self, row.name)
            if (read := row.read(value)) is not value:
                object.__setattr__(self, row.name, read)

    @classmethod
    @cache
    def params(cls) -> tuple[Param, ...]:
        """The rows in the order in which they were declared."""
        rows = fields(cls)
        return tuple(Param(f.name, f.default, **f.metadata) for f in rows if f.default is not MISSING)

    @classmethod
    def read(cls, values: Mapping[str, object]) -> Self:
        """Make settings from a stranger's data. Raises ValueError for unknown names and bad values."""
        known = {row.name for row in cls.params()}
        for name in values:
            if name not in known:
                raise ValueError(f"there is no setting called {str(name)[:40]!r}")
        return cls(**values)

    def values(self) -> dict[str, Any]:
        """Every setting by name."""
        return {row.name: getattr(self, row.name) for row in self.params()}

    def changed(self, **values: Any) -> Self:
        """The same settings with some values replaced. Raises ValueError for a value outside its limits."""
        known = {row.name for row in self.params()}
        for name in values:
            if name not in known:
                raise ValueError(f"there is no setting called {name[:40]!r}")
        return replace(self, **values)
