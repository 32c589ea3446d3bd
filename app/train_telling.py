"""How `layerloom train` tells a run: sentences and a moving line for people, JSON for machines."""

from __future__ import annotations

import json
import math
import shutil
import sys
from typing import Any

from engine.events import (
    EpochDone,
    Event,
    Failed,
    Finished,
    Kept,
    Note,
    Progress,
    Resumed,
    Started,
    Stopped,
    plain,
)
from engine.recipes.metrics import in_words


class JsonTeller:
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


class Teller:
    """Sentences for people; on a terminal one line at the bottom shows how far the run is."""

    def __init__(self, resume: str) -> None:
        """`resume` is the command that goes on with a run that is stopped."""
        self._resume, self._folder = resume, ""
        self._live = sys.stdout.isatty()
        self._shown = 0

    def about(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._progress(event)
            return
        if isinstance(event, Kept):
            self._folder = event.folder
        if text := _sentence(event):
            self._say(text, isinstance(event, Failed | Note))
        if self._folder and isinstance(event, Finished | Stopped | Failed):
            self._say(f"Kept in {self._folder}.", isinstance(event, Failed))
        if self._folder and isinstance(event, Stopped):
            self._say(f"Go on with: {self._resume}", False)

    def _say(self, text: str, as_complaint: bool) -> None:
        self._clear()
        print(text, file=sys.stderr if as_complaint else sys.stdout, flush=True)

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
            more = f", {words}" if (words := in_words(event.metrics)) else ""
            score = _score(event.loss, event.accuracy)
            return f"Epoch {event.epoch}: {score}, training loss {event.train_loss:.4f}{more}"
        case Finished():
            saved = f" Weights: {event.weights}." if event.weights else ""
            score = _score(event.loss, event.accuracy)
            return (
                f"Finished after {event.steps:,} steps in {event.seconds:.1f} s: {score}.{saved} {event.note}".rstrip()
            )
        case Stopped():
            saved = f" Weights: {event.weights}." if event.weights else ""
            return f"Stopped after {event.step:,} steps.{saved} {event.note}".rstrip()
        case Note():
            return event.text
        case Resumed():
            return f"Going on after step {event.step:,}."
        case Failed():
            where = f" (at {event.block})" if event.block else ""
            return f"{event.text}{where}"
    return ""


def _score(loss: float, accuracy: float | None) -> str:
    right = "" if accuracy is None else f"{accuracy:.2%} right, "
    return f"{right}loss {loss:.4f} on the test set"
