"""A network in the making from what a file says: its steps one by one, its modules by the names of their weights."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import fx, nn
from torch.fx.node import map_aggregate

from engine.importing.attention_steps import draw_attention
from engine.importing.gaps import fill_gaps
from engine.importing.layers import Layer, Weight
from engine.importing.masks import causal_steps, is_causal
from engine.importing.module_tree import ModuleTree, has_pattern, kept, real, unwritten
from engine.importing.outcome import Note
from engine.importing.reshaping import FLEETING, ORIGIN, is_for_each_number, leaves_apart, origin, sizes_of, unmerged
from engine.importing.reshaping import without_unused as without_unused_steps
from engine.importing.scopes import below
from engine.importing.tracing import BATCH, PICK, Scope, Trace


class ChangedThroughView(Exception):
    """A step uses a tensor of which another step changed a part in place."""


class Rebuilding(ModuleTree):
    """Steps and modules, such as following a module's forward would give them.

    Every step is computed at once on tensors without numbers, so that its shape is known.
    """

    def __init__(self, file: Mapping[str, torch.Tensor], unsaved: Collection[str] = ()) -> None:
        super().__init__(file)
        self.unsaved = unsaved
        """Tensors of the file that are not in its state_dict."""
        self.graph = fx.Graph()
        self.top = self.scope = Scope("", module=self.root)
        """The outermost call, and the one to which the next steps belong."""
        self.moved: dict[str, str] = {}
        """Tensors of the file that have another name in the rebuilt module."""
        self._constants: dict[str, torch.Tensor] = {}
        self._count = 0
        self._tensors: dict[str, fx.Node] = {}
        self._tables: dict[tuple[int, int, str], fx.Node] = {}
        self._beside: dict[str, str] = {}
        """Tables that the drawing cannot write down, and why."""
        self._replaced: dict[fx.Node, fx.Node] = {}
        self._stale: set[fx.Node] = set()

    def trace(self) -> Trace:
        """What was put in, ready to be drawn."""
        self._tidy()
        draw_attention(self)
        self._tidy()
        fill_gaps(self.root, self.graph)
        self.name_holders()
        for module in self.root.modules():
            if all(name.isdecimal() for name in module._modules):
                module._modules = dict(sorted(module._modules.items(), key=lambda child: int(child[0])))
        return Trace(self.graph, self.root, self.top, self._constants)

    def entrance(self, name: str, shape: Sequence[int], dtype: torch.dtype) -> fx.Node:
        """An input, for one example of this shape."""
        node = self._noted(self.graph.placeholder(name), torch.empty((BATCH, *shape), dtype=dtype, device="meta"))
        node.meta["scope"] = self.top
        return node

    def answer(self, nodes: Sequence[fx.Node]) -> None:
        """What the network gives."""
        node = self.graph.output(tuple(map(self.newest, nodes)))
        node.meta["scope"] = self.top

    def run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A step that calls a function of PyTorch."""
        return self.record(function, args, kwargs, function(*_values(args), **_values(kwargs)))

    def record(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], value: Any) -> Any:
        """A step whose outcome is known. Gives a node, or a list of them for several results."""
        args, kwargs = map_aggregate((tuple(args), dict(kwargs)), self._argument)
        if is_for_each_number(function, args) and (sizes := unmerged(args[0])) is not None:
            before = self.reshaped(args[0], sizes)
            found = self.record(function, (before, *args[1:]), kwargs, value.new_empty(sizes))
            return self.reshaped(found, tuple(value.shape))
        kind = "call_method" if isinstance(function, str) else "call_function"
        node = self._noted(self.graph.create_node(kind, function, args, kwargs), value)
        return self._handed_out(node, value)

    def reshaped(self, node: fx.Node, sizes: Sequence[int]) -> fx.Node:
        """The numbers of a step in another shape, whatever shapes they had in between."""
        source = self.newest(origin(self.newest(node)))
        if sizes_of(source) == tuple(sizes):
            return source
        found: fx.Node = self.run(torch.reshape, source, tuple(sizes))
        found.meta.update({ORIGIN: source, FLEETING: True})
        return found

    def layer(self, layer: Layer, *inputs: fx.Node) -> Any:
        """A step that calls a module with weights of the file."""
        path = self._place(layer)
        return self.module(path, self._sketches[path], *inputs)

    def module(self, path: str, module: nn.Module, *inputs: fx.Node) -> Any:
        """A step that calls a module; the same as before where there is one at this path."""
        if path not in self._sketches:
            self._install(path, module)
        inputs = tuple(map(self.newest, inputs))
        if len(inputs) == 1 and leaves_apart(module) and (sizes := unmerged(inputs[0])) is not None:
            found = self.module(path, module, self.reshaped(inputs[0], sizes))
            return self.reshaped(found, (*sizes_of(inputs[0])[:-1], sizes_of(found)[-1]))
        value = self._sketches[path](*_values(inputs))
        node = self._noted(self.graph.create_node("call_module", path, inputs), value)
        node.meta["scope"] = self._around(path)
        return self._handed_out(node, value)

    @contextmanager
    def inside(self, scope: Scope) -> Iterator[None]:
        """Let the next steps belong to a call."""
        self.scope, before = scope, self.scope
        try:
            yield
        finally:
            self.scope = before

    def calls(self, path: str) -> list[fx.Node]:
        """The steps that call a module."""
        return [node for node in self.graph.nodes if node.op == "call_module" and node.target == path]

    def fixed(self, path: str) -> torch.Tensor:
        """The numbers of a tensor that a step takes."""
        owner, _, name = path.rpartition(".")
        found = self._constants[path] if path in self._constants else getattr(self.root.get_submodule(owner), name)
        assert isinstance(found, torch.Tensor)
        return found

    def tensor(self, weight: Weight) -> fx.Node:
        """A step that takes a tensor of the file."""
        if is_causal(weight.tensor):
            return causal_steps(self, weight.sizes)
        weight = self._under_own_name(weight)
        if weight.path not in self._tensors:
            owner, _, name = weight.path.rpartition(".")
            holder = self.holder(owner)
            weight = self._told_apart(weight)
            if isinstance(tensor := self._kept(weight.path, weight.tensor), nn.Parameter):
                holder.register_parameter(name, tensor)
            else:
                holder.register_buffer(name, tensor, persistent=weight.path not in self.unsaved)
            self._tensors[weight.path] = self._attribute(weight.path, weight.tensor)
            self._tensors[weight.path].meta.update({"weight": weight, "taken": weight.tensor})
        return self._tensors[weight.path]

    def constant(self, tensor: torch.Tensor) -> fx.Node:
        """A step that takes fixed numbers; the same as before for a tensor that was taken in this call."""
        if is_causal(tensor):
            return causal_steps(self, tuple(tensor.shape))
        key = id(tensor), tensor._version, self.scope.path  # the version counts changes in place
        if key not in self._tables:
            self._count += 1
            name, numbers = f"constant{self._count}", tensor.clone()
            if isinstance(table := self._kept(name, numbers), nn.Parameter):
                self.root.register_parameter(name, table)
            else:
                self._constants[name] = table
            self._tables[key] = node = self._attribute(name, tensor)
            node.meta.update({"scope": self.scope, "constant": numbers, "taken": tensor})
        return self._tables[key]

    def notes(self, names: Mapping[str, str]) -> list[Note]:
        """What is to be known about tables that the drawing cannot write down; `names` are those that changed."""
        taken = dict.fromkeys(str(node.target) for node in self.graph.nodes if node.op == "get_attr")
        return [Note(names.get(path, path), f"has numbers that come only with the weights file, because {reason}. "
                     "Keep that file with the drawing; without it this table starts with random numbers")
                for path in taken if (reason := self._beside.get(path))]  # fmt: skip

    def changed(self, before: fx.Node, after: fx.Node) -> None:
        """A step changed a tensor in place: whoever uses it from now on sees what came out."""
        before = self.newest(before)
        memory = _memory(before)
        self._replaced[before] = after
        others = (node for node in self.graph.nodes if node not in (before, after) and _memory(node) == memory)
        self._stale.update(node for node in others if node not in self._replaced)

    def newest(self, node: fx.Node) -> fx.Node:
        """What stands for a node after the steps that changed it in place. Raises ChangedThroughView."""
        while node in self._replaced:
            node = self._replaced[node]
        if node in self._stale:
            raise ChangedThroughView
        return node

    def state(self) -> dict[str, torch.Tensor]:
        """The weights of the rebuilt module."""
        return dict(self.root.state_dict())

    def _kept(self, path: str, tensor: torch.Tensor) -> torch.Tensor:
        found = kept(tensor)
        if isinstance(found, nn.Parameter) and not isinstance(tensor, nn.Parameter):
            self._beside[path] = unwritten(tensor)
        return found

    def _under_own_name(self, weight: Weight) -> Weight:
        """The weight under another name where its own stands for other numbers, such as another part of it."""
        path, number = weight.path, 1
        while path in self._tensors and not _alike(self._tensors[path].meta["taken"], weight.tensor):
            path, number = f"{weight.path}_{number + 1}", number + 1
        return Weight(path, weight.tensor)

    def _told_apart(self, weight: Weight) -> Weight:
        """The weight as a fixed table, where a file that does not say what is learned has one that nobody learns."""
        tensor = weight.tensor
        fixed = not self.file and (not tensor.requires_grad or has_pattern(tensor))
        return Weight(weight.path, tensor.detach()) if fixed else weight

    def _argument(self, value: Any) -> Any:
        return self.newest(value) if isinstance(value, fx.Node) else value

    def _noted(self, node: fx.Node, value: Any) -> fx.Node:
        node.meta["value"], node.meta["scope"] = value, self.scope
        return node

    def _attribute(self, path: str, tensor: torch.Tensor) -> fx.Node:
        node = self._noted(self.graph.create_node("get_attr", path), tensor.detach().to("meta"))
        node.meta.update({"scope": self._around(path), FLEETING: True})
        return node

    def _tidy(self) -> None:
        """Leave out the steps that nothing needs, and the tensors that no step takes."""
        for path in without_unused_steps(self.graph):
            owner, _, name = path.rpartition(".")
            if self._constants.pop(path, None) is None:
                delattr(self.root.get_submodule(owner), name)

    def _handed_out(self, node: fx.Node, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return node
        parts: list[Any] = []
        for index, part in enumerate(value):
            picked = self._noted(self.graph.call_function(PICK, (node, index)), part)
            found = self._handed_out(picked, part)
            parts += found if isinstance(found, list) else [found]
        return parts

    def _around(self, path: str) -> Scope:
        """The innermost call that holds what has this path."""
        fitting = [scope for scope in self.scope.chain() if below(path, scope.path) is not None]
        return fitting[-1] if fitting else self.top

    def _place(self, layer: Layer) -> str:
        """Where a layer stands: where its weights' names say it, as far as they do."""
        owners = {w.path[: -len(name) - 1] for name, w in layer.tensors.items() if w.path.endswith(f".{name}")}
        path = next(iter(owners)) if len(owners) == 1 else ""
        if not path or not self._free(path, layer):
            path = self._other_place(layer)
        if path not in self._sketches:
            self._install(path, layer.module, layer.tensors)
        self.moved.update(
            {w.path: f"{path}.{name}" for name, w in layer.tensors.items() if w.path != f"{path}.{name}"}
        )  # fmt: skip
        return path

    def _free(self, path: str, layer: Layer) -> bool:
        if path in self._sketches:
            return repr(self._sketches[path]) == repr(layer.module) and not self._differs(path, layer)
        mine = {weight.path for weight in layer.tensors.values()}
        others = (kept for kept in (*self._sketches, *self._tensors) if kept not in mine)
        return not any(kept == path or kept.startswith(f"{path}.") for kept in others)

    def _other_place(self, layer: Layer) -> str:
        """A place for a layer whose weights' names say nothing; the same one for the same weights."""
        kind = type(layer.module).__name__.rstrip("123d").lower()
        number = 1
        while not self._free(place := self._inside(f"{kind}{number}"), layer):
            number += 1
        return place

    def _inside(self, name: str) -> str:
        return f"{self.scope.path}.{name}" if self.scope.path else name

    def _differs(self, path: str, layer: Layer) -> bool:
        mine = self.root.get_submodule(path).state_dict()
        return any(mine[name].data_ptr() != real(w.tensor).data_ptr() for name, w in layer.tensors.items())


def _memory(node: fx.Node) -> int | None:
    value = node.meta.get("value")
    return value.untyped_storage()._cdata if isinstance(value, torch.Tensor) else None


def _alike(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one is other or (one.dtype is other.dtype and torch.equal(one, other))


def _values(arguments: Any) -> Any:
    """Arguments with the value of each step in its place."""
    return map_aggregate(arguments, lambda part: part.meta["value"] if isinstance(part, fx.Node) else part)
