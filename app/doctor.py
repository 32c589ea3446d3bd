"""`layerloom doctor`: what works on this computer, in plain words."""

from __future__ import annotations

import argparse
import platform
import sys

import resources
from engine.headless import installed, torch_facts
from engine.system_libraries import explain, missing_libraries

PACKAGES = ("layerloom", "torch", "torchvision", "PySide6-Essentials", "pyqtgraph", "networkx", "numpy", "safetensors")
NEEDED = tuple(package for package in PACKAGES if package not in ("layerloom", "torchvision"))
DATA = {"MNIST": "mnist.npz", "Digits 8×8": "digits8x8.npz"}
YES, NO = "works", "missing"
FINE, PROBLEMS = 0, 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes nothing."""


def run(arguments: argparse.Namespace) -> int:
    """Say what works. Returns the exit code."""
    return FINE if examine() else PROBLEMS


def examine() -> bool:
    """Print what is here and what is not, with what to do about it. Returns whether everything works."""
    print(f"Python {platform.python_version()} on {platform.platform()}")
    versions = {package: installed(package) for package in PACKAGES}
    for package, found in versions.items():
        print(f"  {package:20} {found or 'not installed'}")
    print()
    lacking = [package for package in NEEDED if not versions[package]]
    results = [_packages(lacking), _window(bool(versions["PySide6-Essentials"])), _training(), _data()]
    print("\nEverything works." if all(results) else "\nSomething needs mending; see above.")
    return all(results)


def _packages(lacking: list[str]) -> bool:
    if lacking:
        _line(False, "Packages", f"install them: {sys.executable} -m pip install {' '.join(lacking)}")
    return not lacking


def _window(has_qt: bool) -> bool:
    missing = missing_libraries()
    if not has_qt:
        _line(False, "The window", "PySide6 is not installed. Checking, training and exporting work without it.")
    elif missing:
        _line(
            False, "The window", f"{len(missing)} libraries of the system are not there.\n{explain(missing)}".rstrip()
        )
    else:
        _line(True, "The window", "PySide6 and every library of the system that it needs are there.")
    return has_qt and not missing


def _training() -> bool:
    facts = torch_facts()
    if "error" in facts:
        _line(False, "Training", f"PyTorch cannot be loaded: {facts['error']}. Drawing and exporting work without it.")
        return False
    _line(True, "Training", f"on the CPU with {facts['cpu']}.")
    if "cuda" in facts:
        _line(True, "CUDA", f"{facts['cuda']} can be used.")
    else:
        print("  none    CUDA: PyTorch sees no graphics card for it here, so training uses the CPU.")
    return True


def _data() -> bool:
    here = {title: resources.path("data", file).is_file() for title, file in DATA.items()}
    for title, found in here.items():
        _line(found, title, "the pictures are there." if found else "its file is missing; install Layerloom again.")
    return all(here.values())


def _line(fine: bool, what: str, text: str) -> None:
    print(f"  {YES if fine else NO:8}{what}: {text}")
