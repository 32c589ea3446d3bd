"""Blocks that read a sequence step by step and carry a memory along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from engine.blocks.base import BYTES_OF_NUMBER, Block, SetValues, Shape, ShapeError, needs_rank
from engine.program import Call, Statement, Variable, call
from engine.settings import param

SEQUENCE = "a sequence (length × features)"

HIDDEN_SIZE = "How many numbers the memory holds."
NUM_LAYERS = "How many of them are stacked, each one reading what the one before gives."
BIAS = "Add learned numbers to every gate."
DROPOUT = "Which part of the numbers between stacked layers is set to zero at random, only while training."
BIDIRECTIONAL = "Read the sequence a second time from its end; hidden then has the end of both readings."
LAST_STEP = "Give only the last step of the output, the usual choice to classify a whole sequence."


class Recurrent(Block):
    """Base of the recurrent blocks. Which weights there are depends on gates, layers and directions alone.

    In: A sequence: length × features.
    """

    outputs: ClassVar[tuple[str, ...]] = ("output", "hidden")
    derived = ("input_size",)
    gates: ClassVar[int] = 1
    """How many numbers are computed for each one of the memory."""

    def shapes(self, input: Shape) -> tuple[Shape, ...]:
        needs_rank(input, (2,), SEQUENCE)
        settings = self.values()
        if settings["dropout"] and settings["num_layers"] == 1:
            raise ShapeError(
                f"has dropout={settings['dropout']}, which acts between stacked layers, so it needs a num_layers of at "
                "least 2",
                SetValues((("dropout", 0.0),), "Set dropout to 0"),
                SetValues((("num_layers", 2),), "Set num_layers to 2"),
            )
        width = self._given_size * self._directions
        state = settings["num_layers"] * self._directions
        output = (width,) if settings["last_step"] else (input[0], width)
        return output, (state, self._given_size)

    def layer(self, input: Shape) -> Call:
        made = self._create(input[-1])
        return Call(made.target, made.args, (*made.options, ("batch_first", True)), made.names, made.defaults)

    def statements(self, me: str, results: tuple[str, ...], *tensors: Variable) -> tuple[Statement, ...]:
        states = results[1:]
        target = "_" if set(states) == {"_"} else states[0] if len(states) == 1 else f"({', '.join(states)})"
        lines = [Statement(f"{results[0]}, {target}", self.apply(me, *tensors))]
        if self.values()["last_step"] and results[0] != "_":
            lines.append(Statement(results[0], Variable(f"{results[0]}[:, -1]")))
        # PyTorch puts the layers before the batch, whatever batch_first says
        lines += [Statement(name, call(f"{name}.transpose", 0, 1)) for name in states if name != "_"]
        return tuple(lines)

    def weights(self, input: Shape) -> Mapping[str, Shape]:
        settings = self.values()
        found: dict[str, Shape] = {}
        incoming = input[-1]
        for layer in range(settings["num_layers"]):
            for ending in (f"l{layer}", f"l{layer}_reverse")[: self._directions]:
                found.update({f"{name}_{ending}": shape for name, shape in self._cell(incoming).items()})
            incoming = self._given_size * self._directions
        return found

    def macs(self, input: Shape) -> int:
        weights = self.weights(input)
        return input[0] * sum(rows * columns[0] for rows, *columns in weights.values() if columns)

    def reach(self, *inputs: Any) -> None:
        return None

    def saved_besides(self, batch: int, input: Shape) -> int:
        layers, ways = int(self.values()["num_layers"]), self._directions
        width = self._given_size * ways
        read = input[0] * (ways * input[1] + (layers - 1) * width)  # copies of what each layer reads
        return BYTES_OF_NUMBER * batch * (read + layers * ways * self._saved_by_a_reading(input[0]))

    def _saved_by_a_reading(self, steps: int) -> int:
        """How many numbers autograd keeps when one layer reads one sequence in one direction."""
        return (steps + 1) * int(self.values()["hidden_size"])

    def code_options(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        required, changed = super().code_options()
        return required, {name: value for name, value in changed.items() if name != "last_step"}

    def _cell(self, incoming: int) -> dict[str, Shape]:
        """What one layer learns in one direction."""
        settings = self.values()
        rows = self.gates * int(settings["hidden_size"])
        bias: dict[str, Shape] = {"bias_ih": (rows,), "bias_hh": (rows,)} if settings["bias"] else {}
        return {"weight_ih": (rows, incoming), "weight_hh": (rows, self._given_size), **bias}

    @property
    def _directions(self) -> int:
        return 1 + int(self.values()["bidirectional"])

    @property
    def _given_size(self) -> int:
        """How many numbers one direction gives at each step."""
        return int(self.values()["hidden_size"])


class RNN(Recurrent):
    """Reads a sequence step by step: each step mixes the new numbers with the memory of those before.

    What it read long ago fades quickly; LSTM and GRU remember longer.

    Formula: h = tanh(W_ih·x + b_ih + W_hh·h + b_hh) at each step, with h from the step before
    Out: output has the memory after every step, hidden that of each layer after the last one.
    Use: To see how recurrent networks work, and for short sequences.
    Example:
    RNN(hidden_size=32): 12×8 → 12×32, 1×32
    RNN(hidden_size=32, last_step=True): 12×8 → 32, 1×32
    """

    family = "sequence"
    title = "RNN"
    torch_name = "nn.RNN"
    accepts = "L×F"
    keywords = ("recurrent", "elman", "sequence", "memory", "time", "bidirectional")
    short_name = "rnn"

    hidden_size: int = param(HIDDEN_SIZE, 1, 100_000, default=64, required=True)
    num_layers: int = param(NUM_LAYERS, 1, 32, default=1)
    nonlinearity: str = param("How the memory is bent.", choices=("tanh", "relu"), default="tanh")
    bias: bool = param(BIAS, default=True, rare=True)
    dropout: float = param(DROPOUT, 0.0, 1.0, default=0.0)
    bidirectional: bool = param(BIDIRECTIONAL, default=False)
    last_step: bool = param(LAST_STEP, default=False)


class LSTM(Recurrent):
    """Reads a sequence step by step; gates learn what its memory keeps, forgets and gives out.

    Formula: c = f·c + i·g and h = o·tanh(c) at each step; the gates i, f, o and the news g are computed from x and h
    Out: output has h after every step; hidden and cell have h and c of each layer after the last one.
    Use: For text, sound and measurements over time where things long ago matter.
    Example:
    LSTM(hidden_size=32): 12×8 → 12×32, 1×32, 1×32
    LSTM(hidden_size=32, num_layers=2, bidirectional=True): 12×8 → 12×64, 4×32, 4×32
    LSTM(hidden_size=32, last_step=True): 12×8 → 32, 1×32, 1×32
    """

    family = "sequence"
    title = "LSTM"
    torch_name = "nn.LSTM"
    accepts = "L×F"
    keywords = ("recurrent", "long short-term memory", "sequence", "gate", "time", "bidirectional")
    short_name = "lstm"
    outputs = ("output", "hidden", "cell")
    gates = 4

    hidden_size: int = param(HIDDEN_SIZE, 1, 100_000, default=64, required=True)
    num_layers: int = param(NUM_LAYERS, 1, 32, default=1)
    bias: bool = param(BIAS, default=True, rare=True)
    dropout: float = param(DROPOUT, 0.0, 1.0, default=0.0)
    bidirectional: bool = param(BIDIRECTIONAL, default=False)
    proj_size: int = param("Give this many numbers, mixed from the memory; 0 gives the memory.", 0, 100_000, default=0,
                           rare=True)  # fmt: skip
    last_step: bool = param(LAST_STEP, default=False)

    def shapes(self, input: Shape) -> tuple[Shape, ...]:
        if self.proj_size >= self.hidden_size:
            raise ShapeError(
                f"has proj_size={self.proj_size}, which must be smaller than its hidden_size={self.hidden_size}",
                SetValues((("proj_size", 0),), "Set proj_size to 0"),
            )
        output, hidden = super().shapes(input)
        return output, hidden, (hidden[0], self.hidden_size)

    def _cell(self, incoming: int) -> dict[str, Shape]:
        projection: dict[str, Shape] = {"weight_hr": (self.proj_size, self.hidden_size)} if self.proj_size else {}
        return {**super()._cell(incoming), **projection}

    @property
    def _given_size(self) -> int:
        return self.proj_size or self.hidden_size

    def _saved_by_a_reading(self, steps: int) -> int:
        return 16 * steps * self.hidden_size  # about so on a processor, in a place of its own for each device


class GRU(Recurrent):
    """Reads a sequence step by step like LSTM, with fewer gates and one memory.

    Formula: h = (1 - z)·n + z·h at each step; the gate z and the news n are computed from x and h
    Out: output has the memory after every step, hidden that of each layer after the last one.
    Use: In place of LSTM: it has a quarter fewer weights and is often as good.
    Example:
    GRU(hidden_size=32): 12×8 → 12×32, 1×32
    GRU(hidden_size=32, last_step=True): 12×8 → 32, 1×32
    """

    family = "sequence"
    title = "GRU"
    torch_name = "nn.GRU"
    accepts = "L×F"
    keywords = ("recurrent", "gated recurrent unit", "sequence", "memory", "time", "bidirectional")
    short_name = "gru"
    gates = 3

    hidden_size: int = param(HIDDEN_SIZE, 1, 100_000, default=64, required=True)
    num_layers: int = param(NUM_LAYERS, 1, 32, default=1)
    bias: bool = param(BIAS, default=True, rare=True)
    dropout: float = param(DROPOUT, 0.0, 1.0, default=0.0)
    bidirectional: bool = param(BIDIRECTIONAL, default=False)
    last_step: bool = param(LAST_STEP, default=False)

    def _saved_by_a_reading(self, steps: int) -> int:
        return 7 * steps * self.hidden_size
