"""Arrays in files of NumPy: their heads are read first, nothing is unpickled, nothing larger than memory is read."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib import format as npy

from engine.cost.machine_memory import machine_memory
from engine.own_data.findings import Array, DataProblem, short

MEMORY_SHARE = 0.5
"""How much of the machine's memory the arrays of one file may take."""
BROKEN = (OSError, ValueError, EOFError, KeyError, TypeError, OverflowError, SyntaxError, NotImplementedError,
          RuntimeError, MemoryError, UnicodeError, zlib.error, zipfile.BadZipFile)  # fmt: skip
"""What damaged files make NumPy and zipfile raise."""
READABLE = "biufUS"
"""Kinds of numbers and words; objects would have to be unpickled, and complex numbers fit no layer here."""


@dataclass(frozen=True)
class Head:
    """What the head of an array says."""

    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]

    @property
    def size(self) -> int:
        """Bytes of all numbers."""
        size = self.dtype.itemsize
        for side in self.shape:
            size *= side
        return size


def heads_in(path: Path) -> dict[str, Head]:
    """The arrays of an .npz file by name, or the one of an .npy file under its own name. Raises DataProblem."""
    try:
        if path.suffix.lower() == ".npy":
            with path.open("rb") as file:
                return {path.stem: _head(file)}
        with zipfile.ZipFile(path) as archive:
            heads = {}
            for member in archive.infolist():
                if member.filename.endswith(".npy"):
                    with archive.open(member) as file:
                        heads[member.filename.removesuffix(".npy")] = _head(file)
            return heads
    except BROKEN as error:
        raise _unreadable(path, error) from error


def read_array(path: Path, name: str, head: Head) -> Array:
    """One array. Raises DataProblem for objects, for what does not fit into memory and for damage."""
    if head.dtype.kind not in READABLE or head.dtype.hasobject:
        raise DataProblem(
            f"The array {short(name)} holds {_kind(head)}, which is not read. Save it as numbers or as text."
        )
    room = machine_memory()
    if room is not None and head.size > MEMORY_SHARE * room:
        raise DataProblem(
            f"The array {short(name)} needs {head.size:,} bytes of memory, too many for this machine. "
            "Save it as uint8 or float32, or save fewer examples."
        )
    try:
        if path.suffix.lower() == ".npy":
            with path.open("rb") as file:
                return _array(file, head)
        with zipfile.ZipFile(path) as archive, archive.open(f"{name}.npy") as member:
            return _array(member, head)
    except BROKEN as error:
        raise _unreadable(path, error) from error


def _array(file: IO[bytes], head: Head) -> Array:
    array: Array = npy.read_array(file, allow_pickle=False)
    if array.shape != head.shape:
        raise ValueError("its size is not what its head says")
    return array


def _head(file: IO[bytes]) -> Head:
    version = npy.read_magic(file)
    readers: dict[tuple[int, int], Callable[..., tuple[tuple[int, ...], bool, np.dtype[np.generic]]]] = {
        (1, 0): npy.read_array_header_1_0,
        (2, 0): npy.read_array_header_2_0,
    }
    if version not in readers:
        raise ValueError(f"its format {version} is not known")
    shape, _, dtype = readers[version](file)
    return Head(shape, dtype)


def _kind(head: Head) -> str:
    return {"O": "Python objects", "c": "complex numbers", "V": "records", "M": "dates", "m": "lengths of time"}.get(
        head.dtype.kind, str(head.dtype)
    )


def _unreadable(path: Path, error: BaseException) -> DataProblem:
    if isinstance(error, FileNotFoundError):
        return DataProblem(f"There is no file {short(str(path))}. Choose the data again.")
    said = " ".join(str(error).split())[:100] or type(error).__name__
    return DataProblem(f"{short(path.name)} cannot be read as a file of NumPy: {said}.")
