"""What a recipe is composed of: settings with a name, a title and a sentence, which may hold parts of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, ClassVar, Self

from engine.settings import Param, Settings

MOST_LISTED = 64
"""The most parts in one list."""

Kinds = Mapping[str, Mapping[str, "type[RecipePart]"]]
"""For each field the kinds to choose from, by name."""


class Composed(Settings):
    """Settings that also hold parts, each chosen from a registry by the name of its class, and lists of such parts.

    A subclass names its part fields in `parts` and its list fields in `lists`; all other fields are rows of a form.
    """

    parts: ClassVar[Kinds] = {}
    """For each field that holds a part: the kinds to choose from."""
    lists: ClassVar[Kinds] = {}
    """For each field that holds a tuple of parts: the kinds that may stand in it."""

    def __post_init__(self) -> None:
        """Check the rows and the parts. Raises ValueError."""
        super().__post_init__()
        for name, kinds in self.parts.items():
            if not isinstance(getattr(self, name), tuple(kinds.values())):
                raise ValueError(f"{name} must be one of {', '.join(kinds)}")
        for name, kinds in self.lists.items():
            held = getattr(self, name)
            if isinstance(held, list):
                object.__setattr__(self, name, held := tuple(held))
            if not isinstance(held, tuple) or not all(isinstance(part, tuple(kinds.values())) for part in held):
                raise ValueError(f"{name} must be a list of {' or '.join(kinds)}")

    @classmethod
    @cache
    def params(cls) -> tuple[Param, ...]:
        """The rows beside the parts, which have rows of their own."""
        rows = fields(cls)
        return tuple(Param(f.name, f.default, **f.metadata) for f in rows if f.default is not MISSING and f.metadata)

    @classmethod
    def read(cls, values: Mapping[str, object]) -> Self:
        """Make it from a stranger's data, as `as_data` wrote it. Raises ValueError for unknown names and bad values."""
        known = {row.name for row in cls.params()} | cls.parts.keys() | cls.lists.keys()
        for name in values:
            if name not in known:
                raise ValueError(f"there is no setting called {str(name)[:40]!r}")
        parts = {name: part_from(name, values[name], kinds) for name, kinds in cls.parts.items() if name in values}
        lists = {name: _list_from(name, values[name], kinds) for name, kinds in cls.lists.items() if name in values}
        return cls(**{**values, **parts, **lists})

    def as_data(self) -> dict[str, Any]:
        """Plain values for a JSON file; `read` takes them back."""
        parts = {name: part_data(getattr(self, name)) for name in self.parts}
        lists = {name: [part_data(part) for part in getattr(self, name)] for name in self.lists}
        rows = {name: list(value) if isinstance(value, tuple) else value for name, value in self.values().items()}
        return {**parts, **lists, **rows}

    def changed(self, **values: Any) -> Self:
        """The same with some rows, parts or lists replaced. Raises ValueError."""
        known = {name: getattr(self, name) for name in (*self.parts, *self.lists)} | self.values()
        for name in values:
            if name not in known:
                raise ValueError(f"there is no setting called {str(name)[:40]!r}")
        return type(self)(**{**known, **values})


class RecipePart(Composed):
    """Base of everything in a recipe that is chosen from a list and has settings of its own."""

    title: ClassVar[str] = ""
    """What people call it; a class without a title is a common base and no choice."""

    @classmethod
    def kind(cls) -> str:
        """The name of the class, as files and code write it: `Adam`."""
        return cls.__name__

    @classmethod
    def summary(cls) -> str:
        """The first line of the description: one sentence for the form."""
        return (cls.__doc__ or "").strip().split("\n")[0]


def part_data(part: RecipePart) -> dict[str, Any]:
    """A part as plain values: its kind and its settings."""
    return {"kind": part.kind(), "settings": part.as_data()}


def part_from(name: str, data: object, kinds: Mapping[str, type[RecipePart]]) -> RecipePart:
    """Read one part of a stranger's recipe. Raises ValueError."""
    if not isinstance(data, Mapping) or data.keys() - {"kind", "settings"}:
        raise ValueError(f"{name} must be an object with a kind and its settings")
    kind, settings = data.get("kind"), data.get("settings", {})
    known = kinds.get(kind) if isinstance(kind, str) else None
    if known is None:
        raise ValueError(f"{name} must be one of {', '.join(kinds)}, not {str(kind)[:40]!r}")
    if not isinstance(settings, Mapping):
        raise ValueError(f"the settings of {kind} must be an object")
    try:
        return known.read(settings)
    except ValueError as error:
        raise ValueError(f"{kind}: {error}") from error


def _list_from(name: str, data: object, kinds: Mapping[str, type[RecipePart]]) -> tuple[RecipePart, ...]:
    if not isinstance(data, list | tuple) or len(data) > MOST_LISTED:
        raise ValueError(f"{name} must be a list of at most {MOST_LISTED} parts")
    return tuple(part_from(f"{name}[{number}]", part, kinds) for number, part in enumerate(data))
