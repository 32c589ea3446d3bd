"""Follow the graph of a .pt2 file, step by step, with a batch of a telling size."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import torch
from torch import fx
from torch.export import ExportedProgram
from torch.export.graph_signature import ConstantArgument, InputKind, OutputKind

from engine.importing.archive import first_line
from engine.importing.attending import Attention, attentions
from engine.importing.exported_calls import Call, called, folded
from engine.importing.exported_layers import LEARNED, WITH_MORE_RESULTS
from engine.importing.exported_steps import OTHERS
from engine.importing.fixed_batch import with_batch
from engine.importing.layers import Weight
from engine.importing.layouts import CannotDraw
from engine.importing.leaves import leaf, scope_path, simple_module
from engine.importing.outcome import ImportFailed
from engine.importing.rebuilding import ChangedThroughView, Rebuilding
from engine.importing.reshaping import origin
from engine.importing.tracing import BATCH, Scope

PLAIN_MODULES = (operator.__name__, "_operator", "math", "torch")
RESIZING = ("view", "reshape", "_unsafe_view", "expand")
"""Operations that are given sizes, with that of the batch among them."""
SILENT = ("_assert", "sym_constrain", "_set_grad_enabled")


class Replay:
    """Follows a program's graph with a batch of a telling size."""

    def __init__(self, program: ExportedProgram) -> None:
        self.program = program
        self.build = Rebuilding(
            {**program.state_dict, **program.constants}, program.constants.keys() - program.state_dict.keys()
        )
        self.found: dict[fx.Node, Any] = {}
        """What each step of the file gave: a step of the rebuilt graph, a weight, a plain value or a list of them."""
        self.scopes: dict[tuple[str, ...], Scope] = {}
        self.attention: dict[fx.Node, Attention] = {}
        self.batch = self._fixed_batch()

    def rebuilt(self) -> Rebuilding:
        """The whole program. Raises ImportFailed and ChangedThroughView."""
        wanted = self._needed()
        specs = self.program.graph_signature.input_specs
        inputs = {spec.arg.name: spec for spec in specs}
        self._find_attention(inputs)
        for node in self.program.graph.nodes:
            if node.op == "placeholder":
                self.found[node] = self._entrance(node, inputs[node.name])
            elif node.op == "output":
                answers = [self.found[one] for one in self._answers(node)]
                self.build.answer([self._node(answer) for answer in answers])
            elif node in self.attention:
                self._attend(node, self.attention[node])
            elif node in wanted:
                self._step(node)
        return self.build

    def _find_attention(self, inputs: dict[str, Any]) -> None:
        nodes = [node for node in self.program.graph.nodes if node.op == "placeholder"]
        paths = {node: inputs[node.name].target for node in nodes if inputs[node.name].target}
        tensors = {node: self.build.file.get(path) for node, path in paths.items()}
        fixed = {node: tensor for node, tensor in tensors.items()
                 if isinstance(tensor, torch.Tensor) and not tensor.requires_grad}  # fmt: skip
        for found in attentions(self.program.graph, paths, fixed):
            self.attention.update(dict.fromkeys(found.steps, found))

    def _attend(self, node: fx.Node, call: Attention) -> None:
        """A step of nn.MultiheadAttention: the last one stands for all."""
        if node is not call.answer:
            return
        self.build.scope = self._scope(node, call.path)
        sources = [self._node(self.found[source]) for source in call.sources]
        weights = {name: self.found[source] for name, source in call.weights.items()}
        self.found[node] = answer = self.build.layer(call.layer(sources[0], weights), *sources)[0]
        answer.args[0].meta["causal"] = call.causal
        self._compare(node)

    def _step(self, node: fx.Node) -> None:
        self.build.scope = self._scope(node)
        try:
            self.found[node] = self._followed(node)
        except (CannotDraw, ChangedThroughView, ImportFailed):
            raise
        except Exception as error:
            raise ImportFailed(
                f"The step {node.name} ({node.target}) cannot be followed: {first_line(error)}."
            ) from error
        self._compare(node)

    def _followed(self, node: fx.Node) -> Any:
        arguments: Any = fx.node.map_arg((node.args, node.kwargs), lambda source: self.found[source])
        target = node.target
        if target is operator.getitem and isinstance(arguments[0][0], list):
            return arguments[0][0][arguments[0][1]]
        if not isinstance(target, torch._ops.OpOverload):
            return self._computed(target, *arguments)
        call = called(target, *arguments)
        if call.name.startswith(SILENT):
            return None
        if call.name == "sym_size":
            return int(_value(call["self"]).shape[call["dim"]])
        if call.name in RESIZING:
            call = call.changed(self._sizes(node, call))
        return self._drawn(node, call)

    def _drawn(self, node: fx.Node, call: Call) -> Any:
        """A step of the rebuilt graph for a call of an operator."""
        fixed = folded(call)
        if fixed is not None:
            return fixed
        if call.in_place and isinstance(call.first, torch.Tensor):
            raise ChangedThroughView
        found = self._layer(node, call)
        if found is None:
            found = self._function(call.mapped(self._node_of_tensor))
        if call.in_place and isinstance(call.first, fx.Node) and isinstance(found, fx.Node):
            self.build.changed(call.first, found)
        return found

    def _layer(self, node: fx.Node, call: Call) -> Any:
        """The call as a module: one with weights, or one that the file says was called here."""
        try:
            if call.name in LEARNED:
                made = LEARNED[call.name](call)
                if made is not None:
                    layer, *inputs = made
                    result = self.build.layer(layer, *map(self._node, inputs))
                    return [result, None, None] if call.name in WITH_MORE_RESULTS else result
            return self._simple(node, call)
        except CannotDraw:  # as a function it may be drawn all the same
            return None

    def _simple(self, node: fx.Node, call: Call) -> Any:
        kind, path = leaf(node)
        module = simple_module(kind, call)
        if module is None or not isinstance(call.first, fx.Node):
            return None
        known = self.build.known(path)
        if known is not None and repr(known) != repr(module):
            return None
        return self.build.module(path, module, call.first)

    def _general(self, call: Call) -> Any:
        return self.build.record(call.name, call.positional(), call.options(), call.value())

    def _function(self, call: Call) -> Any:
        make = OTHERS.get(call.name)
        try:
            return make(self.build, call) if make else self._general(call)
        except CannotDraw:
            return self._general(call)

    def _computed(self, target: Any, args: Sequence[Any], kwargs: Any) -> Any:
        """Arithmetic with sizes."""
        if getattr(target, "__module__", None) not in PLAIN_MODULES or any(isinstance(a, fx.Node) for a in args):
            raise ImportFailed(f"There is no way to follow {target!s:.80} in the file.")
        return target(*args, **kwargs)

    def _entrance(self, node: fx.Node, spec: Any) -> Any:
        if isinstance(spec.arg, ConstantArgument):
            return spec.arg.value
        if spec.kind is not InputKind.USER_INPUT:
            tensors = self.build.file
            if spec.target not in tensors or not isinstance(tensors[spec.target], torch.Tensor):
                raise ImportFailed(f"The file lacks the tensor {spec.target}.")
            tensor = tensors[spec.target]
            return tensor.clone() if spec.kind is InputKind.CONSTANT_TENSOR else Weight(spec.target, tensor)
        value = node.meta["val"]
        if not value.shape:
            raise ImportFailed(
                f"The input {node.name} has no dimension for the batch. Export with batches of examples."
            )
        if not all(isinstance(size, int) for size in value.shape[1:]):
            raise ImportFailed(
                f"The input {node.name} has a size that is not fixed, besides the batch. A drawing has one size: "
                "export with a fixed size there."
            )
        return self.build.entrance(node.name, value.shape[1:], value.dtype)

    def _fixed_batch(self) -> int | None:
        """The size of the batch that the file is made for, None where it takes any."""
        names = {spec.arg.name for spec in self.program.graph_signature.input_specs
                 if spec.kind is InputKind.USER_INPUT and not isinstance(spec.arg, ConstantArgument)}  # fmt: skip
        nodes = [node for node in self.program.graph.nodes if node.op == "placeholder" and node.name in names]
        sizes = [node.meta["val"].shape[0] for node in nodes if node.meta["val"].shape]
        fixed = {size for size in sizes if isinstance(size, int)}
        if fixed and (len(fixed) > 1 or not all(isinstance(size, int) for size in sizes)):
            raise ImportFailed("The file's inputs have batches of different sizes. A drawing has one batch for all.")
        return next(iter(fixed), None)

    def _sizes(self, node: fx.Node, call: Call) -> list[int]:
        """What a tensor is reshaped to, with the batch of a telling size in place of the file's."""
        given = call.sizes
        value = node.meta.get("val")
        if self.batch is None or not isinstance(value, torch.Tensor):
            return given
        sizes = [int(size) for size in value.shape]
        if call.name == "expand" and isinstance(call.first, Weight):
            return [BATCH, *sizes[1:]] if sizes[0] == self.batch and len(sizes) > 1 else given
        first = origin(call.first) if isinstance(call.first, fx.Node) else call.first
        return with_batch(sizes, tuple(_value(first).shape), self.batch)

    def _compare(self, node: fx.Node) -> None:
        """Raise ImportFailed where a step gives other sizes than the file says, the batch aside."""
        found, value = self.found[node], node.meta.get("val")
        if not isinstance(found, fx.Node) or not isinstance(value, torch.Tensor) or self.batch is None:
            return
        mine = tuple(found.meta["value"].shape)
        fitting = len(mine) == len(value.shape) and all(
            one in (size, size * BATCH // self.batch) for one, size in zip(mine, value.shape, strict=True)
        )
        if not fitting:
            raise ImportFailed(
                f"The step {node.name} ({node.target}) is made for batches of {self.batch} alone. Export again with "
                "dynamic_shapes, so that the first dimension may have any size."
            )

    def _needed(self) -> set[fx.Node]:
        """Steps on which an answer depends, and those that change in place what does."""
        output = next(node for node in self.program.graph.nodes if node.op == "output")
        wanted = [*self._answers(output), *filter(changes_a_step, self.program.graph.nodes)]
        found = set(wanted)
        while wanted:
            more = [source for source in wanted.pop().all_input_nodes if source not in found]
            wanted += more
            found.update(more)
        return found

    def _answers(self, output: fx.Node) -> list[fx.Node]:
        specs = self.program.graph_signature.output_specs
        given: Any = output.args[0]
        pairs = zip(given, specs, strict=True)
        return [node for node, spec in pairs if spec.kind is OutputKind.USER_OUTPUT and isinstance(node, fx.Node)]

    def _scope(self, node: fx.Node, end: str = "") -> Scope:
        """The call in which a step lies, as the file says; that around a module where its path is given."""
        scope = self.build.top
        keys: tuple[str, ...] = ()
        for key, path, kind in scope_path(node):
            if path == end:
                break
            keys = (*keys, key)
            if keys not in self.scopes:
                self.scopes[keys] = Scope(path, scope, self.build.holder(path, kind))
            scope = self.scopes[keys]
        return scope

    def _node_of_tensor(self, value: Any) -> Any:
        return self._node(value) if isinstance(value, Weight | torch.Tensor) else value

    def _node(self, value: Any) -> fx.Node:
        """A step of the rebuilt graph for a tensor of any origin."""
        if isinstance(value, Weight):
            return self.build.tensor(value)
        if isinstance(value, torch.Tensor):
            return self.build.constant(value)
        if not isinstance(value, fx.Node):
            raise CannotDraw(f"{value!r} is no tensor")
        return value


def changes_a_step(node: fx.Node) -> bool:
    """Whether a step changes what another gave; counts that a module keeps do not matter."""
    if not isinstance(node.target, torch._ops.OpOverload) or not node.target._schema.is_mutable or not node.args:
        return False
    return isinstance(node.args[0], fx.Node) and node.args[0].op != "placeholder"


def _value(value: Any) -> torch.Tensor:
    found = value.meta["value"] if isinstance(value, fx.Node) else value.tensor if isinstance(value, Weight) else value
    assert isinstance(found, torch.Tensor)
    return found
