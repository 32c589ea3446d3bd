"""`layerloom train`: a run in this very process, told on the terminal or as JSON."""

from __future__ import annotations

import argparse
import json
import math
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from engine.check import check
from engine.events import EpochDone, Event, Failed, Finished, Progress, Started, Stopped, plain
from engine.headless import run as train
from engine.lower import Source, lower, write
from engine.project import Project, ProjectError, open_project
from engine.recipes.recipe import DEVICES, Recipe

FINE, FAILED, INTERRUPTED = 0, 1, 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a drawing (*.loom)")
    parser.add_argument("--json", action="store_true", help="print one JSON object on each line")
    parser.add_argument("--epochs", type=int, metavar="N", help="how many times through all the data")
    parser.add_argument("--seed", type=int, metavar="S", help="the same seed gives the same run")
    parser.add_argument("--device", choices=DEVICES, metavar="D", help=f"one of {', '.join(DEVICES)}")
    parser.add_argument("--save", type=Path, metavar="W.safetensors", help="where the weights go")


def run(arguments: argparse.Namespace) -> int:
    """Train the drawing of a file. Returns the exit code. Raises ProjectError and NotReady."""
    project = open_project(arguments.file)
    recipe = _recipe(project, arguments)
    source: Source = write(lower(project.graph, check(project.graph, recipe)))
    tell = _JsonTeller() if arguments.json else _Teller()
    code = FAILED
    with _interrupts() as interrupted:
        for event in train(source, recipe, arguments.save, lambda: bool(interrupted)):
            tell.about(event)
            if isinstance(event, Finished):
                code = FAILED if event.note else FINE
            elif isinstance(event, Stopped):
                code = INTERRUPTED
    return code


def _recipe(project: Project, arguments: argparse.Namespace) -> Recipe:
    wanted = {name: getattr(arguments, name) for name in ("epochs", "seed", "device")}
    try:
        return project.recipe.changed(**{name: value for name, value in wanted.items() if value is not None})
    except ValueError as error:
        raise ProjectError(f"This run cannot be made: {error}.") from error


@contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Ctrl+C is noted in the list, and the run ends after the step in progress; a second one ends at once."""
    caught: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        caught.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield caught
    finally:
        signal.signal(signal.SIGINT, before)


class _JsonTeller:
    """One JSON object on each line."""

    def about(self, event: Event) -> None:
        data = _result(event) if isinstance(event, Finished) else plain(event)
        print(json.dumps(_finite(data), ensure_ascii=False, allow_nan=False), flush=True)


def _result(event: Finished) -> dict[str, Any]:
    """The last line, for other programs: these five keys for ever, and what was saved if it was asked for."""
    data = plain(event)
    more = [key for key in ("weights", "note") if data[key]]
    return {key: data[key] for key in ("event", "accuracy", "loss", "steps", "seconds", *more)}


def _finite(value: Any) -> Any:
    """The same value with null for numbers that JSON has not: infinity and not-a-number."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, list) else value


class _Teller:
    """Sentences for people; on a terminal one line at the bottom shows how far the run is."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._shown = 0

    def about(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._progress(event)
            return
        text = _sentence(event)
        if text:
            self._clear()
            print(text, file=sys.stderr if isinstance(event, Failed) else sys.stdout, flush=True)

    def _progress(self, event: Progress) -> None:
        if not self._live:
            return
        left = (
            ""
            if event.seconds_left is None
            else f" · {event.seconds_left // 60:.0f}:{event.seconds_left % 60:02.0f} left"
        )
        done = round(20 * event.step / max(1, event.steps))
        line = (
            f"[{'█' * done}{'·' * (20 - done)}] epoch {event.epoch} of {event.epochs} · "
            f"step {event.step:,} of {event.steps:,} · {event.steps_per_second:,.0f} steps/s{left}"
        )[: shutil.get_terminal_size().columns - 1]
        print(f"\r{line.ljust(self._shown)}", end="", flush=True)
        self._shown = len(line)

    def _clear(self) -> None:
        if self._shown:
            print("\r" + " " * self._shown + "\r", end="")
            self._shown = 0


def _sentence(event: Event) -> str:
    match event:
        case Started():
            return (
                f"Training {event.parameters:,} parameters on {event.train_examples:,} examples, "
                f"{event.epochs} times {event.steps_per_epoch:,} steps, on {event.device}."
            )
        case EpochDone():
            return f"Epoch {event.epoch}: {_score(event.loss, event.accuracy)}, training loss {event.train_loss:.4f}"
        case Finished():
            saved = f" Weights: {event.weights}." if event.weights else ""
            score = _score(event.loss, event.accuracy)
            return (
                f"Finished after {event.steps:,} steps in {event.seconds:.1f} s: {score}.{saved} {event.note}".rstrip()
            )
        case Stopped():
            saved = f" Weights: {event.weights}." if event.weights else ""
            return f"Stopped after {event.step:,} steps.{saved} {event.note}".rstrip()
        case Failed():
            where = f" (at {event.block})" if event.block else ""
            return f"{event.text}{where}"
    return ""


def _score(loss: float, accuracy: float | None) -> str:
    right = "" if accuracy is None else f"{accuracy:.2%} right, "
    return f"{right}loss {loss:.4f} on the test set"
