"""What is known about one run, and how it stands in `run.json`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from engine.project import Project, ProjectError, dumps, loads

FORMAT, VERSION = "layerloom run", 1
STATES = ("training", "paused", "stopped", "finished", "failed")
MOST_FACTS, MOST_CHANGES, LONGEST_TEXT = 50, 1000, 10_000


@dataclass(frozen=True)
class Run:
    """One run as it was when it was last written. Two runs with the same facts are equal."""

    id: str
    """The name of its folder: when it began, `2026-03-01 14.05.33`."""
    project: Project = field(default_factory=Project)
    """The drawing and the recipe that it began with."""
    began: str = ""
    """Local time as `2026-03-01T14:05:33`."""
    state: str = "training"
    """One of STATES; `training` where its process has gone means that it was interrupted."""
    seconds: float = 0.0
    """Spent training, pauses left out."""
    epochs: int = 0
    """Whole epochs that were made."""
    steps: int = 0
    loss: float | None = None
    """Of the test set after the last whole epoch."""
    accuracy: float | None = None
    """0–1; None where there are no classes."""
    best_epoch: int = 0
    """The epoch with the least loss of the test set, whose weights are in `best.safetensors`; 0 for none."""
    parameters: int = 0
    device: str = ""
    threads: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    """Of everything that decides about bits: layerloom, python, torch, numpy, the machine."""
    data_hash: str = ""
    """Of all examples as the network gets them."""
    again: str = ""
    """The id of the run that this one was to repeat."""
    changes: tuple[str, ...] = ()
    """What of the recipe was changed on the way: `step 120: Adam lr 0.001 → 0.01`."""
    text: str = ""
    """Why it failed, or what could not be kept."""
    name: str = ""
    """What a person calls it."""
    note: str = ""
    """What a person wrote about it."""

    @property
    def title(self) -> str:
        """Its name, or else its recipe in short."""
        return self.name or self.project.recipe.summary()

    @property
    def clock(self) -> str:
        """When it began: `14:05`."""
        return self.began[11:16] or self.id


NOT_KEPT = ("id", "project", "name", "note")
"""Where the folder, other entries or another file say it."""
_KINDS: Mapping[str, tuple[type, ...]] = {
    "began": (str,), "state": (str,), "seconds": (int, float), "epochs": (int,), "steps": (int,),
    "loss": (int, float, type(None)), "accuracy": (int, float, type(None)), "best_epoch": (int,),
    "parameters": (int,), "device": (str,), "threads": (int,), "versions": (dict,), "data_hash": (str,),
    "again": (str,), "changes": (list,), "text": (str,),
}  # fmt: skip


def as_json(run: Run) -> bytes:
    """The text of `run.json`: what a person wrote about the run is not in it, so that both can be written freely."""
    facts = {row.name: _finite(getattr(run, row.name)) for row in fields(Run) if row.name not in NOT_KEPT}
    facts["versions"] = dict(run.versions)
    data = {"format": FORMAT, "version": VERSION, **facts, "project": json.loads(dumps(run.project))}
    return (json.dumps(data, indent=1, ensure_ascii=False) + "\n").encode()


def from_json(id: str, content: bytes, words: Mapping[str, Any] | None = None) -> Run:
    """Read what `as_json` wrote, a stranger's data. Raises ProjectError with a sentence."""
    data = plain_object(content, "run.json")
    if data.get("format") != FORMAT or type(data.get("version")) is not int:
        raise ProjectError("run.json is not about a run of Layerloom.")
    if data["version"] > VERSION:
        raise ProjectError("run.json was written by a newer Layerloom. Update Layerloom to see it.")
    values = {name: data[name] for name in _KINDS if name in data}
    for name, value in values.items():
        if not _fits(value, _KINDS[name]):
            raise ProjectError(f"run.json is damaged: {name} cannot be {str(value)[:40]!r}.")
    if values.get("state", "stopped") not in STATES:
        raise ProjectError(f"run.json is damaged: it does not know the state {values['state'][:40]!r}.")
    versions = values.get("versions", {})
    if len(versions) > MOST_FACTS or not all(type(word) is str for word in versions.values()):
        raise ProjectError("run.json is damaged: versions must be texts.")
    changes = values["changes"] = tuple(values.get("changes", ()))
    if len(changes) > MOST_CHANGES or not all(type(word) is str for word in changes):
        raise ProjectError("run.json is damaged: changes must be texts.")
    project = loads(json.dumps(data.get("project")))
    run = Run(id=id, project=project, **values)
    return replace(run, **words) if words else run


def plain_object(content: bytes, name: str) -> dict[str, Any]:
    """JSON that must be one object. Raises ProjectError."""
    try:
        data = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ProjectError(f"{name} is damaged: {error}.") from error
    if not isinstance(data, dict):
        raise ProjectError(f"{name} is damaged: it is not an object.")
    return data


def _fits(value: object, kinds: tuple[type, ...]) -> bool:
    if type(value) not in kinds:
        return False
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    return not isinstance(value, int | float) or (math.isfinite(value) and value >= -1e300)


def _finite(value: Any) -> Any:
    """JSON has neither infinity nor not-a-number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
