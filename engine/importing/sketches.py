"""What a module is given in place of tensors while it is followed: shapes without numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import fx


class DataDecides(Exception):
    """The forward asks for the numbers in a tensor, which a drawing cannot know."""


class Sketch(fx.Proxy):
    """A tensor whose shape is known and whose numbers are not."""

    tracer: Any

    @property
    def __class__(self) -> type:  # user code may ask whether it is a tensor
        return torch.Tensor

    @__class__.setter
    def __class__(self, kind: type) -> None:
        raise TypeError("a tensor stays a tensor")

    @property
    def value(self) -> Any:
        """A tensor without numbers that stands for it."""
        return self.tracer.newest(self.node).meta["value"]

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.value, name)
        if callable(found):
            return Method(self, name)
        if isinstance(found, torch.Tensor):
            return self.tracer.create_proxy("call_function", getattr, (self, name), {})
        return found

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.tracer.create_proxy("call_method", "unbind", (self,), {}))

    def __iadd__(self, other: Any) -> Any:
        return self.tracer.create_proxy("call_method", "add_", (self, other), {})

    def __imul__(self, other: Any) -> Any:
        return self.tracer.create_proxy("call_method", "mul_", (self, other), {})

    def __isub__(self, other: Any) -> Any:
        return self.tracer.create_proxy("call_method", "sub_", (self, other), {})

    def __itruediv__(self, other: Any) -> Any:
        return self.tracer.create_proxy("call_method", "div_", (self, other), {})

    def __setitem__(self, index: Any, other: Any) -> None:
        raise DataDecides("writes into a part of a tensor")

    def __float__(self) -> float:
        raise DataDecides("turns a tensor into a number")

    __int__ = __index__ = item = tolist = __float__


@dataclass(frozen=True)
class Method:
    """A tensor's method, not called yet."""

    owner: Sketch
    name: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.owner.tracer.create_proxy("call_method", self.name, (self.owner, *args), kwargs)
