"""Calls of operators in a .pt2 file: what they are called, and with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import fx
from torch.fx.node import map_aggregate

from engine.importing.layers import Weight
from engine.importing.layouts import CannotDraw
from engine.importing.tracing import FACTORIES

MOST_NUMBERS = 2**26
"""How many fixed numbers are worked out at once."""
LAST = 2**62
"""Ends of slices beyond this mean "to the end"."""
DROPPED = ("dtype", "layout", "device", "pin_memory", "memory_format", "non_blocking", "copy", "implicit")
RENAMED = {
    "_unsafe_view": "view", "alias": "contiguous", "lift_fresh_copy": "clone", "lift_fresh": "clone",
    "_to_copy": "to", "_softmax": "softmax", "_log_softmax": "log_softmax", "linalg_vector_norm": "vector_norm",
    "split_with_sizes": "split", "unsafe_split": "split", "_adaptive_avg_pool2d": "adaptive_avg_pool2d",
    "_adaptive_avg_pool3d": "adaptive_avg_pool3d", "numpy_T": "t", "log_sigmoid": "logsigmoid",
    "native_channel_shuffle": "channel_shuffle", "constant_pad_nd": "pad",
}  # fmt: skip
"""Operators that are functions under another name."""


@dataclass(frozen=True)
class Call:
    """One call of an operator: its values by the names that the operator has for them, defaults included."""

    target: torch._ops.OpOverload
    name: str
    values: dict[str, Any]

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    @property
    def first(self) -> Any:
        """What the operator works on."""
        return next(iter(self.values.values()), None)

    @property
    def in_place(self) -> bool:
        """Whether it changes what it works on."""
        return self.target._schema.is_mutable

    @property
    def sizes(self) -> list[int]:
        """The sizes that it is given."""
        return list(self.values["size" if "size" in self.values else "shape"])

    def changed(self, sizes: list[int]) -> Call:
        """The call with other sizes."""
        return replace(self, values={**self.values, "size" if "size" in self.values else "shape": sizes})

    def mapped(self, change: Callable[[Any], Any]) -> Call:
        """The call with every single value changed."""
        return replace(self, values={name: _mapped(value, change) for name, value in self.values.items()})

    def positional(self) -> list[Any]:
        """What must be given."""
        return [self.values[a.name] for a in self.target._schema.arguments if not a.has_default_value()]

    def options(self) -> dict[str, Any]:
        """What was given besides and is not as usual."""
        known = {a.name: a.default_value for a in self.target._schema.arguments if a.has_default_value()}
        return {name: value for name, value in self.values.items()
                if name in known and name not in DROPPED and not _alike(value, known[name])}  # fmt: skip

    def value(self) -> Any:
        """What it gives, without numbers."""
        values = {name: _mapped(value, without_numbers) for name, value in self.values.items()}
        if "device" in values:
            values["device"] = torch.device("meta")
        return self._computed(values)

    def real_value(self) -> Any:
        """What it gives for fixed numbers."""
        return self._computed(self.values)

    def _computed(self, values: Mapping[str, Any]) -> Any:
        arguments = self.target._schema.arguments
        args = [values[a.name] for a in arguments if not a.kwarg_only]
        options = {a.name: values[a.name] for a in arguments if a.kwarg_only}
        with torch.no_grad():
            return self.target(*args, **options)


def called(target: torch._ops.OpOverload, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Call:
    """A call by names. Raises CannotDraw for an operator that is not PyTorch's own."""
    if target.namespace != "aten":
        raise CannotDraw(f"it is {target}, which is no operator of PyTorch itself")
    schema = target._schema
    values = {a.name: a.default_value for a in schema.arguments if a.has_default_value()}
    given = dict(zip((a.name for a in schema.arguments), args, strict=False)) | dict(kwargs)
    ordered = {a.name: given.get(a.name, values.get(a.name)) for a in schema.arguments}
    name = schema.name.rpartition("::")[2]
    name = name.removesuffix("_") if schema.is_mutable else name
    return Call(target, RENAMED.get(name, name), ordered)


def folded(call: Call) -> Any:
    """What a call gives if nothing in it depends on an input or on what is learned; otherwise None.

    A call that changes fixed numbers in place does so: whoever holds a part of them sees it.
    """
    if call.name in FACTORIES and isinstance(call.first, fx.Node | Weight):  # whatever numbers it holds
        like = torch.empty(0, dtype=without_numbers(call.first).dtype)
        call = replace(call, values={**call.values, "self": like})
    tensors: list[Any] = []
    map_aggregate(tuple(call.values.values()), tensors.append)
    if any(isinstance(value, fx.Node | Weight) for value in tensors):
        return None
    value = call.value()
    several = [value] if isinstance(value, torch.Tensor) else list(value)
    if sum(part.numel() for part in several) > MOST_NUMBERS:
        raise CannotDraw("it makes very many fixed numbers")
    found = call.real_value()
    return found if isinstance(found, torch.Tensor) else list(found)


def _alike(value: Any, default: Any) -> bool:
    if isinstance(value, fx.Node | Weight | torch.Tensor):
        return False
    several = isinstance(value, list | tuple) and bool(value)
    return bool(value == default) or (several and all(part == default for part in value))


def rank(value: Any) -> int:
    """How many dimensions a tensor has."""
    return int(without_numbers(value).dim())


def without_numbers(value: Any) -> Any:
    """A tensor of any origin by its shape alone; anything else as it is."""
    if isinstance(value, fx.Node):
        return value.meta["value"]
    tensor = value.tensor if isinstance(value, Weight) else value
    return tensor.detach().to("meta") if isinstance(tensor, torch.Tensor) else value


def _mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, list | tuple):
        return [_mapped(part, change) for part in value]
    return change(value)
