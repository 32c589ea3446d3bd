"""How far a run is, from how long its steps took."""

from __future__ import annotations

import math

from engine.events import Progress

TIME_LEFT_AFTER = 3.0
"""Seconds after which there is enough to go by."""


def epoch_of(step: int, steps_per_epoch: int) -> int:
    """The epoch that a step belongs to, from 1."""
    return max(1, math.ceil(step / steps_per_epoch))


def progress_of(step: int, epochs: int, steps_per_epoch: int, seconds: float) -> Progress:
    """How far it is after so many seconds of training, without the rate of examples."""
    steps, epoch = epochs * steps_per_epoch, epoch_of(step, steps_per_epoch)
    rate = step / seconds if seconds else 0.0
    return Progress(
        epoch=epoch,
        epochs=epochs,
        step=step,
        steps=steps,
        steps_per_second=rate,
        examples_per_second=0.0,
        seconds_left=(steps - step) / rate if seconds >= TIME_LEFT_AFTER and rate else None,
        step_in_epoch=step - (epoch - 1) * steps_per_epoch,
        steps_per_epoch=steps_per_epoch,
    )
