"""The one form between the drawing and PyTorch: a list of calls, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from keyword import iskeyword
from typing import Any

TAKEN = frozenset(
    {
        "F",
        "OrderedDict",
        "T_destination",
        "add_module",
        "apply",
        "bfloat16",
        "buffers",
        "call_super_init",
        "children",
        "compile",
        "cpu",
        "cuda",
        "double",
        "dump_patches",
        "eval",
        "extra_repr",
        "float",
        "forward",
        "get_buffer",
        "get_extra_state",
        "get_parameter",
        "get_submodule",
        "half",
        "ipu",
        "load_state_dict",
        "locals",
        "modules",
        "mtia",
        "named_buffers",
        "named_children",
        "named_modules",
        "named_parameters",
        "nn",
        "parameters",
        "range",
        "register_backward_hook",
        "register_buffer",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "register_full_backward_pre_hook",
        "register_load_state_dict_post_hook",
        "register_load_state_dict_pre_hook",
        "register_module",
        "register_parameter",
        "register_state_dict_post_hook",
        "register_state_dict_pre_hook",
        "requires_grad_",
        "self",
        "set_extra_state",
        "set_submodule",
        "share_memory",
        "state_dict",
        "super",
        "to",
        "to_empty",
        "torch",
        "train",
        "training",
        "type",
        "xpu",
        "zero_grad",
    }
)
"""Names that a block may not have: PyTorch modules use them, or the program's own text does."""

MAX_NAME = 60


def is_key(text: str) -> bool:
    """Whether a module may be kept under this text where it is no name: printable, without dots and quotes."""
    plain = all(letter.isascii() and letter.isprintable() and letter not in ".\"'\\{}" for letter in text)
    return plain and 0 < len(text) <= MAX_NAME and text not in TAKEN and not text.isdigit()


def is_name(text: str) -> bool:
    """Whether the text can stand in a program: the guard between a stranger's file and `exec`."""
    return (
        text.isascii()
        and text.isidentifier()
        and not iskeyword(text)
        and not text.startswith("_")
        and text not in TAKEN
        and len(text) <= MAX_NAME
    )


class Variable(str):
    """The name of a tensor inside `forward`; printed as it stands, while any other text is printed quoted."""

    __slots__ = ()


@dataclass(frozen=True)
class Call:
    """`target(*args, **options)`, as data: arguments are plain values, or `Variable`s, or tuples of them."""

    target: str
    args: tuple[Any, ...] = ()
    options: tuple[tuple[str, Any], ...] = ()
    names: tuple[str, ...] = field(default=(), compare=False)
    """What PyTorch calls the positional arguments, where that is known."""
    defaults: tuple[tuple[str, Any], ...] = field(default=(), compare=False)
    """What PyTorch takes for options that are not stated, in its order."""

    def __str__(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        words = [*map(written, self.args), *(f"{name}={written(value)}" for name, value in self.options)]
        return f"{self.target}({', '.join(words)})"


def call(target: str, *args: Any, **options: Any) -> Call:
    """Write a call as one would write it in Python."""
    return Call(target, args, tuple(options.items()))


def written(value: Any) -> str:
    """A value as it stands in a program."""
    if isinstance(value, Variable | Call):
        return str(value)
    if isinstance(value, tuple):
        inner = ", ".join(map(written, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return f'"{value}"' if isinstance(value, str) and value.isidentifier() else repr(value)


@dataclass(frozen=True)
class Statement:
    """One line of `forward`: `target = value`. The target may unpack: `output, (hidden, cell)`."""

    target: str
    value: Call | Variable

    def __str__(self) -> str:
        return f"{self.target} = {self.value}"


@dataclass(frozen=True)
class Part:
    """The module of a group: a class of its own, once or several times in a row."""

    class_name: str
    numbered: bool
    """Whether its blocks are numbered instead of named, as in nn.Sequential."""
    copies: tuple[Program, ...]
    """The program of each copy; they differ where the shapes that reach them differ."""
    pretrained: str = ""
    """The file with the weights that it begins with, if any."""


@dataclass(frozen=True)
class Module:
    """An attribute that the network creates once."""

    name: str
    create: Call | Part
    setup: tuple[Call, ...] = ()
    """What is done to it after its creation: initial weights, freezing."""
    frozen: bool = False
    running_statistics: bool = False
    key: str = ""
    """What PyTorch calls it where that is no name in Python: `block1-0`."""


@dataclass(frozen=True)
class Step:
    """What one block does in `forward`."""

    block: str
    module: str
    """The attribute that it calls, or nothing; blocks that share weights call the same one."""
    statements: tuple[Statement, ...]
    results: tuple[str, ...]
    """The variables that it fills, one for each output port, `_` for one that nothing reads."""
    shapes: tuple[tuple[int, ...], ...] = ()
    function: Statement | None = None
    """The same as a function, without a module."""


@dataclass(frozen=True)
class Program:
    """A drawing in the order of computation: names of the inputs, the modules, the steps, names of the results."""

    inputs: tuple[str, ...]
    modules: tuple[Module, ...]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    ends: tuple[str, ...] = field(default=(), compare=False)
    """The Output blocks that these results belong to."""
