"""How a module is created in the code: one call, a class of its own, or several in a row.

An expression has slots: the values that may differ between two uses of the same class. Where they do, they become
arguments of that class.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from textwrap import wrap
from typing import Any

from engine.program import Call, Variable, written

INDENT = "    "
WIDEST = 100
"""How many characters of a table stand on one line."""

TABLE = "nn.Buffer"
BARE = ("nn.Parameter", TABLE)
"""What makes a tensor of the network's own, which is no module."""


@dataclass(frozen=True)
class Slot:
    """One value in an expression, what PyTorch calls it, and whose line it is on."""

    hint: str
    value: Any
    owner: str
    default: Any = Ellipsis
    """What stands there if nothing is written; Ellipsis where something must be."""


@dataclass(frozen=True)
class Line:
    """A line of code and the path of the block that it belongs to."""

    text: str
    owner: str = ""


@dataclass(frozen=True)
class Leaf:
    """A call of one of PyTorch's classes."""

    call: Call
    owner: str

    def slots(self) -> Iterator[Slot]:
        """Its arguments, then its options in PyTorch's order, stated or not.

        A table of numbers stays in its class as it is.
        """
        if self.call.target == TABLE:
            return
        names = (*self.call.names, *("value" for _ in self.call.args[len(self.call.names) :]))
        for hint, value in zip(names, self.call.args, strict=True):
            yield Slot(hint, value, self.owner)
        stated, defaults = dict(self.call.options), dict(self.call.defaults)
        for name, default in self.call.defaults:
            yield Slot(name, stated.get(name, default), self.owner, default)
        for name, value in self.call.options:
            if name not in defaults:
                yield Slot(name, value, self.owner)

    def skeleton(self) -> tuple[Any, ...]:
        """What two expressions must have in common to be written as one."""
        own = self.call if self.call.target == TABLE else len(self.call.args)
        return self.call.target, own, tuple(slot.hint for slot in self.slots())

    def lines(self, values: Iterator[Any] | None) -> list[Line]:
        """The expression with these values in its slots; None stands for its own."""
        if values is None or self.call.target == TABLE:
            return self._folded(str(self.call))
        slots = list(self.slots())
        filled = list(zip(slots, islice(values, len(slots)), strict=True))
        count = len(self.call.args)
        words = [written(value) for _, value in filled[:count]]
        words += [f"{slot.hint}={written(value)}" for slot, value in filled[count:] if _differs(value, slot.default)]
        return self._folded(f"{self.call.target}({', '.join(words)})")

    def _folded(self, text: str) -> list[Line]:
        """The text; a long table is spread over several lines."""
        if self.call.target not in BARE or len(text) <= WIDEST:
            return [Line(text, self.owner)]
        head, inner = f"{self.call.target}(", text[len(self.call.target) + 1 : -1]
        kept = re.sub(r"(?<![,+]) ", "\0", inner)  # lines end behind commas and plus signs alone
        lines = [line.replace("\0", " ") for line in wrap(kept, WIDEST, break_long_words=False, break_on_hyphens=False)]
        return [Line(head, self.owner), *(Line(INDENT + line, self.owner) for line in lines), Line(")", self.owner)]


@dataclass(frozen=True)
class Made:
    """A class of the program's own, with its arguments."""

    class_name: str
    arguments: tuple[tuple[str, Any], ...]
    owner: str

    def slots(self) -> Iterator[Slot]:
        """Its arguments."""
        return (Slot(hint, value, self.owner) for hint, value in self.arguments)

    def skeleton(self) -> tuple[Any, ...]:
        """The class and the names of its arguments."""
        return self.class_name, tuple(hint for hint, _ in self.arguments)

    def lines(self, values: Iterator[Any] | None) -> list[Line]:
        """The call of the class."""
        own = (value for _, value in self.arguments) if values is None else islice(values, len(self.arguments))
        words = map(written, own)
        return [Line(f"{self.class_name}({', '.join(words)})", self.owner)]


@dataclass(frozen=True)
class Row:
    """Several modules in one container: numbered ones one behind the other, or named ones."""

    container: str
    members: tuple[Expression, ...]
    owner: str
    names: tuple[str, ...] = ()

    def slots(self) -> Iterator[Slot]:
        """Those of all its members."""
        for member in self.members:
            yield from member.slots()

    def skeleton(self) -> tuple[Any, ...]:
        """The container and the members' skeletons."""
        return self.container, self.names, tuple(member.skeleton() for member in self.members)

    def lines(self, values: Iterator[Any] | None) -> list[Line]:
        """One member a line; equal members as a comprehension."""
        texts = [member.lines(values) for member in self.members]
        if len(texts) > 2 and not self.names and len(texts[0]) == 1 and len({part[0].text for part in texts}) == 1:
            repeated = f"{texts[0][0].text} for _ in range({len(texts)})"
            return [Line(f"{self.container}(*({repeated}))" if self._takes_several else f"{self.container}({repeated})",
                         self.owner)]  # fmt: skip
        head, tail = self._brackets()
        found = [Line(head, self.owner)]
        for name, lines in zip(self.names or [""] * len(texts), texts, strict=True):
            found += _inside(name, lines)
        return [*found, Line(tail, self.owner)]

    @property
    def _takes_several(self) -> bool:
        return self.container == "nn.Sequential"

    def _brackets(self) -> tuple[str, str]:
        if self.names:
            return f"{self.container}(OrderedDict(", "))"
        return (f"{self.container}(", ")") if self._takes_several else (f"{self.container}([", "])")


Expression = Leaf | Made | Row


def _inside(name: str, lines: Sequence[Line]) -> list[Line]:
    """The lines of one member, indented, with its name before and a comma behind."""
    first, *rest = lines
    found = [Line(INDENT + (f"{name}=" if name else "") + first.text, first.owner)]
    found += [Line(INDENT + line.text, line.owner) for line in rest]
    found[-1] = Line(found[-1].text + ",", found[-1].owner)
    return found


def _differs(value: Any, default: Any) -> bool:
    """Whether a value must be written: an argument of the class always, a plain value if it is not the default."""
    return isinstance(value, Variable) or default is Ellipsis or value != default or type(value) is not type(default)
