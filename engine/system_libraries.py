"""Which of the system's libraries Qt needs and does not find. Nothing but the standard library is used here:
this runs before anything is installed."""

import ctypes
import os
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class MissingLibrary:
    """A shared object that cannot be loaded, and the Debian package that brings it."""

    file: str
    package: str


# What PySide6's wheels are linked against or open at run time, by the name the loader looks for.
LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
}
TEST_PROGRAMS = {"Xvfb": "xvfb", "xdotool": "xdotool"}
"""What the tests of a real window need, and the Debian packages that bring it."""


def missing_libraries() -> tuple[MissingLibrary, ...]:
    """The libraries that Qt will look for in vain; none on macOS and Windows, where its packages bring all."""
    if not sys.platform.startswith("linux"):
        return ()
    return tuple(MissingLibrary(file, package) for file, package in LIBRARIES.items() if not _loads(file))


def _loads(file: str) -> bool:
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


def missing_test_programs() -> tuple[str, ...]:
    """The Debian packages that the tests of a real window lack; none where those tests do not run."""
    if not sys.platform.startswith("linux"):
        return ()
    return tuple(package for program, package in TEST_PROGRAMS.items() if shutil.which(program) is None)


def has_apt() -> bool:
    """Whether this is Debian, Ubuntu or one of their family."""
    return shutil.which("apt-get") is not None


def may_install() -> bool:
    """Whether this process may install packages of the system itself: as root, where apt-get is."""
    return has_apt() and hasattr(os, "geteuid") and os.geteuid() == 0


def install_line(packages: Iterable[str]) -> str:
    """The line a person types to get these packages."""
    return f"sudo apt-get install -y {' '.join(packages)}"


def explain(missing: Iterable[MissingLibrary], besides: Iterable[str] = ()) -> str:
    """What is missing and what to do, for a person; empty if nothing is missing.

    `besides` are packages that will be needed next: one line brings all, so that nobody is sent back twice."""
    rows = tuple(missing)
    if not rows:
        return ""
    names = "\n".join(f"  {row.file}" for row in rows)
    packages = [*(row.package for row in rows), *besides]
    if has_apt():
        advice = f"Install them with:\n\n  {install_line(packages)}"
    else:
        advice = f"Install what brings them; on Debian and Ubuntu the packages are:\n\n  {' '.join(packages)}"
    return f"The window needs libraries of the system that are not there:\n{names}\n\n{advice}\n"
