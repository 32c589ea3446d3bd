"""Data of the user as numbers in memory: what was found in the files, pictures decoded, pixels from 0 to 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.cost.machine_memory import machine_memory
from engine.own_data.findings import DataProblem
from engine.own_data.found import Part, PictureFiles, Targets
from engine.own_data.pictures import read_one
from engine.own_data.scanning import fresh
from engine.recipes.data_sets.own import OwnData, Pictures

MEMORY_SHARE = 0.4
"""How much of the machine's memory the numbers of a data set may take while they are prepared."""
BYTES_OF_NUMBER = 4
WHITE = 255

Loaded = tuple[NDArray[np.float32], Targets]


def own_parts(data: OwnData) -> tuple[Loaded, Loaded | None]:
    """The part to learn from and, where the files have one, the part to test with, as inputs (n, *shape) and targets.

    Raises DataProblem for files that are gone or damaged and for more than fits into memory.
    """
    try:
        found = fresh(data)
    except OSError as error:
        raise DataProblem(f"{data.path} cannot be read: {error.strerror or error}. Choose the data again.") from error
    count = len(found.train) + len(found.test or ())
    need, room = BYTES_OF_NUMBER * count * int(np.prod(found.input_shape)), machine_memory()
    if room is not None and need > MEMORY_SHARE * room:
        advice = "Choose a smaller size of the examples, or fewer of them."
        if isinstance(data, Pictures) and data.keep_in != "memory":
            advice = "Training takes them bit by bit, but they cannot be looked at as a whole."
        raise DataProblem(f"{data.title} needs {need:,} bytes of memory, too many for this machine. {advice}")
    return _loaded(found.train), _loaded(found.test) if found.test else None


def _loaded(part: Part) -> Loaded:
    inputs = part.inputs
    if isinstance(inputs, PictureFiles):
        numbers = np.empty((len(inputs), *inputs.shape), np.float32)
        for place in range(len(inputs)):
            numbers[place] = read_one(inputs, place)
        numbers /= WHITE
        return numbers, part.targets
    if inputs.dtype == np.uint8:
        return inputs.astype(np.float32) / np.float32(WHITE), part.targets
    return np.ascontiguousarray(inputs, np.float32), part.targets
