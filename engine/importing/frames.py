"""One drawing in the making: the blocks and wires of a module's call, and how tensors reach the calls inside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from torch import fx, nn

from engine.blocks import BLOCKS
from engine.blocks.base import Block, Ids, Shape
from engine.blocks.data import Input, Output
from engine.blocks.placeholder import Placeholder
from engine.evaluation import evaluate
from engine.graph import Graph, Node, Wire
from engine.groups import is_class_name
from engine.importing.layouts import CannotDraw, Layout, layout_of
from engine.importing.tracing import Scope, is_leaf
from engine.layout import arrange
from engine.program import is_name

End = tuple[str, str]
"""A block and one of its output ports."""


class Frame:
    """The drawing of one call: what was put into it so far."""

    def __init__(self, scope: Scope, outer: Frame | None = None, name: str = "") -> None:
        self.scope, self.outer, self.name = scope, outer, name
        self.nodes: dict[str, Node] = {}
        self.wires: list[Wire] = []
        self.ends: dict[fx.Node, End] = {}
        self.shapes: dict[End, Shape] = {}
        self.modules: dict[str, str] = {}
        """The block that was drawn first for a module inside, by its path."""
        self.keys: dict[str, str] = {}
        """What PyTorch calls the modules of blocks whose names could not be the same."""
        children = scope.module._modules if scope.module else {}
        self.numbered = bool(children) and list(children) == [str(number) for number in range(len(children))]
        own = scope.module._parameters if scope.module else {}
        self.reserved = {name for name in (*children, *own) if is_name(name)}

    @property
    def path(self) -> str:
        return self.scope.path

    def depth(self) -> int:
        """How many drawings lie around it."""
        return 1 + self.outer.depth() if self.outer else 0

    def fresh(self, wish: str) -> str:
        """A name like the wish that no block has, and none that a module of this call will need."""
        name, number = wish, 1
        while name in self.nodes or name in self.reserved or not is_name(name):
            stem = re.sub(r"\W|^[_\d]+", "", wish).rstrip("0123456789") or "block"
            name, number = f"{stem[:50]}{number}", number + 1
        return name

    def usual(self, block: Block) -> str:
        """The usual name of a block of this kind: conv1, relu2."""
        return self.fresh(f"{block.short_name or block.kind().lower()}1")

    def put(self, kind: str | Block, *ends: End, name: str = "", **settings: Any) -> list[End]:
        """Draw a block behind these ends; gives its own. Raises CannotDraw where it refuses what reaches it."""
        block = self.block(kind, **settings) if isinstance(kind, str) else kind
        outcome = evaluate(block, tuple(self.shapes[end] for end in ends))
        if outcome.error:
            raise CannotDraw(f"{block.kind()} {outcome.error.needs}")
        return self.add(Node(name or self.usual(block), block), ends, outcome.shapes)

    def block(self, kind: str, **settings: Any) -> Block:
        """A block of the catalogue. Raises CannotDraw for one that there is not, and for values that it refuses."""
        if kind not in BLOCKS:
            raise CannotDraw(f"there is no block {kind}")
        try:
            return BLOCKS[kind].read(settings)
        except ValueError as error:
            raise CannotDraw(f"{kind}: {error}") from error

    def add(self, node: Node, ends: Iterable[End], shapes: Sequence[Shape]) -> list[End]:
        """Put a block in, with its wires and the shapes that it gives."""
        self.nodes[node.name] = node
        self.wires += [Wire(*end, node.name, port) for end, port in zip(ends, node.block.input_ports(), strict=True)]
        mine = [(node.name, port) for port in node.block.output_ports()]
        self.shapes.update(zip(mine, shapes, strict=True))
        return mine

    def fetch(self, node: fx.Node) -> End:
        """Where a step's result is at hand in this drawing; it is led in or out of groups where needed."""
        if node not in self.ends:
            inner = self.inner_with(node)
            self.ends[node] = inner.hand_out(node) if inner else self._led_in(node)
        return self.ends[node]

    def inner_with(self, node: fx.Node) -> Frame | None:
        """The group right inside this drawing in which a step lies."""
        frame: Frame | None = node.meta.get("frame")
        while frame and frame.outer is not self:
            frame = frame.outer
        return frame

    def hand_out(self, node: fx.Node) -> End:
        """Give a result to the drawing around this one."""
        end = self.fetch(node)
        port = self.fresh("output" if not self._count(Output) else f"output{self._count(Output) + 1}")
        self.add(Node(port, Output()), [end], ())
        assert self.outer is not None
        self.outer.shapes[self.name, port] = self.shapes[end]
        return self.name, port

    def _led_in(self, node: fx.Node) -> End:
        assert self.outer is not None, f"{node} has not been drawn"
        source = self.outer.fetch(node)
        shape = self.outer.shapes[source]
        port = self.fresh("input" if not self._count(Input) else f"input{self._count(Input) + 1}")
        self.outer.wires.append(Wire(*source, self.name, port))
        dtype = "int64" if isinstance(shape, Ids) else "float32"
        (end,) = self.add(Node(port, Input(shape=tuple(shape) or (1,), dtype=dtype)), (), (shape,))
        return end

    def lead_batch_in(self) -> None:
        """Give a group without an Input one, where blocks need it to know how many examples there are."""
        if self._count(Input) or not any(node.block.from_batch for node in self.nodes.values()):
            return
        assert self.outer is not None
        self.outer.lead_batch_in()
        near = (node for node, (name, _) in self.outer.ends.items() if isinstance(self.outer.nodes[name].block, Input))
        self._led_in(next(near))

    def _count(self, kind: type[Block]) -> int:
        return sum(isinstance(node.block, kind) for node in self.nodes.values())

    def placeholder(
        self, name: str, ends: Sequence[End], known_as: str, kept: Any, shapes: Sequence[Shape]
    ) -> list[End]:
        """Keep what cannot be drawn, with everything that is known about it."""
        ports_in = " ".join(f"input{number}" for number in range(1, len(ends) + 1))
        ports_out = " ".join(f"output{number}" for number in range(1, len(shapes) + 1))
        text = json.dumps(kept, default=str, sort_keys=True)
        block = Placeholder(known_as=known_as[:60], kept=text, ports_in=ports_in, ports_out=ports_out)
        return self.add(Node(name, block), ends, shapes)

    def drawing(self) -> Graph:
        """What was put in, laid out; numbered modules in the order of their numbers."""
        order = [self.modules.get(f"{self.path}.{child}" if self.path else child) for child in self._children()]
        first = [name for name in order if name and not self.nodes[name].same_as] if self.numbered else []
        for name, key in self.keys.items():
            self.nodes[name] = replace(self.nodes[name], key=key)
        read = {(wire.source, wire.output) for wire in self.wires}
        for name, node in self.nodes.items():
            if isinstance(node.block, Placeholder):  # a file knows the ports that wires mention
                ports = (port for port in node.block.output_ports() if (name, port) in read)
                self.nodes[name] = replace(node, block=node.block.changed(ports_out=" ".join(ports)))
        names = [*first, *(name for name in self.nodes if name not in first)]
        graph = Graph().add(*(self.nodes[name] for name in names)).connect(*self.wires)
        return graph.move(arrange(graph))

    def _children(self) -> list[str]:
        return list(self.scope.module._modules) if self.scope.module else []


def class_name(module: nn.Module | None) -> str:
    """What the class of a group is called: like that of the module where that can be."""
    wish = type(module).__name__.lstrip("_") if module else "Block"
    wish += "Weights" if module and is_leaf(module) else ""
    wish = wish[:1].upper() + wish[1:]
    return wish if is_class_name(wish) else "Block"


def layout(node: fx.Node) -> Layout:
    """How the tensor that a step gives is laid out."""
    return layout_of(tuple(node.meta["value"].shape))


def expected(value: Any) -> Shape:
    """The shape of one example in the drawing, of a tensor that a step gives."""
    shape = layout_of(tuple(value.shape)).shape
    return shape if value.dtype.is_floating_point or value.dtype.is_complex else Ids(shape)


def with_shape_of(block: Block, other: Block) -> Block:
    """An Input with the shape of another, so that two drawings can be compared."""
    return replace(block, shape=other.shape) if isinstance(block, Input) and isinstance(other, Input) else block
