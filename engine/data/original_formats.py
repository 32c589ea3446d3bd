"""Pictures in the formats in which they were published: IDX, CIFAR's binary files, and arrays of MATLAB.

Heads are checked before anything is read, so that a file cannot ask for more memory than its pictures need.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

MOST_PICTURES = 1_000_000
IDX_OF_BYTES = 0x0800
"""How an IDX file of bytes begins, before its number of dimensions."""
MAT_HEAD = 128
MATRIX, COMPRESSED, WORDS = 14, 15, 5
BYTES, DOUBLES = 2, 9
"""Kinds of elements in a file of MATLAB."""
LARGEST_ELEMENT = 2**31
BROKEN = (OSError, ValueError, EOFError, struct.error, zlib.error)
"""What damaged files make these functions raise."""


def read_idx(path: Path) -> Bytes:
    """An array of bytes, plain or zipped. Raises ValueError, OSError, EOFError or zlib.error for a damaged file."""
    with path.open("rb") as raw_file:
        return _idx(gzip.GzipFile(fileobj=raw_file) if path.suffix == ".gz" else raw_file)


def _idx(file: gzip.GzipFile | BufferedReader) -> Bytes:
    (magic,) = struct.unpack(">I", file.read(4))
    if magic & 0xFF00 != IDX_OF_BYTES or not 1 <= magic & 0xFF <= 3:
        raise ValueError("it does not begin like an IDX file of bytes")
    shape = struct.unpack(f">{magic & 0xFF}I", file.read(4 * (magic & 0xFF)))
    if shape[0] > MOST_PICTURES or any(side > 64 for side in shape[1:]):
        raise ValueError(f"it claims to have the size {shape}")
    count = int(np.prod(shape, dtype=np.int64))
    raw = file.read(count)
    if len(raw) != count:
        raise ValueError(f"it ends after {len(raw):,} of {count:,} bytes")
    return np.frombuffer(raw, np.uint8).reshape(shape)


def read_cifar(path: Path, label_bytes: int) -> tuple[Bytes, Bytes]:
    """Pictures (n, 3, 32, 32) and class numbers (n,), of which each is the last byte before its picture."""
    size = label_bytes + 3 * 32 * 32
    length = path.stat().st_size
    if not length or length % size or length > MOST_PICTURES * size:
        raise ValueError(f"its {length:,} bytes are not whole pictures of {size:,} bytes")
    rows = np.fromfile(path, np.uint8).reshape(-1, size)
    return rows[:, label_bytes:].reshape(-1, 3, 32, 32), rows[:, label_bytes - 1]


def read_mat(path: Path) -> dict[str, Bytes]:
    """The arrays of bytes in a file of MATLAB, version 5, in the order in which MATLAB keeps numbers.

    Raises ValueError, struct.error or zlib.error for a damaged file.
    """
    raw = path.read_bytes()
    if raw[:6] != b"MATLAB" or raw[126:128] != b"IM":
        raise ValueError("it does not begin like a file of MATLAB, version 5")
    found: dict[str, Bytes] = {}
    for kind, content in _elements(memoryview(raw)[MAT_HEAD:]):
        if kind == COMPRESSED:
            for inner, unpacked in _elements(memoryview(_unpacked(content))):
                found |= _matrix(unpacked) if inner == MATRIX else {}
        elif kind == MATRIX:
            found |= _matrix(content)
    return found


def _unpacked(content: memoryview) -> bytes:
    stream = zlib.decompressobj()
    unpacked = stream.decompress(content, LARGEST_ELEMENT)
    if stream.unconsumed_tail:
        raise ValueError("an array in it is too large")
    return unpacked


def _elements(content: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Kind and content of each element. Those of up to four bytes stand within their head; others fill eights."""
    place = 0
    while place + 8 <= len(content):
        kind, length = struct.unpack_from("<II", content, place)
        if kind >> 16:
            kind, length, begin, step = kind & 0xFFFF, kind >> 16, place + 4, 8
            if length > 4:
                raise ValueError("an element in it is damaged")
        else:
            padding = 0 if kind == COMPRESSED else -length % 8
            begin, step = place + 8, 8 + length + padding
        if begin + length > len(content):
            raise ValueError("it ends too early")
        yield kind, content[begin : begin + length]
        place += step


def _matrix(content: memoryview) -> dict[str, Bytes]:
    """An array of bytes by its name; labels, which MATLAB may say are doubles, are mostly kept as bytes too."""
    parts = list(_elements(content))
    if len(parts) < 4 or parts[1][0] != WORDS:
        return {}
    shape = struct.unpack(f"<{len(parts[1][1]) // 4}i", parts[1][1])
    kind, numbers = parts[3]
    if kind not in (BYTES, DOUBLES):
        return {}
    flat = np.frombuffer(numbers, np.uint8 if kind == BYTES else "<f8")
    if min(shape) < 0 or len(flat) != int(np.prod(shape, dtype=np.int64)):
        raise ValueError("an array in it has another size than its head says")
    if kind == DOUBLES and not bool(((flat >= 0) & (flat <= 255)).all()):
        raise ValueError("labels in it are no whole numbers")
    return {bytes(parts[2][1]).decode("ascii", "replace"): flat.astype(np.uint8).reshape(shape, order="F")}
