"""Write a program as Python text: one class for the network, and one for each kind of group in it.

Groups that are built alike share one class; where their values differ, the class takes arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.pretrained import pretrained_parts
from engine.program import Program
from engine.writing.class_families import Classes
from engine.writing.expressions import Line
from engine.writing.manner import MODULE, Manner

RETURN = "        return "
OWN = f"{RETURN}self"
"""How `train` ends, which is no answer."""


@dataclass(frozen=True)
class Source:
    """Python text of an `nn.Module` class, and which lines of it belong to which block.

    Lines count from 1. A block inside a group is named by its path: `stage1/conv2`.
    """

    text: str
    lines: Mapping[int, str]
    name: str = "Network"
    homes: Mapping[str, str] = field(default_factory=dict)
    """For groups that share a class: the group whose path its lines carry."""
    pretrained: tuple[tuple[str, str], ...] = ()
    """Parts of the network that begin with weights from a file: PyTorch's name of the part, and of the file."""
    inputs: tuple[str, ...] = ()
    """The Input blocks, in the order in which `forward` takes them."""
    outputs: tuple[str, ...] = ()
    """The Output blocks, in the order of what `forward` returns."""

    def lines_of(self, block: str) -> tuple[int, ...]:
        """The numbers of a block's lines."""
        path = self.written_as(block)
        return tuple(number for number, owner in self.lines.items() if owner == path)

    def written_as(self, block: str) -> str:
        """The path that a block's lines carry: groups that share a class are written once."""
        group, _, name = block.rpartition("/")
        return f"{self.homes.get(group, group)}/{name}" if group else name

    def telling(self, name: str) -> str:
        """The text with a network whose `forward` returns all its variables, with the answer under this name."""
        lines = self.text.split("\n")
        last = max(n for n, line in enumerate(lines) if line.startswith(RETURN) and line != OWN)
        value = lines[last].removeprefix(RETURN)
        lines[last : last + 1] = [f"        {name} = {value}", f"{RETURN}locals()"]
        return "\n".join(lines)


def write(program: Program, name: str = "Network", manner: Manner = MODULE) -> Source:
    """The program as text in a manner. Raises NotSequential where a manner asks for a chain and there is none."""
    classes = Classes(manner)
    body = classes.write(program, name)
    lines = [*_imports(body), *body]
    owners = {number: line.owner for number, line in enumerate(lines, 1) if line.owner}
    text, pretrained = "\n".join(line.text for line in lines) + "\n", pretrained_parts(program)
    return Source(text, owners, name, classes.homes, pretrained, program.inputs, program.ends)


def _imports(body: list[Line]) -> list[Line]:
    """The imports that these lines need, as a formatter would order them."""
    code = [line.text.partition("  # ")[0] for line in body]
    found = []
    if any("OrderedDict(" in text for text in code):
        found += ["from collections import OrderedDict", ""]
    if any("torch." in text for text in code):
        found.append("import torch")
    if any(" F." in text or "(F." in text for text in code):
        found.append("import torch.nn.functional as F")
    return [Line(text) for text in (*found, "from torch import nn", "", "")]
