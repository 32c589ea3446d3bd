"""Importing torchvision's ResNet-152, checking it, writing its code, and building models against hand-written ones."""

from __future__ import annotations

import gc
import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter
from types import ModuleType

from benchmarks.check import milliseconds
from engine.check import check
from engine.graph import Graph
from engine.lower import lower, write
from engine.project import open_project
from engine.templates import new
from engine.writing.source import Source

MODEL = "resnet152"
TIMES = 7


def imported(folder: Path) -> tuple[Graph, float]:
    """The drawing of the model, and how many seconds the whole command took, PyTorch's start included."""
    file = folder / f"{MODEL}.loom"
    start = perf_counter()
    command = [sys.executable, "-m", "app", "import", f"torchvision:{MODEL}", "-o", str(file)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return open_project(file).graph, perf_counter() - start


def hand_written(source: Source, folder: Path) -> ModuleType:
    """The same text as a module that Python imported from a file."""
    file = folder / "written_by_hand.py"
    file.write_text(source.text)
    specification = importlib.util.spec_from_file_location(file.stem, file)
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def alternately(one: Callable[[], object], other: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of both, taken in turn, and their medians."""
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(TIMES):
        for work, times in zip((one, other), found, strict=True):
            gc.collect()
            start = perf_counter()
            work()
            times.append((perf_counter() - start) * 1_000)
    return median(found[0]), median(found[1])


def tell(what: str, figure: float, limit: float, unit: str) -> None:
    """One line with its verdict."""
    verdict = "reached" if figure < limit else "NOT reached"
    print(f"{what:<52} {figure:>9.2f} {unit:<4} limit {limit:g}: {verdict}")


def main() -> None:
    """Print the figures."""
    import torch

    from engine.model import build

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        graph, seconds = imported(folder)
        tell(f"import of {MODEL}, from the command to the file", seconds, 5.0, "s")
        check(graph)
        last = next(name for name in reversed(graph.order) if graph.nodes[name].block.kind() == "Linear")
        numbers = iter(range(10, 10_000))
        changed = milliseconds(lambda: check(graph.configure(last, out_features=next(numbers))))
        tell(f"check of {MODEL} after an edit", changed, 16.0, "ms")
        report = check(graph)
        tell(f"program and text of {MODEL}", milliseconds(lambda: write(lower(graph, report))), 50.0, "ms")
        for title, drawing in ((MODEL, graph), ("the CNN template", new("cnn").graph)):
            source = write(lower(drawing, check(drawing)))
            module = hand_written(source, folder)
            ours, theirs = alternately(partial(build, source), module.Network)
            tell(f"building {title}: {ours:.1f} ms, by hand {theirs:.1f}", ours / theirs, 1.2, "×")


if __name__ == "__main__":
    main()
