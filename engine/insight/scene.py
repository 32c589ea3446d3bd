"""What a look may use: the network with the weights of the moment, and everything it is trained with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from engine.data import Examples, Tensors
from engine.events import Floats
from engine.lower import Source
from engine.model import ANSWER, build
from engine.recipes.recipe import Recipe

if TYPE_CHECKING:
    from engine.insight.gathering import Gathered


class Scene:
    """A network among its data, for looks that leave no trace.

    Attributes: `network`, `source`, `recipe`, `data` (training and test part on the network's device).
    """

    def __init__(self, network: nn.Module, source: Source, recipe: Recipe, data: Tensors) -> None:
        self.network, self.source, self.recipe, self.data = network, source, recipe, data
        self._forward = _telling_forward(source)
        self.gathered: Gathered | None = None
        """What the last whole pass through the validation examples found."""

    @property
    def validation(self) -> Examples:
        """The examples that the network is tried on."""
        return self.data.validation

    def values(self, inputs: torch.Tensor) -> dict[str, Any]:
        """Every block's value for a batch, by the block's name; what the first Output gives stands under `ANSWER`."""
        found = self._forward(self.network, *self._fed(inputs))
        return {**found, ANSWER: _first(found[ANSWER])}

    def answer(self, inputs: torch.Tensor) -> torch.Tensor:
        """What the first Output gives for a batch that goes into every Input."""
        found: torch.Tensor = _first(self.network(*self._fed(inputs)))
        return found

    def _fed(self, inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return (inputs,) * max(1, len(self.source.inputs))


def _first(answer: Any) -> Any:
    return answer[0] if isinstance(answer, tuple) else answer


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode for a while: it neither moves the averages of BatchNorm nor draws from chance."""
    learning = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(learning)


def array(value: torch.Tensor) -> Floats:
    """Numbers that may travel: a copy on the CPU, in single precision."""
    numbers: Floats = value.detach().to("cpu", torch.float32).numpy().copy()
    return numbers


def _telling_forward(source: Source) -> Callable[..., dict[str, Any]]:
    """The network's own `forward` with one line changed, so that it also gives every value on the way.

    It is made on the meta device, which needs neither memory nor chance.
    """
    with torch.device("meta"):
        twin = build(replace(source, text=source.telling(ANSWER), pretrained=()))
    forward: Callable[..., dict[str, Any]] = type(twin).forward
    return forward
