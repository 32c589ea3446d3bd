"""What a drawing is made of: blocks with names and places, and the wires between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from engine.initial import PYTORCHS_OWN, Initial
from engine.program import is_key, is_name

if TYPE_CHECKING:
    from engine.blocks.base import Block

Point = tuple[float, float]


class Wire(NamedTuple):
    """A connection from a block's output port to another block's input port; ports have names."""

    source: str
    output: str
    target: str
    input: str


@dataclass(frozen=True)
class Node:
    """One block of a drawing: its name, its settings, where its top left corner lies, and how its weights live."""

    name: str
    block: Block
    at: Point = (0.0, 0.0)
    same_as: str = ""
    """The block whose weights this one shares: both call the same module. Their settings are the same."""
    frozen: bool = False
    """Whether its weights stay as they are while the rest learns; so do its running statistics."""
    initial: Initial = PYTORCHS_OWN
    key: str = ""
    """What PyTorch calls its module where that is no name in Python, in imported networks: `block1-0`."""

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise ValueError(
                f"{self.name[:60]!r} cannot be the name of a block: use letters, digits and _, "
                "start with a letter, and avoid words that Python or PyTorch use"
            )
        if self.key and not is_key(self.key):
            raise ValueError(f"{self.key[:60]!r} cannot be the key of a module")
