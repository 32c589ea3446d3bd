"""From gradients to moved weights: gathering over batches, an L1 term, clipping, scaling, the learning rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from engine.recipes.recipe import Recipe
from engine.training.rates import Rates


class Mover:
    """Moves the weights once for each group of batches.

    Attributes: `rates` the learning rate, `complete` whether the gradients of the whole group are there, `cut` whether
    the last gradients that were looked at are clipped.
    """

    def __init__(
        self,
        network: nn.Module,
        parameters: Sequence[nn.Parameter],
        optimizer: torch.optim.Optimizer,
        steps_per_epoch: int,
        recipe: Recipe,
    ) -> None:
        self._parameters, self._optimizer, self._batches = parameters, optimizer, steps_per_epoch
        self._weights = [weight for weight in parameters if weight.dim() > 1]
        """What the L1 term pulls at: biases and the like are left alone."""
        self._scaler = torch.amp.GradScaler("cuda") if recipe.precision == "float16" else None
        self._unscaled = False
        self.complete = True
        self.cut = False
        self.follow(recipe, recipe.epochs * self.moves_per_epoch(recipe))

    def moves_per_epoch(self, recipe: Recipe) -> int:
        """How often the weights are moved in an epoch."""
        return -(-self._batches // recipe.accumulate)

    def follow(self, recipe: Recipe, moves: int) -> None:
        """Follow this recipe's schedule from its beginning, for so many moves, and its other settings."""
        self.rates = Rates(self._optimizer, recipe, moves, self.moves_per_epoch(recipe))
        self.take(recipe)

    def take(self, recipe: Recipe) -> None:
        """Take over everything but learning rate and schedule."""
        self._recipe = recipe
        self._clips = recipe.max_norm is not None or recipe.clip_value is not None

    def begin(self, batch: int) -> float:
        """Get ready for a batch of the epoch, counted from 0; gives the part that its gradients have in the move."""
        gather = self._recipe.accumulate
        place = batch % gather
        if place == 0:
            for parameter in self._parameters:  # what zero_grad does, without its bookkeeping: 4 % of a small step
                parameter.grad = None
        group = min(gather, self._batches - batch + place)
        self.complete = place == group - 1
        return 1 / group

    def backward(self, loss: torch.Tensor, part: float) -> None:
        """Add the gradients of a loss times `part`, and those of the L1 term."""
        if self._recipe.l1:
            loss = loss + self._recipe.l1 * torch.stack([weight.abs().sum() for weight in self._weights]).sum()
        if part != 1:
            loss = loss * part
        if self._scaler:
            loss = self._scaler.scale(loss)
        torch.autograd.backward(loss)

    def unscale(self) -> None:
        """Let the gradients have their true size, for whoever wants to see or clip them."""
        if self._scaler and not self._unscaled:
            self._scaler.unscale_(self._optimizer)
            self._unscaled = True

    def look(self, norm: float) -> None:
        """Note whether gradients of this length will be clipped."""
        longest, largest = self._recipe.max_norm, self._recipe.clip_value
        self.cut = longest is not None and norm > longest
        if largest is not None and not self.cut:
            present = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
            self.cut = bool(torch.stack(torch._foreach_norm(present, math.inf)).max() > largest)

    def clip(self) -> None:
        """Cut single numbers, then shorten the whole."""
        if self._recipe.clip_value is not None:
            nn.utils.clip_grad_value_(self._parameters, self._recipe.clip_value)
        if self._recipe.max_norm is not None:
            nn.utils.clip_grad_norm_(self._parameters, self._recipe.max_norm)

    def move(self, closure: Callable[[], float] | None = None) -> None:
        """Move the weights along the gradients; an optimizer that measures for itself gets a closure that clips."""
        if closure:
            self._optimizer.step(closure)
        else:
            if self._clips:
                self.unscale()
                self.clip()
            if self._scaler:
                self._scaler.step(self._optimizer)
                self._scaler.update()
                self._unscaled = False
            else:
                self._optimizer.step()
        if not self.rates.constant:
            self.rates.stepped()

    def state(self) -> dict[str, Any]:
        """What is needed to go on: the schedule, the scale, and gradients that have been gathered."""
        gathered = [] if self.complete else [parameter.grad for parameter in self._parameters]
        scale = self._scaler.state_dict() if self._scaler else None
        return {"rates": self.rates.state(), "scale": scale, "gathered": gathered}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from there. Raises what PyTorch raises where it does not fit."""
        self.rates.restore(state["rates"])
        if self._scaler and state["scale"]:
            self._scaler.load_state_dict(state["scale"])
        for parameter, gradient in zip(self._parameters, state["gathered"], strict=False):
            parameter.grad = None if gradient is None else gradient.to(parameter.device).clone()
