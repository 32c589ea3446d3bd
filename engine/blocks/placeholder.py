"""What stands for a block that this version of the program does not know, or that an import could not draw."""

from __future__ import annotations

import json
from typing import Any

from engine.blocks.base import Block, Shape, ShapeError
from engine.program import Call
from engine.settings import param

WHY = "why it is not drawn"
"""The entry among the kept settings with an import's own reason."""
OF_AN_IMPORT = {"what", "weights"}
"""The entries that an import always keeps."""
LONGEST = 300
"""How much of a reason is repeated: it may come from a stranger's file."""


class Placeholder(Block):
    """A block from a newer program, or a step that an import could not draw. Nothing that is known of it is lost."""

    title = "Unknown block"
    ids = "decides"

    known_as: str = param("What the file calls it.", default="", kind=str)
    kept: str = param("Its settings, as the file has them.", default="{}", kind=str)
    ports_in: str = param("Names of the inputs that wires mention.", default="", kind=str)
    ports_out: str = param("Names of the outputs that wires mention.", default="", kind=str)

    @property
    def imported(self) -> bool:
        """Whether it stands for a step that an import could not draw; otherwise it is from a newer program."""
        settings = json.loads(self.kept)
        return isinstance(settings, dict) and settings.keys() >= OF_AN_IMPORT

    @property
    def reason(self) -> str:
        """Why the import could not draw it, in the import's words; nothing where it did not say."""
        said = json.loads(self.kept).get(WHY) if self.imported else None
        words = " ".join(said.split()).rstrip(".") if isinstance(said, str) else ""
        return "".join(letter for letter in words if letter.isprintable())[:LONGEST]

    def input_ports(self) -> tuple[str, ...]:
        return tuple(self.ports_in.split())

    def output_ports(self) -> tuple[str, ...]:
        return tuple(self.ports_out.split())

    def shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        if not self.imported:
            raise ShapeError(f"is a {self.known_as} from a newer program. It needs that program to be understood")
        why = f", because {self.reason}" if self.reason else ""
        raise ShapeError(
            f"stands for {self.known_as}, which the import could not draw{why}. "
            "Put blocks in its place that compute the same, or delete it"
        )

    def layer(self, *inputs: Any) -> Call | None:
        return None
