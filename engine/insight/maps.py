"""Feature maps: what chosen blocks make of one example, by a pass of its own that leaves no trace."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from engine.data import Examples
from engine.events import MOST_MAPS, MOST_NUMBERS, Floats, Maps
from engine.insight.scoring import guess
from engine.lower import Source
from engine.model import ANSWER, build
from engine.recipes.losses import Loss


class Probe:
    """Looks at one example with the weights of the moment.

    The pass runs in evaluation mode, so that it neither moves the averages of BatchNorm nor draws from
    chance: a run has the same bits whether somebody looks or not.
    """

    def __init__(self, source: Source, network: nn.Module, examples: Examples, loss: Loss) -> None:
        self._look = _looker(source)
        self._network, self._examples, self._loss = network, examples, loss

    def maps(self, blocks: Sequence[str], example: int, step: int) -> Maps:
        """What the blocks make of an example; blocks that the network has not are left out."""
        example = max(0, min(example, len(self._examples) - 1))
        with evaluating(self._network), torch.inference_mode():
            inputs = self._examples.inputs[example : example + 1]
            seen = self._look(self._network, inputs)
            sure = guess(seen.pop(ANSWER), self._loss)[0]
            maps = {block: _small(seen[block]) for block in blocks if isinstance(seen.get(block), torch.Tensor)}
            return Maps(
                step=step,
                example=example,
                picture=_array(self._examples.picture(example)),
                label=int(self._examples.labels[example]),
                guess=_array(sure),
                maps=maps,
                probabilities=self._loss.wants != "values",
            )


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while."""
    learning = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(learning)


def _looker(source: Source) -> Callable[[nn.Module, torch.Tensor], dict[str, Any]]:
    """The network's own `forward` with one line changed, so that it also gives every value on the way.

    It is made on the meta device, which needs neither memory nor chance.
    """
    with torch.device("meta"):
        twin = build(replace(source, text=source.telling(ANSWER), pretrained=()))
    look: Callable[[nn.Module, torch.Tensor], dict[str, Any]] = type(twin).forward
    return look


def _small(value: torch.Tensor) -> Floats:
    """The first maps of a batch of one; a row of numbers may be longer."""
    one = value[0] if value.dim() > 1 else value
    return _array(one[: MOST_MAPS if one.dim() > 1 else MOST_NUMBERS])


def _array(value: torch.Tensor) -> Floats:
    array: Floats = value.detach().to("cpu", torch.float32).numpy().copy()
    return array
