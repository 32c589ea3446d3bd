"""Training without a window and without a process of its own, for the command line.

PyTorch is imported only when a function is called: checking and exporting need none of it.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from engine.events import Event
from engine.lower import Source
from engine.recipes.recipe import Recipe


def run(source: Source, recipe: Recipe, save: Path | None, wants_to_stop: Callable[[], bool]) -> Iterator[Event]:
    """Train the network that the text describes. Ends with `Finished`, `Failed` or, where asked to, `Stopped`."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # read when torch loads: spinning threads starve each other
    from torch import set_num_threads

    from engine.training.trainer import Control, Trainer

    set_num_threads(recipe.threads or os.cpu_count() or 1)  # there is no window to leave a core to
    trainer = Trainer(source, recipe, Control(wanted=wants_to_stop), save)
    for handful in trainer.story():
        yield from handful
        if wants_to_stop():
            yield trainer.stopped()
            return


def installed(package: str) -> str:
    """The version of an installed package, or nothing."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def torch_facts() -> Mapping[str, str]:
    """What PyTorch can do here: `error` in words, or `cpu` and, with a graphics card, `cuda`."""
    try:
        torch = importlib.import_module("torch")
        facts = {"cpu": f"{torch.get_num_threads()} threads"}
        if torch.cuda.is_available():
            facts["cuda"] = str(torch.cuda.get_device_name())
    except (ImportError, OSError, RuntimeError, AttributeError) as error:  # broken installations fail in many ways
        return {"error": str(error).strip().split("\n")[0] or type(error).__name__}
    return facts
