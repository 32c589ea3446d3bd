"""Follow a module's forward with torch.fx, one step at a time on tensors without numbers.

Every step is computed at once on the meta device, so that sizes are plain numbers, loops over them run as they are,
and each step knows the shape that comes out. The batch has a size that no other dimension is likely to have a
multiple of, so that it can be told apart.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import fx, nn

from engine.importing.rewriting import is_row_of_each, layer_with, place_of, put_back, rows_of_each_example
from engine.importing.sketches import DataDecides, Sketch, sketches_are_tensors
from engine.importing.values import called, holds_sketch, holds_tensor, memory_of, named_tensors, shadow_of, values_of

BATCH = 1009
"""How many examples pass while a module is followed: a prime number."""

KEPT_WHOLE = ("stochastic_depth",)
"""Functions that are one step, although they were written in Python."""


MOVING = ("to", "cpu", "cuda")
"""Methods that bring a tensor to another device, which a drawing knows nothing of."""

FACTORIES = ("new_zeros", "new_ones", "new_full", "new_empty")
"""Methods that take nothing from their tensor but its kind of numbers."""


@dataclass(eq=False)
class Scope:
    """One call of a module that is drawn as a group: its path, and the call around it."""

    path: str
    outer: Scope | None = None
    module: nn.Module | None = None

    def chain(self) -> tuple[Scope, ...]:
        """The calls from the outermost to this one."""
        return (*(self.outer.chain() if self.outer else ()), self)


@dataclass(frozen=True)
class Trace:
    """What a module did with its inputs."""

    graph: fx.Graph
    root: nn.Module
    top: Scope
    constants: Mapping[str, torch.Tensor] = field(default_factory=dict)


class _Tracer(fx.Tracer):
    """Follows forward; modules of torch.nn and a few functions are single steps."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.top = self.scope_now = Scope("", module=module)
        self.constants: dict[str, torch.Tensor] = {}
        self.shadow = shadow_of(module)
        self.parts = dict(self.shadow.named_modules())
        self.names = {id(tensor): name for name, tensor in named_tensors(module)}
        self.values = dict(named_tensors(self.shadow))
        self.replaced: dict[fx.Node, fx.Node] = {}
        self.stale: set[fx.Node] = set()
        """Steps whose numbers another step changed through a view."""
        self._kept: list[Any] = []

    def newest(self, node: fx.Node) -> fx.Node:
        """What stands for a node after the steps that changed it in place."""
        while node in self.replaced:
            node = self.replaced[node]
        return node

    def proxy(self, node: fx.Node) -> fx.Proxy:
        return Sketch(node, self)

    def to_bool(self, obj: fx.Proxy) -> bool:
        raise DataDecides("decides by the numbers in a tensor")

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return is_leaf(m)

    def call_module(
        self, m: nn.Module, forward: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if m not in (self.submodule_paths or ()) or (is_leaf(m) and not holds_sketch((args, kwargs))):
            return forward(*args, **kwargs)
        path = self.path_of_module(m)
        if is_leaf(m):
            return self.create_proxy("call_module", path, args, kwargs)
        with self._inside(Scope(path, self.scope_now, m)):
            return forward(*args, **kwargs)

    @contextmanager
    def _inside(self, scope: Scope) -> Iterator[None]:
        self.scope_now, before = scope, self.scope_now
        try:
            yield
        finally:
            self.scope_now = before

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if isinstance(attr_val, torch.Tensor) and id(attr_val) in self.names:
            return self.create_proxy("get_attr", self.names[id(attr_val)], (), {})
        return attr_val

    def create_arg(self, a: Any) -> Any:
        if type(a) is Sketch:
            node = self.newest(a.node)
            if node in self.stale:
                raise DataDecides("uses a tensor again after it changed a part of it in place")
            return node
        if isinstance(a, torch.Tensor):
            return self._constant(a)
        if isinstance(a, tuple | list):
            return (list if isinstance(a, list) else tuple)(map(self.create_arg, a))
        return a if isinstance(a, torch.dtype | torch.device) else super().create_arg(a)

    def _constant(self, tensor: torch.Tensor) -> fx.Node:
        name = self.names.get(id(tensor), "")
        if not name:
            name = f"constant{len(self.constants) + 1}"
            self.constants[name] = tensor
            self.names[id(tensor)] = name
            self.values[name] = tensor.to("meta")
            self._kept.append(tensor)
        node = self.create_node("get_attr", name, (), {})
        node.meta["value"] = self.values[name]
        node.meta["constant"] = tensor
        return node

    def create_node(
        self,
        kind: str,
        target: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str | None = None,
        type_expr: Any | None = None,
    ) -> fx.Node:
        node = self.graph.create_node(kind, target, args, kwargs, name, type_expr)
        node.meta["scope"] = self.scope_now
        return node

    def create_proxy(
        self,
        kind: str,
        target: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        name: str | None = None,
        type_expr: Any | None = None,
        proxy_factory_fn: Callable[[fx.Node], fx.Proxy] | None = None,
    ) -> Any:
        if kind == "call_function" and _seen_through(target):
            return target(*args, **kwargs)
        if kind == "call_function" and (layer := layer_with(self.parts, target, args, kwargs)):
            return self.create_proxy("call_module", layer, (args[0] if args else kwargs["input"],), {})
        if is_row_of_each(target, args):
            target, args = rows_of_each_example, (args[0], args[1][1])
        if kind == "call_method" and target in MOVING:
            kept = tuple(word for word in args if not isinstance(word, torch.device | str))
            if len(kept) == 1 and not kwargs.keys() - {"device", "non_blocking", "copy"}:
                return args[0]
            args, kwargs = kept, {name: word for name, word in kwargs.items() if name != "device"}
        if kind == "call_method" and target in FACTORIES:  # plain numbers, whatever the tensor holds
            return getattr(torch, target[4:])(*args[1:], **kwargs)
        if kind == "call_method" and target in ("__bool__", "item", "tolist", "__float__", "__int__"):
            raise DataDecides("asks for the numbers in a tensor")
        arguments = self.create_arg(args), {key: self.create_arg(value) for key, value in kwargs.items()}
        value = self._computed(kind, target, *(values_of(part) for part in arguments))
        if not holds_tensor(value):
            return value
        node = self.create_node(kind, target, *arguments, name, type_expr)
        node.meta["value"] = value
        self._note_change_in_place(kind, target, node)
        return self._handed_out(node, value)

    def _computed(self, kind: str, target: Any, args: Any, kwargs: Any) -> Any:
        if kind == "placeholder":
            return self.values[target]
        if kind == "get_attr":
            return self.values[target]
        with torch.no_grad(), torch._C.DisableTorchFunction():
            if kind == "call_module":
                return called(self.parts[target], *args, **kwargs)
            if kind == "call_method":
                return getattr(args[0], target)(*args[1:], **kwargs)
            return target(*args, **kwargs)

    def _handed_out(self, node: fx.Node, value: Any) -> Any:
        """A proxy for a tensor; for several results a tuple of the same kind with a proxy for each."""
        if isinstance(value, torch.Tensor):
            return self.proxy(node)
        parts = []
        for index, part in enumerate(value):
            if part is None or not holds_tensor(part):
                parts.append(part)
                continue
            picked = self.create_node("call_function", _pick, (node, index), {})
            picked.meta["value"] = part
            parts.append(self._handed_out(picked, part))
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)

    def _note_change_in_place(self, kind: str, target: Any, node: fx.Node) -> None:
        first = node.args[0] if node.args else None
        if not isinstance(first, fx.Node) or not isinstance(node.meta["value"], torch.Tensor):
            return
        module = self.parts.get(target) if kind == "call_module" else None
        by_name = kind == "call_method" and str(target).endswith("_") and not str(target).endswith("__")
        by_name = by_name or (kind == "call_function" and str(getattr(target, "__name__", "")).endswith("_"))
        if by_name or node.kwargs.get("inplace") or getattr(module, "inplace", False):
            self.replaced[first] = node
            known = {first, node, *self._put_back(first, node)}
            memory = memory_of(first)
            self.stale.update(n for n in self.graph.nodes if n not in known and memory_of(n) == memory)

    def _put_back(self, part: fx.Node, changed: fx.Node) -> Iterator[fx.Node]:
        """Steps that bring a changed part into the tensors that it was taken from; gives those, old and new."""
        while found := place_of(part):
            whole, *place = found
            newest = self.newest(whole)
            yield newest
            changed = self.create_node("call_function", put_back, (newest, changed, *place), {})
            changed.meta["value"] = newest.meta["value"]
            self.replaced[newest] = changed
            yield changed
            part = whole


def _pick(several: Sequence[Any], index: int) -> Any:
    """One of several results."""
    return several[index]


PICK = _pick


def is_leaf(module: nn.Module) -> bool:
    """Whether a module is one step: it is PyTorch's own and no mere container."""
    containers = (nn.Sequential, nn.ModuleList, nn.ModuleDict)
    return type(module).__module__.startswith("torch.nn.") and not isinstance(module, containers)


def follow(module: nn.Module, shapes: Sequence[tuple[int, ...]], dtypes: Sequence[torch.dtype] = ()) -> Trace:
    """Everything that the module's forward does with examples of these shapes.

    Raises whatever forward raises, DataDecides where it looks at the numbers in a tensor.
    """
    tracer = _Tracer(module)
    names = input_names(module)[: len(shapes)]
    kinds = [*dtypes, *[torch.float32] * (len(shapes) - len(dtypes))]
    for name, shape, dtype in zip(names, shapes, kinds, strict=True):
        tracer.values[name] = torch.empty((BATCH, *shape), dtype=dtype, device="meta")
    rest = {name: default for name, default in _defaults(module).items() if name not in names}
    own = {id(scope): scope for part in module.modules() if not is_leaf(part) for scope in _global_scopes(part)}
    with sketches_are_tensors(own.values()):
        graph = tracer.trace(module, concrete_args=rest or None)
    return Trace(graph, module, tracer.top, tracer.constants)


def _global_scopes(module: nn.Module) -> list[dict[str, Any]]:
    """The global names of the files in which a module's classes were written, PyTorch's own left out."""
    files = [sys.modules.get(kind.__module__) for kind in type(module).__mro__[:-1]]
    return [vars(file) for file in files if file and not file.__name__.startswith("torch.")]


def input_names(module: nn.Module) -> list[str]:
    """What forward calls the tensors that it needs."""
    parameters = list(inspect.signature(module.forward).parameters.values())
    return [
        p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.POSITIONAL_ONLY)
    ]


def _defaults(module: nn.Module) -> dict[str, Any]:
    parameters = inspect.signature(module.forward).parameters.values()
    return {p.name: p.default for p in parameters if p.default is not p.empty}


def _seen_through(target: Any) -> bool:
    """Whether a function that was marked as one step is looked into all the same."""
    module, name = getattr(target, "__module__", None) or "", getattr(target, "__name__", "")
    written = hasattr(target, "__code__")
    return written and name not in KEPT_WHOLE and target is not _pick and not module.startswith(("torch.", "_operator"))


__all__ = ["BATCH", "PICK", "DataDecides", "Scope", "Trace", "follow", "input_names", "is_leaf"]
