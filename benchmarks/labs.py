"""The labs of the curriculum: each trained as its recipe says, and what it must show."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.check import check
from engine.events import Event, Finished, Gradients
from engine.labs import LABS
from engine.lower import lower, write
from engine.project import Project
from engine.training.trainer import train


@dataclass(frozen=True)
class Run:
    """How one variant with one seed went."""

    accuracy: float
    loss: float
    first_gradient: float
    """The norm of the first learning block's gradient at the first step that was measured."""


def run(project: Project, seed: int = 0, epochs: int | None = None) -> Run:
    """Train one project on one thread. Raises RuntimeError if it fails."""
    recipe = project.recipe.changed(seed=seed, threads=1, device="cpu", epochs=epochs or project.recipe.epochs)
    source = write(lower(project.graph, check(project.graph, recipe)))
    events: list[Event] = list(train(source, recipe))
    end = events[-1]
    if not isinstance(end, Finished):
        raise RuntimeError(getattr(end, "text", type(end).__name__))
    gradients = next(event for event in events if isinstance(event, Gradients))
    return Run(end.accuracy or 0.0, end.loss, next(iter(gradients.norms.values())))


@dataclass(frozen=True)
class Check:
    """What must hold for the runs of one variant with some seeds."""

    lab: int
    variant: str
    seeds: Sequence[int]
    holds: Callable[[list[Run]], bool]
    words: str


def _accuracies(runs: list[Run]) -> list[float]:
    return [one.accuracy for one in runs]


CHECKS = (
    Check(15, "linear", [0], lambda runs: min(_accuracies(runs)) >= 0.90, "accuracy ≥ 0.90"),
    Check(
        17,
        "sgd",
        range(4),
        lambda runs: min(_accuracies(runs)) == 1 and max(one.loss for one in runs) * 40 < 4,
        "accuracy 1.0 and summed cost < 4 for seeds 0-3",
    ),
    Check(
        17, "adam", range(3), lambda runs: min(_accuracies(runs)) == 1, "accuracy 1.0 for seeds 0-2 (3 stays at 0.83)"
    ),
    Check(19, "16 neurons", range(5), lambda runs: min(_accuracies(runs)) >= 0.99, "accuracy ≥ 0.99 for seeds 0-4"),
    Check(19, "2 neurons", range(5), lambda runs: max(_accuracies(runs)) < 0.95, "never 0.95 for seeds 0-4"),
    Check(20, "rate 0.1", [0], lambda runs: min(_accuracies(runs)) == 1, "accuracy 1.0"),
    Check(20, "rate 0.001", [0], lambda runs: max(_accuracies(runs)) < 0.6, "does not learn: < 0.6"),
    Check(20, "no hidden layer", [0], lambda runs: max(_accuracies(runs)) < 0.8, "< 0.8"),
    Check(38, "50", [0], lambda runs: min(_accuracies(runs)) >= 0.95, "accuracy ≥ 0.95"),
    Check(38, "no hidden layer", [0], lambda runs: max(_accuracies(runs)) < 0.6, "< 0.6"),
    Check(54, "momentum 0.9", [0, 1], lambda runs: min(_accuracies(runs)) >= 0.95, "accuracy ≥ 0.95"),
    Check(58, "plain", [0], lambda runs: max(_accuracies(runs)) <= 0.45, "hardly learns in 5 epochs"),
    Check(58, "BatchNorm", [0], lambda runs: min(_accuracies(runs)) >= 0.9, "learns in 5 epochs"),
    Check(68, "8 and 4 maps", range(6), lambda runs: min(_accuracies(runs)) >= 0.99, "accuracy ≥ 0.99 for seeds 0-5"),
    Check(68, "2 and 1 maps", range(6), lambda runs: max(_accuracies(runs)) >= 0.99, "best of seeds 0-5 ≥ 0.99"),
    Check(74, "plain", [0], lambda runs: runs[0].first_gradient < 1e-6, "no gradient reaches the first block"),
    Check(74, "skip", [0], lambda runs: runs[0].accuracy >= 0.8 and runs[0].first_gradient > 0.1, "learns"),
    Check(84, "circle, 4 and 2 tanh", [0], lambda runs: min(_accuracies(runs)) >= 0.97, "accuracy ≥ 0.97"),
    Check(84, "circle, no hidden layer", [0], lambda runs: max(_accuracies(runs)) < 0.65, "< 0.65"),
    Check(84, "circle by its radius", [0], lambda runs: min(_accuracies(runs)) >= 0.99, "accuracy ≥ 0.99"),
    Check(84, "xor, 4 ReLU", [0], lambda runs: min(_accuracies(runs)) >= 0.97, "accuracy ≥ 0.97"),
    Check(84, "spiral, 8, 8 and 8 ReLU", [0], lambda runs: min(_accuracies(runs)) >= 0.93, "accuracy ≥ 0.93"),
)


def main() -> None:
    """Print a line for each check."""
    held = 0
    for one in CHECKS:
        began = time.perf_counter()
        project = LABS[one.lab].variants[one.variant]
        runs = [run(project, seed) for seed in one.seeds]
        fine = one.holds(runs)
        held += fine
        found = ", ".join(f"{accuracy:.3f}" for accuracy in _accuracies(runs))
        name = f"lab {one.lab}, {one.variant}"
        print(
            f"  {name:36} {found:44} {one.words:48} {'holds' if fine else 'FAILS'} {time.perf_counter() - began:5.1f} s"
        )
    print(f"  {held} of {len(CHECKS)} hold; to reach: all")


if __name__ == "__main__":
    main()
