"""From an ONNX file to a drawing: its graph is followed node by node, its tensors become the weights of blocks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import fx

from engine.importing.archive import first_line
from engine.importing.drawing import drawn
from engine.importing.layers import Weight
from engine.importing.layouts import CannotDraw
from engine.importing.masks import hides
from engine.importing.onnx_choosing import CHOOSING
from engine.importing.onnx_file import Entrance, Model, read_model, settings_of
from engine.importing.onnx_layers import LAYERS
from engine.importing.onnx_patterns import Links, gelu
from engine.importing.onnx_recurrent import RECURRENT
from engine.importing.onnx_shaping import SHAPING
from engine.importing.onnx_steps import COMPUTING
from engine.importing.onnx_values import Operation, Value
from engine.importing.outcome import Imported, ImportFailed, Note
from engine.importing.rebuilding import Rebuilding
from engine.importing.tracing import BATCH

TRANSLATED: dict[str, Callable[[Operation], Any]] = {**LAYERS, **RECURRENT, **SHAPING, **CHOOSING, **COMPUTING}
State = dict[str, torch.Tensor]


def import_onnx(path: Path) -> tuple[Imported, State]:
    """The drawing of an ONNX file, and the file's weights by the drawing's names. Raises ImportFailed."""
    model = read_model(path)
    replay = _Replay(model)
    try:
        build = replay.rebuilt()
        found = drawn(build.trace(), model.title)
    except ImportFailed:
        raise
    except Exception as error:
        raise ImportFailed(f"{path.name} cannot be followed: {first_line(error)}.") from error
    state = {found.keys.get(name, name): value for name, value in build.state().items()}
    keys = found.keys | {old: found.keys.get(new, new) for old, new in build.moved.items()}
    notes = (*replay.notes, *found.notes, *build.notes(keys))
    return Imported(found.graph, notes, model.title, keys), state


class _Replay:
    """Follows a graph with a batch of a telling size."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.build = Rebuilding({})
        self.values: dict[str, Value] = dict(model.tensors)
        self.notes: list[Note] = []
        self.links = Links(model.nodes, [value.name for value in model.outputs])
        self.done: set[int] = set()
        self.gelus: dict[int, str] = {}
        """Nodes that end a GELU, by what enters it."""
        self.batch, self.batch_name = self._batch()

    def rebuilt(self) -> Rebuilding:
        """The whole graph. Raises ImportFailed."""
        for entrance in self.model.inputs:
            sizes = self._example(entrance)
            self.values[entrance.name] = self.build.entrance(_plain_name(entrance.name), sizes, entrance.dtype)
        self._find_gelus()
        for node in self.model.nodes:
            if id(node) not in self.done:
                self._step(node)
        answers = [self._answer(value) for value in self.model.outputs]
        self.build.answer(answers)
        return self.build

    def _step(self, node: Any) -> None:
        if node.op_type == "Constant":
            self.values[node.output[0]] = self._constant(node)
            return
        step = self._operation(node)
        translate = TRANSLATED.get(step.kind) if node.domain in ("", "ai.onnx") else None
        try:
            if translate is None:
                raise CannotDraw("")
            found = translate(step)
        except CannotDraw as reason:
            if str(reason):
                self.notes.append(Note(_place(node), f"{node.op_type} cannot be drawn: {reason}"))
            found = self._unknown(node, step)
        except (RuntimeError, ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
            hint = " Write the file with a first dimension of any size." if self.batch is not None else ""
            where = f"{_place(node)} ({node.op_type}) cannot be followed"
            raise ImportFailed(f"{where}: {first_line(error)}.{hint}") from error
        results = found if isinstance(found, list) else [found]
        self.values.update(zip(node.output, results, strict=False))

    def _operation(self, node: Any) -> Operation:
        """The node with its inputs; a product takes the bias that is added behind it along."""
        inputs: list[Value] = [self.values.get(name) if name else None for name in node.input]
        kind, settings = node.op_type, settings_of(node)
        if id(node) in self.gelus:
            inputs, kind = [self.values[self.gelus[id(node)]]], "Gelu"
        elif kind == "MatMul" and (bias := self._bias_behind(node, inputs)) is not None:
            inputs.append(bias)
        outputs = sum(bool(name) and bool(self.links.users.get(name)) for name in node.output)
        return Operation(self.build, kind, tuple(inputs), settings, outputs, self.model.opset, self.batch)

    def _bias_behind(self, node: Any, inputs: list[Value]) -> Weight | None:
        weight = inputs[1]
        add = self.links.only_user(node.output[0], "Add")
        if add is None or not isinstance(weight, Weight) or len(weight.sizes) != 2:
            return None
        other = self.values.get(add.input[1] if add.input[0] == node.output[0] else add.input[0])
        if not isinstance(other, Weight) or other.sizes != weight.sizes[1:] or not isinstance(inputs[0], fx.Node):
            return None
        self.done.add(id(add))
        node.output[0] = add.output[0]
        return other

    def _find_gelus(self) -> None:
        for node in self.model.nodes:
            found = gelu(self.links, node, self._number) if node.op_type == "Erf" else None
            if found:
                entered, last = found
                self.gelus[id(last)] = entered
                self.done |= {id(node), *(id(user) for user in self.links.users[node.output[0]])}
                inner = next(iter(self.links.users[self.links.users[node.output[0]][0].output[0]]))
                if inner is not last:
                    self.done.add(id(inner))

    def _number(self, name: str) -> float | None:
        """The single number that a value of the file holds."""
        value = self.model.tensors.get(name)
        maker = self.links.maker(name, "Constant")
        if maker is not None:
            value = self._constant(maker)
        tensor = value.tensor.detach() if isinstance(value, Weight) else value
        return float(tensor.flatten()[0].item()) if isinstance(tensor, torch.Tensor) and tensor.numel() == 1 else None

    def _constant(self, node: Any) -> Weight | torch.Tensor:
        settings = settings_of(node)
        value = settings.get("value")
        if not isinstance(value, torch.Tensor):
            value = torch.tensor(next(iter(settings.values())))
        if value.is_floating_point() and value.numel() > 1:
            path = _plain_name(node.output[0])
            return Weight(path, torch.nn.Parameter(value, requires_grad=not hides(value)))
        return value

    def _unknown(self, node: Any, step: Operation) -> Any:
        """A step that is kept as a placeholder, with the sizes that the file gives for its results."""
        known = [self.model.values.get(name) for name in node.output if name]
        outputs = {value.name: value for value in self.model.outputs}
        known = [value or outputs.get(name) for value, name in zip(known, node.output, strict=False)]
        shapes = [self._sizes(value) if value else None for value in known]
        if any(shape is None for shape in shapes):
            raise ImportFailed(
                f"{_place(node)} is a {node.op_type}, for which there is no block, and the file does not say how large "
                "its result is. Run onnx.shape_inference on the file, or write it with another exporter."
            )
        values = [
            torch.empty(s, dtype=v.dtype, device="meta")
            for s, v in zip(shapes, known, strict=True)
            if s is not None and v
        ]
        nodes = [step.as_node(value) for value in step.inputs if value is not None]
        return self.build.record(node.op_type, nodes, {}, values[0] if len(values) == 1 else tuple(values))

    def _sizes(self, value: Entrance) -> tuple[int, ...] | None:
        """The sizes of a value with the batch of a telling size, None where they are not known."""
        sizes: list[int] = []
        for axis, size in enumerate(value.sizes):
            if (self.batch_name and size == self.batch_name) or (axis == 0 and size == self.batch):
                sizes.append(BATCH)
            elif not isinstance(size, int):
                return None
            else:
                sizes.append(size)
        return tuple(sizes)

    def _answer(self, value: Entrance) -> fx.Node:
        found = self.values.get(value.name)
        if isinstance(found, Weight):
            found = self.build.tensor(found)
        if not isinstance(found, fx.Node):
            raise ImportFailed(f"The output {value.name} does not depend on any input. A drawing's Output must.")
        mine = tuple(found.meta["value"].shape)
        fitting = [not isinstance(size, int) or own in (size, size * BATCH // max(self.batch or 1, 1))
                   for own, size in zip(mine, value.sizes, strict=False)]  # fmt: skip
        if self.batch is not None and (not all(fitting) or len(mine) != len(value.sizes)):
            raise ImportFailed(
                f"The file is made for batches of {self.batch} alone: its output {value.name} would come out wrong "
                "with others. Write it again with a first dimension of any size."
            )
        return found

    def _batch(self) -> tuple[int | None, str]:
        """The size of the batch that the file is made for, None where it takes any, and its name."""
        firsts = {value.sizes[0] for value in self.model.inputs if value.sizes}
        fixed = {size for size in firsts if isinstance(size, int)}
        if fixed and len(firsts) > 1:
            raise ImportFailed("The file's inputs have batches of different sizes. A drawing has one batch for all.")
        names = [size for size in firsts if isinstance(size, str)]
        return next(iter(fixed), None), names[0] if names else ""

    def _example(self, entrance: Entrance) -> tuple[int, ...]:
        """The size of one example at an input."""
        if not entrance.sizes:
            raise ImportFailed(f"The input {entrance.name} has no dimension for the batch.")
        sizes = [size for size in entrance.sizes[1:] if isinstance(size, int) and size > 0]
        if len(sizes) < len(entrance.sizes) - 1:
            raise ImportFailed(
                f"The input {entrance.name} has a size that is not fixed, besides the batch. A drawing has one size: "
                "write the file with a fixed size there."
            )
        return tuple(sizes)


def _plain_name(name: str) -> str:
    """A name of the file as one for an input or a parameter."""
    plain = "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in name).strip("_")
    return plain[:50] if plain[:1].isalpha() else f"value_{plain}"[:50]


def _place(node: Any) -> str:
    return str(node.name or node.output[0])[:80]
