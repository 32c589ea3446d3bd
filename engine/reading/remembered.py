"""What the drawing had before: the blocks that lines of the text may still mean."""

from __future__ import annotations

import ast

from engine.blocks.base import Block
from engine.blocks.constant import Parameter
from engine.blocks.data import Input, Output
from engine.blocks.tables import Buffer
from engine.graph import Graph, Node
from engine.groups import Group
from engine.reading.syntax import ClassText


class Remembered:
    """The drawing that a class stood for before its text was changed."""

    def __init__(self, text: ClassText, graph: Graph) -> None:
        self.text, self.graph = text, graph

    def block(self, name: str) -> Block | None:
        """The block of this name."""
        return self.graph.nodes[name].block if name in self.graph.nodes else None

    def member(self, attribute: str, drawing: Graph) -> Node | None:
        """The block of an attribute; of `_2` the one with this number, if it is not yet in the new drawing."""
        return self.numbered(attribute, drawing) if attribute.startswith("_") else self.graph.nodes.get(attribute)

    def numbered(self, attribute: str, drawing: Graph) -> Node | None:
        """The block that had this number; beside numbered blocks, parameters have names."""
        if self.text.base == "nn.ModuleList" and not attribute.startswith("_"):
            return self.graph.nodes.get(attribute)
        inner = [n for n in self.graph.nodes.values() if not isinstance(n.block, Input | Output) and not n.same_as]
        modules = [n for n in inner if _is_module(n.block)]
        number = int(attribute[1:]) if attribute[1:].isdigit() else len(modules)
        node = modules[number] if number < len(modules) else None
        return node if node and node.name not in drawing.nodes else None

    def filled(self, statement: ast.Assign) -> Block | None:
        """The block that filled these variables: one is called like it, several begin with its name."""
        names = [part.id for part in ast.walk(statement.targets[0]) if isinstance(part, ast.Name)]
        stems = [stem for name in names for stem in (name, name.rstrip("_").rpartition("_")[0])]
        return next((self.graph.nodes[stem].block for stem in stems if stem in self.graph.nodes), None)


def _is_module(block: Block) -> bool:
    is_tensor = isinstance(block, Parameter | Buffer)
    return isinstance(block, Group) or (block.torch_name.startswith("nn.") and not is_tensor)
