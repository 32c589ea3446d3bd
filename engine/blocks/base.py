"""What every block is: typed settings, named ports, one shape rule and one call of PyTorch."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from engine.program import Call, Variable, call
from engine.settings import Settings

Shape = tuple[int, ...]
"""The size of one example, without the batch dimension: (3, 32, 32) is a small colour picture."""

FAMILIES = ("data", "convolution", "linear", "activation", "normalisation", "pooling", "sequence", "merge")
"""The families of blocks, in the order of the palette; themes give each a colour, an icon and a pattern."""


def shape_text(shape: Shape, batch: bool = False) -> str:
    """A shape as people write it: `16×14×14`, with the batch dimension `N×16×14×14`."""
    return "×".join([*(["N"] if batch else []), *map(str, shape)]) or "one number"


@dataclass(frozen=True)
class SetValues:
    """A repair: give the complaining block other values."""

    values: tuple[tuple[str, Any], ...]
    label: str


class ShapeError(Exception):
    """The incoming shapes do not suit the block; the message continues the block's name in a sentence.

    `needs`: "needs a picture (channels × height × width)"; what came and from where is added by the checker.
    `repairs`: what may help, best first; the checker offers only those that it has tried with success.
    `mismatch`: the few characters that a wire can show, such as "32 ≠ 16".
    """

    def __init__(self, needs: str, *repairs: SetValues, mismatch: str = "") -> None:
        super().__init__(needs)
        self.needs = needs
        self.repairs = repairs
        self.mismatch = mismatch


BLOCKS: dict[str, type[Block]] = {}
"""The catalogue: every block by the name of its class, in the order of declaration."""


class Block(Settings):
    """Base of every block. A subclass is a frozen dataclass and joins the catalogue by existing.

    Settings carry PyTorch's names. An instance is the settings of one block of a drawing.
    """

    family: ClassVar[str] = ""
    title: ClassVar[str] = ""
    torch_name: ClassVar[str] = ""
    """What PyTorch calls it, as the code prints it: `nn.Conv2d`."""
    accepts: ClassVar[str] = "any"
    """The shape that it takes, in the palette's shorthand: `C×H×W`, `F`, `any`."""
    keywords: ClassVar[tuple[str, ...]] = ()
    """Other words under which people look for it."""
    short_name: ClassVar[str] = ""
    """What a new block of this kind is called, with a number behind it: `conv` for conv1."""
    inputs: ClassVar[tuple[str, ...]] = ("input",)
    outputs: ClassVar[tuple[str, ...]] = ("output",)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.family:
            BLOCKS[cls.__name__] = cls

    @classmethod
    def kind(cls) -> str:
        """The name of the block's class: `Conv2d`."""
        return cls.__name__

    @classmethod
    def summary(cls) -> str:
        """The first line of the description: one sentence for palette and inspector."""
        return (cls.__doc__ or "").strip().split("\n")[0]

    def input_ports(self) -> tuple[str, ...]:
        """Names of the inputs; settings may decide how many there are."""
        return self.inputs

    def output_ports(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.outputs

    def shape_rule(self, *inputs: Any) -> Shape:
        """The size of one example that comes out, given one size for each input. Raises ShapeError."""
        raise NotImplementedError

    def shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        """One size for each output port. Raises ShapeError."""
        return (self.shape_rule(*inputs),)

    def layer(self, *inputs: Any) -> Call | None:
        """The module to create once for these input sizes, or None for a block without one."""
        return self._create()

    def apply(self, me: str, *tensors: Variable) -> Call:
        """How the block acts on its inputs; by default it calls its own module."""
        return Call(f"self.{me}", tensors)

    def parameters(self, *inputs: Any) -> int:
        """How many numbers the block learns."""
        return 0

    def macs(self, *inputs: Any) -> int:
        """Multiply-accumulates for one example: the products summed in matrix products and convolutions."""
        return 0

    def key_settings(self) -> str:
        """The few values that tell two blocks of a kind apart, for the card: `16, 3×3`."""
        return ", ".join(setting_text(getattr(self, row.name)) for row in self.params() if row.required)

    def code_options(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The values that code has to state: what PyTorch has no default for, and what differs from it."""
        stated = {row.name: getattr(self, row.name) for row in self.params()}
        required = tuple(stated[row.name] for row in self.params() if row.required)
        changed = {r.name: stated[r.name] for r in self.params() if not r.required and stated[r.name] != r.default}
        return required, changed

    def _create(self, *derived: Any) -> Call:
        """The call of PyTorch's class: what is derived from the input first, then what must be stated."""
        required, changed = self.code_options()
        return call(self.torch_name, *derived, *required, **changed)


def setting_text(value: Any) -> str:
    """A setting's value for people: (3, 5) is 3×5."""
    return "×".join(map(str, value)) if isinstance(value, tuple) else str(value)


def needs_rank(shape: Shape, ranks: tuple[int, ...], picture: str, *repairs: SetValues) -> None:
    """Refuse a shape that has not one of these numbers of dimensions; `picture` says what is needed."""
    if len(shape) not in ranks:
        raise ShapeError(f"needs {picture}", *repairs)


def elements(shape: Shape) -> int:
    """How many numbers one example holds."""
    return prod(shape)
