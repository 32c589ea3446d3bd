"""The events of a training run as a CNN on digits would tell them, drawn by chance with a fixed seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.events import EpochDone, Event, Finished, Floats, Gradients, Progress, Started, Steps
from engine.looks.maps import Maps, MapsOf
from engine.looks.predictions import Predictions, PredictionsOf
from engine.looks.surface import Surface, SurfaceOf
from engine.scores import ClassScores, Coverage, Roc
from tests.widgets.simulated_sights import sights

NORMS = {"conv1": 0.26, "conv2": 0.41, "hidden": 0.85, "logits": 0.41}
"""Where the gradient norms of a healthy CNN settle."""
EPOCHS, STEPS = 6, 188
TOLD_TOGETHER = 6


def picture(size: int = 28) -> Floats:
    """A bright ring on black: something like a digit."""
    down, across = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j]
    ring: Floats = np.exp(-(((np.hypot(down, across * 1.3) - 0.55) / 0.13) ** 2)).astype(np.float32)
    return ring[None]


def maps(step: int, count: int = 32, size: int = 14) -> Maps:
    """Feature maps of two blocks, a picture and a guess that grows surer."""
    chance = np.random.default_rng(7)
    base = picture(size)[0]
    angles = chance.uniform(0, 2 * np.pi, count)
    down, across = np.gradient(base)
    channels = [3 * (np.cos(a) * down + np.sin(a) * across) + 0.4 * chance.normal(size=base.shape) for a in angles]
    scores = chance.normal(size=10)
    scores[0] += 1 + step / 150
    guess = np.exp(scores) / np.exp(scores).sum()
    found = {
        "conv2": np.stack(channels).astype(np.float32),
        "hidden": chance.normal(size=64).astype(np.float32),
        "logits": scores.astype(np.float32),
    }
    return Maps(step, MapsOf(tuple(found)), 0, picture(), 0, guess.astype(np.float32), found)


def surface(step: int, size: int = 16) -> Surface:
    """Two halves of a plane that grow apart, and two units of a block."""
    across, up = np.meshgrid(np.linspace(-1, 1, size), np.linspace(-1, 1, size))
    sure = 1 / (1 + np.exp(-(across + up) * (1 + step / 50)))
    points = np.random.default_rng(3).uniform(-4, 4, (60, 2)).astype(np.float32)
    return Surface(
        step=step,
        look=SurfaceOf(("conv2",)),
        low=(-5.0, -5.0),
        high=(5.0, 5.0),
        points=points,
        targets=(points.sum(axis=1) > 0).astype(np.float32),
        held_out=np.arange(60) % 2 == 0,
        answer=np.stack([1 - sure, sure]).astype(np.float32),
        probabilities=True,
        units={"conv2": np.stack([across, up]).astype(np.float32)},
    )


def predictions(step: int, count: int = 400) -> Predictions:
    """Mostly right answers to ten classes; 4 and 9 are mistaken for each other most often."""
    chance = np.random.default_rng(11)
    labels = np.arange(count, dtype=np.int64) % 10
    answers = np.where(chance.random(count) < 0.05, chance.integers(0, 10, count), labels)
    answers[(labels == 4) & (chance.random(count) < 0.2)] = 9
    sure = chance.uniform(0.4, 1.0, count).astype(np.float32)
    return Predictions(step, PredictionsOf(), labels, answers, sure, count, 10, True)


def run(epochs: int = EPOCHS, steps: int = STEPS, until: int | None = None, seed: int = 0) -> Iterator[list[Event]]:
    """Handfuls of events as the runner gives them, up to the end or to a step."""
    chance = np.random.default_rng(seed)
    yield [Started("cpu", 1, 105_962, tuple(NORMS), epochs, steps, 12_000, 10_000)]
    last = min(until or epochs * steps, epochs * steps)
    for first in range(1, last + 1, TOLD_TOGETHER):
        numbers = np.arange(first, min(first + TOLD_TOGETHER, last + 1))
        losses = _losses(numbers, steps, chance)
        step = int(numbers[-1])
        told: list[Event] = [Steps(numbers.astype(np.int64), losses)]
        told.append(_gradients(step, steps, chance))
        told.append(maps(step))
        told.append(surface(step))
        told += sights(step, tuple(NORMS))
        done = step // steps
        if done > (first - 1) // steps:
            told += [_epoch_done(done, steps, chance), scores(done, done * steps)]
            told.append(predictions(step))
        told.append(_progress(step, epochs, steps))
        yield told
    if last == epochs * steps:
        yield [Finished(epochs, last, 0.06, 0.981, 61.0)]


def _losses(numbers: np.ndarray, steps: int, chance: np.random.Generator) -> Floats:
    epochs = numbers / steps
    smooth = 2.2 * np.exp(-epochs * 4) + 0.35 * np.exp(-epochs * 0.7) + 0.05
    return (smooth * np.exp(chance.normal(0, 0.45, len(numbers)))).astype(np.float32)


def _gradients(step: int, steps: int, chance: np.random.Generator) -> Gradients:
    start = np.exp(-step / steps)
    norms = {name: norm * (1 + start) * float(np.exp(chance.normal(0, 0.25))) for name, norm in NORMS.items()}
    ratios = {name: 0.004 * norm for name, norm in norms.items()}
    return Gradients(step, norms, float(np.hypot.reduce(list(norms.values()))), False, ratios)


def _epoch_done(epoch: int, steps: int, chance: np.random.Generator) -> EpochDone:
    loss = 0.3 * float(np.exp(-epoch * 0.6)) + 0.06 + float(chance.normal(0, 0.01))
    right = 0.983 - 0.07 * float(np.exp(-epoch * 0.6))
    metrics = {
        "accuracy": right, "top_3": 0.5 + right / 2, "precision": right - 0.002, "recall": right - 0.004,
        "f1": right - 0.003, "auc": 0.9 + right / 10, "coverage": right - 0.05, "sure_accuracy": None,
    }  # fmt: skip
    return EpochDone(epoch, epoch * steps, loss * 1.1, loss, right, metrics)


def scores(epoch: int, step: int, classes: tuple[str, ...] = tuple("0123456789")) -> ClassScores:
    """How every class does; the last one was never answered, so that its precision is undefined."""
    count, rest = 100, 100 * (len(classes) - 1)
    found = np.linspace(0.99, 0.85, len(classes)).astype(np.float32)
    precision = found[::-1].copy()
    precision[-1] = np.nan
    places = np.linspace(1, 0, 101)
    hits, alarms = (count * places**0.2).astype(np.int64), (rest * places**3).astype(np.int64)
    hits[-1] = alarms[-1] = 0
    false, true = ((part[::-1] / part[0]).astype(np.float32) for part in (alarms, hits))
    curve = Roc(false, true, 0.95, hits, alarms, count, rest)
    confusion = np.full((len(classes),) * 2, 1) + (count - len(classes)) * np.eye(len(classes), dtype=np.int64)
    sure = (1000 * places**0.3).astype(np.int64)
    coverage = Coverage(sure, sure * 19 // 20, 1000)
    names = classes[1:] if len(classes) == 2 else classes
    return ClassScores(
        classes=classes,
        counts=np.full(len(classes), count),
        precision=precision,
        recall=found,
        f1=found,
        confusion=confusion,
        roc=dict.fromkeys(names, curve),
        coverage=coverage,
        epoch=epoch,
        step=step,
    )


def _progress(step: int, epochs: int, steps: int) -> Progress:
    epoch = (step - 1) // steps + 1
    left = (epochs * steps - step) / 18.4 if step > 55 else None
    return Progress(epoch, epochs, step, epochs * steps, 18.4, 1180.0, left, step - (epoch - 1) * steps, steps)
