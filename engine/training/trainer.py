"""Training as a story told in events: whoever listens decides when it goes on.

    for event in train(source, recipe):
        print(event)

Nothing runs between two pulls, so pausing is not pulling. The same recipe, thread count and device give the
same bits, whether anybody looks inside or not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from torch import nn

from engine.events import (
    Changed,
    EpochDone,
    Event,
    Finished,
    Note,
    Paused,
    Started,
    Stopped,
)
from engine.insight.answering import OpenLooks, answer
from engine.insight.budget import Budget
from engine.insight.gathering import Gathered
from engine.insight.trouble import Exploded, explain, explain_explosion
from engine.looks.base import Look, Sight
from engine.lower import Source
from engine.recipes.recipe import Recipe
from engine.training.changing import change_of
from engine.training.control import Control, nothing
from engine.training.learner import Learner
from engine.training.patience import Patience
from engine.training.saving import save_weights
from engine.training.telling import Telling
from engine.training.testing import Answers

__all__ = ["Control", "Trainer", "train"]


def train(source: Source, recipe: Recipe, control: Control | None = None, save: Path | None = None) -> Iterator[Event]:
    """Train the network that the text describes, and tell about it. Ends with `Finished` or `Failed`."""
    for handful in Trainer(source, recipe, control, save).story():
        yield from handful


class Trainer(Telling):
    """One run: where it is and what it has to tell. `story()` goes on from there.

    Attributes: `step` steps made, `epoch` epochs completed, `epochs` epochs to make, `failed` whether it broke.
    """

    def __init__(
        self, source: Source, recipe: Recipe, control: Control | None = None, save: Path | None = None
    ) -> None:
        super().__init__(recipe, control or Control())
        self.source, self._save_to, self.epoch = source, save, 0
        self.failed = False
        self.epoch_over: Callable[[EpochDone], Iterable[Event]] = nothing
        """Called after each epoch, before the next step; what it gives is told."""
        self._restored: Mapping[str, Any] | None = None
        self._wanted: Recipe | None = None
        self._sum, self._count = 0.0, 0
        self._score: tuple[float, float | None] = (math.nan, None)
        self._patience: Patience | None = None
        self._gradients = Budget(share=0.005, most=30, least=2)
        self._metrics = Budget(share=0.01, most=30, least=0.1)
        self._looks = OpenLooks()
        self._looks.keep(self.control.looks)

    def story(self) -> Iterator[list[Event]]:
        """Events in handfuls, about 30 a second, up to the last epoch. Errors are told, never raised."""
        chapters = self._chapters()
        while True:
            self._clock.start()
            handful = next(chapters, None)
            self._clock.stop()
            if handful is None:
                return
            yield handful

    def extend(self, epochs: int = 1) -> None:
        """Plan more epochs with the weights and the optimizer as they are; then ask for the `story` again."""
        self.epochs += epochs

    def stopped(self) -> Stopped:
        """What to tell when the listener ends the run here: the weights are saved as they are."""
        return Stopped(self.step, self.epoch_now, self._clock.seconds, *self._save())

    def state(self) -> dict[str, Any] | None:
        """All that is needed to go on from here with the same bits; nothing before the first step."""
        if self._learner is None or not self.step:
            return None
        facts = {"step": self.step, "epoch": self.epoch, "seconds": self._clock.seconds, "score": self._score}
        patience = self._patience.state() if self._patience else None
        learner = self._learner.state()
        return {**facts, "sum": self._sum, "count": self._count, "patience": patience, "learner": learner}

    def restore(self, state: Mapping[str, Any], recipe: Recipe | None = None) -> None:
        """Let the story begin where `state` was taken, with another recipe as far as that may change there.

        What does not fit is told as `Failed`.
        """
        self._restored, self._wanted = state, recipe

    def change(self, recipe: Recipe) -> Changed:
        """Go on with another recipe from the next step; what cannot change in the middle of a run is said so."""
        if self._learner is None:
            self.recipe, self.epochs = recipe, recipe.epochs
            return Changed(0, recipe.optimizer.lr, "")
        change = change_of(self.recipe, recipe, self._learner.mover.complete)
        if recipe.epochs != self.recipe.epochs:
            self.epochs = max(recipe.epochs, self.epoch_now, self.epoch)
        left = max(1, self.epochs * self._learner.steps_per_epoch - self.step)
        self.recipe = change.recipe
        self._learner.change(change, left)
        self._patience = Patience.of(self.recipe, self._learner.network, self._patience)
        return Changed(self.step, self._learner.mover.rates.now, change.text)

    def watch(self, looks: tuple[Look, ...]) -> list[Sight]:
        """Keep these looks open from now on; the answers to those that are new, with the weights of the moment."""
        return self.see(self._looks.keep(looks))

    def see(self, looks: tuple[Look, ...]) -> list[Sight]:
        """Answer looks at once; nothing before the network is there."""
        if self._learner is None:
            return []
        sights = (answer(look, self._learner.scene, self.step) for look in looks)
        return [sight for sight in sights if sight]

    @property
    def learner(self) -> Learner | None:
        """What learns, once the story has begun."""
        return self._learner

    @property
    def network(self) -> nn.Module | None:
        """The network, once the story has begun."""
        return self._learner.network if self._learner else None

    def _chapters(self) -> Iterator[list[Event]]:
        """The story, with an error as its last event: the one place that catches them all."""
        learner = None
        try:
            learner = self._learner or self._set_up()
            while self.epoch < self.epochs:
                yield from self._one_epoch(learner)
            finished = Finished(self.epoch, self.step, *self._score, self._clock.seconds, *self._save())
            yield self._flush(finished)
        except Exploded as error:
            assert learner is not None
            self.failed = True
            facts = (self.source, learner.network, learner.meter, self.recipe)
            yield self._flush(explain_explosion(error, *facts, self.step + 1))
        except Exception as error:
            self.failed = True
            yield self._flush(explain(error, self.source, self.recipe, self.step, learner.trial if learner else None))

    def _set_up(self) -> Learner:
        learner = self._learner = Learner(self.source, self.recipe)
        self._patience = Patience.of(self.recipe, learner.network)
        self._set_up_took = self._clock.seconds
        if self._restored is not None:
            self._go_back(learner, self._restored)
        self._told.append(
            Started(
                device=learner.device,
                threads=torch.get_num_threads(),
                parameters=sum(parameter.numel() for parameter in learner.parameters),
                blocks=tuple(learner.meter.parameters),
                epochs=self.epochs,
                steps_per_epoch=learner.steps_per_epoch,
                train_examples=learner.train_examples,
                test_examples=learner.test_examples,
            )
        )
        if self._wanted is not None:
            self._told.append(self.change(self._wanted))
            self._wanted = None
        return learner

    def _go_back(self, learner: Learner, state: Mapping[str, Any]) -> None:
        """To where a run was, whose clock and sums go on as well."""
        learner.restore(state["learner"])
        self.step, self.epoch, self._sum, self._count = (state[key] for key in ("step", "epoch", "sum", "count"))
        self._score, self._restored = tuple(state["score"]), None
        if self._patience and state.get("patience"):
            self._patience.restore(state["patience"])
        self._clock.add(state["seconds"])

    def _one_epoch(self, learner: Learner) -> Iterator[list[Event]]:
        control = self.control
        last = (self.epoch + 1) * learner.steps_per_epoch
        for batch in learner.batches() if self.step < last else ():  # a restored run may be at its test already
            with_gradients = self._gradients.allows(perf_counter())
            value, norms = learner.step(batch, self._gradients if with_gradients else None)
            self.step += 1
            self._losses.append(value)
            self._sum, self._count = self._sum + value * len(batch[0]), self._count + len(batch[0])
            if norms is not None:
                self._told.append(self._gradients_event(norms))
            now = perf_counter()
            if due := self._looks.due(now):
                look, budget = due
                with budget.spend():
                    self._told += self.see((look,))
            if self.step == control.stop_at and self.step < last:
                yield self._flush(self._progress(), Paused(self.step, self.epoch_now))
            elif now >= self._next_tell or control.wanted():
                yield self._flush(*self._progress_if_due())
        yield from self._test(learner, self._sum / self._count)

    def _test(self, learner: Learner, train_loss: float) -> Iterator[list[Event]]:
        """Look at the whole test set, then say how the epoch went."""
        total, share, right, count = 0.0, 0.0, 0, 0
        recipe = learner.scene.recipe
        gathered = Gathered(recipe, self.step) if self._looks.after_epochs() else None
        answers = Answers(recipe) if self._measures() else None
        for part in learner.test(*(each for each in (gathered, answers) if each)):
            if self._due():
                yield self._flush(self._progress(validating=True))
            total, share = total + part.loss, share + part.share
            right, count = right + part.right, count + part.examples
        learner.scene.gathered = gathered or learner.scene.gathered
        accuracy = right / count if self.recipe.data.classes else None
        self._score = total / share if share else math.nan, accuracy
        self.epoch += 1
        self._collect()
        self._sum, self._count = 0.0, 0
        done, scores = self._epoch_events(train_loss, answers)
        self._told += [done, *scores]
        learner.mover.rates.epoch_over(done.loss)
        self._told += [*self._impatient(done), *self.epoch_over(done)]
        if self.epoch == self.epochs:
            self._go_to_best()
            self._told += self.see(self._looks.all())
            yield self._flush(self._progress())
        elif self.control.stop_after_epoch or self.step == self.control.stop_at:
            self._told += self.see(self._looks.all())
            yield self._flush(self._progress(), Paused(self.step, self.epoch))
        elif self._due():  # not after every epoch: some take only milliseconds
            self._told += self.see(self._looks.after_epochs())
            yield self._flush(*self._progress_if_due())

    def _measures(self) -> bool:
        """Whether the epoch in progress is measured: where time allows, and always before the run rests."""
        rests = self.control.stop_after_epoch or self.step == self.control.stop_at or self.epoch + 1 == self.epochs
        ends = self._patience is not None and self._patience.at_its_end
        return rests or ends or self._metrics.allows(perf_counter())

    def _epoch_events(self, train_loss: float, answers: Answers | None) -> tuple[EpochDone, list[Event]]:
        """How the epoch went, and where it was measured and has classes, how each of them did."""
        done = EpochDone(self.epoch, self.step, train_loss, *self._score, rate=self._rate)
        if answers is None:
            return done, []
        with self._metrics.spend():
            found = answers.measured()
        told = [replace(found.scores, epoch=self.epoch, step=self.step)] if found.scores else []
        return replace(done, metrics=found.metrics), [*told]

    def _impatient(self, done: EpochDone) -> list[Event]:
        """End the run here where the validation loss has not become better for too long."""
        if self._patience is None or not self._patience.wears_out(done) or self.epoch >= self.epochs:
            return []
        self.epochs = self.epoch
        waited = f"{self.recipe.patience:,} epoch{'s' * (self.recipe.patience != 1)}"
        return [Note(f"The validation loss has not become better for {waited}, so training ends here.")]

    def _go_to_best(self) -> None:
        """The weights of the best epoch, where somebody watched for it."""
        if self._patience:
            self._score = self._patience.go_back() or self._score

    def _save(self) -> tuple[str | None, str]:
        """Write the weights if a place is given: its name, and a sentence if that went wrong."""
        if self._save_to is None or self._learner is None:
            return None, ""
        return save_weights(self._learner.weights(), self._save_to)
