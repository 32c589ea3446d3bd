"""What stands for a block that this version of the program does not know."""

from __future__ import annotations

from typing import Any

from engine.blocks.base import Block, Shape, ShapeError
from engine.program import Call
from engine.settings import param


class Placeholder(Block):
    """A block from a newer program. It keeps everything that the file said about it; nothing is lost."""

    title = "Unknown block"

    known_as: str = param("What the file calls it.", default="", kind=str)
    kept: str = param("Its settings, as the file has them.", default="{}", kind=str)
    ports_in: str = param("Names of the inputs that wires mention.", default="", kind=str)
    ports_out: str = param("Names of the outputs that wires mention.", default="", kind=str)

    def input_ports(self) -> tuple[str, ...]:
        return tuple(self.ports_in.split())

    def output_ports(self) -> tuple[str, ...]:
        return tuple(self.ports_out.split())

    def shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        raise ShapeError(f"is a {self.known_as} from a newer program. It needs that program to be understood")

    def layer(self, *inputs: Any) -> Call | None:
        return None
