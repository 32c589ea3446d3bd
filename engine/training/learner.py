"""A network, its optimizer and its data, and how they make one step."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch

from engine.data.batches import load_for, seed_for_epoch
from engine.insight.budget import Budget
from engine.insight.gradients import GradientMeter, Norms
from engine.insight.scene import Scene, evaluating
from engine.insight.scoring import chosen
from engine.insight.trouble import Exploded, NotTrainable
from engine.lower import Source
from engine.model import build
from engine.recipes.optimizers import LBFGS
from engine.recipes.recipe import TEST_BATCH, Recipe, steps_in
from engine.training.changing import Change
from engine.training.criterion import Criterion, Targets
from engine.training.forward import forward_of
from engine.training.mover import Mover
from engine.training.setting_up import (
    device_for,
    optimizer_for,
    prepare_torch,
    random_state,
    refuse_too_large,
    restore_random_state,
)
from engine.training.testing import Gathers

Batch = tuple[torch.Tensor, Targets]


class Part(NamedTuple):
    """What a chunk of the validation examples gave."""

    loss: float
    """Summed over the examples, each as much as it counts."""
    share: float
    """How much the examples count together: as many as they are, unless their classes have weights."""
    right: int
    """How many are answered rightly; 0 where there are no classes."""
    examples: int


class Learner:
    """Everything that a run changes. The same recipe, thread count and device give the same bits.

    Attributes: `network`, `optimizer`, `criterion`, `loss(outputs, targets)`, `forward(inputs)` which gives the answers
    of all Outputs in single precision, `mover`, `meter`, `scene`, `parameters` those that learn, `steps_per_epoch`.
    """

    def __init__(self, source: Source, recipe: Recipe) -> None:
        self.recipe, self.device = recipe, device_for(recipe.device)
        prepare_torch(recipe, self.device)
        try:
            data, self._batches = load_for(recipe, self.device)
            labels = self._batches.labels
            self.criterion = Criterion(recipe.heads_for(source.outputs or ("",)), recipe.data, labels)
            self._targets = self.criterion.targets(labels)
        except ValueError as error:
            raise NotTrainable(f"{str(error).removesuffix('.')}.") from error
        self._examples, self._checking = len(labels), data.validation
        self.loss = self.criterion.measure
        self._order = torch.Generator().manual_seed(recipe.seed)
        self._order_before, self._taken, self._skip = self._order.get_state(), 0, 0
        refuse_too_large(source, recipe)
        torch.manual_seed(recipe.seed)
        self.network = build(source).to(self.device)
        self.network.train()  # said aloud, so that frozen blocks hold their running statistics still from the start
        self.forward: Callable[[torch.Tensor], Any] = forward_of(self.network, source, recipe, self.device)
        self.meter = GradientMeter(self.network, source)
        self.scene = Scene(self.network, source, recipe.changed(loss=self.criterion.heads[0].loss), data)
        self.parameters = [parameter for parameter in self.network.parameters() if parameter.requires_grad]
        if not self.parameters:
            raise NotTrainable("Nothing in this drawing can learn. Add a Linear or a Conv2d block.")
        self.optimizer = optimizer_for(recipe.optimizer, self.parameters)
        self.steps_per_epoch = steps_in(self._examples, recipe.batch_size)
        self.mover = Mover(self.network, self.parameters, self.optimizer, self.steps_per_epoch, recipe)
        self._in_steps = isinstance(recipe.optimizer, LBFGS)
        self._checked = False

    @property
    def train_examples(self) -> int:
        """How many examples there are to learn from."""
        return self._examples

    @property
    def test_examples(self) -> int:
        """How many examples the network is tried on."""
        return len(self._checking)

    def batches(self) -> Iterator[Batch]:
        """The batches of one epoch. The order is drawn from a generator of its own.

        After `restore` in the middle of an epoch, only those that are left of it.
        """
        count, size = self._examples, self.recipe.batch_size
        self._order_before, self._taken, self._skip = self._order.get_state(), self._skip, 0
        order = torch.randperm(count, generator=self._order) if self.recipe.shuffle else torch.arange(count)
        rest, seed = range(self._taken, self.steps_per_epoch), seed_for_epoch(self.recipe, self._order)
        for picked, inputs in self._batches.epoch(order, size, rest, seed):
            self._taken += 1
            yield inputs, _picked(self._targets, picked)

    def step(self, batch: Batch, budget: Budget | None) -> tuple[float, Norms | None]:
        """Learn from one batch: its loss and, where a budget pays, the gradients before clipping. Raises Exploded.

        Where the gradients of several batches are gathered, only the last of them moves the weights.
        """
        if self._in_steps:
            return self._step_with_closure(batch, budget)
        mover = self.mover
        value = self._backward(batch)
        if not mover.complete:
            return value, None
        norms = self._measured(budget)
        mover.move()
        if budget and norms:
            with budget.spend(more=True):
                norms = self.meter.after_step(norms)
        return value, norms

    def test(self, *gathering: Gathers) -> Iterator[Part]:
        """Go through the validation examples in chunks.

        Whoever wants to see every example's answer gives things to gather them in.
        """
        for start in range(0, len(self._checking), TEST_BATCH):
            # Entered afresh for each chunk: whoever pulls must not inherit these modes.
            with evaluating(self.network), torch.inference_mode():
                found = self._part(slice(start, start + TEST_BATCH), gathering)
            yield found

    def _part(self, part: slice, gathering: tuple[Gathers, ...]) -> Part:
        labels = self._checking.labels[part]
        outputs = self.forward(self._checking.inputs[part])
        targets = self.criterion.targets(labels)
        share = self.criterion.share(targets)
        loss = float(self.loss(outputs, targets).item())
        first = outputs if isinstance(outputs, torch.Tensor) else outputs[0]
        for each in gathering:
            each.add(first, labels)
        right = chosen(first, self.criterion.heads[0].loss) == labels if self.recipe.data.classes else None
        return Part(loss * share, share, 0 if right is None else int(right.sum()), len(labels))

    def trial(self, size: int) -> None:
        """Make a step with the first examples, to see whether so many fit into memory at once."""
        picked = torch.arange(min(size, self._examples), device=self.device)
        self._taken = self.steps_per_epoch
        self.step((self._batches.first(len(picked)), _picked(self._targets, picked)), None)

    def state(self) -> dict[str, Any]:
        """Everything that is needed to go on with the same bits, between two steps: tensors and plain values.

        The tensors are those that go on changing; whoever keeps them copies them.
        """
        inside = self._taken < self.steps_per_epoch  # of an epoch, whose order must be drawn again
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "mover": self.mover.state(),
            "order": self._order_before if inside else self._order.get_state(),
            "taken": self._taken if inside else 0,
            "chance": random_state(self.device),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Be as the learner was that gave this state. Raises what PyTorch raises where it does not fit."""
        self.network.load_state_dict(state["network"])
        self.mover.restore(state["mover"])
        self.optimizer.load_state_dict(state["optimizer"])  # after the schedule, which sets rates when it begins
        self._order.set_state(state["order"])
        self._order_before, self._taken = state["order"], int(state["taken"])
        self._skip = self._taken
        restore_random_state(self.device, state["chance"])

    def change(self, change: Change, steps: int) -> None:
        """Go on with another recipe for so many steps; weights and the optimizer's state stay."""
        self.recipe = recipe = change.recipe
        options = {name: value for name, value in recipe.optimizer.values().items() if name != "lr"}
        if change.new_rates or recipe.optimizer != change.before.optimizer:
            for group in self.optimizer.param_groups:
                group.update(options)
        if change.new_rates:
            self.mover.follow(recipe, -(-steps // recipe.accumulate))
        else:
            self.mover.take(recipe)

    def weights(self) -> dict[str, torch.Tensor]:
        """The state of the network on the CPU, for a file."""
        return {name: value.detach().cpu().contiguous() for name, value in self.network.state_dict().items()}

    def _backward(self, batch: Batch) -> float:
        """The loss of a batch, and its gradients added to those of its group."""
        inputs, targets = batch
        outputs = self.forward(inputs)
        if not self._checked:
            self._check(outputs)
        loss = self.loss(outputs, targets)
        value = float(loss.item())
        if not math.isfinite(value):
            raise Exploded(value, inputs)
        self.mover.backward(loss, self.mover.begin(self._taken - 1))  # forgets gradients only now: they explain a NaN
        return value

    def _measured(self, budget: Budget | None) -> Norms | None:
        if budget is None:
            return None
        with budget.spend():
            self.mover.unscale()
            norms = self.meter.measure()
            if norms:
                self.mover.look(norms.total)
            self.meter.before_step()
        return norms

    def _step_with_closure(self, batch: Batch, budget: Budget | None) -> tuple[float, Norms | None]:
        """A step of an optimizer that measures the loss several times; the first time is what is told."""
        told: list[tuple[float, Norms | None]] = []

        def closure() -> float:
            value = self._backward(batch)
            if not told:
                told.append((value, self._measured(budget)))
            self.mover.clip()
            return value

        self.mover.move(closure)
        value, norms = told[0]
        if budget and norms:
            with budget.spend(more=True):
                norms = self.meter.after_step(norms)
        return value, norms

    def _check(self, outputs: Any) -> None:
        """Refuse an output that PyTorch would silently broadcast against the targets."""
        heads = self.criterion.heads
        answers = (outputs,) if isinstance(outputs, torch.Tensor) else tuple(outputs)
        if len(answers) != len(heads):
            raise NotTrainable(f"The network gives {len(answers)} answers, and {len(heads)} are trained.")
        for head, answer in zip(heads, answers, strict=True):
            self._check_one(head.loss.kind(), head.output_shape(self.recipe.data), answer)
        self._checked = True

    def _check_one(self, loss: str, wanted: tuple[int, ...], answer: Any) -> None:
        if not isinstance(answer, torch.Tensor):
            raise NotTrainable("An Output gives several tensors together. Give each of them an Output of its own.")
        if tuple(answer.shape[1:]) != wanted:
            came = "×".join(map(str, answer.shape[1:])) or "one bare number"
            raise NotTrainable(
                f"{loss} with {self.recipe.data.title} needs {wanted[0]} number{'s' * (wanted[0] != 1)} "
                f"for each example, but the network gives {came}."
            )


def _picked(targets: Targets, picked: torch.Tensor) -> Targets:
    if isinstance(targets, torch.Tensor):
        return targets.index_select(0, picked)
    return tuple(target.index_select(0, picked) for target in targets)
