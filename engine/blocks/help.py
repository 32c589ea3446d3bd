"""A block's help page, read from its docstring.

The first line is the summary, the text up to the first heading says more. A heading stands at the beginning of a
line: `Formula:`, `In:`, `Out:`, `Use:`, `Example:`, `Labs:`. A section that a block leaves out is its base class's.
An example reads `Conv2d(out_channels=16, kernel_size=3): 3×32×32 → 16×30×30`, several inputs or outputs separated
by commas; tests run every one of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from inspect import cleandoc

from engine.blocks.base import Block

HEADINGS = ("Formula", "In", "Out", "Use", "Example", "Labs")
_HEADING = re.compile(rf"^({'|'.join(HEADINGS)}):\s*", re.MULTILINE)


@dataclass(frozen=True)
class Help:
    """What the program can tell about a kind of block."""

    summary: str
    more: str
    formula: str
    takes: str
    gives: str
    use: str
    examples: tuple[str, ...]
    labs: tuple[int, ...]
    """Numbers of the labs of the curriculum in which the block appears."""


def help_of(kind: type[Block]) -> Help:
    """The help page of a kind of block."""
    sections: dict[str, str] = {}
    for parent in reversed([p for p in kind.__mro__ if issubclass(p, Block) and p is not Block]):
        sections.update(_sections(parent.__doc__ or ""))
    summary, _, more = _sections(kind.__doc__ or "")[""].partition("\n")
    return Help(
        summary.strip(),
        _joined(more),
        _joined(sections.get("Formula", "")),
        _joined(sections.get("In", "")),
        _joined(sections.get("Out", "")),
        _joined(sections.get("Use", "")),
        tuple(line.strip() for line in sections.get("Example", "").splitlines() if line.strip()),
        tuple(map(int, re.findall(r"\d+", sections.get("Labs", "")))),
    )


def _sections(text: str) -> dict[str, str]:
    first, *rest = _HEADING.split(cleandoc(text))
    return {"": first.strip(), **dict(zip(rest[::2], (part.strip() for part in rest[1::2]), strict=True))}


def _joined(text: str) -> str:
    """Lines of one paragraph put together."""
    return "\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", text)).strip()
