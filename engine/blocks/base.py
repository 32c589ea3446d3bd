"""What every block is: typed settings, named ports, one shape rule and one call of PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar, Literal, NamedTuple

from engine.program import Call, Statement, Variable, call
from engine.settings import Settings

Shape = tuple[int, ...]
"""The size of one example, without the batch dimension: (3, 32, 32) is a small colour picture."""

FAMILIES = (
    "data",
    "convolution",
    "linear",
    "activation",
    "normalisation",
    "pooling",
    "sequence",
    "merge",
    "tensor",
    "group",
)
"""The families of blocks, in the order of the palette; themes give each a colour, an icon and a pattern."""

BYTES_OF_NUMBER, BYTES_OF_ID = 4, 8
"""What one number takes: a real one (float32), and a whole one (int64)."""

Saved = Literal["input", "output", "view", "training", "stops"]


class Ids(tuple[int, ...]):
    """The size of one example of whole numbers, such as token ids; equal only to another such size."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ids) and tuple(self) == tuple(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(("Ids", tuple(self)))


class Reach(NamedTuple):
    """How a block looks along one dimension: how many places one output sees, and how far the next one's start is."""

    span: int
    stride: int


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

    Settings carry PyTorch's names. An instance is the settings of one block of a drawing. The docstring is the
    block's help page (see `engine.blocks.help`).
    """

    family: ClassVar[str] = ""
    title: ClassVar[str] = ""
    torch_name: ClassVar[str] = ""
    """What PyTorch calls it, as the code prints it: `nn.Conv2d`."""
    functional: ClassVar[str] = ""
    """The function of torch.nn.functional that does the same with the same settings: `F.relu`; empty if none does."""
    accepts: ClassVar[str] = "any"
    """The shape that it takes, in the palette's shorthand: `C×H×W`, `F`, `any`."""
    keywords: ClassVar[tuple[str, ...]] = ()
    """Other words under which people look for it."""
    short_name: ClassVar[str] = ""
    """What a new block of this kind is called, with a number behind it: `conv` for conv1."""
    inputs: ClassVar[tuple[str, ...]] = ("input",)
    outputs: ClassVar[tuple[str, ...]] = ("output",)
    derived: ClassVar[tuple[str, ...]] = ()
    """PyTorch's names of what is worked out from the input, in its order: ("in_channels",). It is never asked for."""
    ids: ClassVar[Literal["refuses", "keeps", "needs", "decides"]] = "refuses"
    """What the block does with whole numbers (`Ids`): refuses them, only rearranges them so that ids come out again,
    takes nothing else and gives real numbers, or says by its own shapes what comes out."""
    from_batch: ClassVar[bool] = False
    """Whether its code needs a tensor of the batch besides its inputs, to know how many examples there are."""
    running_statistics: ClassVar[bool] = False
    """Whether it learns statistics from the batches that pass, even while its weights are frozen."""
    saves: ClassVar[tuple[Saved, ...]] = ()
    """What autograd keeps of its tensors for the backward pass. "view" says that its outputs lie in the memory of its
    first input and need none of their own, "training" that they need some only while training, "stops" that no gradient
    flows back through it."""

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

    def shapes(self, *inputs: Any) -> tuple[Shape, ...]:
        """One size for each output port. Raises ShapeError."""
        return (self.shape_rule(*inputs),)

    def layer(self, *inputs: Any) -> Call | None:
        """The module to create once for these input sizes, or None for a block without one."""
        return self._create()

    def apply(self, me: str, *tensors: Variable) -> Call:
        """How the block acts on its inputs; by default it calls its own module.

        A block with `from_batch` gets one more tensor behind its inputs: any one of the batch.
        """
        return Call(f"self.{me}", tensors)

    def statements(self, me: str, results: tuple[str, ...], *tensors: Variable) -> tuple[Statement, ...]:
        """What the block does in `forward`: by default one call that fills all results.

        `results` has one name for each output port, and `_` for each that nothing reads.
        """
        return (Statement(", ".join(results), self.apply(me, *tensors)),)

    def as_function(self, *tensors: Variable) -> Call | None:
        """The same as a function of torch.nn.functional, for a block that learns nothing; None if there is none."""
        if not self.functional:
            return None
        required, changed = self.code_options()
        return call(self.functional, *tensors, *required, **changed)

    def weights(self, *inputs: Any) -> Mapping[str, Shape]:
        """Every tensor that the block learns, by PyTorch's name for it: {"weight": (10, 64), "bias": (10,)}."""
        return {}

    def buffers(self, *inputs: Any) -> Mapping[str, Shape]:
        """Every tensor that is saved with the weights without being learned: running means and the like."""
        return {}

    def parameters(self, *inputs: Any) -> int:
        """How many numbers the block learns."""
        return sum(map(prod, self.weights(*inputs).values()))

    def frozen(self, *inputs: Any) -> int:
        """How many of its parameters do not learn: those of frozen blocks inside a group."""
        return 0

    def macs(self, *inputs: Any) -> int:
        """Multiply-accumulates for one example: the products summed in matrix products and convolutions."""
        return 0

    def reach(self, *inputs: Any) -> tuple[Reach, ...] | None:
        """How it looks along the last dimensions of its input; () for its own place alone, None for everywhere."""
        return ()

    def saved(self, *inputs: Any) -> tuple[Saved, ...]:
        """What autograd keeps of its tensors, where settings or sizes decide; otherwise `saves`."""
        return self.saves

    def saved_besides(self, batch: int, *inputs: Any) -> int:
        """Bytes that autograd keeps for a batch besides inputs and outputs: masks, indices, results on the way."""
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
        names = (*self.derived, *(row.name for row in self.params() if row.required))
        defaults = tuple((row.name, row.default) for row in self.params() if not row.required)
        return Call(self.torch_name, (*derived, *required), tuple(changed.items()), names, defaults)


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
