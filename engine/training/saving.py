"""The weights of a run as a file for people to load."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save as weights_as_bytes

from engine.project import ProjectError, write_atomically


def save_weights(weights: Mapping[str, torch.Tensor], place: Path) -> tuple[str | None, str]:
    """Write them whole or not at all: the name of the file, and a sentence if that went wrong."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(place, weights_as_bytes(dict(weights)))
    except (OSError, ProjectError) as error:
        return None, f"The weights could not be saved. {error}"
    return str(place), ""
