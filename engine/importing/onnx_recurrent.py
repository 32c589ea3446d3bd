"""LSTM, GRU and RNN of ONNX: their weights in PyTorch's order, their results as ONNX lays them out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import fx

from engine.importing import layers
from engine.importing.layers import Weight
from engine.importing.layouts import CannotDraw
from engine.importing.onnx_values import Operation, sketch

GATES: Mapping[str, tuple[int, ...]] = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2), "RNN": (0,)}
"""Where in ONNX each gate of PyTorch's order stands: i f g o of i o f c, and r z n of z r h."""

USUAL: Mapping[str, tuple[str, ...]] = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"),
                                        "RNN": ("Tanh",)}  # fmt: skip
"""The functions of the gates in each direction."""


def recurrent(step: Operation) -> Any:
    """The layer, and every result that ONNX has: all steps, the last state, and the last cell of an LSTM."""
    name = _name(step)
    _check(step)
    batch_first = bool(step.settings.get("layout", 0))
    direction = step.settings.get("direction", "forward")
    weights = _weights(step, 2 if direction == "bidirectional" else 1)
    settings = {"bias": len(weights) % 4 == 0, "batch_first": batch_first}
    layer = layers.recurrent(name, weights, 1, direction == "bidirectional", **settings)
    given = step.get(0)
    time = 1 if batch_first else 0
    backwards = direction == "reverse"
    output, *states = step.layer(layer, step.run(torch.flip, given, (time,)) if backwards else given)
    output = step.run(torch.flip, output, (time,)) if backwards else output
    if batch_first:
        states = [step.run(torch.permute, state, (1, 0, 2)) for state in states]
    return [_all_steps(step, output, weights[1].sizes[1], batch_first), *states]


def _all_steps(step: Operation, output: fx.Node, hidden: int, batch_first: bool) -> Any:
    """What every step gives, with a dimension for the direction."""
    one, other, width = sketch(output).shape
    if width == hidden and not batch_first:
        return step.build.reshaped(output, (one, 1, other, width))
    split = step.build.reshaped(output, (one, other, width // hidden, hidden))
    return split if batch_first else step.quietly_permuted(split, (0, 2, 1, 3))


def _name(step: Operation) -> str:
    """Which layer of PyTorch computes with these functions. Raises CannotDraw."""
    usual = USUAL[step.kind]
    given = [_text(word) for word in step.settings.get("activations", [])] or list(usual)
    ways = len(given) // len(usual)
    if step.kind == "RNN" and given in (["Relu"], ["Relu"] * 2):
        return "rnn_relu"
    if given != [*usual] * ways:
        raise CannotDraw(f"its gates compute with {', '.join(given)}")
    return "rnn_tanh" if step.kind == "RNN" else step.kind.lower()


def _check(step: Operation) -> None:
    """Raise CannotDraw for what PyTorch's layers cannot do."""
    if step.kind == "GRU" and not step.settings.get("linear_before_reset", 0):
        raise CannotDraw("it resets its memory before the product, PyTorch's GRU behind it")
    if step.settings.get("clip") or step.settings.get("input_forget"):
        raise CannotDraw("it limits its numbers or couples its gates")
    lengths = step.get(4)
    length = step.shape()[1 if step.settings.get("layout", 0) else 0]
    if lengths is not None and not (isinstance(lengths, torch.Tensor) and bool((lengths == length).all())):
        raise CannotDraw("its sequences have lengths of their own")
    if any(_holds_more_than_zeros(step, index) for index in (5, 6)):
        raise CannotDraw("it begins with a memory that is not zero")
    if _holds_more_than_zeros(step, 7):
        raise CannotDraw("its gates look at the memory cell")


def _holds_more_than_zeros(step: Operation, index: int) -> bool:
    value = step.get(index)
    if value is None:
        return False
    return isinstance(value, fx.Node) or bool(sketch(value).any())


def _weights(step: Operation, ways: int) -> list[Weight]:
    """The weights in PyTorch's order, those of each direction after each other."""
    given = [step.needed_weight(1), step.needed_weight(2), step.weight(3)]
    found: list[Weight] = []
    for way in range(ways):
        incoming, own, biases = (None if one is None else one.tensor[way] for one in given)
        tensors = [incoming, own, *(() if biases is None else biases.chunk(2))]
        for tensor, weight in zip(tensors, (*given[:2], *given[2:] * 2), strict=False):
            assert tensor is not None
            assert weight is not None
            found.append(Weight(f"{weight.path}_{len(found)}", _in_order(tensor, GATES[step.kind])))
    return found


def _in_order(tensor: torch.Tensor, order: tuple[int, ...]) -> torch.Tensor:
    parts = tensor.detach().chunk(len(order))
    return torch.cat([parts[place] for place in order])


def _text(word: Any) -> str:
    return word.decode(errors="replace") if isinstance(word, bytes) else str(word)


RECURRENT = dict.fromkeys(GATES, recurrent)
"""Operators by name."""
