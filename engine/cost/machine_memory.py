"""How many bytes of memory this machine has: what a network may need at most."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path

LIMIT_FILES = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Where Linux writes how much a container may use, in its new and its old way."""


@cache
def machine_memory() -> int | None:
    """Bytes of main memory that this process may use at most, or None where the system does not tell."""
    known = [size for size in (_installed(), *map(_limit, LIMIT_FILES)) if size]
    return min(known, default=None)


def _limit(file: str) -> int | None:
    """The limit of a container; without one the file says `max`, or is not there."""
    try:
        return int(Path(file).read_text())
    except (OSError, ValueError):
        return None


if sys.platform == "win32":

    class _Status(ctypes.Structure):
        """What Windows calls MEMORYSTATUSEX."""

        _fields_ = [
            ("length", ctypes.c_uint32),
            ("load", ctypes.c_uint32),
            ("physical", ctypes.c_uint64),
            *((name, ctypes.c_uint64) for name in ("free", "page", "page_free", "virtual", "virtual_free", "extended")),
        ]

    def _installed() -> int | None:
        status = _Status(length=ctypes.sizeof(_Status))
        told = ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
        return int(status.physical) if told else None

elif sys.platform == "darwin":

    def _installed() -> int | None:
        size, length = ctypes.c_uint64(), ctypes.c_size_t(8)
        failed = ctypes.CDLL(None).sysctlbyname(b"hw.memsize", ctypes.byref(size), ctypes.byref(length), None, 0)
        return None if failed else size.value

else:

    def _installed() -> int | None:
        try:
            return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        except (ValueError, OSError):
            return None
