"""What training tells: frozen values of plain numbers, words and numpy arrays, never a live tensor.

Steps count from 1 over the whole run, epochs from 1. Times are seconds. A block is named as in the drawing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Event:
    """Base of everything that a run tells."""


@dataclass(frozen=True)
class Ready(Event):
    """The training process has PyTorch loaded and has made one step on a toy: Train will start at once."""

    versions: Mapping[str, str]
    """Of python, torch and numpy."""
    devices: tuple[str, ...]
    """Where it can compute: ("cpu",) or ("cpu", "cuda")."""
    device_names: tuple[str, ...] = ()
    """For each device its name in words."""


@dataclass(frozen=True)
class Started(Event):
    """The network is built and the data are there; the first step comes next."""

    device: str
    threads: int
    parameters: int
    blocks: tuple[str, ...]
    """Blocks that learn something, in forward order: the keys of `Gradients.norms`."""
    epochs: int
    steps_per_epoch: int
    train_examples: int
    test_examples: int


@dataclass(frozen=True, eq=False)
class Steps(Event):
    """The losses of the steps since the last such event; about 30 of these events come a second."""

    steps: NDArray[np.int64]
    """(n,) numbers of the steps, rising."""
    losses: Floats
    """(n,) mean loss of each step's batch."""
    rate: float | None = None
    """The learning rate of the last of these steps."""


@dataclass(frozen=True)
class Gradients(Event):
    """Euclidean norms of the true gradients of one training step, measured before any clipping."""

    step: int
    norms: Mapping[str, float]
    """For each block that learns, the norm over all its parameters."""
    total: float
    """The norm over the whole network."""
    clipped: bool
    """Whether `max_norm` then shortened them."""
    ratios: Mapping[str, float] = field(default_factory=dict)
    """For each block how long the step that followed was beside its weights; about 0.001 is healthy."""


@dataclass(frozen=True)
class EpochDone(Event):
    """One epoch is over and the test set has been looked at."""

    epoch: int
    step: int
    train_loss: float
    """Mean over the epoch's examples, measured while it learned (dropout active, weights changing)."""
    loss: float
    """Mean over the test set (validation loss)."""
    accuracy: float | None
    """Share of the test set that is classified rightly, 0–1; None where there are no classes."""
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    """By the names of `engine.recipes.metrics`; None where a metric is undefined. Nothing where an epoch was over too
    quickly to be measured: the last one always is."""
    rate: float | None = None
    """The learning rate of the epoch's last step."""


@dataclass(frozen=True)
class Progress(Event):
    """How far the run is, five times a second."""

    epoch: int
    """The epoch in progress, from 1."""
    epochs: int
    step: int
    steps: int
    """Of the whole run."""
    steps_per_second: float
    examples_per_second: float
    seconds_left: float | None
    """None in the first three seconds, while there is too little to go by."""
    step_in_epoch: int = 0
    steps_per_epoch: int = 0
    validating: bool = False
    """Whether it is looking at the test set just now."""


@dataclass(frozen=True)
class Paused(Event):
    """The run waits after this step."""

    step: int
    epoch: int


@dataclass(frozen=True)
class Resumed(Event):
    """The run goes on after this step, perhaps for one step or epoch only."""

    step: int


@dataclass(frozen=True)
class Changed(Event):
    """The run goes on with another recipe from its next step; weights and the optimizer's state are kept."""

    step: int
    rate: float
    """The learning rate of the next step."""
    text: str
    """What was taken over, and what must wait for the next Train, in a sentence or two."""


@dataclass(frozen=True)
class Stopped(Event):
    """The run was stopped by request; its weights are kept and it may be resumed until the next Train."""

    step: int
    epoch: int
    seconds: float
    weights: str | None = None
    """The safetensors file that was written."""
    note: str = ""
    """A sentence when the weights could not be saved."""


@dataclass(frozen=True)
class Finished(Event):
    """All epochs are done. One more epoch can still follow."""

    epoch: int
    steps: int
    loss: float
    """On the test set."""
    accuracy: float | None
    seconds: float
    """Time spent training, pauses left out."""
    weights: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Kept(Event):
    """The run is kept in this folder from now on; the folder's name is its id."""

    folder: str


@dataclass(frozen=True)
class Note(Event):
    """Something worth knowing that ends nothing: the run goes on."""

    text: str
    """One or two sentences."""


@dataclass(frozen=True)
class Failed(Event):
    """The run or its process came to an end that nobody asked for. The drawing is never affected."""

    text: str
    """What happened and what to do, in one or two sentences."""
    block: str | None = None
    """The block it happened at, if that is known."""
    step: int | None = None
    details: str = ""
    """For people who ask further: a traceback."""
    batch_size: int | None = None
    """A batch size that fits, where memory ran out and one was found by trying."""
    process_lost: bool = False
    """Whether the training process itself is gone; another one is then started."""


def plain(event: Event) -> dict[str, Any]:
    """An event as JSON-able values with its name under "event": `{"event": "finished", ...}`."""
    values = {name: _plain(value) for name, value in vars(event).items()}
    return {"event": type(event).__name__.lower(), **values}


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if is_dataclass(value):
        return {"kind": type(value).__name__, **{name: _plain(entry) for name, entry in vars(value).items()}}
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    return list(value) if isinstance(value, tuple) else value
