"""Where examples enter the network and where its answer leaves it."""

from __future__ import annotations

from engine.blocks.base import Block, Ids, Shape, setting_text
from engine.program import Call
from engine.settings import param


class Input(Block):
    """Where the examples enter the network; its shape is the size of one example.

    The batch dimension N is never written: 1×28×28 means pictures of one channel and 28×28 pixels, 10 a row of ten
    numbers, 16×8 a sequence of sixteen steps. Token ids are whole numbers (dtype int64).

    Formula: y = the examples of a batch, as the data set gives them
    In: nothing; the data set fills it.
    Out: one example of the given shape.
    Use: once for each tensor that the network is given; inside a group each Input is a port of it.
    Example: Input(shape=(3, 32, 32)): → 3×32×32
        Input(shape=(12,), dtype="int64"): → ids 12
    """

    family = "data"
    title = "Input"
    accepts = "data"
    keywords = ("data", "source", "picture", "image")
    short_name = "input"
    inputs = ()

    shape: tuple[int, ...] = param(
        "Size of one example: channels, height, width for pictures, one number for rows.",
        1,
        1_000_000,
        default=(1, 28, 28),
        listed=True,
    )
    dtype: str = param(
        "What kind of numbers they are: real numbers, or whole ones such as token ids, for Embedding.",
        choices=("float32", "int64"),
        default="float32",
        rare=True,
    )

    def shape_rule(self) -> Shape:
        return self.shape if self.dtype == "float32" else Ids(self.shape)

    def layer(self) -> Call | None:
        return None

    def key_settings(self) -> str:
        return setting_text(self.shape)


class Output(Block):
    """Where the network's answer leaves it; the loss compares what arrives here with the labels.

    Formula: what arrives, unchanged
    In: the answer, of any shape.
    Out: nothing.
    Use: once for each answer of the network; inside a group each Output is a port of it.
    Example: Output(): 10 →
    """

    family = "data"
    title = "Output"
    accepts = "any"
    keywords = ("result", "answer", "logits")
    short_name = "output"
    outputs = ()
    ids = "keeps"

    def shape_rule(self, input: Shape) -> Shape:
        return input

    def shapes(self, *inputs: Shape) -> tuple[Shape, ...]:
        return ()

    def layer(self, input: Shape) -> Call | None:
        return None
