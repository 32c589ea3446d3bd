"""A drawing inside one block: with ports of its own, repeated if wanted, and a class of its own in the code."""

from __future__ import annotations

from dataclasses import field
from functools import cached_property, lru_cache
from keyword import iskeyword

from engine.blocks.base import Block, Shape, ShapeError
from engine.blocks.data import Input, Output
from engine.evaluation import Flow, flow
from engine.graph import Graph, Node, Wire
from engine.program import Call, Variable
from engine.settings import param

DEEPEST = 32
"""How many groups may lie inside each other."""
LARGEST = 100_000
"""How many blocks a group may hold, those of all its copies counted."""


def is_class_name(text: str) -> bool:
    """Whether the text can name a class in a program: a guard between a stranger's file and `exec`."""
    return (
        text.isascii()
        and text.isidentifier()
        and text[:1].isupper()
        and not iskeyword(text)
        and text not in ("F", "Network", "OrderedDict")
        and len(text) <= 60
    )


class Group(Block):
    """A drawing of its own inside one block; its Inputs and Outputs are the ports of the block.

    Formula: what the blocks inside compute, `repeat` times in a row, each time with weights of its own.
    In: one tensor for each Input inside.
    Out: one tensor for each Output inside.
    Use: to give a pattern that returns a name, such as a residual block, and to keep large drawings clear.
    Example: Group(): 8 → 8
    """

    family = "group"
    title = "Group"
    keywords = ("module", "sequential", "composite", "subgraph", "class", "nested")
    short_name = "group"
    ids = "decides"

    class_name: str = param("What its class is called in the code.", default="Block", kind=str)
    repeat: int = param("How many copies follow each other, each with weights of its own.", 1, 1000, default=1)
    numbered: bool = param("Number its blocks instead of naming them, as nn.Sequential does.", default=False, rare=True)
    pretrained: str = param(
        "A file with the weights that it begins with: a safetensors or .pth file, or one that comes with the program.",
        default="",
        kind=str,
        rare=True,
    )
    graph: Graph = field(default_factory=lambda: EMPTY)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not is_class_name(self.class_name):
            raise ValueError(
                f"class_name must be letters and digits that begin with a capital, not {self.class_name[:40]!r}"
            )
        if self.depth > DEEPEST:
            raise ValueError(f"groups lie inside each other more than {DEEPEST} deep")
        if self.size > LARGEST:
            raise ValueError(f"with all its copies it would hold {self.size:,} blocks; at most {LARGEST:,} can be")

    @cached_property
    def size(self) -> int:
        """How many blocks it holds, those of every copy counted."""
        inner = (n.block.size if isinstance(n.block, Group) else 1 for n in self.graph.nodes.values())
        return self.repeat * sum(inner)

    @cached_property
    def depth(self) -> int:
        """How many groups lie inside each other here, this one included."""
        return 1 + max((n.block.depth for n in self.graph.nodes.values() if isinstance(n.block, Group)), default=0)

    def input_ports(self) -> tuple[str, ...]:
        return tuple(name for name, node in self.graph.nodes.items() if isinstance(node.block, Input))

    def output_ports(self) -> tuple[str, ...]:
        return tuple(name for name, node in self.graph.nodes.items() if isinstance(node.block, Output))

    def shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        last = copies_of(self, inputs)[-1]
        return tuple(last.blocks[name].inputs[0] for name in self.output_ports())

    def layer(self, *inputs: Shape) -> Call | None:
        """Groups are written as classes of their own; this call only tells whether two would be the same."""
        return Call(self.class_name, (inputs, self))

    def parameters(self, *inputs: Shape) -> int:
        copies = copies_of(self, inputs)
        if self.numbered:  # all of its blocks are created, since their numbers would change otherwise
            return sum(block.parameters for copy in copies for block in copy.blocks.values())
        return sum(copy.parameters for copy in copies)

    def frozen(self, *inputs: Shape) -> int:
        copies = copies_of(self, inputs)
        if self.numbered:
            return sum(block.frozen for copy in copies for block in copy.blocks.values())
        return sum(copy.frozen for copy in copies)

    def macs(self, *inputs: Shape) -> int:
        return sum(copy.macs for copy in copies_of(self, inputs))

    def apply(self, me: str, *tensors: Variable) -> Call:
        return Call(f"self.{me}", tensors)

    def key_settings(self) -> str:
        times = f", {self.repeat}×" if self.repeat > 1 else ""
        return f"{self.class_name}{times}"


@lru_cache(maxsize=10_000)
def copies_of(group: Group, inputs: tuple[Shape, ...]) -> tuple[Flow, ...]:
    """What flows through each copy of a group. Raises ShapeError where a copy cannot compute."""
    if not group.output_ports():
        raise ShapeError("has no Output inside. It needs one, which becomes its output")
    if group.repeat > 1 and len(group.input_ports()) != len(group.output_ports()):
        raise ShapeError("is repeated. It needs as many Outputs as Inputs inside, so that copies can follow each other")
    found: list[Flow] = []
    for number in range(group.repeat):
        copy = _same(found, inputs) or flow(group.graph, dict(zip(group.input_ports(), inputs, strict=True)))
        trouble = _trouble(group.graph, copy)
        if trouble:
            where = f" in copy {number + 1}" if number else ""
            raise ShapeError(f"cannot compute{where}: inside it {trouble}")
        found.append(copy)
        inputs = tuple(copy.blocks[name].inputs[0] for name in group.output_ports())
    return tuple(found)


def _same(found: list[Flow], inputs: tuple[Shape, ...]) -> Flow | None:
    """The last copy, if the next one gets the same shapes."""
    return found[-1] if found and found[-1].given == inputs else None


def _trouble(graph: Graph, copy: Flow) -> str:
    if copy.refused:
        name, (_, error) = next(iter(copy.refused.items()))
        return f"{name} {error.needs}"
    if copy.unfed:
        return f"{copy.unfed[0]} lacks a wire"
    if graph.loops:
        return "there is a loop"
    return ""


def _through() -> Graph:
    """The drawing of a new group: what enters leaves unchanged."""
    ends = Graph().add(Node("input", Input(shape=(1,))), Node("output", Output(), (240.0, 0.0)))
    return ends.connect(Wire("input", "output", "output", "input"))


EMPTY: Graph = _through()
