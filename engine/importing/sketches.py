"""What a module is given in place of tensors while it is followed: shapes without numbers."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
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
    def value(self) -> Any:
        """A tensor without numbers that stands for it."""
        return self.tracer.newest(self.node).meta["value"]

    def __getattr__(self, name: str) -> Any:
        if name == "device":
            return torch.device("cpu")  # what is made from scratch beside it has real numbers
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
        if any(
            isinstance(word, fx.Proxy | torch.Tensor | list) for word in (index if type(index) is tuple else [index])
        ):
            raise DataDecides("writes into places of a tensor that its numbers choose")
        part = self.tracer.create_proxy("call_function", operator.getitem, (self, index), {})
        (part.copy_ if isinstance(other, fx.Proxy | torch.Tensor) else part.fill_)(other)

    def __float__(self) -> float:
        raise DataDecides("turns a tensor into a number")

    __int__ = __index__ = item = tolist = __float__


def is_instance(thing: Any, kind: Any) -> bool:
    """What `isinstance` says in a module's own code: a sketch is a tensor there.

    It must not be one for PyTorch itself, which would look for a tensor's memory in it.
    """
    return isinstance(thing, kind) or (type(thing) is Sketch and issubclass(torch.Tensor, kind))


@contextmanager
def sketches_are_tensors(scopes: Iterable[dict[str, Any]]) -> Iterator[None]:
    """Let the code that lives in these global scopes take sketches for tensors."""
    lent = [scope for scope in scopes if "isinstance" not in scope]
    for scope in lent:
        scope["isinstance"] = is_instance
    try:
        yield
    finally:
        for scope in lent:
            scope.pop("isinstance", None)


@dataclass(frozen=True)
class Method:
    """A tensor's method, not called yet."""

    owner: Sketch
    name: str

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.owner.tracer.create_proxy("call_method", self.name, (self.owner, *args), kwargs)
