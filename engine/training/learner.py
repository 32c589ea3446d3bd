"""A network, its optimizer and its data, and how they make one step or look at the test set."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import nn

from engine.blocks.base import BYTES_OF_NUMBER
from engine.cost.machine_memory import machine_memory
from engine.data import load, targets_for
from engine.insight.budget import Budget
from engine.insight.gradients import GradientMeter, Norms
from engine.insight.scene import Scene, evaluating
from engine.insight.scoring import chosen
from engine.insight.trouble import Exploded, NotTrainable
from engine.lower import Source
from engine.model import build
from engine.recipes.optimizers import Optimizer
from engine.recipes.recipe import TEST_BATCH, Recipe
from engine.training.testing import Gathers

Batch = tuple[torch.Tensor, torch.Tensor]


class Learner:
    """Everything that a run changes. The same recipe, thread count and device give the same bits."""

    def __init__(self, source: Source, recipe: Recipe) -> None:
        self.recipe, self.device = recipe, _device(recipe.device)
        if recipe.threads:
            torch.set_num_threads(recipe.threads)
        torch.set_flush_denormal(
            True
        )  # averages of gradients that stay 0 shrink to numbers that slow a CPU down by half
        data = load(recipe.data, self.device, recipe.split)
        self._inputs, self._targets = data.train.inputs, targets_for(recipe.loss, recipe.data, data.train.labels)
        self._test = data.validation
        self._test_targets = targets_for(recipe.loss, recipe.data, self._test.labels)
        self._order = torch.Generator().manual_seed(recipe.seed)
        self._order_before, self._taken, self._skip = self._order.get_state(), 0, 0
        _refuse_too_large(source, recipe)
        torch.manual_seed(recipe.seed)
        self.network = build(source).to(self.device)
        self.network.train()  # said aloud, so that frozen blocks hold their running statistics still from the start
        self.meter = GradientMeter(self.network, source)
        self.scene = Scene(self.network, source, recipe, data)
        self.parameters = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        if not self.parameters:
            raise NotTrainable("Nothing in this drawing can learn. Add a Linear or a Conv2d block.")
        self.optimizer = _optimizer(recipe.optimizer, self.parameters)
        self.loss = getattr(nn, recipe.loss.kind())(**recipe.loss.values())
        self.steps_per_epoch = _steps(len(self._targets), recipe.batch_size)
        self._checked = False

    @property
    def train_examples(self) -> int:
        """How many examples there are to learn from."""
        return len(self._targets)

    @property
    def test_examples(self) -> int:
        """How many examples the test set has."""
        return len(self._test)

    def batches(self) -> Iterator[Batch]:
        """The batches of one epoch. The order is drawn from a generator of its own.

        After `restore` in the middle of an epoch, only those that are left of it.
        """
        count = len(self._targets)
        self._order_before, self._taken, self._skip = self._order.get_state(), self._skip, 0
        order = torch.randperm(count, generator=self._order) if self.recipe.shuffle else torch.arange(count)
        order = order.to(self.device)
        for batch in range(self._taken, self.steps_per_epoch):
            start = batch * self.recipe.batch_size
            picked = order[start : start + self.recipe.batch_size]
            self._taken = batch + 1
            yield self._inputs.index_select(0, picked), self._targets.index_select(0, picked)

    def step(self, batch: Batch, budget: Budget | None) -> tuple[float, Norms | None]:
        """Learn from one batch: its loss and, where a budget pays, the gradients before clipping. Raises Exploded."""
        inputs, targets = batch
        outputs = self.network(inputs)
        if not self._checked:
            self._check(outputs)
        loss = self.loss(outputs, targets)
        value = float(loss.item())
        if not math.isfinite(value):
            raise Exploded(value, inputs)
        for parameter in self.parameters:  # what zero_grad does, without its bookkeeping: 4 % of a small step
            parameter.grad = None
        loss.backward()
        norms = None
        if budget:
            with budget.spend():
                norms = self.meter.measure()
                self.meter.before_step()
        if self.recipe.max_norm is not None:
            nn.utils.clip_grad_norm_(self.parameters, self.recipe.max_norm)
        self.optimizer.step()
        if budget and norms:
            with budget.spend(more=True):
                norms = self.meter.after_step(norms)
        return value, norms

    def test(self, *gathering: Gathers) -> Iterator[tuple[float, int, int]]:
        """Go through the test set in chunks: summed loss, right answers, examples of each.

        Whoever wants to see every example's answer gives things to gather them in.
        """
        for start in range(0, len(self._test), TEST_BATCH):
            part = slice(start, start + TEST_BATCH)
            # Entered afresh for each chunk: whoever pulls must not inherit these modes.
            with evaluating(self.network), torch.inference_mode():
                outputs = self.network(self._test.inputs[part])
                count = len(outputs)
                for each in gathering:
                    each.add(outputs, self._test.labels[part])
                loss = float(self.loss(outputs, self._test_targets[part]).item())
                right = int((chosen(outputs, self.recipe.loss) == self._test.labels[part]).sum())
            yield loss * count, right, count

    def state(self) -> dict[str, Any]:
        """Everything that is needed to go on with the same bits, between two steps: tensors and plain values.

        The tensors are those that go on changing; whoever keeps them copies them.
        """
        inside = self._taken < self.steps_per_epoch  # of an epoch, whose order must be drawn again
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "order": self._order_before if inside else self._order.get_state(),
            "taken": self._taken if inside else 0,
            "chance": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state() if self.device == "cuda" else None,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Be as the learner was that gave this state. Raises what PyTorch raises where it does not fit."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self._order.set_state(state["order"])
        self._order_before, self._taken = state["order"], int(state["taken"])
        self._skip = self._taken
        torch.set_rng_state(state["chance"])
        if self.device == "cuda" and state["cuda"] is not None:
            torch.cuda.set_rng_state(state["cuda"])

    def weights(self) -> dict[str, torch.Tensor]:
        """The state of the network on the CPU, for a file."""
        return {name: value.detach().cpu().contiguous() for name, value in self.network.state_dict().items()}

    def _check(self, outputs: Any) -> None:
        """Refuse an output that PyTorch would silently broadcast against the targets."""
        data, loss = self.recipe.data, self.recipe.loss
        wanted = loss.output_shape(data)
        if not isinstance(outputs, torch.Tensor):
            raise NotTrainable("The drawing needs exactly one Output block to be trained.")
        if tuple(outputs.shape[1:]) != wanted:
            came = "×".join(map(str, outputs.shape[1:])) or "one bare number"
            raise NotTrainable(
                f"{loss.kind()} with {data.title} needs {wanted[0]} number{'s' * (wanted[0] != 1)} for each example, "
                f"but the network gives {came}."
            )
        self._checked = True


def _steps(examples: int, batch_size: int) -> int:
    """Batches in an epoch. A last batch of a single example is left out: BatchNorm cannot learn from one."""
    whole, rest = divmod(examples, batch_size)
    return whole + (rest > 1 or whole == 0)


def _device(wish: str) -> str:
    present = torch.cuda.is_available()
    if wish == "cuda" and not present:
        raise NotTrainable("No CUDA graphics card was found. Choose the device auto or cpu.")
    return "cuda" if present and wish != "cpu" else "cpu"


def _refuse_too_large(source: Source, recipe: Recipe) -> None:
    """Build the network without any memory first, to know how much it would need. Raises NotTrainable."""
    with torch.device("meta"):
        planned = build(replace(source, pretrained=()))
    learned = sum(weight.numel() for weight in planned.parameters() if weight.requires_grad)
    fixed = sum(weight.numel() for weight in planned.parameters()) - learned
    need, room = BYTES_OF_NUMBER * (fixed + learned * (2 + recipe.optimizer.kept)), machine_memory()
    if room is not None and need > room:
        raise NotTrainable(
            f"The weights of the network and what training them takes need {need:,} bytes of memory, "
            f"and this machine has {room:,}. Make the blocks with the most parameters smaller."
        )


def _optimizer(settings: Optimizer, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    kind, options = getattr(torch.optim, settings.kind()), settings.values()
    optimizer: torch.optim.Optimizer = kind(parameters, **options, **{settings.in_one_pass: True})
    return optimizer
